//! Every script of the documents is one that Kapacitor and the functions take.

use std::thread;
use std::time::Duration;

use super::{AROUND, LOGSTASH, README, TIME, blocks};
use crate::stack::Stack;

#[test]
#[ignore = "needs kapacitord"]
fn every_script_of_the_documents_can_be_enabled() {
    let stack = Stack::start();
    let mut tasks = vec![];
    for (document, text, at_least) in
        [("readme", README, 4), ("aggregate", AROUND, 8), ("logstash", LOGSTASH, 4), ("time", TIME, 5)]
    {
        let scripts = blocks(text, "tick");
        assert!(scripts.len() >= at_least, "{document}: {scripts:?}");
        tasks.extend(scripts.into_iter().enumerate().map(|(n, script)| (format!("{document}{n}"), script)));
    }
    for (task, script) in &tasks {
        stack.define(task, script);
    }
    // A function's refusal comes later.
    thread::sleep(Duration::from_secs(2));
    for (task, _) in &tasks {
        stack.runs(task);
    }
    // What a node has counted is told at its end, if it has taken its options.
    let log = stack.stop_quietly(&[]);
    for (task, script) in &tasks {
        let ended = log.lines().filter(|line| line.contains("at the end: "));
        let ended = ended.filter(|line| line.contains(&format!("task=\"{task}\" "))).count();
        let gathers = ["@aggregate()", "@aggregateBatch()", "@session()", "@script()"];
        let nodes: usize = gathers.iter().map(|function| script.matches(function).count()).sum();
        assert_eq!(ended, nodes, "{task}: {log}");
    }
}

//! Every script of the documents is one that Kapacitor and the functions take, and those for people who come
//! from Logstash do what Logstash does.

use std::thread;
use std::time::Duration;

use super::{AROUND, LOGSTASH, README, SINK, TIME, below, blocks, changed};
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

#[test]
#[ignore = "needs kapacitord"]
fn the_five_examples_of_logstash_s_documentation() {
    let stack = Stack::start();
    let check = |heading: &str, changes: &[(&str, &str)], input: &str, expected: &[&str]| {
        let [script] = below(LOGSTASH, heading)[..] else { panic!("one script below {heading}") };
        stack.define("task", &changed(&changed(script, changes), &[SINK]));
        stack.write(input);
        for expected in expected {
            stack.sink.expect(expected);
        }
        stack.delete("task");
    };
    // The first two are one here.
    check(
        "A start event, some events, an end event",
        &[("(10s)", "(500ms)")],
        "app request=\"r1\",event=\"start\" 1000000\napp request=\"r1\",event=\"sql\",duration=12i 2000000
app request=\"r1\",event=\"sql\",duration=34i 3000000\napp request=\"r1\",event=\"end\" 51000000",
        &[r#"app last_event="end",request="r1",sql_duration=46i,took_ms=50.0 51000000"#],
    );
    check(
        "No end event: the map comes out at the timeout",
        &[("(120s)", "(1s)")],
        "clicks user_id=12345i 1\nclicks user_id=12346i 2\nclicks user_id=12345i 3",
        &[
            "clicks,tags=_aggregatetimeout clicks=2i,several_clicks=true,user_id=12345i 3",
            "clicks,tags=_aggregatetimeout clicks=1i,several_clicks=false,user_id=12346i 2",
        ],
    );
    check(
        "No end event: the map comes out when it goes quiet",
        &[("(5m)", "(500ms)")],
        "clicks user_id=12345i 1\nclicks user_id=12345i 2",
        &["clicks,tags=_aggregatetimeout,why=inactivity clicks=2i,user_id=12345i 2"],
    );
    let [script] = below(LOGSTASH, "No end event, and tasks come one after the other")[..] else {
        panic!("one")
    };
    stack.define("task", &changed(script, &[("(3s)", "(1s)"), SINK]));
    stack.write("towns country=\"France\",town=\"Paris\" 1\ntowns country=\"France\",town=\"Lyon\" 2");
    stack.write("towns country=\"Italy\",town=\"Rome\" 3");
    for (country, towns) in [("France", r#"["Paris","Lyon"]"#), ("Italy", r#"["Rome"]"#)] {
        let point = stack.sink.next();
        assert_eq!((&*point.fields_string["country"], &*point.fields_string["towns"]), (country, towns));
    }
    stack.stop_quietly(&[]);
}

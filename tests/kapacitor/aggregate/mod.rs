//! `@aggregate()`, `@aggregateBatch()`, `@session()` and `@script()` in tasks, as their documents and examples have them, with times
//! a test can wait for.

mod batches;

mod documents;

mod event_time;

mod examples;

mod limits;

mod logstash;

mod recipes;

mod replays;

mod script_failures;

mod scripts;

mod sessions;

mod state;

mod walks;

use std::fs;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::functions::line;
use crate::kapacitord::eventually;
use crate::stack::Stack;

const README: &str = include_str!("../../../README.md");
const AROUND: &str = include_str!("../../../docs/aggregate.md");
const LOGSTASH: &str = include_str!("../../../docs/logstash.md");
const SCRIPTS: &str = include_str!("../../../docs/scripts.md");
const TIME: &str = include_str!("../../../docs/time.md");

/// Has a script that only logs what comes out of the node tell the test instead.
const SINK: (&str, &str) = ("|log()", "@sink()");

const SECOND: i64 = 1_000_000_000;

/// A script that differs from one that users read in nothing but these places.
#[track_caller]
fn changed(script: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(script.to_owned(), |script, (from, to)| {
        assert!(script.contains(from), "{from} is not in {script}");
        script.replace(from, to)
    })
}

/// The fenced blocks of a text in one language.
fn blocks(text: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = text.split(fence.as_str()).skip(1);
    blocks.map(|rest| rest.split_once("```").expect("the fence is closed").0).collect()
}

/// A document's scripts between this heading and the next.
#[track_caller]
fn below(document: &'static str, heading: &str) -> Vec<&'static str> {
    let (_, below) = document.split_once(&format!("\n### {heading}\n")).expect(heading);
    blocks(below.split("\n#").next().expect("its text"), "tick")
}

/// The next points to reach `@sink()`, in the order of their text: several nodes may have sent them.
#[track_caller]
fn next(stack: &Stack, count: usize) -> Vec<String> {
    let mut lines: Vec<_> = (0..count).map(|_| line(&stack.sink.next())).collect();
    lines.sort();
    lines
}

/// Has the script's last node, an `|alert()`, log to where `alerts` looks.
fn logging(stack: &Stack, script: &str) -> String {
    format!("{script}.log('{}')", stack.dir.path().join("alerts").display())
}

/// The messages of the alerts so far, once there are so many.
#[track_caller]
fn alerts(stack: &Stack, count: usize) -> Vec<String> {
    let message = |line: &str| -> Option<String> {
        let alert: Value = serde_json::from_str(line).ok()?;
        Some(alert["message"].as_str().expect("a message").to_owned())
    };
    eventually(&format!("{count} alerts"), || {
        let log = fs::read_to_string(stack.dir.path().join("alerts")).ok()?;
        let messages: Option<Vec<_>> = log.lines().map(message).collect();
        messages.filter(|messages| messages.len() >= count)
    })
}

/// By the clock that the daemon goes by.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    since.as_nanos().try_into().unwrap()
}

fn sleep_until(moment: i64) {
    thread::sleep(Duration::from_nanos((moment - now()).try_into().unwrap_or(0)));
}

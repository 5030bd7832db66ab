//! What `kapacitor-udfd run` says a node does is what it does in a kapacitord: the scripts that examples/README.md tries get
//! the bundled data as a replay, and out of the node comes what `run --tick` prints.
//!
//! `run --end stop` is asked, since a replay ends so too. Both go by event time. What stays open is left out of both, and the
//! order of points of different groups is not looked at: a replay has only the points' times to go by, while `run` lets the
//! clock stand in for groups without points.

use std::fs;

use serde_json::json;

use super::examples::normal;
use super::{SECOND, alerts, changed, logging};
use crate::daemon::{run, stderr, stdout};
use crate::functions::line;
use crate::stack::Stack;

const LATE_TRIPS: &str = include_str!("../../../examples/aggregate_late_trips.tick");
const LOST_JOBS: &str = include_str!("../../../examples/aggregate_lost_jobs.tick");
const SILENCE: &str = include_str!("../../../examples/aggregate_silence.tick");
const SPENDING: &str = include_str!("../../../examples/aggregate_spending.tick");

/// One of the walks.
struct Walk {
    name: &'static str,
    script: &'static str,
    data: &'static str,
    /// What `run` is told of the groups that the script makes.
    groups: &'static [&'static str],
}

#[test]
#[ignore = "needs kapacitord"]
fn spending() {
    let groups = &[][..];
    let walk = Walk { name: "aggregate_spending", script: SPENDING, data: "web.lp", groups };
    // Of hana two. The last visit, which is gus's, is still open where the replay ends.
    let messages = replayed_as_run(&walk, 5);
    let users: Vec<_> = messages.iter().filter_map(|message| message.split_once(" has spent ")).collect();
    assert_eq!(users.len(), messages.len(), "{messages:?}");
}

#[test]
#[ignore = "needs kapacitord"]
fn lost_jobs() {
    let groups = &["--group-by", "job"][..];
    let walk = Walk { name: "aggregate_lost_jobs", script: LOST_JOBS, data: "jobs.lp", groups };
    let messages = replayed_as_run(&walk, 28);
    let critical = messages.iter().filter(|message| message.contains(" is CRITICAL: run ")).count();
    assert_eq!(critical, 14, "{messages:?}");
}

#[test]
#[ignore = "needs kapacitord"]
fn silence() {
    let groups = &["--group-by", "device"][..];
    let walk = Walk { name: "aggregate_silence", script: SILENCE, data: "devices.lp", groups };
    assert_eq!(replayed_as_run(&walk, 3), ["pump04 is silent", "pump04 is back", "pump07 is silent"]);
}

#[test]
#[ignore = "needs kapacitord"]
fn late_trips() {
    let groups = &["--group-by", "line"][..];
    let walk = Walk { name: "aggregate_late_trips", script: LATE_TRIPS, data: "late.lp", groups };
    assert_eq!(replayed_as_run(&walk, 0), [""; 0]);
}

/// Has a script's node get its data through a replay, and through `run`, and compares the two: the messages of the so many
/// alerts behind it.
fn replayed_as_run(walk: &Walk, count: usize) -> Vec<String> {
    let stack = Stack::start();
    let (behind, next) =
        if walk.script.contains("|where(") { ("|where(", "where") } else { ("|alert(", "alert") };
    let script = changed(walk.script, &[(behind, &format!("@sink()|{next}("))]);
    let replayed = replay(&stack, &logging(&stack, script.trim_end()), &read(&format!("data/{}", walk.data)));
    let printed = printed(walk);
    assert!(!replayed.is_empty(), "{}", walk.name);
    let only = |one: &[String], other: &[String]| -> Vec<_> {
        one.iter().filter(|line| !other.contains(line)).cloned().collect()
    };
    assert_eq!(
        (only(&replayed, &printed), only(&printed, &replayed)),
        (vec![], vec![]),
        "of the replay, of run"
    );
    assert_eq!(replayed, printed);
    let messages = if count == 0 { vec![] } else { alerts(&stack, count) };
    stack.stop_quietly(&[]);
    messages
}

/// What reaches `@sink()`, by the text.
fn replay(stack: &Stack, script: &str, data: &str) -> Vec<String> {
    stack.try_define("task", json!({ "script": script, "status": "disabled" })).unwrap();
    stack.record("recording", "task", "2023-11-16T08:00:00Z");
    stack.write(data);
    // The first point of the task's behind the recording's end ends it.
    let measurement = data.split(',').next().expect("a line");
    stack.write(format!("{measurement} x=1i {}", 1_700_200_000 * SECOND));
    stack.wait_for_recording("recording");
    stack.replay("replay", "task", "recording");
    let mut lines: Vec<_> = stack.sink.drain().iter().map(line).collect();
    lines.sort();
    lines
}

/// What `run` prints, by the text.
fn printed(walk: &Walk) -> Vec<String> {
    let (script, data) = (path(&format!("{}.tick", walk.name)), path(&format!("data/{}", walk.data)));
    let node = ["run", "--tick", &script, "--node", "aggregate2", "--end", "stop", &data];
    let output = run([&node[..], walk.groups].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut lines: Vec<_> = stdout(&output).lines().map(normal).collect();
    lines.sort();
    lines
}

fn path(example: &str) -> String {
    format!("{}/examples/{example}", env!("CARGO_MANIFEST_DIR"))
}

fn read(example: &str) -> String {
    fs::read_to_string(path(example)).unwrap()
}

//! Recordings, replayed as fast as kapacitord can. The task that gets a replay is disabled.

use serde_json::json;

use crate::functions::{hoard, line};
use crate::stack::{Settings, Stack};

const POINTS: usize = 50_000;

#[test]
#[ignore = "needs kapacitord"]
fn a_replayed_recording_comes_through_whole_and_in_order() {
    recorded_and_replayed("@mirror()", "");
    recorded_and_replayed("@mirror().field('x', 0.5)", ",x=0.5");
}

/// Kapacitor reads until the function closes: the end of a replay is no reason to lose the last window.
#[test]
#[ignore = "needs kapacitord"]
fn what_a_handler_sends_when_the_replay_has_ended_is_used() {
    recorded_and_replayed("@hoard()@mirror()", "");
}

fn recorded_and_replayed(functions: &str, field: &str) {
    let stack = Stack::start_with(vec![hoard()], &Settings::default());
    let script = format!("stream|from().measurement('cpu'){functions}@sink()");
    stack.try_define("task", json!({ "script": script, "status": "disabled" })).unwrap();
    stack.record("recording", "task", "1970-01-01T00:01:00Z");
    let points: Vec<_> = (1..=POINTS).map(|n| format!("cpu n={n}i {n}")).collect();
    stack.write(points.join("\n"));
    // The first point behind the recording's end ends it.
    stack.write("cpu n=0i 60000000001");
    stack.wait_for_recording("recording");
    stack.replay("replay", "task", "recording");
    let seen = stack.sink.drain();
    assert_eq!(seen.len(), POINTS);
    for (n, point) in (1..).zip(&seen) {
        assert_eq!(line(point), format!("cpu n={n}i{field} {n}"));
    }
    stack.stop_quietly(&[]);
}

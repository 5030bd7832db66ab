//! What becomes of open tasks when kapacitord or the daemon has ended and is there again.

use std::ops::RangeInclusive;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal::{SIGKILL, SIGTERM};

use super::{SECOND, now, sleep_until};
use crate::functions::{Sink, counter, line};
use crate::stack::{Settings, Stack};

/// Snapshots are written through to the disk, so on a busy one they take their time.
const TIMEOUT: i64 = 6 * SECOND;

/// How late a point may come on a busy machine. Less than what is down is down for.
const SLACK: i64 = SECOND / 2;

/// Points carry the moment they came out.
const TASK: &str = "stream|from().measurement('jobs')
    @counter()
    @aggregate().taskId('job').timeout(6s).maxEvents(3).count('events').reasonTag('why').pointTime('emit')
    @sink()";

#[test]
#[ignore = "needs kapacitord"]
fn open_tasks_end_at_their_deadlines_when_kapacitord_was_restarted() {
    survive(|stack| stack.kapacitord.stop(SIGTERM), |stack| stack.kapacitord.start_again());
}

#[test]
#[ignore = "needs kapacitord"]
fn open_tasks_end_at_their_deadlines_when_kapacitord_was_killed() {
    survive(|stack| stack.kapacitord.stop(SIGKILL), |stack| stack.kapacitord.start_again());
}

#[test]
#[ignore = "needs kapacitord"]
fn open_tasks_end_at_their_deadlines_when_the_daemon_was_killed() {
    survive(Stack::kill_daemon, |stack| {
        stack.start_daemon();
        stack.disable("task");
        stack.enable("task");
    });
}

/// Of three tasks one is due while what `stop` stops is down and one after `start`. The third has ended
/// before, but after the snapshot: it comes again, as it was in it.
fn survive(stop: impl FnOnce(&mut Stack), start: impl FnOnce(&mut Stack)) {
    let (counter, snapshots) = counter();
    let settings = Settings { snapshot_interval: "500ms", ..Settings::default() };
    let mut stack = Stack::start_with(vec![counter], &settings);
    stack.define("task", TASK);
    stack.write("jobs,job=early x=1\njobs,job=full x=1\njobs,job=full x=1");
    let early = now();
    sleep_until(early + 3 * SECOND / 2);
    let before = now();
    stack.write("jobs,job=late x=1");
    wait_for_snapshot(&snapshots, 4);
    stack.write("jobs,job=full x=1");
    expect(&stack, "jobs,job=full,why=max_events events=3i", before..=now() + SLACK);

    stop(&mut stack);
    sleep_until(early + TIMEOUT + SECOND / 2);
    let starts = now();
    start(&mut stack);
    let runs = now();
    expect(&stack, "jobs,job=early,why=timeout events=1i", starts..=runs + SLACK);
    expect(&stack, "jobs,job=full,why=timeout events=2i", starts..=runs + SLACK);
    let due = before + TIMEOUT;
    expect(&stack, "jobs,job=late,why=timeout events=1i", due..=runs.max(due) + SLACK);
    assert_eq!(stack.sink.drain(), []);
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" restored=3 "), "{log}");
}

/// Until a snapshot is stored in which the node has seen so many points, and for some time no other is
/// asked for.
pub(super) fn wait_for_snapshot(snapshots: &Sink<i64>, points: i64) {
    while snapshots.next() != points {}
    // In the first one the points may still have been on their way from one function to the next.
    snapshots.next();
    thread::sleep(Duration::from_millis(100));
}

/// The next point is `expected`, and its time one of these.
#[track_caller]
fn expect(stack: &Stack, expected: &str, times: RangeInclusive<i64>) {
    let point = stack.sink.next();
    assert_eq!(line(&point), format!("{expected} {}", point.time));
    assert!(times.contains(&point.time), "{expected} at {}, not in {times:?}", point.time);
}

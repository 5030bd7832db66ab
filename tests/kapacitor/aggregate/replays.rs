//! The promise of event time: what comes live comes out of a replay too, in real time and as fast as can be.

use std::thread;
use std::time::Duration;

use serde_json::json;

use super::state::wait_for_snapshot;
use super::{SECOND, next, now, sleep_until};
use crate::functions::counter;
use crate::kapacitord::eventually;
use crate::stack::{Settings, Stack};

const MILLI: i64 = SECOND / 1_000;

/// With their hosts.
const USERS: [(&str, &str); 4] = [("a", "ann"), ("a", "bob"), ("b", "ann"), ("b", "cid")];

/// When each user has requests, in milliseconds: three sessions at an `inactivityTimeout` of 1.5 s.
const REQUESTS: [i64; 7] = [0, 300, 600, 900, 2_700, 3_000, 4_900];

/// Behind every deadline of theirs, with half a second for the users' differences.
const END: i64 = 4_900 + 1_500 + 500;

/// No recording here gets as far.
const FAR: i64 = 4_102_444_800 * SECOND;

/// Three nodes, told apart by the measurement of what comes of them.
fn nodes() -> [(&'static str, String, usize); 3] {
    let node = |function: &str, options: &str| {
        let time = ".inactivityTimeout(1500ms).timeoutTimestampField('time').maxDelay(1s)";
        let from = "stream|from().measurement('requests').groupBy('host')";
        format!("{from}@{function}().taskId('user'){time}{options}@sink()")
    };
    let plain = ".count('n').sum('v', 'v').list('v', 'all').reasonTag('why').measurement('plain')";
    let emitted =
        ".maxEvents(3).timeout(3s).last('v', 'v').pointTime('emit').reasonTag('why').measurement('emitted')";
    let session = ".pointTime('emit').measurement('session')|spread('v').as('v')";
    // Each of the four users has three sessions, and of four events are three and one.
    [
        ("plain", node("aggregate", plain), 12),
        ("emitted", node("aggregate", emitted), 16),
        ("session", node("session", session), 12),
    ]
}

/// The requests as they come: each with how long after `start` it comes. Delays are up to half of `maxDelay`, so that a
/// slow machine may add as much.
fn live(start: i64) -> Vec<(i64, String)> {
    let mut requests = vec![];
    for (n, (host, user)) in (0..).zip(USERS) {
        for (i, offset) in (0..).zip(REQUESTS) {
            let (event, delay) = (moment(n, offset), (263 * i + 119 * n) % 500 * MILLI);
            let line = format!("requests,host={host} user={user:?},v={}i {}", value(n, i), start + event);
            requests.push((event + delay, line));
        }
    }
    requests.sort();
    requests
}

/// What `plain` has to give, from nothing but the requests' own times.
fn expected(start: i64) -> Vec<String> {
    let requests: Vec<_> = (0..).zip(REQUESTS).collect();
    let mut lines = vec![];
    for (n, (host, user)) in (0..).zip(USERS) {
        for session in [&requests[..4], &requests[4..6], &requests[6..]] {
            let values: Vec<_> = session.iter().map(|(i, _)| value(n, *i)).collect();
            let last = session.iter().map(|(_, offset)| moment(n, *offset)).max().expect("a request");
            let (count, sum, all) = (values.len(), values.iter().sum::<i64>(), json!(values).to_string());
            let tags = format!("plain,host={host},why=inactivity");
            lines.push(format!("{tags} all={all:?},n={count}i,user={user:?},v={sum}i {}", start + last));
        }
    }
    lines.sort();
    lines
}

/// A user's `i`th value.
fn value(user: i64, i: i64) -> i64 {
    10 * i + user
}

/// When a user's request is that has this place in `REQUESTS`.
fn moment(user: i64, offset: i64) -> i64 {
    (offset + 137 * user) * MILLI
}

#[test]
#[ignore = "needs kapacitord"]
fn the_same_points_come_live_and_of_a_replay_in_real_time_and_of_a_fast_one() {
    let stack = Stack::start();
    for (name, script, _) in nodes() {
        stack.define(&format!("live-{name}"), &script);
        stack.try_define(name, json!({ "script": script, "status": "disabled" })).unwrap();
    }
    stack.record("recording", "plain", "2100-01-01T00:00:00Z");
    let start = now();
    for (after, line) in live(start) {
        sleep_until(start + after);
        stack.write(line);
    }
    // A group of its own without a task, whose times take the recording to its end and end it.
    for time in [start + END * MILLI, FAR + SECOND] {
        stack.write(format!("requests,host=end v=0i {time}"));
    }
    let count = nodes().iter().map(|node| node.2).sum();
    let seen = next(&stack, count);
    let plain: Vec<_> = seen.iter().filter(|line| line.starts_with("plain,")).collect();
    assert_eq!(plain, expected(start).iter().collect::<Vec<_>>());

    stack.wait_for_recording("recording");
    for clock in ["fast", "real"] {
        for (name, ..) in nodes() {
            stack.start_replay_by(clock, &format!("{clock}-{name}"), name, "recording");
        }
        for (name, ..) in nodes() {
            stack.wait_for_replay(&format!("{clock}-{name}"));
        }
        assert_eq!(next(&stack, count), seen, "{clock}");
    }
    thread::sleep(Duration::from_millis(500));
    assert_eq!(stack.sink.drain(), []);
    let log = stack.stop_quietly(&[]);
    assert!(!log.contains(" late="), "{log}");
}

/// As `docs/time.md` says: a replay is made through a task that has never run.
#[test]
#[ignore = "needs kapacitord"]
fn a_replay_begins_with_the_state_of_its_task() {
    let (counter, snapshots) = counter();
    let settings = Settings { snapshot_interval: "500ms", ..Settings::default() };
    let stack = Stack::start_with(vec![counter], &settings);
    let options = ".taskId('user').timeout(1h).timeoutTimestampField('time').count('n')";
    let script = format!("stream|from().measurement('requests')@counter()@aggregate(){options}@sink()");
    stack.try_define("own", json!({ "script": script, "status": "disabled" })).unwrap();
    stack.define("run", &script);
    stack.write(format!("requests user=\"ann\" {}", now()));
    wait_for_snapshot(&snapshots, 1);
    stack.disable("run");

    stack.record("recording", "own", "1970-01-01T00:01:00Z");
    stack.write(
        "requests user=\"bob\" 1000000000\nrequests user=\"bob\" 2000000000\nrequests user=\"x\" 61000000000",
    );
    stack.wait_for_recording("recording");
    // Bob's requests are one session that stays open, or each late and on its own.
    for (task, sessions) in [("own", 0), ("run", 2)] {
        stack.replay(task, task, "recording");
        assert_eq!(stack.sink.drain().len(), sessions, "{task}");
    }
    eventually("both have ended", || (stack.daemon_log().matches("at the end: ").count() == 3).then_some(()));
    let log = stack.stop_quietly(&[]);
    assert!(log.lines().any(|line| line.contains(" late=2 ") && line.contains(" restored=1 ")), "{log}");
}

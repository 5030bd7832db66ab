//! Tasks that are disabled, fail or wait, and a daemon that comes and goes.

use std::thread;
use std::time::{Duration, Instant};

use crate::functions::on_points;
use crate::kapacitord::eventually;
use crate::stack::{Settings, Stack};

const TASK: &str = "stream|from().measurement('cpu')@mirror()@sink()";

#[test]
#[ignore = "needs kapacitord"]
fn a_task_is_disabled_and_enabled_ten_times() {
    let stack = Stack::start();
    stack.define("task", TASK);
    for round in 1..=10 {
        let point = format!("cpu f=0.5 {round}");
        stack.write(&point);
        stack.sink.expect(&point);
        stack.disable("task");
        assert_eq!(stack.task("task")["executing"], false);
        stack.enable("task");
        stack.runs("task");
    }
    let log = stack.stop_quietly(&[]);
    assert_eq!(log.matches("connection closed").count(), 11, "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn of_two_tasks_on_one_socket_one_fails_and_the_other_goes_on() {
    let fussy = on_points("fussy", |point, out| {
        if point.field("bad")?.is_some() {
            return Err("a bad point".into());
        }
        assert!(point.field("worse")?.is_none(), "a worse point");
        Ok(out.forward(point)?)
    });
    let stack = Stack::start_with(vec![fussy], &Settings::default());
    for task in ["fails", "lives"] {
        stack.define(task, &format!("stream|from().measurement('{task}')@mirror()@fussy()@sink()"));
    }
    for (field, error) in [("bad", "a bad point"), ("worse", "panic in the function's point: a worse point")]
    {
        // The function fails while Kapacitor has more for it.
        stack.write(format!("fails {field}=1 1\n{}", "fails f=0.5 2\n".repeat(1_000)));
        // Kapacitor looks at the function again only when there is another point for it.
        let failure = eventually("the task fails", || {
            stack.write("fails f=0.5 2");
            stack.write("lives f=0.5 2");
            stack.sink.expect("lives f=0.5 2");
            stack.has_failed("fails")
        });
        assert_eq!(failure, format!("fussy3: stopping UDF server: {error}"));
        stack.runs("lives");
        stack.disable("fails");
        stack.enable("fails");
        stack.write("fails f=0.5 3");
        stack.sink.expect("fails f=0.5 3");
    }
    // Kapacitor does not wait for the other functions of a task that has failed.
    stack.stop_quietly(&[
        "task=\"fails\" node=\"mirror2\"}: kapacitor_udfd::connection::ending: connection ended: the peer is gone",
    ]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_handler_busy_for_three_seconds_keeps_its_task_at_a_timeout_of_one() {
    const BUSY: Duration = Duration::from_secs(3);
    let slow = on_points("slow", |point, out| {
        thread::sleep(BUSY);
        Ok(out.forward(point)?)
    });
    let stack = Stack::start_with(vec![slow], &Settings { timeout: "1s", ..Settings::default() });
    stack.define("task", "stream|from().measurement('cpu')@mirror()@slow()@sink()");
    for point in ["cpu f=0.5 1", "cpu f=0.5 2"] {
        let start = Instant::now();
        stack.write(point);
        stack.sink.expect(point);
        assert!(start.elapsed() >= BUSY);
        stack.runs("task");
    }
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_daemon_that_shuts_down_stops_the_task_and_not_kapacitord() {
    let mut stack = Stack::start();
    stack.define("task", TASK);
    stack.write("cpu f=0.5 1");
    stack.sink.expect("cpu f=0.5 1");
    stack.stop_daemon();
    let failure = eventually("the task fails", || {
        stack.write("cpu f=0.5 2");
        stack.has_failed("task")
    });
    // The rest is the operating system's, such as "write: broken pipe".
    assert!(failure.starts_with("mirror2: stopping UDF server: write error: write unix "), "{failure}");
    stack.start_daemon();
    stack.disable("task");
    stack.enable("task");
    stack.write("cpu f=0.5 3");
    stack.sink.expect("cpu f=0.5 3");
    stack.stop_quietly(&[]);
}

/// What Kapacitor does between the daemon's end and its start: dial for up to five minutes.
#[test]
#[ignore = "needs kapacitord"]
fn a_task_enabled_without_a_daemon_waits_for_one() {
    let mut stack = Stack::start();
    stack.stop_daemon();
    stack.define("task", TASK);
    stack.write("cpu f=0.5 1");
    stack.runs("task");
    stack.start_daemon();
    stack.sink.expect("cpu f=0.5 1");
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_kapacitord_started_before_the_daemon_waits_for_it() {
    let mut stack = Stack::start_without_daemon(vec![], &Settings::default());
    let opens = "msg=\"opening service\" source=srv service=*udf.Service";
    eventually("kapacitord looks for its functions", || stack.log().contains(opens).then_some(()));
    // Nothing tells that a dial has failed.
    thread::sleep(Duration::from_secs(1));
    assert!(!stack.log().contains("listening on"));
    stack.start_daemon();
    stack.kapacitord.wait_until_ready();
    stack.define("task", TASK);
    stack.write("cpu f=0.5 1");
    stack.sink.expect("cpu f=0.5 1");
    stack.stop_quietly(&[]);
}

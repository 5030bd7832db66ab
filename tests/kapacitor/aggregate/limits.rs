//! What a node refuses, and what it does when it has all the tasks it may have.

use crate::stack::Stack;

/// Five events of three tasks, for a node that may have two. A task is full with its second event.
const EVENTS: [&str; 5] =
    ["jobs,job=a x=1 1", "jobs,job=b x=1 2", "jobs,job=c x=1 3", "jobs,job=a x=1 4", "jobs,job=c x=1 5"];

fn with_two_tasks(on_overflow: &str) -> String {
    let options = ".taskId('job').maxTasks(2).maxEvents(2).timeout(1h).count('events').reasonTag('why')";
    format!("stream|from().measurement('jobs')@aggregate(){options}{on_overflow}@sink()")
}

#[test]
#[ignore = "needs kapacitord"]
fn a_third_task_evicts_the_oldest_which_comes_out() {
    let stack = Stack::start();
    stack.define("task", &with_two_tasks(""));
    stack.write(EVENTS.join("\n"));
    stack.sink.expect("jobs,job=a,why=evicted events=1i 1");
    // Its next event begins it anew, and b is the oldest.
    stack.sink.expect("jobs,job=b,why=evicted events=1i 2");
    stack.sink.expect("jobs,job=c,why=max_events events=2i 5");
    stack.write("jobs,job=a x=1 6");
    stack.sink.expect("jobs,job=a,why=max_events events=2i 6");
    let log = stack.stop_quietly(&[]);
    assert!(log.contains("out_evicted=2"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn a_third_task_discards_the_oldest_with_drop() {
    let stack = Stack::start();
    stack.define("task", &with_two_tasks(".onOverflow('drop')"));
    stack.write(EVENTS.join("\n"));
    // The second event of a did not fill it: its first was gone.
    stack.sink.expect("jobs,job=c,why=max_events events=2i 5");
    stack.write("jobs,job=a x=1 6");
    stack.sink.expect("jobs,job=a,why=max_events events=2i 6");
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" dropped=2 "), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn a_third_task_is_not_begun_with_reject() {
    let stack = Stack::start();
    stack.define("task", &with_two_tasks(".onOverflow('reject')"));
    stack.write(EVENTS.join("\n"));
    stack.sink.expect("jobs,job=a,why=max_events events=2i 4");
    // There was room again when its second event came.
    stack.write("jobs,job=c x=1 6");
    stack.sink.expect("jobs,job=c,why=max_events events=2i 6");
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" rejected=1 "), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn options_that_do_not_go_together_are_the_task_s_error() {
    let stack = Stack::start();
    for (options, expected) in [
        (
            ".taskId('job').timeout(5m).inactivityTimeout(10m)",
            "option inactivityTimeout: 10m is longer than the timeout of 5m; lower it or raise timeout",
        ),
        (
            ".resetOnFlush(TRUE)",
            "option resetOnFlush: TRUE means nothing without a flush; give flushInterval too",
        ),
        (
            ".count('n').sum('x', 'n')",
            "option sum: the field \"n\" is given by option count already; choose another name",
        ),
    ] {
        stack.define("task", &format!("stream|from().measurement('jobs')@aggregate(){options}|log()"));
        assert_eq!(stack.failure("task"), format!("aggregate2: failed to initialize processes {expected}"));
        assert_eq!(stack.task("task")["status"], "enabled");
        stack.delete("task");
    }
}

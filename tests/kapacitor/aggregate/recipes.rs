//! What `docs/aggregate.md` says to put before and after the node does what it says.

use super::{AROUND, SECOND, SINK, alerts, below, changed, now, sleep_until};
use crate::functions::line;
use crate::kapacitord::eventually;
use crate::stack::Stack;

/// The only script, or the first one, below this heading.
#[track_caller]
fn recipe(heading: &str) -> &'static str {
    below(AROUND, heading)[0]
}

#[test]
#[ignore = "needs kapacitord"]
fn a_deadman_beside_the_node_tells_of_a_source_that_died_with_tasks_open() {
    let stack = Stack::start();
    let log = stack.dir.path().join("alerts");
    let changes = [("5m", "500ms"), ("10m", "3s"), ("/tmp/deadman.log", log.to_str().unwrap()), SINK];
    stack.define("task", &changed(recipe("A deadman"), &changes));
    stack.write(r#"requests,host=a user_id="ann" 1"#);
    assert_eq!(alerts(&stack, 1), ["host=a:from1 for task 'task' is dead: 0.000 points/500ms."]);
    assert_eq!(stack.sink.drain(), [], "the task is open");
    stack.sink.expect(r#"requests,host=a requests=1i,user_id="ann" 1"#);
    // The name that the document says the node has now.
    let log = stack.stop_quietly(&[]);
    assert!(AROUND.contains("`aggregate6`") && log.contains("node=\"aggregate6\""), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn events_of_two_measurements_meet_in_a_task() {
    let stack = Stack::start();
    let script = recipe("Events of two measurements: one `|from()`, no `|union()`");
    stack.define("task", &changed(script, &[("(2h)", "(1s)"), SINK]));
    stack.write("starts,line=u1 trip=7i,platform=\"a\" 1\nstarts,line=u1 trip=8i,platform=\"b\" 2");
    stack.write("other,line=u1 x=1 3\nends,line=u1 trip=7i,platform=\"c\" 4");
    stack.sink.expect(r#"trips,line=u1,why=max_events platform="c",trip=7i 4"#);
    // The end that is missing holds nothing up.
    stack.sink.expect(r#"trips,line=u1,why=timeout platform="b",trip=8i 2"#);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn what_a_join_could_not_fill_gets_a_default_before_the_node() {
    let stack = Stack::start();
    stack.define("task", &changed(recipe("A join"), &[("(1m)", "(1s)"), SINK]));
    // There is no error in the first second and no request in the third.
    stack.write("requests,host=a value=1 1000000000\nrequests,host=a value=2 2000000000");
    stack.write("errors,host=a value=4 2000000000\nerrors,host=a value=8 3000000000");
    stack.write("requests,host=a value=16 4000000000\nerrors,host=a value=32 4000000000");
    let point = stack.sink.next();
    assert_eq!(line(&point), "requests_and_errors,host=a errors=44.0,requests=19.0 4000000000");
    assert_eq!((point.database.as_str(), point.retention_policy.as_str()), ("", ""));
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn windows_behind_the_node_hold_the_tasks_of_one_id_each() {
    let stack = Stack::start();
    let options = ".taskId('user').maxEvents(2).count('events').groupByTask(TRUE).pointTime('emit')";
    let window = "|window().period(1s).every(1s)|count('events').as('tasks')";
    stack.define(
        "task",
        &format!("stream|from().measurement('requests')@aggregate(){options}{window}@sink()"),
    );
    // The times of the events go back.
    let tasks = |user: &str, count: usize| -> String {
        let event = |n| format!("requests user=\"{user}\" {}", 1_000 - n);
        (0..2 * count).map(event).collect::<Vec<_>>().join("\n")
    };
    stack.write([tasks("ann", 3), tasks("bob", 2)].join("\n"));
    // A task comes out when the daemon gets its point, which may be some time after the write.
    sleep_until(now() + 3 * SECOND / 2);
    // A window closes when a point behind it comes.
    stack.write([tasks("ann", 1), tasks("bob", 1)].join("\n"));
    for (user, tasks) in [("ann", 3), ("bob", 2)] {
        let point = stack.sink.next();
        assert_eq!(point.group, format!("user={user}"));
        assert_eq!(line(&point), format!("requests,user={user} tasks={tasks}i {}", point.time));
    }
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn windows_of_tasks_and_windows_of_something_else_meet_in_a_join() {
    let stack = Stack::start();
    let script = recipe("A window, a join, a derivative: `pointTime('emit')`");
    stack.define("task", &changed(script, &[("10m", "100ms"), ("5m", "1s"), SINK]));
    let point = eventually("a joined point", || {
        // However old an event is, its task comes out now.
        stack.write("requests,host=a user_id=\"ann\" 1\ncpu,host=a usage_user=50");
        sleep_until(now() + SECOND / 5);
        stack.sink.drain().pop()
    });
    let sessions = point.fields_int["ended.sessions"];
    assert!((1..=5).contains(&sessions) && point.time % SECOND == 0, "{point:?}");
    let expected = format!("requests,host=a ended.sessions={sessions}i,load.usage=50.0 {}", point.time);
    assert_eq!(line(&point), expected);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn originals_pass_through_at_once_and_tasks_come_between_them() {
    let stack = Stack::start();
    let script = recipe("A union with a quiet branch");
    stack.define("task", &changed(script, &[("10m", "500ms"), SINK]));
    for second in 1..=2 {
        let original = format!("requests,host=a user_id=\"ann\" {second}");
        stack.write(&original);
        stack.sink.expect(&original);
        stack.sink.expect(&format!("sessions,host=a requests=1i,user_id=\"ann\" {second}"));
    }
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_barrier_behind_the_node_keeps_a_union_going_while_no_task_ends() {
    let stack = Stack::start();
    let script = below(AROUND, "A union with a quiet branch")[1];
    stack.define("task", &changed(script, &[("10m", "500ms"), ("10s", "500ms"), SINK]));
    stack.write("logins,host=a n=1i");
    // The barrier begins with the first task.
    sleep_until(now() + SECOND);
    assert_eq!(stack.sink.drain(), []);
    stack.write(r#"requests,host=a user_id="ann""#);
    assert_eq!(stack.sink.next().fields_int["n"], 1);
    // The task itself waits for a point of the other branch.
    stack.write("logins,host=a n=2i");
    assert_eq!(stack.sink.next().name, "sessions");
    assert_eq!(stack.sink.next().fields_int["n"], 2);
    for n in 3..=4 {
        stack.write(format!("logins,host=a n={n}i"));
        assert_eq!(stack.sink.next().fields_int["n"], n);
    }
    stack.stop_quietly(&[]);
}

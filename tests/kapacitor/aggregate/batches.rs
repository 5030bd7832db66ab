//! `@aggregateBatch()`, and `aggregate` from streams to batches and from batches to streams. The batches come of a
//! `|window()`: a batch task's `|query()` needs an InfluxDB, which these tests do without, and gives a function the same
//! messages.

use super::{README, SINK, TIME, blocks, changed};
use crate::functions::{SeenBatch, line};
use crate::stack::{Settings, Stack};

/// Has a script that only logs what comes out of the node tell the test instead.
const SINK_BATCH: (&str, &str) = ("|log()", "@sinkBatch()");

/// A minute's requests of two hosts, the users of one coming between each other, and a point of each host that closes
/// its window.
const MINUTE: &str = r#"requests,host=a user="ann",bytes=1i 1000000000
requests,host=b user="ann",bytes=2i 2000000000
requests,host=a user="bob",bytes=4i 3000000000
requests,host=a user="ann",bytes=8i 4000000000
requests,host=a user="cid",bytes=16i 61000000000
requests,host=b user="cid",bytes=32i 62000000000
"#;

const WINDOW: &str = "stream|from().measurement('requests').groupBy('host')|window().period(1m).every(1m)";

fn points(batch: &SeenBatch) -> Vec<String> {
    batch.points.iter().map(line).collect()
}

/// The one script of `docs/time.md` with batches that has these words.
#[track_caller]
fn script(words: &str) -> &'static str {
    let scripts = blocks(TIME, "tick").into_iter().filter(|script| script.contains("@aggregateBatch()"));
    let scripts: Vec<_> = scripts.filter(|script| script.contains(words)).collect();
    let [script] = scripts[..] else { panic!("one script with {words}: {scripts:?}") };
    script
}

#[test]
#[ignore = "needs kapacitord"]
fn a_batch_comes_out_for_each_window_of_each_group() {
    let stack = Stack::start();
    let options = ".taskId('user').count('n').sum('bytes', 'bytes').reasonTag('why')";
    stack.define("task", &format!("{WINDOW}@aggregateBatch(){options}@sinkBatch()"));
    stack.write(MINUTE);
    let batch = stack.sink_batch.next();
    assert_eq!((batch.begin.name.as_str(), batch.end.group.as_str()), ("requests", "host=a"));
    assert_eq!((batch.begin.size, batch.end.tmax), (2, 61_000_000_000));
    assert_eq!(
        points(&batch),
        [
            r#",host=a,why=batch bytes=4i,n=1i,user="bob" 3000000000"#,
            r#",host=a,why=batch bytes=9i,n=2i,user="ann" 4000000000"#,
        ]
    );
    let batch = stack.sink_batch.next();
    assert_eq!((batch.end.group.as_str(), batch.end.tmax), ("host=b", 62_000_000_000));
    assert_eq!(points(&batch), [r#",host=b,why=batch bytes=2i,n=1i,user="ann" 2000000000"#]);
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" out_batch=3"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn an_empty_window_is_an_empty_batch() {
    let stack = Stack::start();
    stack.define(
        "task",
        &format!("{WINDOW}|where(lambda: FALSE)@aggregateBatch().taskId('user')@sinkBatch()"),
    );
    stack.write(MINUTE);
    let batch = stack.sink_batch.next();
    assert_eq!((batch.begin.size, batch.end.group.as_str(), batch.end.tmax), (0, "host=a", 61_000_000_000));
    assert_eq!(points(&batch), Vec::<String>::new());
    assert_eq!(stack.sink_batch.next().end.group, "host=b");
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn originals_and_tasks_are_in_one_batch_by_time() {
    let stack = Stack::start();
    let options =
        ".taskId('user').maxEvents(2).passThrough(TRUE).emitOnEnd(TRUE).reasonTag('why').count('n')";
    stack.define("task", &format!("{WINDOW}@aggregateBatch(){options}.measurement('both')@sinkBatch()"));
    stack.write(MINUTE);
    let batch = stack.sink_batch.next();
    assert_eq!((batch.begin.name.as_str(), batch.begin.size), ("both", 5));
    assert_eq!(
        points(&batch),
        [
            r#",host=a bytes=1i,user="ann" 1000000000"#,
            r#",host=a bytes=4i,user="bob" 3000000000"#,
            r#",host=a,why=batch n=1i,user="bob" 3000000000"#,
            r#",host=a bytes=8i,user="ann" 4000000000"#,
            r#",host=a,why=max_events n=2i,user="ann" 4000000000"#,
        ]
    );
    stack.stop_quietly(&[]);
}

/// What `docs/time.md` says of three requests in a window.
#[test]
#[ignore = "needs kapacitord"]
fn a_gap_within_a_window_counts_and_its_end_ends_the_rest() {
    let stack = Stack::start();
    let request = |second: i64| format!("requests,host=a user=\"ann\" {second}000000000");
    let requests = [0, 5, 30, 60].map(|second| request(second + 60)).join("\n");
    let script = script(".reasonTag('why')");
    let check = |script: &str, expected: &[&str]| {
        stack.define("task", script);
        stack.write(&requests);
        assert_eq!(points(&stack.sink_batch.next()), expected);
        stack.delete("task");
    };
    check(
        &changed(script, &[SINK_BATCH]),
        &[
            r#",host=a,why=inactivity requests=2i,user="ann" 65000000000"#,
            r#",host=a,why=batch requests=1i,user="ann" 90000000000"#,
        ],
    );
    check(
        &changed(script, &[SINK_BATCH, (".inactivityTimeout(10s)", "")]),
        &[r#",host=a,why=batch requests=3i,user="ann" 90000000000"#],
    );
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_task_reaches_over_windows_if_their_end_does_not_end_it() {
    let stack = Stack::start();
    let script = script(".endOfBatch(FALSE)");
    // A minute takes a second.
    let changes = [("(1m)", "(1s)"), ("(30s)", "(500ms)"), ("(70s)", "(1200ms)"), SINK_BATCH];
    stack.define("task", &changed(script, &changes));
    let request =
        |tenths: i64| format!("requests,host=a user=\"ann\" {}", 1_000_000_000 + tenths * 100_000_000);
    stack.write([0, 9, 12, 21, 32].map(request).join("\n"));
    // A batch for each window, the first without a point, then what the clock ends.
    let expected = [
        (None, 2_000_000_000),
        (Some(r#",host=a requests=1i,user="ann" 1000000000"#), 3_200_000_000),
        (Some(r#",host=a requests=2i,user="ann" 2200000000"#), 2_200_000_000),
        (Some(r#",host=a requests=1i,user="ann" 3100000000"#), 3_100_000_000),
    ];
    for (expected, tmax) in expected {
        let batch = stack.sink_batch.next();
        assert_eq!(points(&batch), Vec::from_iter(expected));
        assert_eq!((batch.end.tmax, batch.end.group.as_str()), (tmax, "host=a"));
    }
    stack.stop_quietly(&[]);
}

/// The functions that the README configures for the other two pairs of edges.
fn with_functions_of_the_readme() -> Stack {
    let config = blocks(README, "toml").into_iter().find(|config| config.contains("aggregateToBatch"));
    Stack::start_with(vec![], &Settings { config: config.expect("a configuration"), ..Settings::default() })
}

#[test]
#[ignore = "needs kapacitord"]
fn from_a_stream_each_task_is_a_batch_of_one_point() {
    let stack = with_functions_of_the_readme();
    let options = ".taskId('user').maxEvents(2).count('n').groupByTask(TRUE)";
    let script = "stream|from().measurement('requests').groupBy('host')@aggregateToBatch()";
    stack.define("task", &format!("{script}{options}@sinkBatch()"));
    stack.write(MINUTE);
    let batch = stack.sink_batch.next();
    assert_eq!((batch.begin.name.as_str(), batch.end.group.as_str()), ("requests", "host=a,user=ann"));
    assert_eq!((batch.begin.size, batch.end.tmax), (1, 4_000_000_000));
    assert_eq!(points(&batch), [",host=a,user=ann n=2i 4000000000"]);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn from_batches_each_task_is_a_point_of_a_stream() {
    let stack = with_functions_of_the_readme();
    let script = format!("{WINDOW}@aggregateWindows().taskId('user').count('n')|log()");
    stack.define("grouped", &changed(&script, &[("|log()", ".groupByTask(TRUE)|log()"), SINK]));
    stack.write(MINUTE);
    // In the order in which the tasks began.
    for (user, host, n, time) in [("ann", "a", 2, 4), ("bob", "a", 1, 3), ("ann", "b", 1, 2)] {
        let point = stack.sink.next();
        assert_eq!(line(&point), format!("requests,host={host},user={user} n={n}i {time}000000000"));
        assert_eq!(
            (point.group.as_str(), point.dimensions.join(",")),
            (&*format!("host={host},user={user}"), "host,user".to_owned())
        );
        assert_eq!((point.database.as_str(), point.retention_policy.as_str()), ("", ""));
    }
    stack.delete("grouped");
    stack.define("plain", &changed(&script, &[SINK]));
    stack.write(MINUTE);
    let point = stack.sink.next();
    assert_eq!(line(&point), r#"requests,host=a n=2i,user="ann" 4000000000"#);
    assert_eq!((point.group.as_str(), point.dimensions), ("host=a", vec!["host".to_owned()]));
    stack.stop_quietly(&[]);
}

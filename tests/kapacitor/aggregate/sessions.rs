//! `@session()` before what Kapacitor has for batches.

use serde_json::json;

use crate::functions::line;
use crate::stack::Stack;

use super::next;

/// Three events are a session.
const SESSIONS: &str = "var sessions = stream
    |from()
        .measurement('requests')
        .groupBy('host')
    @session()
        .taskId('user')
        .maxEvents(3)
";

/// Two users of a host, whose requests come between each other's, and not in the order of their times.
const REQUESTS: &str = r#"requests,host=a user="ann",ms=30i,path="/x" 1000
requests,host=a user="bob",ms=5i,path="/" 1500
requests,host=a user="ann",ms=10i,path="/" 500
requests,host=a user="bob",ms=7i,path="/y" 2500
requests,host=a user="ann",ms=20i,path="/y" 2000
requests,host=a user="bob",ms=6i,path="/z" 1600
"#;

#[test]
#[ignore = "needs kapacitord"]
fn count_percentile_and_mean_of_each_session_with_a_group_for_each_id() {
    let stack = Stack::start();
    let nodes = "sessions|count('ms').as('n')@sink()
sessions|percentile('ms', 95.0).as('p95')@sink()
sessions|mean('ms').as('mean')@sink()";
    stack.define("task", &format!("{SESSIONS}.groupByTask(TRUE)\n{nodes}"));
    stack.write(REQUESTS);
    // A percentile is one of the points, and has its other fields. All have the time of the last event.
    assert_eq!(
        next(&stack, 6),
        [
            "requests,host=a,user=ann mean=20.0 2000",
            "requests,host=a,user=ann n=3i 2000",
            r#"requests,host=a,user=ann p95=30i,path="/x" 2000"#,
            "requests,host=a,user=bob mean=6.0 2500",
            "requests,host=a,user=bob n=3i 2500",
            r#"requests,host=a,user=bob p95=7i,path="/y" 2500"#,
        ]
    );
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn count_percentile_and_mean_of_each_session_in_the_group_of_its_host() {
    let stack = Stack::start();
    let nodes = "sessions|count('ms').as('n')@sink()
sessions|percentile('ms', 95.0).as('p95')@sink()
sessions|mean('ms').as('mean')@sink()";
    stack.define("task", &format!("{SESSIONS}.measurement('sessions')\n{nodes}"));
    stack.write(REQUESTS);
    // Only what is a point of the session still says whose it was.
    assert_eq!(
        next(&stack, 6),
        [
            "sessions,host=a mean=20.0 2000",
            "sessions,host=a mean=6.0 2500",
            "sessions,host=a n=3i 2000",
            "sessions,host=a n=3i 2500",
            r#"sessions,host=a,user=ann p95=30i,path="/x" 2000"#,
            r#"sessions,host=a,user=bob p95=7i,path="/y" 2500"#,
        ]
    );
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_session_is_a_batch_of_its_events_in_the_order_of_their_times() {
    let stack = Stack::start();
    let options = ".reasonTag('why').tagOnTimeout('full', 'yes').timeoutTaskIdField('id')";
    stack.define("task", &format!("{SESSIONS}{options}@sinkBatch()"));
    stack.write(REQUESTS);
    let batch = stack.sink_batch.next();
    assert_eq!((batch.begin.name.as_str(), batch.end.group.as_str()), ("requests", "host=a"));
    assert_eq!((batch.begin.size, batch.end.tmax), (3, 2000));
    assert!(batch.end.tags.iter().eq([(&"host".to_owned(), &"a".to_owned())]));
    assert_eq!(
        batch.points.iter().map(line).collect::<Vec<_>>(),
        [
            r#",full=yes,host=a,user=ann,why=max_events id="ann",ms=10i,path="/" 500"#,
            r#",full=yes,host=a,user=ann,why=max_events id="ann",ms=30i,path="/x" 1000"#,
            r#",full=yes,host=a,user=ann,why=max_events id="ann",ms=20i,path="/y" 2000"#,
        ]
    );
    assert_eq!(stack.sink_batch.next().points.len(), 3);
    stack.stop_quietly(&[]);
}

/// A session that nothing ends but time, by the clock.
#[test]
#[ignore = "needs kapacitord"]
fn a_session_ends_when_nothing_comes_of_it() {
    let stack = Stack::start();
    let script = "stream|from().measurement('requests')
        @session().taskId('user').inactivityTimeout(500ms).groupByTask(TRUE).measurement('sessions')
        |sum('ms').as('ms')
        @sink()";
    stack.define("task", script);
    stack.write(REQUESTS);
    assert_eq!(next(&stack, 2), ["sessions,user=ann ms=60i 2000", "sessions,user=bob ms=18i 2500"]);
    // The ids are free again.
    stack.write("requests,host=b user=\"ann\",ms=1i 3000");
    stack.sink.expect("sessions,user=ann ms=1i 3000");
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" out_inactivity=3"), "{log}");
}

/// By Kapacitor already, which has nodes of these names.
#[test]
#[ignore = "needs kapacitord"]
fn outputs_are_refused_with_what_to_do_instead() {
    let stack = Stack::start();
    for (option, instead) in [("count('n')", "|count"), ("percentile('ms', 95.0, 'p95')", "|percentile")] {
        let script = format!("stream|from().measurement('requests')@session().{option}|log()");
        let error = stack.try_define("task", json!({ "script": script })).unwrap_err();
        assert!(error.ends_with(&format!("Use '|' operator instead: 'node{instead}(..)'.")), "{error}");
    }
    stack.stop_quietly(&[]);
}

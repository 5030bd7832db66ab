//! Scripts and conditions in tasks: `@script()` with what stands behind it, `code` and `timeoutCode` of `@aggregate()`,
//! `@session()` and `@aggregateBatch()`, `startWhen` and `endWhen`, and maps that outlive kapacitord.

use nix::sys::signal::Signal::{SIGKILL, SIGTERM};

use super::state::wait_for_snapshot;
use super::{SCRIPTS, SINK, alerts, blocks, changed, logging, next};
use crate::functions::{counter, line};
use crate::stack::{Settings, Stack};

#[test]
#[ignore = "needs kapacitord"]
fn the_first_script_of_the_documents() {
    let stack = Stack::start();
    let script = blocks(SCRIPTS, "tick")[0];
    stack.define("task", &changed(script, &[("(10m)", "(1s)"), SINK]));
    stack.write(
        r#"jobs job_id="a",logger="SQL",duration=12i 1
jobs job_id="b",logger="SQL",duration=1200i 2
jobs job_id="a",logger="SQL",duration=34i 3
jobs job_id="a",logger="TASK_END" 4"#,
    );
    stack.sink.expect(r#"jobs,why=end job_id="a",queries=2i,sql_duration=46i 4"#);
    stack.sink.expect(r#"jobs,why=timeout job_id="b",lost=true,queries=1i,slow=true,sql_duration=1200i 2"#);
    stack.stop_quietly(&[]);
}

/// Every example of `docs/scripts.md` is one that Kapacitor can read, too.
#[test]
#[ignore = "needs kapacitord"]
fn every_script_of_the_page_is_a_tickscript() {
    let stack = Stack::start();
    for (n, script) in blocks(SCRIPTS, "tick").into_iter().enumerate() {
        let head = if script.starts_with("stream") { "" } else { "stream\n    |from()\n" };
        let window = if script.contains("Batch()") { "    |window().period(1m).every(1m)\n" } else { "" };
        let task = serde_json::json!({ "script": format!("{head}{window}{script}"), "status": "disabled" });
        stack.try_define(&format!("task{n}"), task).unwrap();
    }
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn script_changes_drops_and_emits() {
    let stack = Stack::start();
    let code = r#"
        if event.path == "/health" { event.cancel(); }
        event.seconds = event.ms / 1000.0;
        event.tags.kind = if event.ms > 500 { "slow" } else { "fast" };
        event.ms = ();
        map.n += 1;
        event.n = map.n;
        if event.path == "/cart" { emit(#{ cart: true, of: map.n }) }
    "#;
    let script = format!("stream|from().measurement('requests').groupBy('host')@script().code('''{code}''')");
    stack.define("task", &format!("{script}@sink()"));
    stack.write(
        r#"requests,host=a path="/",ms=120i 1000
requests,host=b path="/health",ms=1i 2000
requests,host=a path="/cart",ms=800i 3000
requests,host=b path="/",ms=40i 4000"#,
    );
    stack.sink.expect(r#"requests,host=a,kind=fast n=1i,path="/",seconds=0.12 1000"#);
    stack.sink.expect(r#"requests,host=a,kind=slow n=2i,path="/cart",seconds=0.8 3000"#);
    stack.sink.expect("requests,host=a cart=true,of=2i 3001");
    stack.sink.expect(r#"requests,host=b,kind=fast n=2i,path="/",seconds=0.04 4000"#);
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" cancelled=1"), "{log}");
}

/// InfluxDB would refuse it, and with it all that is written together.
#[test]
#[ignore = "needs kapacitord"]
fn a_point_without_fields_does_not_go_on() {
    let stack = Stack::start();
    let nodes = "@script().code('if event.ms == 1 { event.ms = () }')@sink()";
    stack.define("task", &format!("stream|from().measurement('requests').groupBy('host'){nodes}"));
    stack.write("requests,host=a ms=1i 7\nrequests,host=a ms=2i 8");
    stack.sink.expect("requests,host=a ms=2i 8");
    stack.runs("task");
    let log = stack.stop_quietly(&["a script left a point without fields"]);
    assert!(log.contains(" cancelled=1"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn eval_and_alert_work_behind_script() {
    let stack = Stack::start();
    let code = "event.delta = event.celsius - (map.last ?? event.celsius); map.last = event.celsius;";
    let script = format!(
        "stream|from().measurement('temperatures').groupBy('room')
    @script().code('''{code}''')
    |eval(lambda: \"delta\" * 2.0).as('twice').keep()
    @sink()
    |alert().message('{{{{ .Group }}}} {{{{ .Level }}}}').crit(lambda: \"delta\" > 1.0).stateChangesOnly()"
    );
    stack.define("task", &logging(&stack, &script));
    stack.write(
        "temperatures,room=a celsius=20.0 1
temperatures,room=b celsius=25.0 2
temperatures,room=a celsius=22.5 3
temperatures,room=b celsius=25.5 4
temperatures,room=a celsius=22.5 5",
    );
    assert_eq!(
        next(&stack, 5),
        [
            "temperatures,room=a celsius=20.0,delta=0.0,twice=0.0 1",
            "temperatures,room=a celsius=22.5,delta=0.0,twice=0.0 5",
            "temperatures,room=a celsius=22.5,delta=2.5,twice=5.0 3",
            "temperatures,room=b celsius=25.0,delta=0.0,twice=0.0 2",
            "temperatures,room=b celsius=25.5,delta=0.5,twice=1.0 4",
        ]
    );
    assert_eq!(alerts(&stack, 2), ["room=a CRITICAL", "room=a OK"]);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn start_when_and_end_when() {
    let stack = Stack::start();
    let options = r#".taskId('job').startWhen('event.kind == "start"').endWhen('''event.kind == "end"''')
        .timeout(1h).count('events').reasonTag('why')"#;
    stack.define("task", &format!("stream|from().measurement('jobs')@aggregate(){options}@sink()"));
    stack.write(
        r#"jobs,job=a kind="progress" 1
jobs,job=a kind="start" 2
jobs,job=b kind="end" 3
jobs,job=a kind="progress" 4
jobs,job=a kind="end" 5
jobs,job=a kind="end" 6
jobs,job=a kind="start" 7
jobs,job=a kind="start" 8"#,
    );
    stack.sink.expect("jobs,job=a,why=end events=3i 5");
    stack.sink.expect("jobs,job=a,why=restart events=1i 7");
    let log = stack.stop_quietly(&[]);
    assert!(log.contains("orphan=3") || log.contains("orphans=3"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn maps_outlive_kapacitord() {
    let (counter, snapshots) = counter();
    let settings = Settings { snapshot_interval: "500ms", ..Settings::default() };
    let mut stack = Stack::start_with(vec![counter], &settings);
    let code = r"
        if map.lines == () { map.lines = []; map.sum = #{} }
        map.lines.push(#{ item: event.item, at: task.count });
        map.sum[event.item] += event.price;
        map.restored = task.restored;
        if task.count == 1 { task.timeout = 3600; }
        if task.count == 3 { task.end(); }
    ";
    let aggregate = format!("@aggregate().taskId('order').timeout(1h).code('''{code}''')");
    stack.define("task", &format!("stream|from().measurement('orders')@counter(){aggregate}@sink()"));
    for (n, signal) in (1..).zip([SIGTERM, SIGKILL]) {
        stack.write(format!("orders,order=A item=\"pen\",price=1.5 {n}"));
        wait_for_snapshot(&snapshots, n);
        stack.kapacitord.restart(signal);
    }
    stack.write("orders,order=A item=\"book\",price=20.0 3");
    let lines = r#"[{"at":1,"item":"pen"},{"at":2,"item":"pen"},{"at":3,"item":"book"}]"#;
    stack.sink.expect(&format!("orders,order=A lines={lines:?},restored=true,sum.book=20.0,sum.pen=3.0 3"));
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_session_with_code() {
    let stack = Stack::start();
    let code = r#"
        if event.path == "/health" { event.cancel() }
        event.ms_so_far = map.ms ?? 0;
        map.ms += event.ms;
        if event.path == "/search" { emit(#{ searched: true }) }
    "#;
    let session = format!(
        "@session().taskId('user').timeout(1h).groupByTask(TRUE).code('''{code}''')
        .endWhen('event.path == \"/logout\"')"
    );
    stack.define("task", &format!("stream|from().measurement('requests'){session}@sinkBatch()"));
    stack.write(
        r#"requests,user=ann path="/",ms=10i 1
requests,user=ann path="/health",ms=20i 2
requests,user=ann path="/search",ms=30i 3
requests,user=ann path="/logout",ms=40i 4"#,
    );
    let batch = stack.sink_batch.next();
    assert_eq!(batch.points.iter().map(line).collect::<Vec<_>>(), [",user=ann searched=true 3"]);
    let batch = stack.sink_batch.next();
    assert_eq!((batch.begin.size, batch.end.tmax, batch.end.group.as_str()), (3, 4, "user=ann"));
    assert_eq!(
        batch.points.iter().map(line).collect::<Vec<_>>(),
        [
            r#",user=ann ms=10i,ms_so_far=0i,path="/" 1"#,
            r#",user=ann ms=30i,ms_so_far=30i,path="/search" 3"#,
            r#",user=ann ms=40i,ms_so_far=60i,path="/logout" 4"#,
        ]
    );
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_batch_with_code() {
    let stack = Stack::start();
    let code = r"
        map.ms += event.ms;
        if event.ms > 100 { emit(#{ slow: event.ms }) }
    ";
    let script = format!(
        "stream|from().measurement('requests').groupBy('host')|window().period(1m).every(1m)
    @aggregateBatch().taskId('path').code('''{code}''').endWhen('task.count == 2').reasonTag('why')
    @sinkBatch()"
    );
    stack.define("task", &script);
    stack.write(
        "requests,host=a,path=x ms=30i 1000000000
requests,host=a,path=x ms=120i 2000000000
requests,host=a,path=y ms=5i 3000000000
requests,host=a,path=x ms=7i 4000000000
requests,host=a,path=x ms=1i 61000000000",
    );
    let batch = stack.sink_batch.next();
    assert_eq!((batch.begin.size, batch.end.tmax), (4, 61_000_000_000));
    assert_eq!(
        batch.points.iter().map(line).collect::<Vec<_>>(),
        [
            ",host=a,path=x slow=120i 2000000000",
            ",host=a,path=x,why=end ms=150i 2000000001",
            ",host=a,path=y,why=batch ms=5i 3000000000",
            ",host=a,path=x,why=batch ms=7i 4000000000",
        ]
    );
    stack.stop_quietly(&[]);
}

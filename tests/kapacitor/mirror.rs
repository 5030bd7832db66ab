//! `@mirror()` and `@mirrorBatch()` in tasks, with their options and without.

use serde_json::{Value, json};

use crate::functions::line;
use crate::stack::Stack;

/// A point of each type of field, grouped by host in the tasks here.
const POINT: &str = r#"cpu,host=a,region=eu b=true,f=0.5,i=7i,s="text" 1000"#;

/// The task of Kapacitor's documentation, word for word down to its alert, and a window behind it.
#[test]
#[ignore = "needs kapacitord"]
fn the_mirror_task_of_the_documentation_with_window_and_count_behind_it() {
    let stack = Stack::start();
    let alerts = stack.dir.path().join("alerts");
    let script = format!(
        "dbrp \"telegraf\".\"autogen\"

        stream
            |from()
                .measurement('cpu')
            @mirror()
            |alert()
                .crit(lambda: TRUE)
                .log('{}')
            |window()
                .period(10s)
                .every(10s)
            |count('usage_idle')
            |httpOut('count')",
        alerts.display()
    );
    stack.try_define("mirror_udf_example", json!({ "script": script, "dbrps": null })).unwrap();
    for second in 0..=10 {
        stack.write(format!("cpu,host=a usage_idle={second}.5 {second}000000000"));
    }
    let out = stack.http_out("mirror_udf_example", "count", 1);
    assert_eq!(out[0]["values"], json!([["1970-01-01T00:00:10Z", 10]]));
    let alerts = std::fs::read_to_string(alerts).unwrap();
    let idle = |alert: &str| -> Value {
        let alert: Value = serde_json::from_str(alert).unwrap();
        alert["data"]["series"][0]["values"][0][1].clone()
    };
    assert!(alerts.lines().map(idle).take(10).eq((0..10).map(|second| json!(f64::from(second) + 0.5))));
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn each_option_sets_what_it_says() {
    let stack = Stack::start();
    let check = |options: &str, expected: &str| {
        let script = format!("stream|from().measurement('cpu').groupBy('host')@mirror(){options}@sink()");
        stack.define("task", &script);
        stack.write(POINT);
        stack.sink.expect(expected);
        stack.delete("task");
    };
    check("", POINT);
    check(".field('x', 42.0)", r#"cpu,host=a,region=eu b=true,f=0.5,i=7i,s="text",x=42.0 1000"#);
    check(".field('i', -0.25)", r#"cpu,host=a,region=eu b=true,f=0.5,i=-0.25,s="text" 1000"#);
    check(".fieldInt('f', 3)", r#"cpu,host=a,region=eu b=true,f=3i,i=7i,s="text" 1000"#);
    check(".fieldString('b', 'né')", r#"cpu,host=a,region=eu b="né",f=0.5,i=7i,s="text" 1000"#);
    check(".fieldBool('s', FALSE)", "cpu,host=a,region=eu b=true,f=0.5,i=7i,s=false 1000");
    check(".defaultField('i', 1.0).defaultField('x', 1.0)", &with("x=1.0"));
    check(".defaultFieldInt('f', 1).defaultFieldInt('x', 1)", &with("x=1i"));
    check(".defaultFieldString('b', '1').defaultFieldString('x', '')", &with("x=\"\""));
    check(".defaultFieldBool('s', TRUE).defaultFieldBool('x', TRUE)", &with("x=true"));
    check(".tag('region', 'us').tag('z', 'z')", &POINT.replace("region=eu", "region=us,z=z"));
    check(".defaultTag('region', 'us').defaultTag('z', 'z')", &POINT.replace("region=eu", "region=eu,z=z"));
    check(".field('x', 1.0).tag('z', 'z')", &with("x=1.0").replace("eu", "eu,z=z"));
    stack.stop_quietly(&[]);
}

fn with(field: &str) -> String {
    POINT.replace(" 1000", &format!(",{field} 1000"))
}

/// Setting it would move the point to another group.
#[test]
#[ignore = "needs kapacitord"]
fn a_tag_the_points_are_grouped_by_is_left_alone_and_logged_once() {
    let stack = Stack::start();
    stack.define("task", "stream|from().measurement('cpu').groupBy('host')@mirror().tag('host', 'x')@sink()");
    for _ in 0..3 {
        stack.write(POINT);
        stack.sink.expect(POINT);
    }
    let log = stack.stop_quietly(&["tag not set"]);
    assert_eq!(log.matches("tag not set: points are grouped by it").count(), 1, "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn batches_come_through_and_their_points_get_what_the_options_say() {
    let stack = Stack::start();
    let check = |behind_the_window: &str, size, expected: &[&str]| {
        let window = "stream|from().measurement('cpu').groupBy('host')|window().period(10s).every(10s)";
        stack.define("task", &format!("{window}{behind_the_window}@sinkBatch()"));
        stack.write("cpu,host=a,region=eu f=0.5 1\ncpu,host=a i=7i 2\ncpu,host=a f=0.5 10000000001");
        let batch = stack.sink_batch.next();
        assert_eq!((batch.begin.name.as_str(), batch.end.group.as_str()), ("cpu", "host=a"));
        assert_eq!((batch.begin.size, batch.end.tmax), (size, 10_000_000_001));
        assert!(batch.end.tags.iter().eq([(&"host".to_owned(), &"a".to_owned())]));
        assert_eq!(batch.points.iter().map(line).collect::<Vec<_>>(), expected);
        stack.delete("task");
    };
    check("@mirrorBatch()", 2, &[",host=a,region=eu f=0.5 1", ",host=a i=7i 2"]);
    // The tag host is the batch's group and stays.
    check(
        "@mirrorBatch().tag('host', 'x').tag('origin', 'udf').fieldInt('i', 1).defaultField('f', 9.0)",
        2,
        &[",host=a,origin=udf,region=eu f=0.5,i=1i 1", ",host=a,origin=udf f=9.0,i=1i 2"],
    );
    check("|where(lambda: FALSE)@mirrorBatch().field('x', 1.0)", 0, &[]);
    let log = stack.stop_quietly(&["tag not set"]);
    assert_eq!(log.matches("tag not set").count(), 1, "{log}");
}

/// What the function itself has to refuse comes too late for the API's answer: the task is enabled, does
/// not run, and has this error.
#[test]
#[ignore = "needs kapacitord"]
fn options_the_mirror_refuses_are_the_task_s_error() {
    let stack = Stack::start();
    for (options, expected) in [
        (".field('', 1.0)", "must supply field: the name given to option field is empty"),
        (".tag('', 'x')", "must supply tag: the name given to option tag is empty"),
        (
            ".field('x', 1.0).fieldInt('x', 1)",
            "option fieldInt: the field \"x\" is set by another option too; set it once",
        ),
    ] {
        stack.define("task", &format!("stream|from().measurement('cpu')@mirror(){options}|log()"));
        assert_eq!(stack.failure("task"), format!("mirror2: failed to initialize processes {expected}"));
        assert_eq!(stack.task("task")["status"], "enabled");
        stack.delete("task");
    }
}

#[test]
#[ignore = "needs kapacitord"]
fn options_kapacitor_refuses_are_the_api_s_answer() {
    let stack = Stack::start();
    for (node, expected) in [
        ("miror()", "no method or property \"miror\" on *pipeline.FromNode"),
        ("mirror().fields('x', 1.0)", "no method or property \"fields\" on *pipeline.UDFNode"),
        ("mirror().field('x', '1.0')", "unexpected arg to field, got STRING expected DOUBLE"),
        ("mirror().field('x', 1)", "unexpected arg to field, got INT expected DOUBLE"),
        ("mirror().fieldInt('x', 1.0)", "unexpected arg to fieldInt, got DOUBLE expected INT"),
        ("mirror().fieldBool('x', 'TRUE')", "unexpected arg to fieldBool, got STRING expected BOOL"),
        ("mirror().tag('x', 10s)", "unexpected arg to tag, got DURATION expected STRING"),
        ("mirror().field('x')", "unexpected number of args to field, got 1 expected 2"),
    ] {
        let script = format!("stream|from().measurement('cpu')@{node}|log()");
        let error = stack.try_define("task", json!({ "script": script })).unwrap_err();
        assert!(error.starts_with("invalid TICKscript: ") && error.ends_with(expected), "{error}");
    }
    stack.stop_quietly(&[]);
}

/// Seen when the task is enabled, not when it is defined: the API answers with an error and keeps the task.
#[test]
#[ignore = "needs kapacitord"]
fn a_mirror_on_the_wrong_kind_of_edge_is_refused() {
    let stack = Stack::start();
    for (task, nodes, expected) in [
        ("batch", "@mirrorBatch()", "from1:stream -> mirrorBatch2:batch"),
        ("stream", "|window().period(1s).every(1s)@mirror()", "window2:batch -> mirror3:stream"),
    ] {
        let script = format!("stream|from().measurement('cpu'){nodes}|log()");
        let error = stack.try_define(task, json!({ "script": script })).unwrap_err();
        assert_eq!(error, format!("cannot add child mismatched edges: {expected}"));
        assert_eq!(stack.failure(task), error);
    }
    stack.stop_quietly(&[]);
}

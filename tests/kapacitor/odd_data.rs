//! Data at the edges of what Kapacitor has types for.

use serde_json::json;

use crate::functions::line;
use crate::stack::Stack;

#[test]
#[ignore = "needs kapacitord"]
fn numbers_and_times_keep_every_bit() {
    let stack = Stack::start();
    stack.define("task", "stream|from().measurement('cpu')@mirror()@sink()|httpOut('out')");
    stack.write("cpu max=9223372036854775807i,min=-9223372036854775808i,near=9007199254740993i 1");
    stack.sink.expect("cpu max=9223372036854775807i,min=-9223372036854775808i,near=9007199254740993i 1");
    let out = stack.http_out("task", "out", 1);
    assert_eq!(out[0]["columns"], json!(["time", "max", "min", "near"]));
    let values = json!(["1970-01-01T00:00:00.000000001Z", i64::MAX, i64::MIN, 9_007_199_254_740_993_i64]);
    assert_eq!(out[0]["values"], json!([values]));
    for point in [
        "cpu max=1.7976931348623157e308,tiny=5e-324,zero=-0.0 1",
        "cpu f=0.5 -1",
        "cpu f=0.5 -9223372036854775806",
        "cpu f=0.5 9223372036854775806",
    ] {
        stack.write(point);
        stack.sink.expect(point);
    }
    stack.stop_quietly(&[]);
}

/// Kapacitor takes any bytes for text and sends them on.
#[test]
#[ignore = "needs kapacitord"]
fn text_that_is_not_utf8_comes_through() {
    let stack = Stack::start();
    for mirror in
        ["@mirror()", "@mirror().field('x', 0.5).tag('t', 'v')|where(lambda: \"x\" == 0.5 AND \"t\" == 'v')"]
    {
        let length = "|eval(lambda: strLength(\"s\")).as('length')|httpOut('out')";
        stack.define("task", &format!("stream|from().measurement('cpu').groupBy('host'){mirror}{length}"));
        stack.write(b"cpu,host=\xff s=\"a\xff\xfe\" 1");
        let out = stack.http_out("task", "out", 1);
        assert_eq!(out[0]["values"], json!([["1970-01-01T00:00:00.000000001Z", 3]]));
        assert_eq!(out[0]["tags"]["host"], "\u{fffd}");
        stack.runs("task");
        stack.delete("task");
    }
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn names_and_text_of_any_language_come_through() {
    let stack = Stack::start();
    stack.define("task", "stream|from().groupBy('hôst')@mirror().field('ƒ', 0.5).tag('été', 'ö')@sink()");
    stack.write(
        r#"mémoire\ \,x,hôst=a\,\ b\=c,日=本 s="ß \"\\ ,=
end",leer="" 1"#,
    );
    let point = stack.sink.next();
    assert_eq!(
        line(&point),
        "mémoire ,x,hôst=a, b=c,été=ö,日=本 leer=\"\",s=\"ß \\\"\\\\ ,=\\nend\",ƒ=0.5 1"
    );
    assert_eq!(point.group, "hôst=a, b=c");
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn groups_stay_what_they_are() {
    let stack = Stack::start();
    for (grouping, group, dimensions) in [
        ("", "", &[][..]),
        (".groupBy('host')", "host=a", &["host"]),
        (".groupBy('host', 'rack')", "host=a,rack=", &["host", "rack"]),
        (".groupBy(*)", "host=a,region=eu", &["host", "region"]),
        (".groupByMeasurement()", "cpu", &[]),
        (".groupBy('host').groupByMeasurement()", "cpu\nhost=a", &["host"]),
    ] {
        let mirror = "@mirror().field('x', 0.5).tag('rack', 'r1')";
        stack.define("task", &format!("stream|from().measurement('cpu'){grouping}{mirror}@sink()"));
        stack.write("cpu,host=a,region=eu f=0.5 1");
        let point = stack.sink.next();
        assert_eq!(point.group, group);
        assert_eq!(point.dimensions, dimensions);
        assert_eq!(point.by_name, grouping.contains("Measurement"));
        let rack = if dimensions.contains(&"rack") { "" } else { ",rack=r1" };
        assert_eq!(line(&point), format!("cpu,host=a{rack},region=eu f=0.5,x=0.5 1"));
        stack.delete("task");
    }
    stack.stop_quietly(&["tag not set"]);
}

#[test]
#[ignore = "needs kapacitord"]
fn a_batch_of_fifty_thousand_points_comes_through() {
    const POINTS: i64 = 50_000;
    let stack = Stack::start();
    let window = "|window().period(10s).every(10s)";
    stack.define("task", &format!("stream|from().measurement('cpu'){window}@mirrorBatch()@sinkBatch()"));
    let points: Vec<_> = (1..=POINTS).map(|n| format!("cpu n={n}i {n}")).collect();
    stack.write(points.join("\n"));
    stack.write("cpu n=0i 10000000001");
    let batch = stack.sink_batch.next();
    assert_eq!(batch.begin.size, POINTS);
    assert!(batch.points.iter().map(|point| point.fields_int["n"]).eq(1..=POINTS));
    stack.stop_quietly(&[]);
}

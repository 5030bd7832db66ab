//! `kapacitor-udfd bench` against functions that do well and functions that don't.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::fake_udf::{FakeUdf, Manner, nobody};

fn bench(socket: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kapacitor-udfd"));
    command.arg("bench").arg("--socket").arg(socket).arg("--json").args(arguments);
    command.output().unwrap()
}

/// Exits with 0; the report.
pub(crate) fn succeeds(socket: &Path, arguments: &[&str]) -> Value {
    let output = bench(socket, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["ok"], &report["faults"]), (&json!(true), &json!([])), "{arguments:?}");
    report
}

/// Exits with 1; what it says of it.
pub(crate) fn fails(socket: &Path, arguments: &[&str], expected: &str) {
    let output = bench(socket, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
    assert!(error.contains(expected), "{arguments:?}: expected {expected:?} in: {error}");
}

#[test]
fn a_mirror_gives_everything_back() {
    let udf = FakeUdf::stream(Manner::Mirror);
    for writes in ["bulk", "kapacitor"] {
        let report = succeeds(&udf.socket(), &["--points", "5003", "--writes", writes]);
        assert_eq!(report["writes"], writes);
        assert_eq!(report["sent"]["points"], 5003);
        assert_eq!(report["received"]["points"], 5003);
        assert_eq!(report["sent"]["batches"], 0);
    }
    for shape in [["--tags", "0"], ["--tags", "9"], ["--fields", "0"], ["--fields", "9"], ["--keys", "70000"]]
    {
        let report = succeeds(&udf.socket(), &["--points", "3000", shape[0], shape[1]]);
        assert_eq!(report["received"]["points"], 3000, "{shape:?}");
    }
}

#[test]
fn points_are_shared_among_connections() {
    let udf = FakeUdf::stream(Manner::Mirror);
    let report = succeeds(&udf.socket(), &["--points", "1000", "--connections", "7", "--rate", "100000"]);
    assert_eq!((&report["connections"], &report["received"]["points"]), (&json!(7), &json!(1000)));
}

#[test]
fn batches_come_back_whole() {
    let udf = FakeUdf::batch(Manner::Mirror);
    for (batch, batches) in [("10", 251), ("4000", 1)] {
        let report = succeeds(&udf.socket(), &["--points", "2503", "--batch", batch]);
        assert_eq!(
            (&report["sent"]["batches"], &report["received"]["batches"]),
            (&json!(batches), &json!(batches))
        );
        assert_eq!(report["received"]["points"], 2503);
    }
    fails(&udf.socket(), &["--points", "1"], "the function wants batches; give --batch N");
    let stream = FakeUdf::stream(Manner::Mirror);
    fails(
        &stream.socket(),
        &["--points", "1", "--batch", "1"],
        "the function wants a stream; leave --batch out",
    );
}

#[test]
fn what_is_missing_or_out_of_order_is_named() {
    let check = |manner, expected| fails(&FakeUdf::stream(manner).socket(), &["--points", "5000"], expected);
    check(Manner::Drop(1234), "1 point missing, the first: point 1234");
    check(Manner::Swap(700), "1 point out of order, the first: point 700, after point 701");
    check(Manner::Twice(4999), "1 point received twice, the first: point 4999");
    check(Manner::Fail(500), "the function answered with an error: the disk is full; ");
    check(Manner::Close(500), "the function closed the connection before the half-close");
    check(Manner::Empty(500), "a response without a message");
}

/// The mirror's order is the one in which points were sent, whatever their times.
#[test]
fn points_are_sent_out_of_order_if_asked_to() {
    let udf = FakeUdf::stream(Manner::Mirror);
    let jitter = ["--points", "5000", "--step", "10ms", "--jitter", "1s"];
    let report = succeeds(&udf.socket(), &jitter);
    assert_eq!(report["received"]["points"], 5000);
    fails(
        &udf.socket(),
        &[&jitter[..], &["--expect", "any"]].concat(),
        " points out of order, the first: time ",
    );
    let steps = ["--points", "5000", "--step", "1h"];
    succeeds(&udf.socket(), &[&steps[..], &["--expect", "any"]].concat());
    let dropped = FakeUdf::stream(Manner::Drop(1234));
    fails(&dropped.socket(), &jitter, "1 point missing, the first: point 1234");
    let batches = FakeUdf::batch(Manner::Mirror);
    succeeds(&batches.socket(), &[&jitter[..], &["--batch", "30"]].concat());
}

#[test]
fn a_fault_says_on_which_connection_it_was() {
    let udf = FakeUdf::stream(Manner::Drop(400));
    let two = ["--connections", "2", "--points", "801"];
    fails(&udf.socket(), &two, "connection 0: 1 point missing, the first: point 400");
}

#[test]
fn a_report_is_printed_with_its_faults() {
    let output = bench(&FakeUdf::stream(Manner::Drop(3)).socket(), &["--points", "10"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["ok"], &report["received"]["missing"]), (&json!(false), &json!(1)));
    assert_eq!(report["faults"], json!(["1 point missing, the first: point 3"]));
}

#[test]
fn other_expectations_than_a_mirror() {
    let udf = FakeUdf::stream(Manner::Drop(50));
    succeeds(&udf.socket(), &["--points", "100", "--expect", "any"]);
    succeeds(&udf.socket(), &["--points", "100", "--expect", "99"]);
    fails(&udf.socket(), &["--points", "100", "--expect", "100"], "received 99 points, not 100");
    let swapped = FakeUdf::stream(Manner::Swap(50));
    fails(&swapped.socket(), &["--points", "100", "--expect", "any"], "1 point out of order");
}

#[test]
fn a_refusal_is_shown_with_its_text() {
    let udf = FakeUdf::stream(Manner::RefuseInit);
    fails(&udf.socket(), &["--option", "field('x', 1.0)"], "init refused: no field");
    let dir = tempfile::tempdir().unwrap();
    let output = bench(&nobody(dir.path()), &[]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("can't connect to") && error.contains("nobody.sock"), "{error}");
}

#[test]
fn a_function_that_falls_silent_is_given_up() {
    let udf = FakeUdf::stream(Manner::Mute(20));
    let arguments = ["--points", "100", "--timeout", "300ms", "--hold", "1ms"];
    fails(&udf.socket(), &arguments, "no progress for 300ms (--timeout); 100 of 100 sent, 20 received");
}

#[test]
fn idle_connections_are_held_open() {
    let udf = FakeUdf::stream(Manner::Mirror);
    let pid = std::process::id().to_string();
    let arguments =
        ["--points", "0", "--connections", "20", "--hold", "50ms", "--keepalive", "10ms", "--pid", &pid];
    let report = succeeds(&udf.socket(), &arguments);
    assert_eq!(report["keepalives"]["sent"], report["keepalives"]["answered"]);
    assert!(report["keepalives"]["sent"].as_u64().unwrap() >= 20);
    for what in ["rss_before", "rss_open", "rss_after", "rss_peak"] {
        assert!(report["server"][what].as_u64().unwrap() > 0, "{what}");
    }
    assert!(report["server"]["cpu_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_snapshot_is_taken_and_fed_back() {
    let udf = FakeUdf::stream(Manner::Mirror);
    let report = succeeds(&udf.socket(), &["--points", "100", "--connections", "2", "--restore"]);
    assert_eq!((&report["snapshots"]["taken"], &report["snapshots"]["bytes"]), (&json!(2), &json!(10)));
    assert_eq!((&report["restores"]["done"], &report["restores"]["points"]), (&json!(2), &json!(0)));
    assert_eq!(report["deadlines"], Value::Null);
}

/// Points come at once from a mirror: all of them long before a timeout of ten seconds.
#[test]
fn lateness_is_told_from_being_early() {
    let udf = FakeUdf::stream(Manner::Mirror);
    let report = succeeds(&udf.socket(), &["--points", "100", "--deadlines", "10s"]);
    let deadlines = &report["deadlines"];
    assert_eq!(deadlines["all_out_ms"], Value::Null);
    let last = &deadlines["after_last_send"];
    assert_eq!((&last["points"], &last["late_ms"]), (&last["early"], &Value::Null));
    let counted = [&last["points"], &deadlines["during_data"], &deadlines["at_end"]];
    assert_eq!(counted.into_iter().filter_map(Value::as_u64).sum::<u64>(), 100);
    let before_the_end = [&last["points"], &deadlines["during_data"]].into_iter().filter_map(Value::as_u64);
    assert_eq!(deadlines["after_own_send"]["points"], before_the_end.sum::<u64>());
}

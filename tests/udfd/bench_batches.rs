//! `kapacitor-udfd bench` against functions that send what they gather as batches, do well at it or don't.

use serde_json::{Value, json};

use crate::batcher::{Counts, Sessions, Slip, Wrong};
use crate::bench::{fails, succeeds};
use crate::gatherer::Gatherer;

const SESSIONS: [&str; 6] = ["--expect", "sessions", "--ids", "300", "--points", "1500"];

fn sessions(wrong: Wrong, arguments: &[&str]) -> Value {
    let udf = Gatherer::of(move || Sessions::new(wrong));
    succeeds(&udf.socket(), &[&SESSIONS, arguments].concat())
}

#[test]
fn every_point_comes_back_in_a_batch_of_its_id() {
    let report = sessions(Wrong::Nothing, &[]);
    assert_eq!(report["gathered"], json!({"ids": 300, "counted": 1500}));
    assert_eq!((&report["received"]["points"], &report["received"]["batches"]), (&json!(1500), &json!(300)));
    let disordered = ["--step", "1ms", "--jitter", "500ms", "--connections", "2", "--writes", "kapacitor"];
    let report = sessions(Wrong::Nothing, &disordered);
    // 750 points on each of them.
    assert_eq!(report["gathered"], json!({"ids": 600, "counted": 1500}));
}

#[test]
fn what_is_wrong_about_a_session_is_named() {
    let check = |wrong, words: &str| {
        let udf = Gatherer::of(move || Sessions::new(wrong));
        fails(&udf.socket(), &SESSIONS, words);
    };
    check(Wrong::LosesPoint, "1 point missing, the first: point ");
    check(Wrong::RepeatsPoint, "1 point received twice, the first: point ");
    check(Wrong::Strays, " in a batch of another id, the first: point ");
    check(Wrong::Renames, "1 point received with another id, the first: point ");
    check(Wrong::Turns, " in one batch");
    check(Wrong::EndsEarly, "1 batch not as its points are, the first: one that ends at ");
    check(
        Wrong::Regroups,
        "1 batch not as its points are, the first: one with the tags {} and points of user=",
    );
    let stream = Gatherer::serve(crate::gatherer::Slip::None);
    fails(&stream.socket(), &SESSIONS, "the function provides a stream; --expect sessions is about batches");
}

#[test]
fn sessions_come_back_from_a_snapshot_too() {
    let report = sessions(Wrong::Nothing, &["--restore"]);
    assert_eq!((&report["restores"]["done"], &report["restores"]["points"]), (&json!(1), &json!(1500)));
    let udf = Gatherer::of(|| Sessions::new(Wrong::Forgets));
    let words = "after the restore: 5 points missing, the first: point ";
    fails(&udf.socket(), &[&SESSIONS[..], &["--restore"]].concat(), words);
}

/// Each session counts once, by its first point, which started its timeout.
#[test]
fn lateness_is_that_of_sessions() {
    let timeout = ["--deadlines", "200ms", "--option", "timeout(200ms)", "--hold", "10s"];
    let report = sessions(Wrong::Nothing, &timeout);
    let deadlines = &report["deadlines"];
    assert_eq!((&deadlines["at_end"], &deadlines["after_own_send"]["points"]), (&json!(0), &json!(300)));
    // What is early is so by the write's own time: the function has a point before the write returns.
    let earliest = deadlines["after_own_send"]["earliest_ms"].as_f64().unwrap();
    assert!(earliest < 150.0, "{deadlines}");
}

#[test]
fn counts_add_up_in_each_batch() {
    let load = ["--ids", "50", "--keys", "10", "--batch", "20", "--points", "1010"];
    let count = [&load[..], &["--expect", "count:events"]].concat();
    let total = [&load[..], &["--expect", "total:events"]].concat();
    let udf = |slip| Gatherer::of(move || Counts::new(slip));
    let report = succeeds(&udf(Slip::None).socket(), &count);
    assert_eq!((&report["sent"]["batches"], &report["received"]["batches"]), (&json!(51), &json!(51)));
    assert_eq!(report["gathered"], json!({"ids": 50, "counted": 1010}));
    let jitter = ["--step", "1ms", "--jitter", "15ms"];
    succeeds(&udf(Slip::None).socket(), &[&count[..], &jitter].concat());

    let carries = udf(Slip::CarriesOver);
    fails(&carries.socket(), &count, "of the batches received, the first: batch 0 with ");
    fails(&udf(Slip::Skips).socket(), &count, "50 batches received, 51 expected");
    fails(&udf(Slip::Overstates).socket(), &count, "batch 1 has 5 points, and 6 by its begin");
    // Nothing is lost; it is in another batch.
    succeeds(&udf(Slip::CarriesOver).socket(), &total);
}

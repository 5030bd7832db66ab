//! `kapacitor-udfd bench` against functions that gather points, do well at it or don't.

use std::time::Duration;

use kapacitor_udfd::aggregate::Aggregate;
use kapacitor_udfd::aggregate::options::Function;
use serde_json::{Value, json};

use crate::bench::{fails, succeeds};
use crate::gatherer::{Gatherer, Slip};

const COUNT: [&str; 2] = ["--expect", "count:events"];

fn gathers(slip: Slip, arguments: &[&str]) -> Value {
    succeeds(&Gatherer::serve(slip).socket(), &[&COUNT, arguments].concat())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn what_is_gathered_accounts_for_every_point() {
    let pid = std::process::id().to_string();
    let few = ["--ids", "100", "--keys", "10", "--points", "1057", "--fields", "5", "--pid", &pid];
    let report = gathers(Slip::None, &few);
    assert_eq!(report["gathered"], json!({"ids": 100, "counted": 1057}));
    assert_eq!((&report["sent"]["points"], &report["received"]["points"]), (&json!(1057), &json!(100)));
    let server = &report["server"];
    assert!(number(&server["rss_loaded"]) > 0.0);
    assert!(number(&server["rss_per_id"]["all"]) > number(&server["rss_per_id"]["grown"]));
    assert!(number(&server["cpu_ns_per_point"]) * 1057e-6 <= number(&server["cpu_ms"]));

    let shared = ["--ids", "3000", "--points", "5000", "--connections", "2", "--writes", "kapacitor"];
    let report = gathers(Slip::None, &shared);
    // 2,500 points on each of them: no id comes twice.
    assert_eq!(report["gathered"], json!({"ids": 5000, "counted": 5000}));
    assert_eq!(report["received"]["points"], 5000);
}

#[test]
fn what_does_not_add_up_is_named() {
    let check = |slip, words: &str| {
        let udf = Gatherer::serve(slip);
        let points = ["--ids", "200", "--points", "600"];
        fails(&udf.socket(), &[&COUNT[..], &points].concat(), words);
    };
    check(Slip::Loses, "3 points too few by the field events of 1 id, the first: ");
    check(Slip::Repeats, "3 points too many by the field events of 1 id, the first: ");
    check(Slip::Renames, "200 points received without an id that was sent");
    check(Slip::Spells, "200 points received without an integer in the field");
}

const AMOUNTS: [&str; 10] =
    ["--ids", "150", "--keys", "3", "--points", "4000", "--fields", "5", "--amounts", "total"];

/// What `@aggregate()` makes of these points with such a call for the field `total`.
fn amounts(options: &[&str]) -> Vec<String> {
    let options =
        ["taskId('id')", "flushOnStop(TRUE)"].iter().chain(options).flat_map(|option| ["--option", option]);
    [&COUNT[..], &AMOUNTS].concat().into_iter().chain(options).map(str::to_owned).collect()
}

#[test]
fn amounts_add_up() {
    let udf = Gatherer::of(|| Aggregate::new(Function::STREAM));
    let run = |options: &[&str], more: &[&str]| {
        let arguments = amounts(options);
        succeeds(
            &udf.socket(),
            &arguments.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>(),
        )
    };
    for more in [&[][..], &["--restore"], &["--connections", "2"]] {
        for options in [
            &["count('events')", "sum('amount', 'total')"][..],
            &["code('''map.total += event.amount; map.events += 1''')"],
        ] {
            let report = run(options, more);
            assert_eq!(report["gathered"]["counted"], 4000, "{options:?} {more:?}");
        }
    }
    let check = |option: &str, words: &str| {
        let arguments = amounts(&["count('events')", option]);
        fails(&udf.socket(), &arguments.iter().map(String::as_str).collect::<Vec<_>>(), words);
    };
    check("max('amount', 'total')", " less than its points' amounts; so it is wrong for 149 more");
    check("sum('amount', 'other')", "150 points received without a sum of amounts in the field total");
}

/// Points that a script has changed come back as many as they were, and with what it has set.
#[test]
fn what_a_script_leaves_is_checked() {
    let udf = Gatherer::of(|| Aggregate::new(Function::Script));
    let code = ["--option", "code('''map.seen += 1; event.seen = map.seen; event.tags.host = \"b\"''')"];
    let report =
        succeeds(&udf.socket(), &[&["--points", "3000", "--writes", "kapacitor"], &code[..]].concat());
    assert_eq!(report["received"]["points"], 3000);
    let code =
        ["--option", "taskId('id')", "--option", "code('''event.events = 1; event.total = event.amount''')"];
    let report = succeeds(&udf.socket(), &[&COUNT[..], &AMOUNTS, &code].concat());
    assert_eq!(report["gathered"]["counted"], 4000);
    let half = ["--option", "code('''map.n += 1; if map.n % 2 == 0 { event.cancel() }''')"];
    fails(&udf.socket(), &[&["--points", "1000", "--keys", "1"], &half[..]].concat(), "500 points missing");
}

#[test]
fn snapshot_and_restore_are_timed_and_checked() {
    let arguments = ["--ids", "500", "--points", "1300", "--restore", "--keepalive", "20ms"];
    let pause = Duration::from_millis(900);
    let report = gathers(Slip::Dawdles(pause), &arguments);
    for (what, count) in [("snapshots", "taken"), ("restores", "done")] {
        let what = &report[what];
        assert_eq!(what[count], 1);
        assert!(number(&what["slowest_ms"]) >= 900.0, "{what}");
        // The daemon covers for a busy handler after 400 ms.
        let silence = number(&what["longest_silence_ms"]);
        assert!(0.0 < silence && silence < number(&what["slowest_ms"]), "{what}");
    }
    assert!(number(&report["snapshots"]["bytes"]) > 500.0 * 16.0);
    assert_eq!(report["restores"]["points"], 500);
    let forgets = Gatherer::serve(Slip::Forgets);
    let words = "after the restore: 3 points too few by the field events of 1 id";
    fails(&forgets.socket(), &[&COUNT[..], &arguments].concat(), words);
}

/// What is still owed after a restore is waited for, too.
#[test]
fn deadlines_pass_after_a_restore() {
    let timeout = ["--deadlines", "300ms", "--option", "timeout(300ms)", "--hold", "10s", "--restore"];
    let report = gathers(Slip::None, &[&["--ids", "400", "--points", "400"], &timeout[..]].concat());
    assert_eq!((&report["received"]["points"], &report["restores"]["points"]), (&json!(400), &json!(400)));
    assert_eq!((&report["deadlines"]["at_end"], &report["deadlines"]["during_data"]), (&json!(0), &json!(0)));
}

#[test]
fn many_deadlines_at_once_are_timed_together() {
    let timeout = ["--deadlines", "400ms", "--option", "timeout(400ms)", "--hold", "10s"];
    let load = ["--ids", "5000", "--points", "5000", "--rate", "50000", "--keepalive", "5ms"];
    let deadlines = &gathers(Slip::None, &[&load, &timeout[..]].concat())["deadlines"];
    assert_eq!(deadlines["after_own_send"]["points"], 5000);
    // A hundred milliseconds of sending, and as many of expiring.
    let all_out = number(&deadlines["all_out_ms"]);
    assert!((90.0..5000.0).contains(&all_out), "{deadlines}");
    assert!(number(&deadlines["keepalive_round_trip_ms"]["p99"]) > 0.0, "{deadlines}");
}

#[test]
fn lateness_is_measured_under_load() {
    let timeout = ["--deadlines", "100ms", "--option", "timeout(100ms)"];
    let load = ["--ids", "1000", "--points", "20000", "--rate", "40000"];
    let report = gathers(Slip::None, &[&load, &timeout[..]].concat());
    let deadlines = &report["deadlines"];
    // Each id comes every 25 ms and is open for 100: about four points a task.
    assert!(number(&report["received"]["points"]) > 3000.0, "{report}");
    assert!(number(&deadlines["during_data"]) > 1000.0, "{deadlines}");
    assert_eq!(deadlines["after_own_send"]["points"], report["received"]["points"]);
    assert!(number(&deadlines["after_own_send"]["late_ms"]["p50"]) < 1000.0, "{deadlines}");
}

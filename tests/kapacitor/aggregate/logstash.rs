//! What people know who come from Logstash: the five examples of its documentation, with code from `examples/` and
//! without from `docs/logstash.md`, give what they give there.

use super::examples::{expect, shown};
use super::{LOGSTASH, SINK, below, changed};
use crate::functions::line;
use crate::stack::Stack;

const START_AND_END: &str = include_str!("../../../examples/logstash-1-start-and-end.tick");
const NO_START: &str = include_str!("../../../examples/logstash-2-no-start.tick");
const NO_END: &str = include_str!("../../../examples/logstash-3-no-end.tick");
const ONE_AFTER_THE_OTHER: &str = include_str!("../../../examples/logstash-4-one-after-the-other.tick");
const AS_SOON_AS_POSSIBLE: &str = include_str!("../../../examples/logstash-5-as-soon-as-possible.tick");

#[test]
#[ignore = "needs kapacitord"]
fn logstash_1_start_and_end() {
    let stack = Stack::start();
    stack.define("task", &changed(START_AND_END, &[SINK]));
    let [start, first, second, end, ended] = shown(START_AND_END)[..] else { panic!("a task and its end") };
    // Of another task only a statement is there, and no start.
    let other = changed(first, &[("12345", "12346")]);
    let other_end = changed(end, &[("12345", "12346")]);
    stack.write([start, first, &other, second, &other_end, end].join("\n"));
    for expected in [start, first, &other, second, &other_end, ended] {
        expect(&stack, expected);
    }
    // The id is free again, and what was added up is gone.
    stack.write([first, end, start, end].join("\n"));
    for expected in [first, end, start, &changed(ended, &[("46i", "0i")])] {
        expect(&stack, expected);
    }
    let log = stack.stop_quietly(&[]);
    assert!(log.contains("vanished_end=2"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn logstash_2_no_start() {
    let stack = Stack::start();
    stack.define("task", &changed(NO_START, &[SINK]));
    let [first, second, end, ended] = shown(NO_START)[..] else { panic!("a task and its end") };
    stack.write([first, second, end].join("\n"));
    for expected in [first, second, ended] {
        expect(&stack, expected);
    }
    // What is neither a statement nor an end is kept out, and an end without a statement has no sum.
    stack.write([&changed(first, &[("SQL", "WEB")]), end].join("\n"));
    expect(&stack, end);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn logstash_3_no_end() {
    let stack = Stack::start();
    stack.define("task", &changed(NO_END, &[("(10m)", "(1s)"), SINK]));
    let [one, two, three, clicks] = shown(NO_END)[..] else { panic!("three clicks and what comes of them") };
    let other = changed(one, &[("12345", "12346"), ("1700000000", "1700000009")]);
    stack.write([one, two, &other, three].join("\n"));
    expect(&stack, clicks);
    let single = [("12345", "12346"), ("=3i", "=1i"), ("=true", "=false"), ("1700000002", "1700000009")];
    expect(&stack, &changed(clicks, &single));
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn logstash_4_one_after_the_other() {
    let stack = Stack::start();
    stack.define("task", &changed(ONE_AFTER_THE_OTHER, &[("(3s)", "(1s)"), SINK]));
    let shown = shown(ONE_AFTER_THE_OTHER);
    let (towns, countries) = shown.split_at(3);
    stack.write(towns.join("\n"));
    for country in countries {
        let point = stack.sink.next();
        assert_eq!(line(&point), format!("{country} {}", point.time));
    }
    let log = stack.stop_quietly(&[]);
    assert!(log.contains("out_timeout=1 out_previous=1"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn logstash_5_as_soon_as_possible() {
    let stack = Stack::start();
    stack.define("task", &changed(AS_SOON_AS_POSSIBLE, &[("(5m)", "(500ms)"), SINK]));
    let [one, two, three, clicks] = shown(AS_SOON_AS_POSSIBLE)[..] else { panic!("three clicks, and then") };
    stack.write([one, two, three].join("\n"));
    expect(&stack, clicks);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn the_five_examples_without_code() {
    let stack = Stack::start();
    let check = |heading: &str, changes: &[(&str, &str)], input: &[&str], expected: &[&str]| {
        let [script] = below(LOGSTASH, heading)[..] else { panic!("one script below {heading}") };
        stack.define("task", &changed(&changed(script, changes), &[SINK]));
        stack.write(input.join("\n"));
        for expected in expected {
            expect(&stack, expected);
        }
        stack.delete("task");
    };
    // The first two are one here.
    check(
        "A start event, some events, an end event",
        &[],
        &shown(START_AND_END)[..4],
        &["app,why=end taskid=\"12345\",sql_duration=46i,took_ms=3000.0 1700000003000000000"],
    );
    let [.., clicks] = shown(NO_END)[..] else { panic!("clicks") };
    check(
        "No end event: the map comes out at the timeout",
        &[("(10m)", "(1s)")],
        &shown(NO_END)[..3],
        &[clicks],
    );
    check(
        "No end event: the map comes out when it goes quiet",
        &[("(5m)", "(500ms)")],
        &shown(AS_SOON_AS_POSSIBLE)[..3],
        &["clicks,tags=_aggregatetimeout,why=inactivity user_id=\"12345\",clicks=3i 1700000002000000000"],
    );
    let [script] = below(LOGSTASH, "No end event, and tasks come one after the other")[..] else {
        panic!("one")
    };
    stack.define("task", &changed(script, &[("(3s)", "(1s)"), SINK]));
    stack.write(shown(ONE_AFTER_THE_OTHER)[..3].join("\n"));
    for (country, towns) in [("France", r#"["Paris","Marseille"]"#), ("USA", r#"["New-York"]"#)] {
        let point = stack.sink.next();
        assert_eq!((&*point.fields_string["country_name"], &*point.fields_string["towns"]), (country, towns));
    }
    stack.stop_quietly(&[]);
}

//! The time that events go by: the point's own, an int in some unit, an RFC 3339 text.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};
use kapacitor_udfd::proto;

/// Each event comes out, at its reference time.
fn shown(options: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![maxEvents(1), pointTime("emit")], options].concat()
}

fn is_of(name: &'static str, unit: Option<i64>, point: Event, moment: i64, no_time: u64) -> Scenario {
    let unit = unit.map(|unit| options![timestampUnit(ns(unit))]);
    let options = [options![timeoutTimestampField("ts")], unit.unwrap_or_default()].concat();
    Scenario::new(name, shown(options))
        .event(1_000, point, &[&format!("requests host=a | count=1i | @{moment}")])
        .counted("no_time", no_time)
}

fn int(ts: i64) -> Event {
    event().at(5).int("ts", ts)
}

#[test]
fn ints() {
    check([
        is_of("nanoseconds", None, int(7), 7, 0),
        is_of("a unit", Some(1_000), int(7), 7_000, 0),
        is_of("milliseconds", Some(1_000_000), int(1_700_000_000_123), 1_700_000_000_123_000_000, 0),
        is_of("before 1970", Some(1_000), int(-7), -7_000, 0),
        is_of("too late for an int", Some(1_000), int(i64::MAX / 10), i64::MAX, 0),
        is_of("too early for one", Some(1_000), int(i64::MIN / 10), i64::MIN, 0),
        is_of("the last", None, int(i64::MAX), i64::MAX, 0),
        is_of("the first", None, int(i64::MIN), i64::MIN, 0),
    ]);
}

#[test]
fn texts() {
    let texts = [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000007Z", 7),
        ("1970-01-01T00:00:00.0000000079999999999999999999999999999999999999999999999Z", 7),
        ("1970-01-01T00:00:00.5Z", 500_000_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1969-12-31T12:30:00-11:30", 0),
        ("1970-01-01T23:59:00.25+23:59", 250_000_000),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("1969-12-31T23:59:59.9999999999Z", -1),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
        ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
        ("2200-01-01T00:00:00Z", 7_258_118_400_000_000_000),
        ("1900-03-01T00:00:00Z", -2_203_891_200_000_000_000),
        ("2262-04-11T23:47:16.854775807Z", i64::MAX),
        ("2262-04-11T23:47:16.854775808Z", i64::MAX),
        ("1677-09-21T00:12:43.145224192Z", i64::MIN),
        ("1677-09-21T00:12:43.145224191Z", i64::MIN),
        ("9999-12-31T23:59:59Z", i64::MAX),
        ("9999-12-31T23:59:59-23:59", i64::MAX),
        ("0001-01-01T00:00:00Z", i64::MIN),
        ("0000-01-01T00:00:00+23:59", i64::MIN),
        ("2023-11-14t22:13:20z", 1_700_000_000_000_000_000),
    ];
    check(texts.map(|(text, moment)| is_of(text, Some(1_000), event().at(5).text("ts", text), moment, 0)));
}

#[test]
fn what_is_missing_or_no_time_is_the_point_s_own() {
    let texts = [
        "",
        "Z",
        "T",
        "now",
        "1700000000",
        "2023-11-14",
        "22:13:20Z",
        "2023-11-14T22:13:20",
        "2023-11-14T22:13Z",
        "2023-11-14T22:13:20.Z",
        "2023-11-14T22:13:20.5",
        "2023-11-14T22:13:20.5xZ",
        "2023-11-14T22:13:20,5Z",
        "2023-11-14T22:13:20+0100",
        "2023-11-14T22:13:20+01",
        "2023-11-14T22:13:20+24:00",
        "2023-11-14T22:13:20+01:60",
        "2023-11-14T22:13:20 01:00",
        "2023-11-14T22:13:20ZZ",
        "2023-11-14T22:13:20Z ",
        " 2023-11-14T22:13:20Z",
        "2023-11-14TT22:13:20Z",
        "2023-11-14T24:00:00Z",
        "2023-11-14T22:60:00Z",
        "2023-11-14T22:13:61Z",
        "2023-11-14T-2:13:20Z",
        "2023-11-14T+2:13:20Z",
        "2023-13-14T22:13:20Z",
        "2023-00-14T22:13:20Z",
        "2023-11-00T22:13:20Z",
        "2023-11-31T22:13:20Z",
        "2023-02-29T22:13:20Z",
        "1900-02-29T22:13:20Z",
        "23-11-14T22:13:20Z",
        "2023-1-14T22:13:20Z",
        "2023-011-14T22:13:20Z",
        "+2023-11-14T22:13:20Z",
        "-023-11-14T22:13:20Z",
        "2023-11-14Tü22:13:20Z",
        "2023-11-14T22:13:20+0ü:0",
        "2023-11-14T22:13:2０Z",
    ];
    check(texts.map(|text| is_of(text, None, event().at(5).text("ts", text), 5, 1)));
    check([
        is_of("missing", None, event().at(5), 5, 1),
        is_of("a double", None, event().at(5).double("ts", 7.0), 5, 1),
        is_of("a boolean", None, event().at(5).bool("ts", true), 5, 1),
        is_of("a boolean beside an int", None, event().at(5).bool("ts", true).int("ts", 7), 5, 1),
        is_of("an int beside a text", None, event().at(5).int("ts", 7).text("ts", "no"), 7, 0),
        is_of("a tag", None, event().at(5).tag("ts", "1970-01-01T00:00:00Z"), 5, 1),
    ]);
}

#[test]
fn the_point_s_own() {
    let own = |name| {
        Scenario::new(name, shown(options![timeoutTimestampField(name)])).event(
            1_000,
            event().at(5).int(name, 7),
            &["requests host=a | count=1i | @5"],
        )
    };
    check([own("time").counted("no_time", 0), own("@timestamp").counted("no_time", 0)]);
}

/// Deadlines, watermark and order go by the reference; what comes out says the points' own times.
#[test]
fn what_goes_by_which_time() {
    let options = |more: Vec<proto::Option>| {
        let all = options![
            timeoutTimestampField("ts"),
            first("x", "f"),
            last("x", "l"),
            list("x", "all"),
            duration(ns(1), "d"),
            timeout(ns(10))
        ];
        [all, more].concat()
    };
    let came = |own: i64, ts: i64, x: i64| event().at(own).int("ts", ts).int("x", x);
    check([
        Scenario::new("deadlines by the reference", options(vec![]))
            .event(1_000, came(100, 0, 1), &[])
            .event(1_000, came(50, 10, 2), &[])
            .event(1_000, came(70, 11, 3), &["requests host=a | all='[1,2]' d=50.0 f=2i l=1i | @100"]),
        Scenario::new(
            "so the order of those that wait",
            options(options![maxDelay(ns(5)), pointTime("first")]),
        )
        .event(1_000, came(1, 4, 1), &[])
        .event(1_000, came(2, 3, 2), &[])
        .event(1_000, came(3, 2, 3), &[])
        .event(1_000, came(0, 40, 4), &["requests host=a | all='[3,2,1]' d=2.0 f=1i l=3i | @1"]),
        Scenario::new("and who is late", options(vec![]))
            .event(1_000, came(5, 5, 1), &[])
            .event(1_000, came(9, 4, 2), &[])
            .event(1_000, came(1, 6, 3), &[])
            .counted("late", 1),
        Scenario::new("missing ones beside them", options(vec![]))
            .event(1_000, came(5, 5, 1), &[])
            .event(1_000, event().at(16), &["requests host=a | all='[1]' d=0.0 f=1i l=1i | @5"])
            .counted("no_time", 1),
    ]);
}

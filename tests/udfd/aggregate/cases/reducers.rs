//! What each reducer makes of values.

use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

/// The events go into a task that then ends; `expected` are the fields of its point.
fn fields(options: Vec<proto::Option>, events: impl IntoIterator<Item = Event>, expected: &str) -> Scenario {
    let options = [options, options![flushOnStop(true), count("n"), pointTime("first")]].concat();
    let mut scenario = Scenario::new("reducers", options);
    let mut events: Vec<Event> = events.into_iter().collect();
    // So that the point's time is known.
    events.push(event().at(-100));
    let n = events.len();
    for point in events {
        scenario = scenario.event(0, point, &[]);
    }
    // `n` has its place in the order of names.
    let mut fields: Vec<String> = split(expected);
    fields.push(format!("n={n}i"));
    fields.sort_by_key(|field| field.split('=').next().unwrap().to_owned());
    scenario.end(1, &[&format!("requests host=a | {} | @-100", fields.join(" "))])
}

/// Two spaces are between two fields, since a text may have one.
fn split(fields: &str) -> Vec<String> {
    fields.split("  ").filter(|field| !field.is_empty()).map(str::to_owned).collect()
}

fn ints<const N: usize>(values: [i64; N]) -> [Event; N] {
    values.map(|value| event().int("x", value))
}

fn doubles<const N: usize>(values: [f64; N]) -> [Event; N] {
    values.map(|value| event().double("x", value))
}

#[test]
fn counts_and_durations() {
    check([
        fields(options![], [], ""),
        fields(options![count("c")], ints([5, 5]), "c=3i"),
        fields(options![duration(ns(10), "d")], [event().at(-95), event().at(-70)], "d=3.0"),
        fields(options![duration(ns(8), "d")], [], "d=0.0"),
        fields(options![duration(ns(8), "d")], [event().at(-96)], "d=0.5"),
    ]);
}

#[test]
fn sums() {
    let sum = || options![sum("x", "s")];
    check([
        fields(sum(), [], ""),
        fields(sum(), ints([1, -5]), "s=-4i"),
        fields(sum(), ints([i64::MAX, 1, -1]), "s=9223372036854775806i").counted("saturated", 1),
        fields(sum(), ints([i64::MIN, -1, -1]), "s=-9223372036854775808i").counted("saturated", 2),
        fields(sum(), [event().int("x", i64::MAX), event().double("x", 0.5)], "s=9.223372036854776e18"),
        fields(sum(), [event().double("x", 0.5), event().int("x", 2)], "s=2.5"),
        fields(sum(), doubles([-0.0]), "s=-0.0"),
        fields(sum(), doubles([f64::MAX, f64::MAX]), "").counted("not_finite", 1),
        fields(sum(), doubles([1.0, f64::NAN, f64::INFINITY, 2.0]), "s=3.0").counted("not_finite", 2),
        fields(sum(), [event().tag("x", "4"), event().text("x", "4"), event().bool("x", true)], "")
            .counted("skipped_type", 3),
        fields(sum(), [event().int("x", 1).tag("x", "7")], "s=1i"),
    ]);
}

#[test]
fn extremes() {
    let both = || options![min("x", "a"), max("x", "z")];
    let int = |value| event().int("x", value);
    let double = |value| event().double("x", value);
    check([
        fields(both(), [], ""),
        fields(both(), ints([3, 1, 2]), "a=1i  z=3i"),
        fields(both(), [int(3), double(3.5), double(2.5)], "a=2.5  z=3.5"),
        // As doubles they would be equal.
        fields(
            both(),
            [double(9_007_199_254_740_992.0), int((1 << 53) + 1)],
            "a=9007199254740992.0  z=9007199254740993i",
        ),
        fields(
            both(),
            [int(i64::MAX), double(9_223_372_036_854_775_808.0)],
            "a=9223372036854775807i  z=9.223372036854776e18",
        ),
        fields(
            both(),
            [int(i64::MIN), double(-9_223_372_036_854_775_808.0)],
            "a=-9223372036854775808i  z=-9223372036854775808i",
        ),
        fields(both(), [double(1.0), int(1)], "a=1.0  z=1.0"),
        fields(both(), [int(1), double(1.0)], "a=1i  z=1i"),
        fields(both(), doubles([0.0, -0.0]), "a=-0.0  z=0.0"),
        fields(both(), doubles([-0.0, 0.0]), "a=-0.0  z=0.0"),
        fields(both(), [int(0), double(-0.0)], "a=-0.0  z=0i"),
        fields(both(), doubles([f64::NEG_INFINITY, 1.0, f64::NAN]), "a=1.0  z=1.0").counted("not_finite", 4),
    ]);
}

#[test]
fn means() {
    let both = || options![mean("x", "m"), stddev("x", "s")];
    check([
        fields(both(), [], ""),
        fields(both(), ints([4]), "m=4.0"),
        fields(both(), ints([2, 4]), "m=3.0  s=1.4142135623730951"),
        fields(both(), doubles([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), "m=5.0  s=2.138089935299395"),
        fields(both(), ints([7, 7, 7]), "m=7.0  s=0.0"),
        fields(both(), [event().text("x", "1"), event().int("x", 2)], "m=2.0").counted("skipped_type", 2),
    ]);
}

#[test]
fn firsts_and_lasts() {
    let both = || options![first("x", "f"), last("x", "l")];
    let x = |time, value| event().at(time).int("x", value);
    check([
        fields(both(), [], ""),
        fields(both(), [x(1, 1), x(2, 2), x(3, 3)], "f=1i  l=3i"),
        fields(both(), [x(3, 3), x(1, 1), x(2, 2)], "f=1i  l=3i"),
        fields(both(), [x(1, 1), x(1, 2), x(1, 3)], "f=1i  l=3i"),
        fields(both(), [event().tag("x", "t"), event().at(1).bool("x", true)], "f='t'  l=true"),
        fields(both(), [event().tag("x", ""), x(1, 5)], "f=5i  l=5i"),
        fields(both(), [event().text("x", ""), event().at(-9).double("x", f64::NAN)], "f=''  l=''")
            .counted("not_finite", 2),
    ]);
}

#[test]
fn sets() {
    let both = || options![countDistinct("x", "c"), distinct("x", "d")];
    let all = [
        event().int("x", 1),
        event().double("x", 1.0),
        event().text("x", "1"),
        event().tag("x", "1"),
        event().bool("x", true),
        event().text("x", "true"),
        event().double("x", 0.0),
        event().double("x", -0.0),
        event().int("x", 1),
        event().double("x", f64::NAN),
    ];
    check([
        fields(both(), [], ""),
        fields(both(), all, r#"c=7i  d='[1,1.0,"1",true,"true",0.0,-0.0]'"#).counted("not_finite", 2),
    ]);
}

#[test]
fn lists() {
    let both = || options![list("x", "l"), concat("x", ", ", "t")];
    let all = [
        event().at(9).int("x", -1),
        event().at(1).double("x", 1.0),
        event().double("x", 2.5e-10),
        event().double("x", f64::INFINITY),
        event().text("x", "a\"b\\\né"),
        event().bool("x", false),
        event().text("x", ""),
    ];
    let listed = r#"'[-1,1.0,2.5e-10,"a\\"b\\\\\\né",false,""]'"#;
    let joined = r#"'-1, 1, 0.00000000025, a"b\\\né, false, '"#;
    check([
        fields(both(), [], ""),
        fields(both(), all, &format!("l={listed}  t={joined}")).counted("not_finite", 2),
    ]);
}

#[test]
fn percentiles() {
    let p = |p: f64| options![percentile("x", p, "p")];
    let four = || ints([40, 10, 30, 20]);
    check([
        fields(p(50.0), [], ""),
        fields(p(50.0), four(), "p=20.0"),
        fields(p(0.0), four(), "p=10.0"),
        fields(p(10.0), four(), "p=10.0"),
        // floor(4 * 0.625 + 0.5) = 3
        fields(p(62.5), four(), "p=30.0"),
        fields(p(87.4), four(), "p=30.0"),
        fields(p(87.5), four(), "p=40.0"),
        fields(p(100.0), four(), "p=40.0"),
        fields(p(50.0), [event().int("x", 1), event().double("x", 0.5), event().text("x", "0")], "p=0.5")
            .counted("skipped_type", 1),
        fields(options![percentile("x", 100, "p")], ints([1, 2]), "p=2.0"),
    ]);
}

#[test]
fn counts_of_what_was_skipped_are_by_reducer() {
    check([fields(
        options![sum("x", "a"), sum("x", "b"), last("x", "c")],
        [event().double("x", f64::NAN), event().bool("x", true)],
        "c=true",
    )
    .counted("not_finite", 3)
    .counted("skipped_type", 2)]);
}

//! What a snapshot brings back.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

#[test]
fn tasks_go_on() {
    check([
        Scenario::new("with reducers, deadlines and order", {
            options![
                taskId("user"), count("n"), sum("x", "s"), min("x", "lo"), max("x", "hi"), mean("x", "m"),
                stddev("x", "sd"), first("x", "f"), last("x", "la"), countDistinct("x", "cd"), distinct("x", "d"),
                percentile("x", 50.0, "p"), list("x", "l"), concat("x", "-", "t"), duration(ns(2), "du"),
                keep("k"), timeout(ns(100)), reasonTag("why")
            ]
        })
        .event(0, bob().at(1).int("x", 2).int("k", 7), &[])
        .event(1, event().tag("user", "eve").at(2), &[])
        .restart(2, 5)
        .event(50, bob().at(5).int("x", 4).int("k", 8), &[])
        .restart(51, 51)
        .time(99, &[])
        .late(
            101,
            &[
                "requests host=a user=bob why=timeout | cd=2i d='[2,4]' du=2.0 f=2i hi=4i k=7i l='[2,4]' la=4i lo=2i m=3.0 n=2i p=2.0 s=6i sd=1.4142135623730951 t='2-4' | @5",
                "requests host=a user=eve why=timeout | du=0.0 n=1i | @2",
            ],
        )
        .counted("in", 3),
        Scenario::new("deadlines that passed meanwhile fire", options![timeout(ns(10))])
            .event(0, event(), &[])
            .restart(5, 70)
            .time(70, &["requests host=a | count=1i | @0"]),
        Scenario::new("types and times of what was sent", options![taskId("user"), last("x", "l"), maxEvents(1)])
            .event(0, bob().at(5).int("x", 1), &["requests host=a user=bob | l=1i | @5"])
            .event(0, bob().at(5).double("x", 1.0), &["requests host=a user=bob | l=1.0 | @6"])
            .restart(1, 1)
            .event(1, bob().at(5).int("x", 1), &["requests host=a user=bob | l=1.0 | @7"])
            .event(1, bob().at(5).text("x", "s"), &["requests host=a user=bob | count=1i | @8"]),
        Scenario::new("what has news since the last flush", options![taskId("user"), flushInterval(ns(10))])
            .event(0, bob(), &[])
            .time(10, &["requests host=a user=bob | count=1i | @0"])
            .event(11, event().tag("user", "eve").at(5), &[])
            .restart(12, 13)
            .time(20, &["requests host=a user=eve | count=1i | @5"]),
        Scenario::new("a flush that was missed is not made up for", options![flushInterval(ns(10))])
            .event(0, event(), &[])
            .restart(5, 12)
            .time(19, &[])
            .time(20, &["requests host=a | count=1i | @0"]),
        Scenario::new("not from a snapshot that is too old", options![timeout(ns(10)), maxRestoreAge(ns(5))])
            .event(0, event(), &[])
            .restart(1, 7)
            .time(99, &[])
            .counted("not_restored", 1),
        Scenario::new("but from one that is just not", options![timeout(ns(10)), maxRestoreAge(ns(5))])
            .event(0, event(), &[])
            .restart(1, 6)
            .time(10, &["requests host=a | count=1i | @0"]),
    ]);
}

/// Between the first and the last time there is more than an int holds.
#[test]
fn the_times_of_events_may_be_as_far_apart_as_can_be() {
    let options = |point_time: &'static str| {
        options![
            first("x", "f"),
            last("x", "l"),
            duration(ns(1), "d"),
            pointTime(point_time),
            timeout(ns(100))
        ]
    };
    let of = |first: i64, last: i64, point_time| {
        Scenario::new("the ends of time", options(point_time))
            .event(0, event().at(first).text("x", "one"), &[])
            .event(1, event().at(last).text("x", "two"), &[])
            .restart(2, 3)
            .event(4, event().at(0).text("x", "between"), &[])
            .restart(5, 6)
    };
    check([
        of(i64::MIN, i64::MAX, "last")
            .time(100, &["requests host=a | d=1.8446744073709552e19 f='one' l='two' | @9223372036854775807"]),
        of(i64::MAX, i64::MIN, "last")
            .time(100, &["requests host=a | d=1.8446744073709552e19 f='two' l='one' | @9223372036854775807"]),
        of(i64::MIN, i64::MAX, "first").time(
            100,
            &["requests host=a | d=1.8446744073709552e19 f='one' l='two' | @-9223372036854775808"],
        ),
        of(-1, i64::MAX, "last")
            .time(100, &["requests host=a | d=9.223372036854776e18 f='one' l='two' | @9223372036854775807"]),
        of(i64::MIN, 1, "last").time(100, &["requests host=a | d=9.223372036854776e18 f='one' l='two' | @1"]),
    ]);
}

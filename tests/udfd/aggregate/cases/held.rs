//! `maxDelay`: points that wait for older ones of their group.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};
use kapacitor_udfd::proto;

fn x(time: i64, x: i64) -> Event {
    event().at(time).int("x", x)
}

fn bob(time: i64) -> Event {
    event().at(time).tag("user", "bob")
}

fn eve(time: i64) -> Event {
    event().at(time).tag("user", "eve")
}

fn with(options: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![timeoutTimestampField("time"), maxDelay(ns(5)), reasonTag("why")], options].concat()
}

#[test]
fn points_are_handed_on_in_order_of_time() {
    check([
        Scenario::new("once the watermark is there", with(options![list("x", "l"), maxEvents(4)]))
            .event(1_000, x(10, 1), &[])
            .event(1_000, x(8, 2), &[])
            .event(1_000, x(12, 3), &[])
            .event(1_000, x(9, 4), &[])
            .event(1_000, x(16, 5), &[])
            .event(1_000, x(17, 6), &["requests host=a why=max_events | l='[2,4,1,3]' | @12"])
            .counted("late", 0)
            .counted("in", 4),
        Scenario::new(
            "of one time those first that came first",
            with(options![list("x", "l"), maxEvents(3)]),
        )
        .event(1_000, x(10, 1), &[])
        .event(1_000, x(10, 2), &[])
        .event(1_000, x(11, 3), &[])
        .event(1_000, x(10, 4), &[])
        .event(1_000, x(15, 5), &["requests host=a why=max_events | l='[1,2,4]' | @10"])
        .event(1_000, x(16, 6), &[])
        .counted("in", 4),
        Scenario::new(
            "whole, whether a task takes them or not",
            with(options![taskId("user"), passThrough(true)]),
        )
        .event(1_000, bob(10).double("x", -0.0), &[])
        .event(1_000, x(9, 1), &[])
        .event(1_000, eve(8).on_host("b"), &[])
        .event(1_000, eve(15), &["requests host=a | x=1i | @9", "requests host=a user=bob | x=-0.0 | @10"])
        .counted("no_id", 1)
        .counted("in", 2),
        Scenario::new("late ones at once, in front of those that wait", {
            with(options![taskId("user"), passThrough(true)])
        })
        .event(1_000, bob(20), &[])
        .event(1_000, bob(16), &[])
        .event(1_000, eve(14), &["requests host=a user=eve | | @14"])
        .event(1_000, eve(15), &["requests host=a user=eve | | @15"])
        .event(1_000, eve(25), &["requests host=a user=bob | | @16", "requests host=a user=bob | | @20"])
        .counted("late", 1),
        Scenario::new("each group by itself", with(options![passThrough(true)]))
            .event(1_000, x(10, 1), &[])
            .event(1_000, x(100, 2).on_host("b"), &[])
            .event(1_000, x(11, 3), &[])
            .event(1_000, x(105, 4).on_host("b"), &["requests host=b | x=2i | @100 | host=b [host]"])
            .event(1_000, x(15, 5), &["requests host=a | x=1i | @10"]),
    ]);
}

#[test]
fn tasks_see_them_in_their_turn() {
    check([
        Scenario::new("one exactly at the deadline joins, whenever it came", {
            with(options![count("n"), timeout(ns(4))])
        })
        .event(1_000, x(14, 1), &[])
        .event(1_000, x(10, 2), &[])
        .event(1_000, x(20, 3), &["requests host=a why=timeout | n=2i | @14"]),
        Scenario::new("one behind it does not", with(options![count("n"), timeout(ns(4))]))
            .event(1_000, x(15, 1), &[])
            .event(1_000, x(10, 2), &[])
            .event(
                1_000,
                x(25, 3),
                &["requests host=a why=timeout | n=1i | @10", "requests host=a why=timeout | n=1i | @15"],
            ),
        Scenario::new("what ends between two of them ends between them", {
            with(options![taskId("user"), timeout(ns(2)), passThrough(true), pushMapAsEventOnTimeout(true)])
        })
        .event(1_000, eve(14), &[])
        .event(1_000, bob(10), &[])
        .event(
            1_000,
            eve(30),
            &[
                "requests host=a user=bob | | @10",
                "requests host=a user=bob why=timeout | count=1i | @10",
                "requests host=a user=eve | | @14",
                "requests host=a user=eve why=timeout | count=1i | @14",
            ],
        ),
        Scenario::new("flushes too", with(options![taskId("user"), count("n"), flushInterval(ns(10))]))
            .event(1_000, bob(11), &[])
            .event(1_000, bob(10), &[])
            .event(1_000, bob(9), &[])
            .event(1_000, bob(16), &["requests host=a user=bob why=flush | n=2i | @10"])
            .event(1_000, bob(26), &["requests host=a user=bob why=flush | n=4i | @16"]),
        Scenario::new(
            "a late one may leave a task that is over",
            with(options![taskId("user"), timeout(ns(4))]),
        )
        .event(1_000, bob(20), &[])
        .event(1_000, eve(10), &["requests host=a user=eve why=timeout | count=1i | @10"])
        .counted("late", 1),
    ]);
}

#[test]
fn when_no_points_come_the_clock_hands_them_on() {
    check([
        Scenario::new("as late as they may be, and then what follows from them", {
            with(options![passThrough(true), timeout(ns(20)), pushMapAsEventOnTimeout(true)])
        })
        .event(1_000, x(10, 1), &[])
        .event(1_000, x(8, 2), &[])
        .time(1_002, &[])
        .time(1_003, &["requests host=a | x=2i | @8"])
        .time(1_004, &[])
        .time(1_005, &["requests host=a | x=1i | @10"])
        .time(1_023, &[])
        .time(1_024, &["requests host=a why=timeout | count=2i | @10"]),
        Scenario::new("in order, also when they are looked at late", {
            with(options![passThrough(true), timeout(ns(1)), pushMapAsEventOnTimeout(true)])
        })
        .event(1_000, x(10, 1), &[])
        .event(1_000, x(8, 2), &[])
        .event(1_000, x(9, 3), &[])
        .late(
            1_100,
            &[
                "requests host=a | x=2i | @8",
                "requests host=a | x=3i | @9",
                "requests host=a why=timeout | count=2i | @9",
                "requests host=a | x=1i | @10",
                "requests host=a why=timeout | count=1i | @10",
            ],
        ),
        Scenario::new("without moving the watermark", with(options![passThrough(true)]))
            .event(1_000, x(10, 1), &[])
            .time(1_005, &["requests host=a | x=1i | @10"])
            .event(1_006, x(6, 2), &[])
            .event(1_006, x(5, 3), &["requests host=a | x=3i | @5"])
            .event(1_006, x(4, 4), &["requests host=a | x=4i | @4"])
            .event(1_007, x(11, 5), &["requests host=a | x=2i | @6"])
            .counted("late", 1),
        Scenario::new("a task's end is as far from the last arrival", with(options![timeout(ns(20))]))
            .event(1_000, x(10, 1), &[])
            .event(1_002, x(7, 2), &[])
            .time(1_024, &[])
            .time(1_025, &["requests host=a why=timeout | count=2i | @10"]),
        Scenario::new("at the moment the points have, not where the watermark is", {
            with(options![maxEvents(1), pointTime("emit")])
        })
        .event(1_000, x(10, 1), &[])
        .event(1_000, x(12, 1), &[])
        .time(1_002, &[])
        .time(1_003, &["requests host=a why=max_events | count=1i | @10"])
        .time(1_005, &["requests host=a why=max_events | count=1i | @12"]),
    ]);
}

#[test]
fn at_the_end_all_are_handed_on() {
    check([
        Scenario::new("in order", with(options![list("x", "l"), flushOnStop(true)]))
            .event(1_000, x(10, 1), &[])
            .event(1_000, x(8, 2), &[])
            .event(1_000, x(9, 3), &[])
            .end(1_000, &["requests host=a why=stop | l='[2,3,1]' | @10"])
            .counted("in", 3),
        Scenario::new("and time goes on to the newest of all", with(options![timeout(ns(3))]))
            .event(1_000, x(20, 1).on_host("b"), &[])
            .event(1_000, x(16, 2), &[])
            .event(1_000, x(17, 3), &[])
            .end(1_000, &["requests host=a why=timeout | count=2i | @17"]),
        Scenario::new("not when the daemon shuts down", with(options![flushOnStop(true)]))
            .event(1_000, x(10, 1), &[])
            .shutdown(1_000)
            .counted("in", 0),
    ]);
}

#[test]
fn they_are_in_the_snapshot() {
    check([
        Scenario::new("with their order", with(options![list("x", "l"), maxEvents(4)]))
            .event(1_000, x(10, 1), &[])
            .event(1_000, x(10, 2), &[])
            .event(1_000, x(8, 3), &[])
            .restart(1_001, 1_001)
            .event(1_002, x(10, 4), &[])
            .restart(1_002, 1_002)
            .event(1_002, x(15, 5), &["requests host=a why=max_events | l='[3,1,2,4]' | @10"])
            .counted("in", 4),
        Scenario::new("and when the last one came", with(options![passThrough(true)]))
            .event(1_000, x(10, 1), &[])
            .restart(1_001, 1_003)
            .time(1_004, &[])
            .time(1_005, &["requests host=a | x=1i | @10"]),
        Scenario::new("a smaller maxDelay hands them on with the next", with(options![passThrough(true)]))
            .event(1_000, x(10, 1), &[])
            .event(1_000, x(8, 2), &[])
            .changed(
                1_001,
                1_001,
                options![timeoutTimestampField("time"), reasonTag("why"), passThrough(true)],
            )
            .event(
                1_001,
                x(11, 3),
                &[
                    "requests host=a | x=2i | @8",
                    "requests host=a | x=1i | @10",
                    "requests host=a | x=3i | @11",
                ],
            ),
        Scenario::new("a larger one keeps them", with(options![passThrough(true)]))
            .event(1_000, x(10, 1), &[])
            .changed(
                1_001,
                1_001,
                options![timeoutTimestampField("time"), reasonTag("why"), passThrough(true), maxDelay(ns(8))],
            )
            .event(1_001, x(3, 2), &[])
            .event(1_001, x(17, 3), &["requests host=a | x=2i | @3"])
            .event(1_001, x(18, 4), &["requests host=a | x=1i | @10"])
            .counted("late", 0),
        Scenario::new(
            "none from one that is too old",
            with(options![passThrough(true), maxRestoreAge(ns(5))]),
        )
        .event(1_000, x(10, 1), &[])
        .restart(1_001, 1_007)
        .time(2_000, &[])
        .event(2_000, x(4, 2), &["requests host=a | x=2i | @4"])
        .counted("not_restored", 1)
        .counted("late", 1),
        Scenario::new("the watermark is where it was", {
            with(options![taskId("user"), timeout(ns(10)), timeoutFlushInterval(ns(100))])
        })
        .event(1_000, bob(0), &[])
        .event(1_000, eve(16), &[])
        .restart(1_001, 1_001)
        .event(1_001, bob(5), &["requests host=a user=bob why=timeout | count=1i | @0"])
        .counted("late", 1),
        Scenario::new("but not behind what still waits", with(options![maxEvents(1), pointTime("emit")]))
            .event(1_000, x(10, 1), &[])
            .event(1_000, x(8, 2), &[])
            .changed(
                1_001,
                1_001,
                options![timeoutTimestampField("time"), reasonTag("why"), maxEvents(1), pointTime("emit")],
            )
            .late(
                1_001,
                &[
                    "requests host=a why=max_events | count=1i | @8",
                    "requests host=a why=max_events | count=1i | @10",
                ],
            ),
    ]);
}

/// What the clock has handed on may be ahead of the watermark, and so may the tick that it wants.
#[test]
fn flushes_ahead_of_the_watermark() {
    let options = || with(options![taskId("user"), count("n"), flushInterval(ns(10))]);
    check([
        Scenario::new("one tick at a time", options())
            .event(1_000, bob(12), &[])
            .time(1_005, &[])
            .event(1_006, eve(8), &[])
            .time(1_019, &[])
            .time(
                1_020,
                &[
                    "requests host=a user=bob why=flush | n=1i | @12",
                    "requests host=a user=eve why=flush | n=1i | @8",
                ],
            ),
        Scenario::new("over a restart", options())
            .event(1_000, bob(12), &[])
            .time(1_005, &[])
            .restart(1_006, 1_006)
            .time(1_013, &[])
            .time(1_014, &["requests host=a user=bob why=flush | n=1i | @12"]),
    ]);
}

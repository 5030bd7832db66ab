//! Event time: the watermark of a group, what is over by it, what ends when no points come.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};
use kapacitor_udfd::proto;

fn at(time: i64) -> Event {
    event().at(time)
}

fn bob(time: i64) -> Event {
    at(time).tag("user", "bob")
}

fn eve(time: i64) -> Event {
    at(time).tag("user", "eve")
}

fn kim(time: i64) -> Event {
    at(time).tag("user", "kim")
}

fn with(options: Vec<proto::Option>) -> Vec<proto::Option> {
    let by_event_time = options![timeoutTimestampField("time"), taskId("user"), count("n"), reasonTag("why")];
    [by_event_time, options].concat()
}

#[test]
fn a_task_is_over_behind_its_deadline() {
    check([
        Scenario::new("for a point of its own, not for one exactly at it", with(options![timeout(ns(10))]))
            .event(1_000, bob(0), &[])
            .event(1_000, bob(10), &[])
            .event(1_000, bob(11), &["requests host=a user=bob why=timeout | n=2i | @10"])
            .counted("late", 0),
        Scenario::new("for the group, by a point of another task", with(options![timeout(ns(10))]))
            .event(1_000, bob(0), &[])
            .event(1_000, eve(10), &[])
            .event(1_000, kim(11), &["requests host=a user=bob why=timeout | n=1i | @0"]),
        Scenario::new("for a point without an id as well", with(options![timeout(ns(10))]))
            .event(1_000, bob(0), &[])
            .event(1_000, at(11), &["requests host=a user=bob why=timeout | n=1i | @0"])
            .counted("no_id", 1),
        Scenario::new("without activity", with(options![inactivityTimeout(ns(5))]))
            .event(1_000, bob(0), &[])
            .event(1_000, bob(5), &[])
            .event(1_000, bob(10), &[])
            .event(1_000, eve(16), &["requests host=a user=bob why=inactivity | n=3i | @10"]),
        Scenario::new("in order of deadlines, then of creation", with(options![inactivityTimeout(ns(5))]))
            .event(1_000, bob(0), &[])
            .event(1_000, eve(1), &[])
            .event(1_000, kim(1), &[])
            .event(1_000, bob(2), &[])
            .event(
                1_000,
                at(9),
                &[
                    "requests host=a user=eve why=inactivity | n=1i | @1",
                    "requests host=a user=kim why=inactivity | n=1i | @2",
                    "requests host=a user=bob why=inactivity | n=2i | @3",
                ],
            ),
        Scenario::new("for a point behind the watermark too, if the watermark has passed it", {
            with(options![timeout(ns(10)), timeoutFlushInterval(ns(100))])
        })
        .event(1_000, bob(0), &[])
        .event(1_000, eve(11), &[])
        .event(1_000, bob(5), &["requests host=a user=bob why=timeout | n=1i | @0"])
        .counted("late", 1),
        Scenario::new("and an ignored point is no activity", {
            with(options![mapAction("create"), inactivityTimeout(ns(5))])
        })
        .event(1_000, bob(0), &[])
        .event(1_000, bob(4), &[])
        .event(1_000, bob(6), &["requests host=a user=bob why=inactivity | n=1i | @0"])
        .counted("ignored", 1),
        Scenario::new("whatever the clock says", with(options![timeout(ns(10))]))
            .starting_at(1_700_000_000_000_000_000)
            .event(1_700_000_000_000_000_000, bob(7_258_118_400_000_000_000), &[])
            .event(1_700_000_000_000_000_000, bob(7_258_118_400_000_000_010), &[])
            .event(
                1_700_000_000_000_000_000,
                bob(7_258_118_400_000_000_011),
                &["requests host=a user=bob why=timeout | n=2i | @7258118400000000010"],
            ),
    ]);
}

#[test]
fn late_points() {
    check([
        Scenario::new(
            "join an open task, which is as old as its oldest event",
            with(options![timeout(ns(10))]),
        )
        .event(1_000, bob(8), &[])
        .event(1_000, bob(3), &[])
        .event(1_000, eve(13), &[])
        .event(1_000, eve(14), &["requests host=a user=bob why=timeout | n=2i | @8"])
        .counted("late", 1),
        Scenario::new("do not take back activity", with(options![inactivityTimeout(ns(5))]))
            .event(1_000, bob(8), &[])
            .event(1_000, bob(3), &[])
            .event(1_000, eve(13), &[])
            .event(1_000, eve(14), &["requests host=a user=bob why=inactivity | n=2i | @8"]),
        Scenario::new("begin a task that ends with them", with(options![timeout(ns(10))]))
            .event(1_000, kim(20), &[])
            .event(1_000, bob(9), &["requests host=a user=bob why=timeout | n=1i | @9"])
            .event(1_000, eve(4), &["requests host=a user=eve why=timeout | n=1i | @4"])
            .counted("late", 2),
        Scenario::new("are those before the newest one", with(options![]))
            .event(1_000, bob(5), &[])
            .event(1_000, bob(5), &[])
            .event(1_000, bob(4), &[])
            .event(1_000, at(3), &[])
            .event(1_000, bob(6), &[])
            .counted("late", 2),
    ]);
}

/// One host's fast clock, one host's backlog.
#[test]
fn a_group_harms_only_itself() {
    const HOUR: i64 = 3_600_000_000_000;
    check([
        Scenario::new("by an hour", with(options![timeout(ns(10))]))
            .event(1_000, bob(0), &[])
            .event(1_000, bob(0).on_host("b"), &[])
            .event(
                1_000,
                eve(HOUR).on_host("b"),
                &["requests host=b user=bob why=timeout | n=1i | @0 | host=b [host]"],
            )
            .event(1_001, bob(10), &[])
            .event(
                1_001,
                bob(9).on_host("b"),
                &["requests host=b user=bob why=timeout | n=1i | @9 | host=b [host]"],
            )
            .event(1_002, bob(11), &["requests host=a user=bob why=timeout | n=2i | @10"])
            .counted("late", 1),
        Scenario::new("also when the clock ends tasks", with(options![timeout(ns(10))]))
            .event(1_000, bob(HOUR).on_host("b"), &[])
            .event(1_003, bob(0), &[])
            .time(1_010, &[])
            .time(1_011, &["requests host=b user=bob why=timeout | n=1i | @3600000000000 | host=b [host]"])
            .time(1_013, &[])
            .time(1_014, &["requests host=a user=bob why=timeout | n=1i | @0"]),
    ]);
}

#[test]
fn when_no_points_come_the_clock_ends_tasks() {
    check([
        Scenario::new("the last point's arrival and what was left", with(options![timeout(ns(10))]))
            .event(1_000, bob(3), &[])
            .event(1_004, eve(5), &[])
            .time(1_012, &[])
            .time(1_013, &["requests host=a user=bob why=timeout | n=1i | @3"])
            .time(1_014, &[])
            .time(1_015, &["requests host=a user=eve why=timeout | n=1i | @5"]),
        Scenario::new("any point has arrived, also one that no task takes", with(options![timeout(ns(10))]))
            .event(1_000, bob(3), &[])
            .event(1_008, at(3), &[])
            .time(1_018, &[])
            .time(1_019, &["requests host=a user=bob why=timeout | n=1i | @3"]),
        Scenario::new("the watermark is not moved", with(options![timeout(ns(10))]))
            .event(1_000, bob(3), &[])
            .time(1_011, &["requests host=a user=bob why=timeout | n=1i | @3"])
            .event(2_000, bob(3), &[])
            .event(2_000, bob(13), &[])
            .event(2_000, bob(14), &["requests host=a user=bob why=timeout | n=2i | @13"])
            .counted("late", 0),
        Scenario::new(
            "in order, also when they are looked at late",
            with(options![inactivityTimeout(ns(5))]),
        )
        .event(1_000, bob(3), &[])
        .event(1_000, eve(3), &[])
        .event(1_000, bob(4), &[])
        .late(
            5_000,
            &[
                "requests host=a user=eve why=inactivity | n=1i | @3",
                "requests host=a user=bob why=inactivity | n=2i | @4",
            ],
        ),
        Scenario::new("no point joins a task at its deadline by the clock", with(options![timeout(ns(10))]))
            .event(1_000, bob(3), &[])
            .event(1_010, bob(13), &[])
            .time(1_011, &["requests host=a user=bob why=timeout | n=2i | @13"]),
    ]);
}

#[test]
fn at_the_end_every_group_comes_to_the_newest_time() {
    check([
        Scenario::new("what is over by then ends for its own reason", {
            with(options![timeout(ns(10)), flushOnStop(true)])
        })
        .event(1_000, bob(0).on_host("b"), &[])
        .event(1_000, bob(1).on_host("c"), &[])
        .event(1_000, bob(11), &[])
        .end(
            1_000,
            &[
                "requests host=b user=bob why=timeout | n=1i | @0 | host=b [host]",
                "requests host=c user=bob why=stop | n=1i | @1 | host=c [host]",
                "requests host=a user=bob why=stop | n=1i | @11",
            ],
        ),
        Scenario::new("without flushOnStop as well", with(options![timeout(ns(10))]))
            .event(1_000, bob(0).on_host("b"), &[])
            .event(1_000, bob(11), &[])
            .end(1_000, &["requests host=b user=bob why=timeout | n=1i | @0 | host=b [host]"]),
        Scenario::new("flushes are made", with(options![flushInterval(ns(10))]))
            .event(1_000, bob(5).on_host("b"), &[])
            .event(1_000, bob(11), &[])
            .end(1_000, &["requests host=b user=bob why=flush | n=1i | @5 | host=b [host]"]),
        Scenario::new("the daemon's shutdown is no end", with(options![timeout(ns(10)), flushOnStop(true)]))
            .event(1_000, bob(0).on_host("b"), &[])
            .event(1_000, bob(11), &[])
            .shutdown(1_000),
    ]);
}

#[test]
fn the_ends_of_time() {
    const MIN: i64 = i64::MIN;
    const MAX: i64 = i64::MAX;
    check([
        Scenario::new("from one to the other", with(options![timeout(ns(10)), pointTime("first")]))
            .event(1_000, bob(MIN), &[])
            .event(1_000, bob(MIN + 10), &[])
            .event(1_000, eve(MAX), &["requests host=a user=bob why=timeout | n=2i | @-9223372036854775808"])
            .event(1_000, bob(MIN), &["requests host=a user=bob why=timeout | n=1i | @-9223372036854775807"])
            .counted("late", 1),
        Scenario::new(
            "at the first moment there may be a flush",
            options![timeoutTimestampField("time"), flushInterval(ns(1)), resetOnFlush(true), count("n")],
        )
        .event(1_000, bob(MIN), &[])
        .time(1_000, &[])
        .time(1_001, &["requests host=a | n=1i | @-9223372036854775808"]),
        Scenario::new(
            "nothing is behind the last moment: the clock ends it",
            with(options![timeout(ns(10))]),
        )
        .event(1_000, bob(MAX), &[])
        .event(1_000, bob(MAX), &[])
        .time(1_001, &["requests host=a user=bob why=timeout | n=2i | @9223372036854775807"]),
        Scenario::new("what is left may be more than there is", with(options![timeout(ns(MAX))]))
            .event(1_000, bob(MIN), &[])
            .event(1_000, eve(MIN), &[])
            .time(MAX - 1, &[])
            .event(MAX - 1, kim(-1), &[])
            .event(
                MAX - 1,
                kim(0),
                &[
                    "requests host=a user=bob why=timeout | n=1i | @-9223372036854775808",
                    "requests host=a user=eve why=timeout | n=1i | @-9223372036854775807",
                ],
            ),
        Scenario::new("flushes there", with(options![flushInterval(ns(10)), timeout(ns(MAX))]))
            .event(1_000, bob(MIN), &[])
            .event(
                1_000,
                bob(MAX),
                &[
                    "requests host=a user=bob why=flush | n=1i | @-9223372036854775808",
                    "requests host=a user=bob why=timeout | n=1i | @-9223372036854775807",
                ],
            ),
    ]);
}

#[test]
fn after_a_restart() {
    check([
        Scenario::new("the last point has arrived when it did", with(options![timeout(ns(10))]))
            .event(1_000, bob(0), &[])
            .restart(1_001, 1_005)
            .time(1_010, &[])
            .time(1_011, &["requests host=a user=bob why=timeout | n=1i | @0"]),
        Scenario::new("what became due meanwhile ends", with(options![timeout(ns(10))]))
            .event(1_000, bob(0), &[])
            .restart(1_001, 5_000)
            .time(5_000, &["requests host=a user=bob why=timeout | n=1i | @0"]),
        Scenario::new("the watermark is where it was", with(options![timeout(ns(10))]))
            .event(1_000, bob(0), &[])
            .event(1_000, eve(8), &[])
            .restart(1_001, 1_002)
            .event(1_002, bob(7), &[])
            .event(1_002, eve(11), &["requests host=a user=bob why=timeout | n=2i | @7"])
            .counted("late", 1),
        Scenario::new("so is the newest time of all groups", with(options![timeout(ns(10))]))
            .event(1_000, bob(0).on_host("b"), &[])
            .event(1_000, bob(11), &[])
            .restart(1_001, 1_002)
            .end(1_002, &["requests host=b user=bob why=timeout | n=1i | @0 | host=b [host]"]),
        Scenario::new("what has news is flushed", with(options![flushInterval(ns(10))]))
            .event(1_000, bob(3), &[])
            .restart(1_001, 1_001)
            .event(1_001, eve(10), &[])
            .event(
                1_001,
                eve(11),
                &[
                    "requests host=a user=bob why=flush | n=1i | @3",
                    "requests host=a user=eve why=flush | n=1i | @10",
                ],
            ),
        Scenario::new("also when only time goes on", with(options![flushInterval(ns(10))]))
            .event(1_000, bob(3), &[])
            .restart(1_001, 1_001)
            .event(1_001, at(11), &["requests host=a user=bob why=flush | n=1i | @3"]),
        Scenario::new("or the clock", with(options![flushInterval(ns(10))]))
            .event(1_000, bob(3), &[])
            .restart(1_001, 1_001)
            .time(1_007, &[])
            .time(1_008, &["requests host=a user=bob why=flush | n=1i | @3"]),
        Scenario::new("what makes room does so where its group was", {
            with(options![maxTasks(1), pointTime("emit")])
        })
        .event(1_000, bob(5), &[])
        .restart(1_001, 1_001)
        .event(1_001, bob(100).on_host("b"), &["requests host=a user=bob why=evicted | n=1i | @5"]),
    ]);
}

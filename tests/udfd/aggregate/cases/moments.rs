//! Event time: the moments at which things come out, as `pointTime('emit')` says them; flushes; limits.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};
use kapacitor_udfd::proto;

fn bob(time: i64) -> Event {
    event().at(time).tag("user", "bob")
}

fn eve(time: i64) -> Event {
    event().at(time).tag("user", "eve")
}

fn with(options: Vec<proto::Option>) -> Vec<proto::Option> {
    let by_event_time =
        options![timeoutTimestampField("@timestamp"), taskId("user"), count("n"), reasonTag("why")];
    [by_event_time, options].concat()
}

fn emit(options: Vec<proto::Option>) -> Vec<proto::Option> {
    [with(options![pointTime("emit")]), options].concat()
}

#[test]
fn what_comes_out_has_the_moment_at_which_it_does() {
    check([
        Scenario::new("timeouts: their deadline", emit(options![timeout(ns(10)), inactivityTimeout(ns(4))]))
            .event(1_000, bob(3), &[])
            .event(1_000, eve(50), &["requests host=a user=bob why=inactivity | n=1i | @7"]),
        Scenario::new("the same when the clock ends them", emit(options![timeout(ns(10))]))
            .event(1_000, bob(3), &[])
            .late(9_000, &["requests host=a user=bob why=timeout | n=1i | @13"]),
        Scenario::new("strictly increasing", emit(options![timeout(ns(10))]))
            .event(1_000, bob(3), &[])
            .event(1_000, eve(3), &[])
            .event(
                1_000,
                eve(50),
                &[
                    "requests host=a user=bob why=timeout | n=1i | @13",
                    "requests host=a user=eve why=timeout | n=1i | @14",
                ],
            ),
        Scenario::new("events: how far the group has come", emit(options![maxEvents(1)]))
            .event(1_000, bob(7), &["requests host=a user=bob why=max_events | n=1i | @7"])
            .event(1_000, bob(3), &["requests host=a user=bob why=max_events | n=1i | @8"])
            .event(1_000, bob(20), &["requests host=a user=bob why=max_events | n=1i | @20"]),
        Scenario::new("ends", emit(options![endOfTask(true)])).event(
            1_000,
            bob(7),
            &["requests host=a user=bob why=end | n=1i | @7"],
        ),
        Scenario::new(
            "previous ones: the point that comes after them",
            emit(options![pushPreviousMapAsEvent(true)]),
        )
        .event(1_000, bob(7), &[])
        .event(1_000, eve(9), &["requests host=a user=bob why=previous | n=1i | @9"]),
        Scenario::new("evicted ones: their own group", emit(options![maxTasks(1)]))
            .event(1_000, bob(5), &[])
            .event(1_000, bob(100).on_host("b"), &["requests host=a user=bob why=evicted | n=1i | @5"])
            .event(
                1_000,
                eve(200).on_host("b"),
                &["requests host=b user=bob why=evicted | n=1i | @200 | host=b [host]"],
            ),
        Scenario::new("at the end: the newest of all", emit(options![flushOnStop(true)]))
            .event(1_000, bob(5), &[])
            .event(1_000, bob(100).on_host("b"), &[])
            .end(
                1_000,
                &[
                    "requests host=a user=bob why=stop | n=1i | @100",
                    "requests host=b user=bob why=stop | n=1i | @100 | host=b [host]",
                ],
            ),
        Scenario::new("flushes: their tick", emit(options![flushInterval(ns(10))]))
            .event(1_000, bob(5), &[])
            .event(1_000, eve(13), &["requests host=a user=bob why=flush | n=1i | @10"]),
    ]);
}

#[test]
fn timers_that_flush_together() {
    check([
        Scenario::new(
            "on a multiple in event time",
            emit(options![timeout(ns(10)), timeoutFlushInterval(ns(20))]),
        )
        .event(1_000, bob(3), &[])
        .event(1_000, eve(7), &[])
        .event(1_000, event().at(20), &[])
        .event(
            1_000,
            event().at(21),
            &[
                "requests host=a user=bob why=timeout | n=1i | @20",
                "requests host=a user=eve why=timeout | n=1i | @21",
            ],
        ),
        Scenario::new("a point behind its own deadline ends it at once", {
            with(options![timeout(ns(10)), timeoutFlushInterval(ns(20))])
        })
        .event(1_000, bob(3), &[])
        .event(1_000, bob(14), &["requests host=a user=bob why=timeout | n=1i | @3"]),
        Scenario::new("by the clock", with(options![timeout(ns(10)), timeoutFlushInterval(ns(20))]))
            .event(1_000, bob(3), &[])
            .time(1_017, &[])
            .time(1_018, &["requests host=a user=bob why=timeout | n=1i | @3"]),
        Scenario::new("a previous one that is over has timed out", {
            with(options![timeout(ns(10)), timeoutFlushInterval(ns(100)), pushPreviousMapAsEvent(true)])
        })
        .event(1_000, bob(0), &[])
        .event(1_000, eve(11), &["requests host=a user=bob why=timeout | n=1i | @0"]),
        Scenario::new("so has one that makes room, if its own group has come so far", {
            with(options![timeout(ns(10)), timeoutFlushInterval(ns(100)), maxTasks(1)])
        })
        .event(1_000, bob(0), &[])
        .event(1_000, eve(11), &["requests host=a user=bob why=timeout | n=1i | @0"])
        .event(1_000, bob(90).on_host("b"), &["requests host=a user=eve why=evicted | n=1i | @11"]),
    ]);
}

#[test]
fn flushes_go_by_event_time() {
    check([
        Scenario::new("at multiples, once they lie behind", with(options![flushInterval(ns(10))]))
            .event(1_000, bob(3), &[])
            .event(1_000, bob(10), &[])
            .event(1_000, bob(11), &["requests host=a user=bob why=flush | n=2i | @10"])
            .event(1_000, bob(45), &["requests host=a user=bob why=flush | n=3i | @11"])
            .event(1_000, bob(50), &[])
            .event(1_000, bob(51), &["requests host=a user=bob why=flush | n=5i | @50"]),
        Scenario::new("an event on a multiple comes out with it", with(options![flushInterval(ns(10))]))
            .event(1_000, bob(10), &[])
            .event(1_000, eve(11), &["requests host=a user=bob why=flush | n=1i | @10"]),
        Scenario::new("all of the group, in order of creation, and of no other", {
            with(options![flushInterval(ns(10))])
        })
        .event(1_000, eve(1), &[])
        .event(1_000, bob(2), &[])
        .event(1_000, bob(2).on_host("b"), &[])
        .event(1_000, eve(3), &[])
        .event(
            1_000,
            event().at(11),
            &[
                "requests host=a user=eve why=flush | n=2i | @3",
                "requests host=a user=bob why=flush | n=1i | @2",
            ],
        )
        .event(1_000, event().at(21), &[])
        .event(
            1_000,
            event().at(11).on_host("b"),
            &["requests host=b user=bob why=flush | n=1i | @2 | host=b [host]"],
        ),
        Scenario::new("deadlines go first", with(options![flushInterval(ns(10)), timeout(ns(5))]))
            .event(1_000, bob(5), &[])
            .event(1_000, eve(6), &[])
            .event(
                1_000,
                eve(11),
                &[
                    "requests host=a user=bob why=timeout | n=1i | @5",
                    "requests host=a user=eve why=flush | n=1i | @6",
                ],
            ),
        Scenario::new(
            "between deadlines in their place",
            with(options![flushInterval(ns(10)), timeout(ns(5))]),
        )
        .event(1_000, bob(4), &[])
        .event(1_000, eve(8), &[])
        .event(
            1_000,
            bob(50),
            &[
                "requests host=a user=bob why=timeout | n=1i | @4",
                "requests host=a user=eve why=flush | n=1i | @8",
                "requests host=a user=eve why=timeout | n=1i | @9",
            ],
        ),
        Scenario::new("by the clock when no points come", with(options![flushInterval(ns(10))]))
            .event(1_000, bob(3), &[])
            .time(1_007, &[])
            .time(1_008, &["requests host=a user=bob why=flush | n=1i | @3"])
            .time(1_099, &[])
            .event(1_100, bob(4), &[])
            .event(1_100, bob(11), &["requests host=a user=bob why=flush | n=2i | @4"]),
        Scenario::new("a late one comes out with the next", with(options![flushInterval(ns(10))]))
            .event(1_000, eve(25), &[])
            .event(1_000, bob(3), &[])
            .event(1_000, bob(4), &[])
            .event(
                1_000,
                event().at(31),
                &[
                    "requests host=a user=eve why=flush | n=1i | @25",
                    "requests host=a user=bob why=flush | n=2i | @4",
                ],
            ),
        Scenario::new(
            "reset",
            [with(options![flushInterval(ns(10)), resetOnFlush(true)]), options![sum("x", "s")]].concat(),
        )
        .event(1_000, bob(3).int("x", 1), &[])
        .event(1_000, bob(12).int("x", 2), &["requests host=a user=bob why=flush | n=1i s=1i | @3"])
        .event(1_000, bob(21).int("x", 3), &["requests host=a user=bob why=flush | n=1i s=2i | @12"]),
    ]);
}

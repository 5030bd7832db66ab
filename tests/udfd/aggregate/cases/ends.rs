//! Each reason for which a task ends, and when.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn eve() -> Event {
    event().tag("user", "eve")
}

fn ben() -> Event {
    event().tag("user", "ben")
}

#[test]
fn timeouts() {
    let options = || options![taskId("user"), count("n"), timeout(ns(10)), reasonTag("why")];
    check([
        Scenario::new("timeout, counted from the first event", options())
            .event(1, bob().at(7), &[])
            .event(9, bob().at(8), &[])
            .time(10, &[])
            .time(11, &["requests host=a user=bob why=timeout | n=2i | @8"])
            .time(99, &[])
            .counted("in", 2)
            .counted("out timeout", 1),
        Scenario::new("exactly at the deadline a point still joins", options())
            .event(0, bob(), &[])
            .event(10, bob(), &[])
            .time(10, &["requests host=a user=bob why=timeout | n=2i | @0"]),
        Scenario::new("past the deadline a point ends the task and begins another", options())
            .event(0, bob().at(1), &[])
            .event(11, bob().at(2), &["requests host=a user=bob why=timeout | n=1i | @1"])
            .time(20, &[])
            .time(21, &["requests host=a user=bob why=timeout | n=1i | @2"]),
        Scenario::new("a point leaves the overdue tasks of others to the timer", options())
            .event(0, bob(), &[])
            .event(50, eve().at(9), &[])
            .late(50, &["requests host=a user=bob why=timeout | n=1i | @0"]),
        Scenario::new("30 minutes is the default", options![])
            .event(0, bob(), &[])
            .time(1_799_999_999_999, &[])
            .time(1_800_000_000_000, &["requests host=a | count=1i | @0"]),
        Scenario::new(
            "by deadline, then by creation",
            options![taskId("user"), timeout(ns(10)), inactivityTimeout(ns(4))],
        )
        .event(0, bob().at(1), &[])
        .event(0, eve().at(2), &[])
        .event(0, ben().at(3), &[])
        .event(1, bob().at(4), &[])
        .late(
            50,
            &[
                "requests host=a user=eve | count=1i | @2",
                "requests host=a user=ben | count=1i | @3",
                "requests host=a user=bob | count=2i | @4",
            ],
        ),
    ]);
}

#[test]
fn inactivity() {
    let options =
        || options![taskId("user"), count("n"), timeout(ns(10)), inactivityTimeout(ns(4)), reasonTag("why")];
    check([
        Scenario::new("since the last event", options())
            .event(0, bob(), &[])
            .event(3, bob(), &[])
            .time(6, &[])
            .time(7, &["requests host=a user=bob why=inactivity | n=2i | @0"]),
        Scenario::new("exactly at it a point still joins, and puts it off", options())
            .event(0, bob(), &[])
            .event(4, bob(), &[])
            .time(7, &[])
            .time(8, &["requests host=a user=bob why=inactivity | n=2i | @0"]),
        Scenario::new("never beyond the timeout, which is the reason when both come at once", options())
            .event(0, bob(), &[])
            .event(3, bob(), &[])
            .event(6, bob(), &[])
            .time(10, &["requests host=a user=bob why=timeout | n=3i | @0"]),
        Scenario::new("a point past it begins another task", options()).event(0, bob(), &[]).event(
            5,
            bob().at(3),
            &["requests host=a user=bob why=inactivity | n=1i | @0"],
        ),
        Scenario::new("an ignored event is no activity", {
            options![taskId("user"), inactivityTimeout(ns(4)), mapAction("create")]
        })
        .event(0, bob(), &[])
        .event(3, bob(), &[])
        .time(4, &["requests host=a user=bob | count=1i | @0"])
        .counted("ignored", 1),
    ]);
}

#[test]
fn timers_that_flush_together() {
    let options =
        || options![taskId("user"), timeout(ns(10)), timeoutFlushInterval(ns(25)), reasonTag("why")];
    check([
        Scenario::new("on multiples of the interval", options())
            .event(0, bob().at(1), &[])
            .event(14, eve().at(2), &[])
            .time(24, &[])
            .time(
                25,
                &[
                    "requests host=a user=bob why=timeout | count=1i | @1",
                    "requests host=a user=eve why=timeout | count=1i | @2",
                ],
            ),
        Scenario::new("a deadline on a multiple is kept", options())
            .event(15, bob(), &[])
            .time(25, &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new("a point for a task past its own deadline ends it at once", options())
            .event(0, bob().at(1), &[])
            .event(11, bob().at(2), &["requests host=a user=bob why=timeout | count=1i | @1"]),
    ]);
}

#[test]
fn events_that_end_their_task() {
    check([
        Scenario::new("endOfTask", options![taskId("user"), endOfTask(true), reasonTag("why")])
            .event(0, bob().at(1), &["requests host=a user=bob why=end | count=1i | @1"])
            .event(0, bob().at(2), &["requests host=a user=bob why=end | count=1i | @2"]),
        Scenario::new("the Nth event", options![taskId("user"), maxEvents(2), reasonTag("why")])
            .event(0, bob().at(1), &[])
            .event(0, eve().at(2), &[])
            .event(0, bob().at(3), &["requests host=a user=bob why=max_events | count=2i | @3"])
            .event(0, bob().at(4), &[])
            .event(0, bob().at(5), &["requests host=a user=bob why=max_events | count=2i | @5"]),
        Scenario::new("endOfTask comes before maxEvents", {
            options![taskId("user"), endOfTask(true), maxEvents(1), reasonTag("why")]
        })
        .event(0, bob(), &["requests host=a user=bob why=end | count=1i | @0"]),
        Scenario::new(
            "a list that is long enough",
            options![list("x", "l"), maxListSize(2), reasonTag("why")],
        )
        .event(0, event().int("x", 1), &[])
        .event(0, event(), &[])
        .event(0, event().int("x", 2), &["requests host=a why=max_list | l='[1,2]' | @0"]),
        Scenario::new(
            "distinct counts what is in it",
            options![distinct("x", "l"), maxListSize(2), reasonTag("why")],
        )
        .event(0, event().int("x", 1), &[])
        .event(0, event().int("x", 1), &[])
        .event(0, event().int("x", 2), &["requests host=a why=max_list | l='[1,2]' | @0"]),
        Scenario::new(
            "concat counts values",
            options![concat("x", "", "l"), maxListSize(2), reasonTag("why")],
        )
        .event(0, event().int("x", 1), &[])
        .event(0, event().int("x", 2), &["requests host=a why=max_list | l='12' | @0"]),
        Scenario::new("maxEvents comes before a long list", {
            options![list("x", "l"), maxListSize(2), maxEvents(2), reasonTag("why")]
        })
        .event(0, event().int("x", 1), &[])
        .event(0, event().int("x", 2), &["requests host=a why=max_events | l='[1,2]' | @0"]),
    ]);
}

#[test]
fn texts_that_are_too_long() {
    let long = "x".repeat(60 * 1024);
    let short = &long[1..];
    let ended = format!("requests host=a why=max_list | t='{long}' | @0");
    let ended_tag = format!("requests host=a t={long} why=max_list | count=1i | @0");
    for options in [
        options![first("t", "t"), reasonTag("why")],
        options![last("t", "t"), reasonTag("why")],
        options![keep("t"), reasonTag("why")],
        options![concat("t", ",", "t"), reasonTag("why")],
    ] {
        check([
            Scenario::new("60 KiB", options.clone()).event(0, event().text("t", &long), &[&ended]),
            Scenario::new("less", options).event(0, event().text("t", short), &[]),
        ]);
    }
    let listed = format!("requests host=a why=max_list | t='[\"{}\"]' | @0", &long[4..]);
    check([
        Scenario::new("a tag", options![keep("t"), reasonTag("why")]).event(
            0,
            event().tag("t", &long),
            &[&ended_tag],
        ),
        Scenario::new("brackets and quotes count", options![list("t", "t"), reasonTag("why")]).event(
            0,
            event().text("t", &long[4..]),
            &[&listed],
        ),
        Scenario::new("one less", options![distinct("t", "t"), reasonTag("why")]).event(
            0,
            event().text("t", &long[5..]),
            &[],
        ),
    ]);
}

#[test]
fn the_end_of_the_stream() {
    check([
        Scenario::new("nothing, unless asked for", options![taskId("user"), count("n")])
            .event(0, bob(), &[])
            .end(1, &[]),
        Scenario::new("all open tasks in order of creation, overdue ones for their own reason", {
            options![taskId("user"), timeout(ns(10)), flushOnStop(true), reasonTag("why")]
        })
        .event(0, bob().at(1), &[])
        .event(5, eve().at(2), &[])
        .end(
            12,
            &[
                "requests host=a user=bob why=timeout | count=1i | @1",
                "requests host=a user=eve why=stop | count=1i | @2",
            ],
        ),
        Scenario::new("by default where tasks come one after the other", {
            options![taskId("user"), pushPreviousMapAsEvent(true)]
        })
        .event(0, bob(), &[])
        .end(1, &["requests host=a user=bob | count=1i | @0"]),
        Scenario::new("a daemon that shuts down has them in its snapshot", options![flushOnStop(true)])
            .event(0, bob(), &[])
            .shutdown(1),
    ]);
}

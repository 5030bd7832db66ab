//! Which points come out and which tasks vanish; originals; flushes.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn eve() -> Event {
    event().tag("user", "eve")
}

#[test]
fn tasks_vanish_where_a_gate_is_closed() {
    check([
        Scenario::new("timeouts", options![timeout(ns(5)), pushMapAsEventOnTimeout(false)])
            .event(0, bob(), &[])
            .time(5, &[])
            .counted("vanished timeout", 1),
        Scenario::new("inactivity", options![inactivityTimeout(ns(5)), pushMapAsEventOnTimeout(false)])
            .event(0, bob(), &[])
            .event(6, bob(), &[])
            .counted("vanished inactivity", 1),
        Scenario::new("timeouts come out where previous ones do", {
            options![timeout(ns(5)), pushMapAsEventOnTimeout(false), pushPreviousMapAsEvent(true)]
        })
        .event(0, bob(), &[])
        .time(5, &["requests host=a | count=1i | @0"]),
        Scenario::new("ends", options![endOfTask(true), emitOnEnd(false)])
            .event(0, bob(), &[])
            .counted("vanished end", 1),
        Scenario::new("with originals both are closed by default", {
            options![passThrough(true), measurement("m"), endOfTask(true)]
        })
        .event(0, bob(), &["requests host=a user=bob | | @0"])
        .counted("vanished end", 1),
        Scenario::new("max_events and evicted have no gate", {
            options![
                taskId("user"),
                pushMapAsEventOnTimeout(false),
                emitOnEnd(false),
                maxEvents(2),
                maxTasks(1)
            ]
        })
        .event(0, bob().at(1), &[])
        .event(0, eve().at(2), &["requests host=a user=bob | count=1i | @1"])
        .event(0, eve().at(3), &["requests host=a user=eve | count=2i | @3"]),
        Scenario::new("at the end of the stream an overdue task meets its own gate", {
            options![taskId("user"), timeout(ns(5)), flushOnStop(true), pushMapAsEventOnTimeout(false)]
        })
        .event(0, bob().at(1), &[])
        .event(3, eve().at(2), &[])
        .end(7, &["requests host=a user=eve | count=1i | @2"])
        .counted("vanished timeout", 1)
        .counted("out stop", 1),
    ]);
}

#[test]
fn originals() {
    let options = || options![taskId("user"), passThrough(true), measurement("m")];
    check([
        Scenario::new("go on whether a task takes them or not", options())
            .event(0, bob().double("x", -0.0).int("x", 3), &["requests host=a user=bob | x=-0.0 x=3i | @0"])
            .event(0, event().tag("z", ""), &["requests host=a z='' | | @0"])
            .counted("no_id", 1),
        Scenario::new("expired tasks, the original, the task's own point", {
            [options(), options![timeout(ns(5)), pushMapAsEventOnTimeout(true), maxEvents(1)]].concat()
        })
        .event(
            0,
            bob().at(4),
            &["requests host=a user=bob | | @4", "m host=a user=bob | count=1i | @4"],
        ),
        Scenario::new(
            "previous ones come before the original",
            [options(), options![pushPreviousMapAsEvent(true)]].concat(),
        )
        .event(0, bob().at(1), &["requests host=a user=bob | | @1"])
        .event(
            0,
            eve().at(2),
            &["m host=a user=bob | count=1i | @1", "requests host=a user=eve | | @2"],
        ),
        Scenario::new("ignored and rejected ones", {
            [options(), options![mapAction("create"), maxTasks(1), onOverflow("reject")]].concat()
        })
        .event(0, bob().at(1), &["requests host=a user=bob | | @1"])
        .event(0, bob().at(2), &["requests host=a user=bob | | @2"])
        .event(0, eve().at(3), &["requests host=a user=eve | | @3"])
        .counted("ignored", 1)
        .counted("rejected", 1),
        Scenario::new("expired, original, own", {
            options![
                passThrough(true),
                reasonTag("why"),
                pushMapAsEventOnTimeout(true),
                list("x", "l"),
                maxListSize(1),
                timeout(ns(5))
            ]
        })
        .event(0, event().at(1), &["requests host=a | | @1"])
        .event(
            6,
            event().at(2).int("x", 7),
            &[
                "requests host=a why=timeout | count=1i | @1",
                "requests host=a | x=7i | @2",
                "requests host=a why=max_list | l='[7]' | @2",
            ],
        ),
        Scenario::new("expired, previous, evicted", {
            options![
                taskId("user"),
                pushPreviousMapAsEvent(true),
                maxTasks(1),
                timeout(ns(5)),
                reasonTag("why")
            ]
        })
        .event(0, bob().at(1), &[])
        .event(6, bob().at(2), &["requests host=a user=bob why=timeout | count=1i | @1"])
        .event(
            7,
            event().on_host("b").tag("user", "x").at(3),
            &["requests host=a user=bob why=evicted | count=1i | @2"],
        ),
    ]);
}

#[test]
fn flushes() {
    let options = || options![taskId("user"), count("n"), flushInterval(ns(10)), reasonTag("why")];
    check([
        Scenario::new("at multiples, tasks with news in order of creation", options())
            .starting_at(3)
            .event(4, bob().at(1), &[])
            .event(5, eve().at(2), &[])
            .time(9, &[])
            .time(
                10,
                &[
                    "requests host=a user=bob why=flush | n=1i | @1",
                    "requests host=a user=eve why=flush | n=1i | @2",
                ],
            )
            .time(20, &[])
            .event(21, eve().at(3), &[])
            .time(30, &["requests host=a user=eve why=flush | n=2i | @3"])
            .counted("out flush", 3),
        Scenario::new("the first is after Init", options())
            .starting_at(10)
            .event(10, bob(), &[])
            .time(19, &[])
            .time(20, &["requests host=a user=bob why=flush | n=1i | @0"]),
        Scenario::new("of those that were missed there is one", options())
            .event(0, bob(), &[])
            .late(35, &["requests host=a user=bob why=flush | n=1i | @0"])
            .event(36, bob().at(8), &[])
            .time(39, &[])
            .time(40, &["requests host=a user=bob why=flush | n=2i | @8"]),
        Scenario::new("one that was missed while no task was open does not come later", options())
            .event(14, bob(), &[])
            .late(15, &[])
            .time(20, &["requests host=a user=bob why=flush | n=1i | @0"]),
        Scenario::new("deadlines go first", [options(), options![timeout(ns(5))]].concat())
            .event(5, bob().at(1), &[])
            .event(8, eve().at(2), &[])
            .time(
                10,
                &[
                    "requests host=a user=bob why=timeout | n=1i | @1",
                    "requests host=a user=eve why=flush | n=1i | @2",
                ],
            ),
        Scenario::new(
            "whatever the gates",
            [options(), options![pushMapAsEventOnTimeout(false), emitOnEnd(false)]].concat(),
        )
        .event(0, bob(), &[])
        .time(10, &["requests host=a user=bob why=flush | n=1i | @0"]),
    ]);
}

#[test]
fn resets() {
    check([
        Scenario::new("reducers and what is kept, not the task's own count, times and maxEvents", {
            options![
                count("n"),
                sum("x", "s"),
                list("x", "l"),
                keep("k"),
                duration(ns(1), "d"),
                flushInterval(ns(10)),
                resetOnFlush(true),
                maxEvents(4),
                pointTime("first")
            ]
        })
        .event(0, event().int("x", 1).int("k", 1).at(5), &[])
        .event(1, event().int("x", 2).int("k", 2).at(8), &[])
        .time(10, &["requests host=a | d=3.0 k=1i l='[1,2]' n=2i s=3i | @5"])
        .event(11, event().int("x", 3).int("k", 3).at(9), &[])
        .time(20, &["requests host=a | d=0.0 k=3i l='[3]' n=1i s=3i | @6"])
        .event(21, event().at(9), &["requests host=a | d=0.0 n=1i | @7"]),
        Scenario::new("the count is 0, the others are absent", {
            options![
                count("n"),
                countDistinct("x", "c"),
                flushInterval(ns(10)),
                resetOnFlush(true),
                timeout(ns(15))
            ]
        })
        .event(0, event().int("x", 1), &[])
        .time(10, &["requests host=a | c=1i n=1i | @0"])
        .time(15, &["requests host=a | n=0i | @1"]),
        Scenario::new("without a field: the task's count, which is not reset", {
            options![sum("x", "s"), flushInterval(ns(10)), resetOnFlush(true), timeout(ns(15))]
        })
        .event(0, event().int("x", 1), &[])
        .time(10, &["requests host=a | s=1i | @0"])
        .time(15, &["requests host=a | count=1i | @1"]),
    ]);
}

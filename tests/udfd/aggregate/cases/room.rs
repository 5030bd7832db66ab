//! Tasks that end since others begin.

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
fn tasks_that_make_room() {
    check([
        Scenario::new("previous: the oldest of the group", {
            options![taskId("user"), pushPreviousMapAsEvent(true), reasonTag("why")]
        })
        .event(0, bob().at(1), &[])
        .event(0, event().on_host("b").tag("user", "kim").at(2), &[])
        .event(0, bob().at(3), &[])
        .event(0, eve().at(4), &["requests host=a user=bob why=previous | count=2i | @3"])
        .event(0, bob().at(5), &["requests host=a user=eve why=previous | count=1i | @4"]),
        Scenario::new(
            "evicted: the oldest of the node",
            options![taskId("user"), maxTasks(2), reasonTag("why")],
        )
        .event(0, event().on_host("b").tag("user", "kim").at(1), &[])
        .event(0, bob().at(2), &[])
        .event(0, eve().at(3), &["requests host=b user=kim why=evicted | count=1i | @1 | host=b [host]"])
        .event(0, bob().at(4), &[])
        .event(0, ben().at(5), &["requests host=a user=bob why=evicted | count=2i | @4"]),
        Scenario::new("drop", options![taskId("user"), maxTasks(1), onOverflow("drop")])
            .event(0, bob(), &[])
            .event(0, eve(), &[])
            .end(1, &[])
            .counted("dropped", 1),
        Scenario::new(
            "reject",
            options![taskId("user"), maxTasks(1), onOverflow("reject"), flushOnStop(true)],
        )
        .event(0, bob(), &[])
        .event(0, eve(), &[])
        .event(0, bob(), &[])
        .end(1, &["requests host=a user=bob | count=2i | @0"])
        .counted("rejected", 1),
        Scenario::new("a task that is over frees its slot first", {
            options![taskId("user"), maxTasks(1), onOverflow("reject"), timeout(ns(5)), reasonTag("why")]
        })
        .event(0, bob(), &[])
        .event(6, bob(), &["requests host=a user=bob why=timeout | count=1i | @0"])
        .counted("rejected", 0),
        Scenario::new("a previous one frees its slot first", {
            options![taskId("user"), maxTasks(2), onOverflow("reject"), pushPreviousMapAsEvent(true)]
        })
        .event(0, event().on_host("b").tag("user", "x"), &[])
        .event(0, event().on_host("c").tag("user", "y"), &[])
        .event(0, bob(), &[])
        .event(
            0,
            event().on_host("b").tag("user", "z").at(9),
            &["requests host=b user=x | count=1i | @0 | host=b [host]"],
        )
        .counted("rejected", 1),
    ]);
}

/// Its deadline has passed and no timer has looked: it has ended by itself, whoever notices.
#[test]
fn tasks_that_are_over_when_they_are_to_make_room() {
    let kim = || event().on_host("b").tag("user", "kim");
    let is_over = |on_overflow: &'static str| {
        options![
            taskId("user"),
            maxTasks(2),
            onOverflow(on_overflow),
            timeout(ns(9)),
            inactivityTimeout(ns(5)),
            reasonTag("why"),
            tagOnTimeout("cut", "yes")
        ]
    };
    let previous =
        || options![taskId("user"), pushPreviousMapAsEvent(true), timeout(ns(5)), reasonTag("why")];
    let mut scenarios = vec![
        Scenario::new("previous: for its own reason, and no other one of the group in its place", previous())
            .event(0, bob().at(1), &[])
            .event(6, eve().at(2), &["requests host=a user=bob why=timeout | count=1i | @1"])
            .event(11, ben().at(3), &["requests host=a user=eve why=previous | count=1i | @2"])
            .counted("out timeout", 1)
            .counted("out previous", 1),
        Scenario::new("exactly at its deadline it is not over", previous()).event(0, bob().at(1), &[]).event(
            5,
            eve().at(2),
            &["requests host=a user=bob why=previous | count=1i | @1"],
        ),
        Scenario::new("previous: one task, also where there are two", {
            [previous(), options![maxEvents(9)]].concat()
        })
        .event(0, bob().at(1), &[])
        .event(0, kim().at(2), &[])
        .event(6, eve().at(3), &["requests host=a user=bob why=timeout | count=1i | @1"])
        .event(6, bob().at(4), &["requests host=a user=eve why=previous | count=1i | @3"])
        .late(6, &["requests host=b user=kim why=timeout | count=1i | @2 | host=b [host]"]),
        Scenario::new("reject: not the oldest, so there is no room", is_over("reject"))
            .event(0, bob().at(1), &[])
            .event(0, eve().at(2), &[])
            .event(4, bob().at(3), &[])
            .event(6, ben().at(4), &[])
            .late(6, &["requests cut=yes host=a user=eve why=inactivity | count=1i | @2"])
            .counted("rejected", 1),
    ];
    for on_overflow in ["evict", "drop", "reject"] {
        let closed = || [is_over(on_overflow), options![pushMapAsEventOnTimeout(false)]].concat();
        scenarios.extend([
            Scenario::new("it ends for its own reason and that makes room", is_over(on_overflow))
                .event(0, bob().at(1), &[])
                .event(4, kim().at(2), &[])
                .event(6, eve().at(3), &["requests cut=yes host=a user=bob why=inactivity | count=1i | @1"])
                .counted("out inactivity", 1)
                .counted("out evicted", 0)
                .counted("dropped", 0)
                .counted("rejected", 0),
            Scenario::new("a timeout is one", is_over(on_overflow))
                .event(0, bob().at(1), &[])
                .event(4, bob().at(2), &[])
                .event(8, bob().at(3), &[])
                .event(9, kim().at(4), &[])
                .event(10, eve().at(5), &["requests cut=yes host=a user=bob why=timeout | count=3i | @3"])
                .counted("out timeout", 1),
            Scenario::new("only as many as have to", is_over(on_overflow))
                .event(0, bob().at(1), &[])
                .event(0, kim().at(2), &[])
                .event(6, eve().at(3), &["requests cut=yes host=a user=bob why=inactivity | count=1i | @1"])
                .late(
                    6,
                    &["requests cut=yes host=b user=kim why=inactivity | count=1i | @2 | host=b [host]"],
                ),
            Scenario::new("where its gate is closed it vanishes", closed())
                .event(0, bob().at(1), &[])
                .event(4, kim().at(2), &[])
                .event(6, eve().at(3), &[])
                .counted("vanished inactivity", 1)
                .counted("out evicted", 0)
                .counted("dropped", 0)
                .counted("rejected", 0),
            Scenario::new("the next is evicted, dropped or in the way, as ever", closed())
                .event(0, bob().at(1), &[])
                .event(4, kim().at(2), &[])
                .event(6, eve().at(3), &[])
                .event(
                    7,
                    ben().at(4),
                    match on_overflow {
                        "evict" => {
                            &["requests cut=yes host=b user=kim why=evicted | count=1i | @2 | host=b [host]"]
                        }
                        _ => &[],
                    },
                )
                .counted("vanished inactivity", 1)
                .counted("out evicted", u64::from(on_overflow == "evict"))
                .counted("dropped", u64::from(on_overflow == "drop"))
                .counted("rejected", u64::from(on_overflow == "reject")),
        ]);
    }
    check(scenarios);
}

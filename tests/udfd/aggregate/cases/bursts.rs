//! Much that comes at once.

use super::check;
use crate::aggregate::scenario::{Came, Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn eve() -> Event {
    event().tag("user", "eve")
}

#[test]
fn what_one_point_ends_the_next_begins() {
    check([
        Scenario::new("of one task", options![taskId("user"), maxEvents(2), sum("x", "s")])
            .burst(
                0,
                (1..=5).map(|n| bob().at(n).int("x", n).into()).collect(),
                &["requests host=a user=bob | s=3i | @2", "requests host=a user=bob | s=7i | @4"],
            )
            .burst(
                0,
                vec![bob().at(6).int("x", 6).into(), bob().at(7).int("x", 7).into()],
                &["requests host=a user=bob | s=11i | @6"],
            ),
        Scenario::new("tasks that are over, and those that make room", {
            options![taskId("user"), timeout(ns(5)), maxTasks(2), reasonTag("why")]
        })
        .event(0, bob().at(1), &[])
        .burst(
            6,
            vec![
                bob().at(2).into(),
                eve().at(3).into(),
                bob().at(4).into(),
                event().tag("user", "kim").at(5).into(),
                bob().at(6).into(),
            ],
            &[
                "requests host=a user=bob why=timeout | count=1i | @1",
                "requests host=a user=bob why=evicted | count=2i | @4",
                "requests host=a user=eve why=evicted | count=1i | @3",
            ],
        ),
        Scenario::new("originals in their places", {
            options![taskId("user"), passThrough(true), measurement("m"), maxEvents(2)]
        })
        .burst(
            0,
            vec![bob().at(1).into(), event().at(2).into(), bob().at(3).into(), eve().at(4).into()],
            &[
                "requests host=a user=bob | | @1",
                "requests host=a | | @2",
                "requests host=a user=bob | | @3",
                "m host=a user=bob | count=2i | @3",
                "requests host=a user=eve | | @4",
            ],
        )
        .counted("no_id", 1),
    ]);
}

#[test]
fn other_requests_come_between() {
    let mut came: Vec<Came> = vec![];
    for n in 0..40 {
        came.push([bob(), eve()][usize::from(n % 3 == 0)].clone().at(n.into()).into());
        match n {
            7 | 8 | 30 => came.push(Came::Keepalive),
            11 => came.extend([Came::Snapshot, Came::Keepalive, Came::Snapshot]),
            _ => {}
        }
    }
    check([Scenario::new("keepalives and snapshots", options![taskId("user"), flushOnStop(true)])
        .burst(3, came.clone(), &[])
        .burst(3, came, &[])
        .restart(3, 4)
        .end(5, &["requests host=a user=eve | count=28i | @39", "requests host=a user=bob | count=52i | @38"])
        .counted("in", 80)]);
}

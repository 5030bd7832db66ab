//! `maxTimeoutRetries`: finished points that timeoutCode has failed on.

use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

const SECOND: i64 = 1_000_000_000;

fn bob() -> Event {
    event().tag("user", "bob")
}

fn eve() -> Event {
    event().tag("user", "eve")
}

/// It fails for ever.
fn failing(retries: i64, more: Vec<proto::Option>) -> Vec<proto::Option> {
    let code = timeoutly("event.y = 1; oops()");
    [options![taskId("user"), count("n"), timeout(ns(10)), maxTimeoutRetries(retries)], code, more].concat()
}

fn timeoutly(code: &str) -> Vec<proto::Option> {
    options![timeoutCode(code)]
}

/// What changes its mind is only the clock's to say: a point is another one if its node has come back.
fn fails_until_a_restart(retries: i64, more: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![taskId("user"), count("n"), timeout(ns(10)), maxTimeoutRetries(retries)], more].concat()
}

const BOB: &str = "requests host=a tags=_aggregateexception user=bob | n=1i y=1i | @0";

#[test]
fn they_are_tried_again() {
    check([
        Scenario::new("so often, a second apart", failing(2, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .time(SECOND + 9, &[])
            .time(2 * SECOND + 9, &[])
            .time(2 * SECOND + 10, &[BOB])
            .time(9 * SECOND, &[])
            .counted("failed", 3)
            .counted("out timeout", 1),
        Scenario::new("timeoutFlushInterval apart, if that is longer", {
            failing(1, options![timeoutFlushInterval(ns(3 * SECOND))])
        })
        .event(0, bob(), &[])
        .time(3 * SECOND, &[])
        .time(6 * SECOND - 1, &[])
        .time(6 * SECOND, &[BOB]),
        Scenario::new("never, with 0", failing(0, vec![])).event(0, bob(), &[]).time(10, &[BOB]),
        Scenario::new("their id is free meanwhile", failing(1, vec![]))
            .event(0, bob(), &[])
            .event(11, bob().at(5), &[])
            .time(20, &[])
            .time(SECOND + 10, &[])
            .time(SECOND + 11, &[BOB])
            .time(SECOND + 21, &["requests host=a tags=_aggregateexception user=bob | n=1i y=1i | @5"])
            .counted("in", 2),
        Scenario::new("whatever they ended for", failing(1, options![maxEvents(1)]))
            .event(5, bob(), &[])
            .time(SECOND + 4, &[])
            .time(SECOND + 5, &[BOB])
            .counted("out max_events", 1),
        Scenario::new("dropped in the end", failing(1, options![onError("drop")]))
            .event(0, bob(), &[])
            .time(10, &[])
            .time(SECOND + 10, &[])
            .counted("failed", 2)
            .counted("cancelled_tasks", 1),
        Scenario::new("in event time by the clock", failing(1, options![timeoutTimestampField("time")]))
            .event(7, bob().at(0), &[])
            .event(8, eve().at(11), &[])
            .time(SECOND + 7, &[])
            .time(SECOND + 8, &[BOB]),
    ]);
}

#[test]
fn what_they_have_emitted_comes_once() {
    let code = timeoutly("emit(#{e: 1}); oops()");
    let options = fails_until_a_restart(2, code);
    check([Scenario::new("with the last try", options)
        .event(0, bob(), &[])
        .time(10, &[])
        .time(SECOND + 10, &[])
        .time(
            2 * SECOND + 10,
            &[
                "requests host=a user=bob | e=1i | @0",
                "requests host=a tags=_aggregateexception user=bob | n=1i | @1",
            ],
        )
        .counted("emitted", 1)]);
}

#[test]
fn the_end_of_the_stream_does_not_wait() {
    check([
        Scenario::new("clean, and tagged", failing(5, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .end(11, &["requests host=a tags=_aggregateexception user=bob | n=1i | @0"])
            .counted("failed", 1)
            .counted("out timeout", 1),
        Scenario::new("what is set aside then goes out at once", failing(5, options![flushOnStop(true)]))
            .event(0, bob(), &[])
            .end(1, &["requests host=a tags=_aggregateexception user=bob | n=1i | @0"])
            .counted("failed", 1)
            .counted("out stop", 1),
        Scenario::new("dropped", failing(5, options![onError("drop")]))
            .event(0, bob(), &[])
            .time(10, &[])
            .end(11, &[])
            .counted("cancelled_tasks", 1),
        Scenario::new("a daemon that shuts down has them in its snapshot", failing(5, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .shutdown(11),
    ]);
}

#[test]
fn they_are_in_the_snapshot() {
    check([
        Scenario::new("and tried when they would have been", failing(2, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .restart(20, 30)
            .time(SECOND + 10, &[])
            .restart(SECOND + 20, SECOND + 30)
            .time(2 * SECOND + 9, &[])
            .time(2 * SECOND + 10, &[BOB])
            .counted("failed", 3),
        Scenario::new("at once, if that has passed", failing(1, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .restart(20, 5 * SECOND)
            .time(5 * SECOND, &[BOB]),
        Scenario::new("not if it is too old", failing(1, options![maxRestoreAge(ns(5))]))
            .event(0, bob(), &[])
            .time(10, &[])
            .restart(20, 30)
            .time(5 * SECOND, &[])
            .counted("out timeout", 0),
        Scenario::new("with a script that does not fail any more", failing(3, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .changed(
                20,
                30,
                [
                    fails_until_a_restart(3, vec![]),
                    timeoutly("event.z = map.m ?? 2; event.r = task.reason; event.i = task.id"),
                ]
                .concat(),
            )
            .time(SECOND + 10, &["requests host=a user=bob | i='bob' n=1i r='timeout' z=2i | @0"])
            .counted("failed", 1),
    ]);
}

#[test]
fn the_map_is_kept_for_them() {
    let with = |code: &'static str| {
        let options = options![
            taskId("user"),
            code("map.n += 1; map.deep = #{l: [1, 2.5, \"s\"]}"),
            timeout(ns(10)),
            maxTimeoutRetries(3),
            timeoutCode(code)
        ];
        options
    };
    check([Scenario::new("over a restart", with("oops()"))
        .event(0, bob(), &[])
        .event(1, bob(), &[])
        .time(10, &[])
        .changed(20, 30, with("event.twice = map.n * 2; event.l = map.deep.l.len(); event.c = task.count"))
        .time(
            SECOND + 10,
            &["requests host=a user=bob | c=2i 'deep.l'='[1,2.5,\"s\"]' l=3i n=2i twice=4i | @0"],
        )]);
}

#[test]
fn they_take_room() {
    let full = |retries: i64, max: i64, more: Vec<proto::Option>| {
        failing(retries, [options![maxTasks(max)], more].concat())
    };
    check([
        Scenario::new("before open tasks do", full(5, 2, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .event(11, eve().at(5), &[])
            .event(
                12,
                event().tag("user", "ben").at(9),
                &["requests host=a tags=_aggregateexception user=bob | n=1i | @0"],
            )
            // Now there are open tasks only: one is set aside, and that does not make room.
            .event(
                13,
                event().tag("user", "amy").at(9),
                &["requests host=a tags=_aggregateexception user=eve | n=1i | @5"],
            )
            .counted("out evicted", 1),
        Scenario::new("the oldest of them, if there is nothing else", full(5, 1, vec![]))
            .event(0, bob(), &[])
            .time(10, &[])
            .event(11, eve().at(5), &["requests host=a tags=_aggregateexception user=bob | n=1i | @0"])
            .counted("out timeout", 1),
        Scenario::new("before points are refused", full(5, 1, options![onOverflow("reject")]))
            .event(0, bob(), &[])
            .time(10, &[])
            .event(11, eve().at(5), &["requests host=a tags=_aggregateexception user=bob | n=1i | @0"])
            .event(12, bob(), &[])
            .counted("rejected", 1),
    ]);
}

//! `code` of `@aggregate()` and `@session()`: when it runs, what it does to its task.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn eve() -> Event {
    event().tag("user", "eve")
}

fn coded(code: &str, more: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![taskId("user"), code(code), reasonTag("why")], more].concat()
}

#[test]
fn the_map_is_the_task_s() {
    check([
        Scenario::new(
            "and comes out with it",
            coded("map.total += event.x; map.n += 1", options![maxEvents(2)]),
        )
        .event(0, bob().int("x", 2), &[])
        .event(1, eve().int("x", 3), &[])
        .event(2, bob().int("x", 4), &["requests host=a user=bob why=max_events | n=2i total=6i | @0"])
        .event(3, eve(), &["requests host=a user=eve why=max_events | n=2i total=3i | @1"])
        .event(4, bob().int("x", 9), &[])
        .event(5, bob(), &["requests host=a user=bob why=max_events | n=2i total=9i | @2"]),
        Scenario::new("an int stays one", coded("map.x += event.x", options![maxEvents(2)]))
            .event(0, bob().int("x", 9_007_199_254_740_993), &[])
            .event(
                1,
                bob().int("x", 2),
                &["requests host=a user=bob why=max_events | x=9007199254740995i | @0"],
            ),
        Scenario::new("a double too", coded("map.x += event.x", options![maxEvents(2)]))
            .event(0, bob().double("x", 1.0), &[])
            .event(1, bob().double("x", 2.0), &["requests host=a user=bob why=max_events | x=3.0 | @0"]),
        Scenario::new("both together are one", coded("map.x += event.x", options![maxEvents(2)]))
            .event(0, bob().int("x", 1), &[])
            .event(1, bob().double("x", 0.5), &["requests host=a user=bob why=max_events | x=1.5 | @0"]),
        Scenario::new(
            "what is removed is gone",
            coded("map.x += 1; if map.x == 2 { map.x = () }", options![maxEvents(2)]),
        )
        .event(0, bob(), &[])
        .event(1, bob(), &["requests host=a user=bob why=max_events | count=2i | @0"]),
        Scenario::new("resetOnFlush empties it", {
            coded("map.n += 1", options![flushInterval(ns(10)), resetOnFlush(true)])
        })
        .event(0, bob(), &[])
        .event(1, bob(), &[])
        .time(10, &["requests host=a user=bob why=flush | n=2i | @0"])
        .event(11, bob(), &[])
        .time(20, &["requests host=a user=bob why=flush | n=1i | @1"]),
        Scenario::new("a flush shows it as it is", coded("map.n += 1", options![flushInterval(ns(10))]))
            .event(0, bob(), &[])
            .time(10, &["requests host=a user=bob why=flush | n=1i | @0"])
            .event(11, bob(), &[])
            .time(20, &["requests host=a user=bob why=flush | n=2i | @1"]),
    ]);
}

#[test]
fn what_it_sees_of_its_task() {
    let view = r#"
        map.id = task.id;
        map.n = task.count;
        map.created = task.created;
        map.last = task.last;
        map.restored = task.restored;
        map.reason = task.reason ?? "none";
    "#;
    check([
        Scenario::new("by the clock", coded(view, options![maxEvents(2)]))
            .event(5, bob().at(1), &[])
            .event(9, bob().at(2), &[
                "requests host=a user=bob why=max_events | created=5i id='bob' last=9i n=2i reason='none' restored=false | @2",
            ]),
        Scenario::new("by event time", coded(view, options![maxEvents(2), timeoutTimestampField("time"), maxDelay(ns(5))]))
            .event(5, bob().at(3), &[])
            .event(6, bob().at(1), &[])
            .event(7, eve().at(8), &[
                "requests host=a user=bob why=max_events | created=1i id='bob' last=3i n=2i reason='none' restored=false | @3",
            ]),
        Scenario::new("what came back", coded("map.r = task.restored", options![maxEvents(2)]))
            .event(0, bob(), &[])
            .restart(1, 2)
            .event(3, bob(), &["requests host=a user=bob why=max_events | r=true | @0"])
            .event(4, bob(), &[])
            .event(5, bob(), &["requests host=a user=bob why=max_events | r=false | @1"]),
        Scenario::new("its timeouts", {
            coded("map.t = task.timeout; map.i = task.inactivity_timeout ?? -1", options![maxEvents(1)])
        })
        .event(0, bob(), &["requests host=a user=bob why=max_events | i=-1i t=1800.0 | @0"]),
        Scenario::new("the group's id", options![code("map.id = task.id"), maxEvents(1)])
            .event(0, bob(), &["requests host=a | id='host=a' | @0"]),
    ]);
}

#[test]
fn the_order_of_steps() {
    let passing = |code: &str, more: Vec<_>| coded(code, [options![passThrough(true)], more].concat());
    check([
        Scenario::new("reducers and keep see what code has left", {
            coded("event.x *= 10; event.k = 1", options![sum("x", "s"), keep("k"), maxEvents(2)])
        })
        .event(0, bob().int("x", 2), &[])
        .event(1, bob().int("x", 3), &["requests host=a user=bob why=max_events | k=1i s=50i | @0"]),
        Scenario::new("a cancelled event too", {
            passing("if event.x > 2 { event.cancel() }", options![sum("x", "s"), count("n"), maxEvents(3)])
        })
        .event(0, bob().int("x", 2), &["requests host=a user=bob | x=2i | @0"])
        .event(1, bob().int("x", 3), &[])
        .event(
            2,
            bob().int("x", 1).at(4),
            &[
                "requests host=a user=bob | x=1i | @4",
                "requests host=a user=bob why=max_events | n=3i s=6i | @4",
            ],
        ),
        Scenario::new("the original, what was emitted, the task's own", {
            passing("event.y = 1; emit(#{e: 1}); emit(#{e: 2})", options![maxEvents(1), count("n")])
        })
        .event(
            0,
            bob().at(5),
            &[
                "requests host=a user=bob | y=1i | @5",
                "requests host=a user=bob | e=1i | @6",
                "requests host=a user=bob | e=2i | @7",
                "requests host=a user=bob why=max_events | n=1i | @8",
            ],
        ),
        Scenario::new("behind what others bring out", {
            passing("emit(#{e: 1})", options![maxTasks(1), count("n")])
        })
        .event(0, bob().at(5), &["requests host=a user=bob | | @5", "requests host=a user=bob | e=1i | @6"])
        .event(
            1,
            eve().at(9),
            &[
                "requests host=a user=bob why=evicted | n=1i | @7",
                "requests host=a user=eve | | @9",
                "requests host=a user=eve | e=1i | @10",
            ],
        ),
        Scenario::new(
            "the id is what it was",
            coded(r#"event.tags.user = "ben""#, options![passThrough(true), maxEvents(2)]),
        )
        .event(0, bob(), &["requests host=a user=ben | | @0"])
        .event(
            1,
            bob(),
            &["requests host=a user=ben | | @0", "requests host=a user=bob why=max_events | count=2i | @0"],
        ),
        Scenario::new("startWhen sees the event as it came", {
            coded("event.x = 0", options![startWhen("event.x == 1"), maxEvents(2)])
        })
        .event(0, bob().int("x", 1), &[])
        .event(1, bob().int("x", 1), &["requests host=a user=bob why=restart | count=1i | @0"]),
    ]);
}

#[test]
fn how_code_ends_its_task() {
    check([
        Scenario::new("task.end()", coded("map.n += 1; if event.x == 1 { task.end() }", vec![]))
            .event(0, bob(), &[])
            .event(1, bob().int("x", 1), &["requests host=a user=bob why=end | n=2i | @0"])
            .event(2, bob().int("x", 1), &["requests host=a user=bob why=end | n=1i | @1"]),
        Scenario::new("if ends come out", coded("task.end()", options![emitOnEnd(false)]))
            .event(0, bob(), &[])
            .counted("vanished end", 1),
        Scenario::new("also when it fails behind it", coded("task.end(); oops()", vec![])).event(
            0,
            bob(),
            &["requests host=a tags=_aggregateexception user=bob why=end | count=1i | @0"],
        ),
        Scenario::new(
            "timeout 0",
            coded("if event.x == 1 { task.timeout = 0 }", options![timeoutTags("late")]),
        )
        .event(0, bob(), &[])
        .event(
            1,
            bob().int("x", 1),
            &["requests host=a tags=late user=bob why=timeout | count=2i | @0"],
        ),
        Scenario::new("timeout 0.0, before task.end()", coded("task.timeout = 0.0; task.end()", vec![]))
            .event(0, bob(), &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new("inactivity_timeout 0, before maxEvents", {
            coded("task.inactivity_timeout = 0", options![maxEvents(1)])
        })
        .event(0, bob(), &["requests host=a user=bob why=inactivity | count=1i | @0"]),
        Scenario::new("a timeout of 0 vanishes as others do", {
            coded("task.timeout = 0", options![pushMapAsEventOnTimeout(false)])
        })
        .event(0, bob(), &[])
        .counted("vanished timeout", 1),
        Scenario::new("at once, though others wait for a multiple", {
            coded("task.timeout = 0", options![timeoutFlushInterval(ns(100))])
        })
        .event(1, bob(), &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new("what it sets last counts", coded("task.timeout = 0; task.timeout = 1", vec![]))
            .event(0, bob(), &[])
            .time(999_999_999, &[])
            .time(1_000_000_000, &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new("maxEvents behind task.end()", coded("task.end()", options![maxEvents(1)])).event(
            0,
            bob(),
            &["requests host=a user=bob why=end | count=1i | @0"],
        ),
    ]);
}

#[test]
fn timeouts_that_code_sets() {
    check([
        Scenario::new("from the creation on", coded("task.timeout = 0.00000001", vec![]))
            .event(5, bob(), &[])
            .event(9, bob(), &[])
            .time(14, &[])
            .time(15, &["requests host=a user=bob why=timeout | count=2i | @0"]),
        Scenario::new("from the last event on", coded("task.inactivity_timeout = 0.00000001", vec![]))
            .event(5, bob(), &[])
            .event(9, bob(), &[])
            .time(18, &[])
            .time(19, &["requests host=a user=bob why=inactivity | count=2i | @0"]),
        Scenario::new("later than the option", coded("task.timeout = 2", options![timeout(ns(10))]))
            .event(0, bob(), &[])
            .time(1_999_999_999, &[])
            .time(2_000_000_000, &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new("for the task's life, and no other's", {
            coded("if event.x == 1 { task.timeout = 0.00000002 }", options![timeout(ns(10))])
        })
        .event(0, bob().int("x", 1), &[])
        .event(1, eve(), &[])
        .event(2, bob(), &[])
        .time(11, &["requests host=a user=eve why=timeout | count=1i | @0"])
        .time(20, &["requests host=a user=bob why=timeout | count=2i | @1"])
        .event(20, bob(), &[])
        .time(30, &["requests host=a user=bob why=timeout | count=1i | @2"]),
        Scenario::new("one that has passed goes by the timers", {
            coded("if event.x == 1 { task.timeout = 0.000000005 }", vec![])
        })
        .event(0, bob(), &[])
        .event(10, bob().int("x", 1), &[])
        .late(10, &["requests host=a user=bob why=timeout | count=2i | @0"]),
        Scenario::new(
            "or by the next point",
            coded("if event.x == 1 { task.timeout = 0.000000005 }", vec![]),
        )
        .event(0, bob(), &[])
        .event(10, bob().int("x", 1), &[])
        .event(10, bob(), &["requests host=a user=bob why=timeout | count=2i | @0"]),
        Scenario::new("over a restart", coded("task.timeout = 0.00000001", vec![]))
            .event(5, bob(), &[])
            .restart(6, 8)
            .time(14, &[])
            .time(15, &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new(
            "on multiples",
            coded("task.timeout = 0.00000001", options![timeoutFlushInterval(ns(20))]),
        )
        .event(5, bob(), &[])
        .time(19, &[])
        .time(20, &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new("in event time", {
            coded("task.timeout = 0.00000001", options![timeoutTimestampField("time"), pointTime("emit")])
        })
        .event(0, bob().at(5), &[])
        .event(0, eve().at(15), &[])
        .event(0, eve().at(16), &["requests host=a user=bob why=timeout | count=1i | @15"]),
        Scenario::new("no such", coded("task.timeout = -1", options![maxEvents(1)]))
            .event(
                0,
                bob(),
                &["requests host=a tags=_aggregateexception user=bob why=max_events | count=1i | @0"],
            )
            .counted("failed", 1),
        Scenario::new("nor such", coded(r#"task.inactivity_timeout = "5s""#, options![maxEvents(1)]))
            .event(
                0,
                bob(),
                &["requests host=a tags=_aggregateexception user=bob why=max_events | count=1i | @0"],
            )
            .counted("failed", 1),
        Scenario::new("nor none", coded("task.timeout = ()", options![maxEvents(1)]))
            .event(
                0,
                bob(),
                &["requests host=a tags=_aggregateexception user=bob why=max_events | count=1i | @0"],
            )
            .counted("failed", 1),
    ]);
}

#[test]
fn sessions_take_events_as_code_leaves_them() {
    let session = |code: &str, more: Vec<_>| {
        let options = [options![taskId("user"), code(code)], more].concat();
        Scenario::new("a session", options).of(Function::Session)
    };
    check([
        session("event.y = event.x * 2; if event.x == 2 { event.cancel() }", options![maxEvents(3)])
            .event(0, bob().int("x", 1).at(1), &[])
            .event(1, bob().int("x", 2).at(2), &[])
            .event(
                2,
                bob().int("x", 3).at(3),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob | x=1i y=2i | @1",
                    "  host=a user=bob | x=3i y=6i | @3",
                    "end tmax=3",
                ],
            ),
        session("map.n += 1; event.n = map.n; if map.n == 2 { task.end() }", vec![])
            .event(0, bob(), &[])
            .event(
                1,
                bob().at(1),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob | n=1i | @0",
                    "  host=a user=bob | n=2i | @1",
                    "end tmax=1",
                ],
            ),
        session("if event.x == 1 { oops() }", options![maxEvents(2)])
            .event(0, bob().int("x", 1), &[])
            .event(
                1,
                bob().int("x", 2).at(1),
                &[
                    "begin requests host=a size=2",
                    "  host=a tags=_aggregateexception user=bob | x=1i | @0",
                    "  host=a user=bob | x=2i | @1",
                    "end tmax=1",
                ],
            )
            .counted("failed", 1),
        session("if event.x == 1 { oops() }", options![maxEvents(2), onError("drop")])
            .event(0, bob().int("x", 1), &[])
            .event(
                1,
                bob().int("x", 2).at(1),
                &["begin requests host=a size=1", "  host=a user=bob | x=2i | @1", "end tmax=1"],
            )
            .counted("failed", 1),
        session("event.cancel()", options![maxEvents(2)])
            .event(0, bob(), &[])
            .event(1, bob(), &[])
            .counted("vanished max_events", 1),
    ]);
}

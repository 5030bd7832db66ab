//! `@session()`: a task's events come out as one batch.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob(time: i64) -> Event {
    event().at(time).tag("user", "bob")
}

fn eve(time: i64) -> Event {
    event().at(time).tag("user", "eve")
}

fn session(name: &'static str, options: Vec<proto::Option>) -> Scenario {
    Scenario::new(name, [options![taskId("user")], options].concat()).of(Function::Session)
}

/// By event time, with the reason.
fn timed(name: &'static str, options: Vec<proto::Option>) -> Scenario {
    session(name, [options![timeoutTimestampField("time"), reasonTag("why")], options].concat())
}

#[test]
fn events_come_out_as_they_came() {
    check([
        session("with all their tags and fields", options![inactivityTimeout(ns(5))])
            .event(0, bob(1).int("x", 1).tag("region", "eu"), &[])
            .event(1, eve(2), &[])
            .event(2, bob(3).text("s", "").bool("b", true).double("x", f64::NAN).tag("z", ""), &[])
            .time(6, &["begin requests host=a size=1", "  host=a user=eve | | @2", "end tmax=2"])
            .time(
                7,
                &[
                    "begin requests host=a size=2",
                    "  host=a region=eu user=bob | x=1i | @1",
                    "  host=a user=bob z='' | b=true s='' x=NaN(7ff8000000000000) | @3",
                    "end tmax=3",
                ],
            ),
        session("sorted by time, of one time as they came, which stay", options![maxEvents(4)])
            .event(0, bob(3).int("x", 1), &[])
            .event(0, bob(2).int("x", 2), &[])
            .event(0, bob(3).int("x", 3), &[])
            .event(
                0,
                bob(2).int("x", 4),
                &[
                    "begin requests host=a size=4",
                    "  host=a user=bob | x=2i | @2",
                    "  host=a user=bob | x=4i | @2",
                    "  host=a user=bob | x=1i | @3",
                    "  host=a user=bob | x=3i | @3",
                    "end tmax=3",
                ],
            ),
        session("types are theirs", options![maxEvents(1)])
            .event(
                0,
                bob(1).int("x", 1),
                &["begin requests host=a size=1", "  host=a user=bob | x=1i | @1", "end tmax=1"],
            )
            .event(
                0,
                bob(2).text("x", "s"),
                &["begin requests host=a size=1", "  host=a user=bob | x='s' | @2", "end tmax=2"],
            )
            .counted("left_out", 0),
        Scenario::new("the group is the task", options![maxEvents(2)])
            .of(Function::Session)
            .event(0, bob(1), &[])
            .event(
                0,
                eve(2),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob | | @1",
                    "  host=a user=eve | | @2",
                    "end tmax=2",
                ],
            ),
        session("under the first one's measurement", options![maxEvents(2)])
            .event(0, bob(5).named("m1"), &[])
            .event(
                0,
                bob(1).named("m2"),
                &[
                    "begin m1 host=a size=2",
                    "  host=a user=bob | | @1",
                    "  host=a user=bob | | @5",
                    "end tmax=5",
                ],
            ),
        session("or the one that is asked for", options![maxEvents(1), measurement("done")]).event(
            0,
            bob(1),
            &["begin done host=a size=1", "  host=a user=bob | | @1", "end tmax=1"],
        ),
        session("points that no task takes do not come out", options![maxEvents(1)])
            .event(0, event(), &[])
            .counted("no_id", 1),
    ]);
}

#[test]
fn the_group() {
    check([
        session("is the stream's", options![maxEvents(1)]).event(
            0,
            bob(1)
                .group("requests\nhost=,zone=eu", &["host", "zone"])
                .without_tag("host")
                .tag("zone", "eu")
                .by_name(),
            &[
                "begin requests host='' zone=eu size=1 | 'requests\\nhost=,zone=eu' byName",
                "  user=bob zone=eu | | @1",
                "end tmax=1",
            ],
        ),
        session("and the id, if asked for", options![maxEvents(1), groupByTask(true)]).event(
            0,
            bob(1),
            &[
                "begin requests host=a user=bob size=1 | host=a,user=bob",
                "  host=a user=bob | | @1",
                "end tmax=1",
            ],
        ),
        session("an id in a field is a tag of the batch then", options![maxEvents(1), groupByTask(true)])
            .event(
                0,
                event().at(1).int("user", 7),
                &[
                    "begin requests host=a user=7 size=1 | host=a,user=7",
                    "  host=a user=7 | | @1",
                    "end tmax=1",
                ],
            ),
    ]);
}

#[test]
fn what_the_options_put_on_the_points() {
    check([
        session("an id in a field becomes a tag", options![maxEvents(2)])
            .event(0, event().at(1).int("user", 7), &[])
            .event(
                0,
                event().at(2).tag("user", "7").int("user", 9),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=7 | | @1",
                    "  host=a user=7 | | @2",
                    "end tmax=2",
                ],
            )
            .counted("left_out", 0),
        Scenario::new("all names of a template", options![taskId("%{user}-%{n}"), maxEvents(1)])
            .of(Function::Session)
            .event(
                0,
                bob(1).double("n", 1.5).int("x", 1),
                &["begin requests host=a size=1", "  host=a n='1.5' user=bob | x=1i | @1", "end tmax=1"],
            ),
        session("reason, timeout tags and the whole id", {
            options![
                reasonTag("why"),
                tagOnTimeout("over", "yes"),
                timeoutTags("late"),
                timeoutTags("gone"),
                timeoutTaskIdField("id"),
                timeout(ns(5))
            ]
        })
        .event(0, bob(1), &[])
        .event(0, bob(2).tag("tags", "own").int("x", 1), &[])
        .event(0, bob(3).tag("tags", "").tag("why", "x").tag("over", "no"), &[])
        .time(
            5,
            &[
                "begin requests host=a size=3",
                "  host=a over=yes tags='late,gone' user=bob why=timeout | id='bob' | @1",
                "  host=a over=yes tags='own,late,gone' user=bob why=timeout | id='bob' x=1i | @2",
                "  host=a over=yes tags='late,gone' user=bob why=timeout | id='bob' | @3",
                "end tmax=3",
            ],
        ),
        session("timeout tags not for other reasons", {
            options![
                reasonTag("why"),
                tagOnTimeout("over", "yes"),
                timeoutTags("late"),
                timeoutTaskIdField("id"),
                endOfTask(true)
            ]
        })
        .event(
            0,
            bob(1),
            &["begin requests host=a size=1", "  host=a user=bob why=end | | @1", "end tmax=1"],
        ),
        session("a field of a tag's name is left out", options![reasonTag("why"), maxEvents(2)])
            .event(0, bob(1).int("why", 1).int("x", 1), &[])
            .event(
                0,
                bob(2),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob why=max_events | x=1i | @1",
                    "  host=a user=bob why=max_events | | @2",
                    "end tmax=2",
                ],
            )
            .counted("left_out", 1),
        session("a tag that names a dimension is not set", options![reasonTag("host"), maxEvents(2)])
            .event(0, bob(1).int("x", 1), &[])
            .event(
                0,
                bob(2),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob | x=1i | @1",
                    "  host=a user=bob | | @2",
                    "end tmax=2",
                ],
            )
            .counted("left_out", 1),
    ]);
}

#[test]
fn the_batch_s_time() {
    let ends = |name, options: Vec<proto::Option>, tmax: &'static str| {
        session(name, [options![maxEvents(2)], options].concat()).event(7, bob(5), &[]).event(
            9,
            bob(3),
            &["begin requests host=a size=2", "  host=a user=bob | | @3", "  host=a user=bob | | @5", tmax],
        )
    };
    check([
        ends("the last event's", options![], "end tmax=5"),
        ends("the first one's", options![pointTime("first")], "end tmax=3"),
        ends("that of coming out", options![pointTime("emit")], "end tmax=9"),
        ends("by event time", options![pointTime("emit"), timeoutTimestampField("time")], "end tmax=5"),
        session("equal ones are moved apart", options![maxEvents(1)])
            .event(0, bob(5), &["begin requests host=a size=1", "  host=a user=bob | | @5", "end tmax=5"])
            .event(0, eve(5), &["begin requests host=a size=1", "  host=a user=eve | | @5", "end tmax=6"]),
    ]);
}

#[test]
fn how_sessions_end() {
    check([
        timed("by a gap", options![inactivityTimeout(ns(5))])
            .event(0, bob(1), &[])
            .event(0, bob(6), &[])
            .event(
                0,
                bob(12),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob why=inactivity | | @1",
                    "  host=a user=bob why=inactivity | | @6",
                    "end tmax=6",
                ],
            ),
        timed("points that wait are in order", options![inactivityTimeout(ns(5)), maxDelay(ns(3))])
            .event(0, bob(6), &[])
            .event(0, bob(4), &[])
            .event(0, bob(12), &[])
            .event(
                0,
                eve(15),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob why=inactivity | | @4",
                    "  host=a user=bob why=inactivity | | @6",
                    "end tmax=6",
                ],
            ),
        timed("full", options![maxListSize(2)]).event(0, bob(1), &[]).event(
            0,
            bob(2),
            &[
                "begin requests host=a size=2",
                "  host=a user=bob why=max_list | | @1",
                "  host=a user=bob why=max_list | | @2",
                "end tmax=2",
            ],
        ),
        timed("previous", options![pushPreviousMapAsEvent(true)])
            .event(0, bob(1), &[])
            .event(
                0,
                eve(2),
                &["begin requests host=a size=1", "  host=a user=bob why=previous | | @1", "end tmax=1"],
            )
            .end(0, &["begin requests host=a size=1", "  host=a user=eve why=stop | | @2", "end tmax=2"]),
        timed("evicted", options![maxTasks(1)]).event(0, bob(1), &[]).event(
            0,
            eve(2),
            &["begin requests host=a size=1", "  host=a user=bob why=evicted | | @1", "end tmax=1"],
        ),
        timed("vanished", options![endOfTask(true), emitOnEnd(false)])
            .event(0, bob(1), &[])
            .counted("vanished end", 1),
        timed("ignored ones are no part of it", options![mapAction("create"), timeout(ns(5))])
            .event(0, bob(1), &[])
            .event(0, bob(2), &[])
            .time(5, &["begin requests host=a size=1", "  host=a user=bob why=timeout | | @1", "end tmax=1"])
            .counted("ignored", 1),
        timed("over a restart", options![timeout(ns(9))])
            .event(0, bob(5).int("x", 1), &[])
            .event(0, bob(3).tag("z", ""), &[])
            .restart(1, 2)
            .event(2, bob(5).text("s", ""), &[])
            .late(
                99,
                &[
                    "begin requests host=a size=3",
                    "  host=a user=bob why=timeout z='' | | @3",
                    "  host=a user=bob why=timeout | x=1i | @5",
                    "  host=a user=bob why=timeout | s='' | @5",
                    "end tmax=5",
                ],
            ),
    ]);
}

#[test]
fn flushes_begin_a_new_batch() {
    let options = || options![flushInterval(ns(10)), resetOnFlush(true)];
    check([
        timed("each event is in one", [options(), options![flushOnStop(true)]].concat())
            .event(0, bob(5), &[])
            .event(0, bob(10), &[])
            .event(
                0,
                bob(11),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob why=flush | | @5",
                    "  host=a user=bob why=flush | | @10",
                    "end tmax=10",
                ],
            )
            .end(0, &["begin requests host=a size=1", "  host=a user=bob why=stop | | @11", "end tmax=11"]),
        timed("an end without an event since is none", [options(), options![timeout(ns(9))]].concat())
            .event(0, bob(5), &[])
            .event(
                0,
                eve(20),
                &["begin requests host=a size=1", "  host=a user=bob why=flush | | @5", "end tmax=5"],
            )
            .counted("vanished timeout", 1),
        timed("maxListSize counts what is in it, maxEvents all", {
            [options(), options![maxListSize(2), maxEvents(3)]].concat()
        })
        .event(0, bob(5), &[])
        .event(
            0,
            bob(15),
            &["begin requests host=a size=1", "  host=a user=bob why=flush | | @5", "end tmax=5"],
        )
        .event(
            0,
            bob(16),
            &[
                "begin requests host=a size=2",
                "  host=a user=bob why=max_events | | @15",
                "  host=a user=bob why=max_events | | @16",
                "end tmax=16",
            ],
        ),
        session("by the clock", options())
            .event(0, bob(5), &[])
            .time(10, &["begin requests host=a size=1", "  host=a user=bob | | @5", "end tmax=5"])
            .time(20, &[])
            .event(21, bob(6), &[])
            .time(30, &["begin requests host=a size=1", "  host=a user=bob | | @6", "end tmax=6"]),
    ]);
}

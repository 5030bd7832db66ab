//! Batches whose tasks go on from one to the next; batches to a stream; a stream to batches.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, batch, event, ns, options};

const TO_STREAM: Function = Function::Aggregate { wants: Edge::Batch, provides: Edge::Stream };
const TO_BATCHES: Function = Function::Aggregate { wants: Edge::Stream, provides: Edge::Batch };

fn bob(time: i64) -> Event {
    event().at(time).tag("user", "bob")
}

fn eve(time: i64) -> Event {
    event().at(time).tag("user", "eve")
}

fn with(options: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![taskId("user"), count("n"), reasonTag("why")], options].concat()
}

/// Tasks go on from batch to batch.
fn going_on(name: &'static str, options: Vec<proto::Option>) -> Scenario {
    Scenario::new(name, [with(options![endOfBatch(false)]), options].concat()).of(Function::BATCH)
}

const EMPTY: &[&str] = &["begin requests host=a size=0", "end tmax=10"];

#[test]
fn tasks_may_go_on_from_batch_to_batch() {
    check([
        going_on("and come out in the batch in which they end", options![inactivityTimeout(ns(5))])
            .batch(1_000, &batch(), vec![bob(1), eve(4).inner()], 10, EMPTY)
            .batch(
                1_000,
                &batch(),
                vec![bob(6).inner(), bob(12).inner()],
                20,
                &[
                    "begin requests host=a size=2",
                    "  host=a user=eve why=inactivity | n=1i | @4",
                    "  host=a user=bob why=inactivity | n=2i | @6",
                    "end tmax=20",
                ],
            ),
        going_on("the watermark as well", options![timeout(ns(5))])
            .batch(1_000, &batch(), vec![bob(8)], 10, EMPTY)
            .batch(1_000, &batch(), vec![bob(7)], 10, EMPTY)
            .batch(
                1_000,
                &batch(),
                vec![eve(13)],
                20,
                &["begin requests host=a size=1", "  host=a user=bob why=timeout | n=2i | @8", "end tmax=20"],
            )
            .counted("late", 1),
        going_on("an end is no time", options![timeout(ns(5))])
            .batch(1_000, &batch(), vec![bob(1)], 10, EMPTY)
            .batch(1_000, &batch(), vec![], 10, EMPTY)
            .batch(1_000, &batch(), vec![bob(6)], 10, EMPTY),
        going_on("between batches the clock ends them, each in a batch of its own", options![timeout(ns(5))])
            .batch(1_000, &batch(), vec![bob(1), eve(2)], 10, EMPTY)
            .time(1_004, &[])
            .time(
                1_005,
                &["begin requests host=a size=1", "  host=a user=bob why=timeout | n=1i | @1", "end tmax=1"],
            )
            .late(
                1_009,
                &["begin requests host=a size=1", "  host=a user=eve why=timeout | n=1i | @2", "end tmax=2"],
            ),
    ]);
}

#[test]
fn what_comes_out_between_their_ends() {
    check([
        going_on("inside a batch too", options![timeout(ns(5)), measurement("done")])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(1), &[])
            .time(
                1_006,
                &["begin done host=a size=1", "  host=a user=bob why=timeout | n=1i | @1", "end tmax=1"],
            )
            .end_batch(1_006, &batch(), 10, &["begin done host=a size=0", "end tmax=10"]),
        going_on("those of other groups that make room are in none", options![maxTasks(1)])
            .batch(1_000, &batch(), vec![bob(1)], 10, EMPTY)
            .begin(1_000, &batch().on_host("b"), &[])
            .event(
                1_000,
                bob(2),
                &["begin requests host=a size=1", "  host=a user=bob why=evicted | n=1i | @1", "end tmax=1"],
            )
            .event(1_000, eve(3).tag("host", "b"), &[])
            .end_batch(
                1_000,
                &batch().on_host("b"),
                10,
                &[
                    "begin requests host=b size=1 | host=b",
                    "  host=b user=bob why=evicted | n=1i | @2",
                    "end tmax=10",
                ],
            ),
        going_on("flushes", options![flushInterval(ns(10)), flushOnStop(true)])
            .batch(1_000, &batch(), vec![bob(3)], 10, EMPTY)
            .batch(
                1_000,
                &batch(),
                vec![bob(11)],
                20,
                &["begin requests host=a size=1", "  host=a user=bob why=flush | n=1i | @3", "end tmax=20"],
            )
            .end(
                1_000,
                &["begin requests host=a size=1", "  host=a user=bob why=stop | n=2i | @11", "end tmax=11"],
            ),
        going_on("points that wait", options![maxDelay(ns(5)), passThrough(true)])
            .batch(1_000, &batch(), vec![bob(8).inner(), bob(6)], 10, EMPTY)
            .batch(
                1_000,
                &batch(),
                vec![bob(9), bob(11)],
                20,
                &["begin requests host=a size=1", "  host=a user=bob | | @6", "end tmax=20"],
            )
            .time(1_002, &["begin requests host=a size=1", "  host=a user=bob | | @8", "end tmax=8"]),
        going_on("a restart", options![timeout(ns(5))])
            .batch(1_000, &batch(), vec![bob(1)], 10, EMPTY)
            .restart(1_001, 1_002)
            .batch(1_002, &batch(), vec![bob(6)], 10, EMPTY)
            .batch(
                1_002,
                &batch(),
                vec![bob(7)],
                10,
                &["begin requests host=a size=1", "  host=a user=bob why=timeout | n=2i | @6", "end tmax=10"],
            ),
    ]);
}

#[test]
fn batches_to_a_stream() {
    let scenario = |name, options| Scenario::new(name, with(options)).of(TO_STREAM);
    check([
        scenario("a point as soon as its task ends", options![maxEvents(2)])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(1).inner(), &[])
            .event(1_000, eve(2).inner(), &[])
            .event(1_000, bob(3).inner(), &["requests host=a user=bob why=max_events | n=2i | @3 | ''.''"])
            .event(1_000, bob(1).inner(), &[])
            .end_batch(
                1_001,
                &batch(),
                10,
                &[
                    "requests host=a user=eve why=batch | n=1i | @2 | ''.''",
                    "requests host=a user=bob why=batch | n=1i | @1 | ''.''",
                ],
            ),
        scenario("nothing for an empty one", options![]).batch(1_000, &batch(), vec![], 10, &[]),
        scenario("dimensions are the names of the batch's tags, sorted", options![measurement("done")]).batch(
            1_000,
            &batch().named("m2").group("m2\nhost=,zone=eu").tag("zone", "eu").tag("host", "").by_name(),
            vec![bob(1)],
            10,
            &["done user=bob why=batch zone=eu | n=1i | @1 | ''.'' | 'm2\\nhost=,zone=eu' [host,zone] byName"],
        ),
        scenario("without tags", options![]).batch(
            1_000,
            &batch().group("").without_tag("host"),
            vec![bob(1).inner()],
            10,
            &["requests user=bob why=batch | n=1i | @1 | ''.'' |  []"],
        ),
        scenario("the id may become a dimension", options![groupByTask(true)]).batch(
            1_000,
            &batch(),
            vec![bob(1).inner()],
            10,
            &["requests host=a user=bob why=batch | n=1i | @1 | ''.'' | host=a,user=bob [host,user]"],
        ),
        scenario("originals at once, as points of the stream", options![passThrough(true), emitOnEnd(true)])
            .begin(1_000, &batch().named("m2"), &[])
            .event(
                1_000,
                bob(1).inner().tag("z", "").int("x", 7),
                &["m2 host=a user=bob z='' | x=7i | @1 | ''.''"],
            )
            .end_batch(
                1_000,
                &batch().named("m2"),
                10,
                &["m2 host=a user=bob why=batch | n=1i | @1 | ''.''"],
            ),
        scenario("tasks that go on from batch to batch", options![endOfBatch(false), timeout(ns(5))])
            .batch(1_000, &batch(), vec![bob(1).inner()], 10, &[])
            .batch(1_000, &batch(), vec![eve(7).inner()], 10, &[
                "requests host=a user=bob why=timeout | n=1i | @1 | ''.''",
            ])
            .time(1_005, &[])
            .time(1_006, &["requests host=a user=eve why=timeout | n=1i | @7 | ''.''"]),
        scenario("at the end of the stream, inside a batch", options![flushOnStop(true)])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(1).inner(), &[])
            .end(1_000, &["requests host=a user=bob why=stop | n=1i | @1 | ''.''"]),
    ]);
}

#[test]
fn a_stream_to_batches() {
    let scenario = |name, options| Scenario::new(name, with(options)).of(TO_BATCHES);
    check([
        scenario("of one point each, by the clock", options![timeout(ns(5)), maxEvents(2)])
            .event(0, bob(1), &[])
            .event(0, eve(2), &[])
            .event(
                1,
                eve(3),
                &[
                    "begin requests host=a size=1",
                    "  host=a user=eve why=max_events | n=2i | @3",
                    "end tmax=3",
                ],
            )
            .time(
                5,
                &["begin requests host=a size=1", "  host=a user=bob why=timeout | n=1i | @1", "end tmax=1"],
            ),
        scenario(
            "or by event time",
            options![timeoutTimestampField("time"), timeout(ns(5)), measurement("done")],
        )
        .event(0, bob(1), &[])
        .event(
            0,
            bob(7),
            &["begin done host=a size=1", "  host=a user=bob why=timeout | n=1i | @1", "end tmax=1"],
        ),
        scenario("with the group's tags, those that are missing too", options![maxEvents(1)])
            .event(
                0,
                bob(1)
                    .group("requests\nhost=,zone=eu", &["host", "zone"])
                    .without_tag("host")
                    .tag("zone", "eu")
                    .by_name(),
                &[
                    "begin requests host='' zone=eu size=1 | 'requests\\nhost=,zone=eu' byName",
                    "  user=bob why=max_events zone=eu | n=1i | @1",
                    "end tmax=1",
                ],
            )
            .event(
                0,
                bob(1).group("", &[]).without_tag("host"),
                &["begin requests size=1 | ''", "  user=bob why=max_events | n=1i | @1", "end tmax=1"],
            ),
        scenario("and the id's", options![maxEvents(1), groupByTask(true)]).event(
            0,
            bob(1),
            &[
                "begin requests host=a user=bob size=1 | host=a,user=bob",
                "  host=a user=bob why=max_events | n=1i | @1",
                "end tmax=1",
            ],
        ),
        scenario("originals too", options![passThrough(true), measurement("done"), maxEvents(1)]).event(
            0,
            bob(4).int("x", 7),
            &[
                "begin requests host=a size=1",
                "  host=a user=bob | x=7i | @4",
                "end tmax=4",
                "begin done host=a size=1",
                "  host=a user=bob why=max_events | n=1i | @4",
                "end tmax=4",
            ],
        ),
        scenario("flushes, and the end", options![flushInterval(ns(10)), flushOnStop(true)])
            .event(0, bob(1), &[])
            .time(
                10,
                &["begin requests host=a size=1", "  host=a user=bob why=flush | n=1i | @1", "end tmax=1"],
            )
            .end(
                11,
                &["begin requests host=a size=1", "  host=a user=bob why=stop | n=1i | @2", "end tmax=2"],
            ),
    ]);
}

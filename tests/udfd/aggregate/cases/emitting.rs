//! `emit()`, on each pair of edges.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, batch, event, ns, options};

const TO_BATCHES: Function = Function::Aggregate { wants: Edge::Stream, provides: Edge::Batch };
const TO_STREAM: Function = Function::Aggregate { wants: Edge::Batch, provides: Edge::Stream };

const BIG: &str = "if event.x > 1 { emit(#{big: event.x}) }";

fn bob(x: i64) -> Event {
    event().tag("user", "bob").int("x", x)
}

fn coded(code: &str, more: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![taskId("user"), code(code)], more].concat()
}

#[test]
fn from_a_stream_to_a_stream() {
    check([
        Scenario::new("at once, the task goes on", coded(BIG, options![count("n")]))
            .event(0, bob(1), &[])
            .event(1, bob(2).at(5), &["requests host=a user=bob | big=2i | @5"])
            .event(2, bob(3).at(5), &["requests host=a user=bob | big=3i | @6"])
            .time(i64::MAX / 2, &["requests host=a user=bob | n=3i | @7"])
            .counted("emitted", 2),
        Scenario::new("of the event's measurement and database, not the task's", {
            coded(BIG, options![measurement("done")])
        })
        .event(0, bob(1), &[])
        .event(
            1,
            bob(2).named("m2").stored_in("db2", "rp2"),
            &["m2 host=a user=bob | big=2i | @0 | db2.rp2"],
        ),
        Scenario::new("with the id, as it first came", options![taskId("%{user}-%{no}"), code(BIG)]).event(
            0,
            bob(2).int("no", 7),
            &["requests host=a user=bob | big=2i no=7i | @0"],
        ),
        Scenario::new(
            "by which points are grouped",
            options![taskId("%{user}-%{no}"), code(BIG), groupByTask(true)],
        )
        .event(
            0,
            bob(2).int("no", 7),
            &["requests host=a no=7 user=bob | big=2i | @0 | host=a,no=7,user=bob [host,no,user]"],
        ),
        Scenario::new("the map", coded("map.n += 1; map.l = [1, 2.5, \"a\"]; emit(map)", vec![])).event(
            0,
            bob(1),
            &["requests host=a user=bob | l='[1,2.5,\"a\"]' n=1i | @0"],
        ),
        Scenario::new("what is nested is flat", {
            coded(r#"emit(#{a: #{b: 1, c: #{d: 2.0}}, l: [#{k: true}], none: (), "odd name": "s"})"#, vec![])
        })
        .event(
            0,
            bob(1),
            &[r#"requests host=a user=bob | 'a.b'=1i 'a.c.d'=2.0 l='[{"k":true}]' 'odd name'='s' | @0"#],
        ),
        Scenario::new("fields have the type that they had before", {
            coded("emit(#{v: event.v, n: 1})", vec![])
        })
        .event(0, bob(1).int("v", 1), &["requests host=a user=bob | n=1i v=1i | @0"])
        .event(1, bob(1).text("v", "s").at(5), &["requests host=a user=bob | n=1i | @5"])
        .event(2, bob(1).double("v", 0.5).at(9), &["requests host=a user=bob | n=1i v=0.5 | @9"])
        .event(3, bob(1).int("v", 2).at(19), &["requests host=a user=bob | n=1i v=2.0 | @19"])
        .counted("left_out", 1),
        Scenario::new(
            "a field of a tag's name is left out",
            coded(r#"emit(#{host: "b", user: 1, n: 1})"#, vec![]),
        )
        .event(0, bob(1), &["requests host=a user=bob | n=1i | @0"])
        .counted("left_out", 2),
        Scenario::new("points of other groups have their own times", coded("emit(#{n: 1})", vec![]))
            .event(0, bob(1), &["requests host=a user=bob | n=1i | @0"])
            .event(0, bob(1).on_host("b"), &["requests host=b user=bob | n=1i | @0 | host=b [host]"]),
    ]);
}

#[test]
fn an_event() {
    let passing = |code: &str| coded(code, options![passThrough(true), reasonTag("why"), onOverflow("drop")]);
    check([
        Scenario::new(
            "as it is now",
            passing(r#"event.y = 1; event.tags.t = "v"; emit(event); event.y = 2"#),
        )
        .event(
            0,
            bob(1).tag("region", "eu"),
            &[
                "requests host=a region=eu t=v user=bob | x=1i y=2i | @0",
                "requests host=a region=eu t=v user=bob | x=1i y=1i | @1",
            ],
        ),
        Scenario::new("twice, and not itself", passing("emit(event); emit(event); event.cancel()"))
            .event(
                0,
                bob(1).at(5),
                &["requests host=a user=bob | x=1i | @5", "requests host=a user=bob | x=1i | @6"],
            )
            .counted("emitted", 2),
    ]);
}

#[test]
fn from_a_stream_to_batches() {
    let passing = options![passThrough(true), reasonTag("why"), onOverflow("drop")];
    check([
        Scenario::new("each is one", coded(BIG, options![maxEvents(2)])).of(TO_BATCHES).event(
            0,
            bob(2).at(5),
            &["begin requests host=a size=1", "  host=a user=bob | big=2i | @5", "end tmax=5"],
        ),
        Scenario::new("behind the original", coded(BIG, passing)).of(TO_BATCHES).event(
            0,
            bob(2).at(5),
            &[
                "begin requests host=a size=1",
                "  host=a user=bob | x=2i | @5",
                "end tmax=5",
                "begin requests host=a size=1",
                "  host=a user=bob | big=2i | @6",
                "end tmax=6",
            ],
        ),
    ]);
}

#[test]
fn from_sessions() {
    check([
        Scenario::new("a batch of its own", coded(BIG, options![maxEvents(2)]))
            .of(Function::Session)
            .event(
                0,
                bob(2).at(5),
                &["begin requests host=a size=1", "  host=a user=bob | big=2i | @5", "end tmax=5"],
            )
            .event(
                1,
                bob(1).at(6),
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob | x=2i | @5",
                    "  host=a user=bob | x=1i | @6",
                    "end tmax=6",
                ],
            ),
        Scenario::new("with the id as its group", coded(BIG, options![groupByTask(true)]))
            .of(Function::Session)
            .event(
                0,
                bob(2).at(5),
                &[
                    "begin requests host=a user=bob size=1 | host=a,user=bob",
                    "  host=a user=bob | big=2i | @5",
                    "end tmax=5",
                ],
            ),
        Scenario::new("the id is a tag", options![taskId("no"), code(BIG)]).of(Function::Session).event(
            0,
            bob(2).int("no", 7),
            &["begin requests host=a size=1", "  host=a no=7 | big=2i | @0", "end tmax=0"],
        ),
    ]);
}

#[test]
fn from_batches_to_a_stream() {
    let passing = options![passThrough(true), reasonTag("why"), emitOnEnd(true)];
    let points = || vec![bob(1).at(1).inner(), bob(2).at(2).inner()];
    check([
        Scenario::new("at once", coded(BIG, options![count("n")])).of(TO_STREAM).batch(
            0,
            &batch(),
            points(),
            9,
            &[
                "requests host=a user=bob | big=2i | @2 | ''.''",
                "requests host=a user=bob | n=2i | @3 | ''.''",
            ],
        ),
        Scenario::new("behind the original", coded(BIG, passing)).of(TO_STREAM).batch(
            0,
            &batch(),
            points(),
            9,
            &[
                "requests host=a user=bob | x=1i | @1 | ''.''",
                "requests host=a user=bob | x=2i | @2 | ''.''",
                "requests host=a user=bob | big=2i | @3 | ''.''",
                "requests host=a user=bob why=batch | count=2i | @4 | ''.''",
            ],
        ),
    ]);
}

#[test]
fn from_batches_to_batches() {
    let passing = options![passThrough(true), reasonTag("why"), emitOnEnd(true)];
    let points = || vec![bob(2).at(2).inner(), bob(1).at(3).inner(), bob(3).at(4).inner()];
    check([
        Scenario::new("in the batch that flows in", coded(BIG, options![count("n")]))
            .of(Function::BATCH)
            .batch(
                0,
                &batch(),
                points(),
                9,
                &[
                    "begin requests host=a size=3",
                    "  host=a user=bob | big=2i | @2",
                    "  host=a user=bob | big=3i | @4",
                    "  host=a user=bob | n=3i | @5",
                    "end tmax=9",
                ],
            ),
        Scenario::new("among the originals, by time", coded(BIG, passing)).of(Function::BATCH).batch(
            0,
            &batch(),
            points(),
            9,
            &[
                "begin requests host=a size=6",
                "  host=a user=bob | x=2i | @2",
                "  host=a user=bob | x=1i | @3",
                "  host=a user=bob | big=2i | @3",
                "  host=a user=bob | x=3i | @4",
                "  host=a user=bob | big=3i | @5",
                "  host=a user=bob why=batch | count=3i | @6",
                "end tmax=9",
            ],
        ),
        Scenario::new("a point that waited", {
            coded(BIG, options![maxDelay(ns(5)), endOfBatch(false), count("n")])
        })
        .of(Function::BATCH)
        .batch(0, &batch(), vec![bob(2).at(2).inner()], 9, &["begin requests host=a size=0", "end tmax=9"])
        .batch(
            0,
            &batch(),
            vec![bob(1).at(7).inner()],
            19,
            &["begin requests host=a size=1", "  host=a user=bob | big=2i | @2", "end tmax=19"],
        ),
    ]);
}

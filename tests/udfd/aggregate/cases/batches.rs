//! `@aggregateBatch()`: for each batch one batch with a point per task.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, batch, event, ns, options};

fn bob(time: i64) -> Event {
    event().at(time).tag("user", "bob").inner()
}

fn eve(time: i64) -> Event {
    event().at(time).tag("user", "eve").inner()
}

fn scenario(name: &'static str, options: Vec<proto::Option>) -> Scenario {
    let of_users = options![taskId("user"), count("n"), reasonTag("why")];
    Scenario::new(name, [of_users, options].concat()).of(Function::BATCH)
}

#[test]
fn a_batch_for_a_batch() {
    check([
        scenario("a point per task, sorted by time", options![]).batch(
            1_000,
            &batch(),
            vec![bob(1), eve(2), bob(3), bob(3)],
            10,
            &[
                "begin requests host=a size=2",
                "  host=a user=eve why=batch | n=1i | @2",
                "  host=a user=bob why=batch | n=3i | @3",
                "end tmax=10",
            ],
        ),
        scenario("at its end", options![])
            .begin(1_000, &batch().size(2), &[])
            .event(1_000, bob(1), &[])
            .event(1_001, eve(2), &[])
            .end_batch(
                1_002,
                &batch(),
                10,
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob why=batch | n=1i | @1",
                    "  host=a user=eve why=batch | n=1i | @2",
                    "end tmax=10",
                ],
            ),
        scenario("also when it is empty", options![])
            .batch(1_000, &batch().size(7), vec![], 10, &["begin requests host=a size=0", "end tmax=10"])
            .batch(
                1_000,
                &batch().group("").without_tag("host"),
                vec![],
                -5,
                &["begin requests size=0 | ''", "end tmax=-5"],
            ),
        scenario("when its tasks vanish too", options![emitOnEnd(false)])
            .batch(1_000, &batch(), vec![bob(1)], 10, &["begin requests host=a size=0", "end tmax=10"])
            .counted("vanished batch", 1),
        scenario("each begins anew", options![])
            .batch(
                1_000,
                &batch(),
                vec![bob(1)],
                10,
                &["begin requests host=a size=1", "  host=a user=bob why=batch | n=1i | @1", "end tmax=10"],
            )
            .batch(
                1_000,
                &batch(),
                vec![bob(11)],
                20,
                &["begin requests host=a size=1", "  host=a user=bob why=batch | n=1i | @11", "end tmax=20"],
            ),
        scenario("much at once", options![]).burst(
            1_000,
            [batch().of(vec![bob(1)], 10), batch().on_host("b").of(vec![], 10), batch().of(vec![eve(2)], 20)]
                .concat(),
            &[
                "begin requests host=a size=1",
                "  host=a user=bob why=batch | n=1i | @1",
                "end tmax=10",
                "begin requests host=b size=0 | host=b",
                "end tmax=10",
                "begin requests host=a size=1",
                "  host=a user=eve why=batch | n=1i | @2",
                "end tmax=20",
            ],
        ),
    ]);
}

#[test]
fn a_batch_is_named_and_grouped_as_the_one_that_came() {
    let by_name = batch().named("m2").group("m2\nhost=c,zone=").tag("host", "c").tag("zone", "").by_name();
    check([
        scenario("name, tags and byName, whatever its points say", options![]).batch(
            1_000,
            &by_name,
            vec![event().at(1).tag("user", "bob").tag("host", "z").tag("zone", "eu")],
            10,
            &[
                "begin m2 host=c zone='' size=1 | 'm2\\nhost=c,zone=' byName",
                "  host=c user=bob why=batch | n=1i | @1",
                "end tmax=10",
            ],
        ),
        scenario("or the measurement that is asked for", options![measurement("done")]).batch(
            1_000,
            &batch(),
            vec![bob(1)],
            10,
            &["begin done host=a size=1", "  host=a user=bob why=batch | n=1i | @1", "end tmax=10"],
        ),
        scenario("without a group", options![]).batch(
            1_000,
            &batch().group("").without_tag("host"),
            vec![bob(1)],
            10,
            &["begin requests size=1 | ''", "  user=bob why=batch | n=1i | @1", "end tmax=10"],
        ),
        Scenario::new("the group is the task", options![count("n")]).of(Function::BATCH).batch(
            1_000,
            &batch(),
            vec![bob(1), eve(2)],
            10,
            &["begin requests host=a size=1", "  host=a | n=2i | @2", "end tmax=10"],
        ),
        Scenario::new("an id in a field", options![taskId("id"), count("n")])
            .of(Function::BATCH)
            .batch(
                1_000,
                &batch(),
                vec![event().at(1).int("id", 7).inner(), event().at(2).inner()],
                10,
                &["begin requests host=a size=1", "  host=a | id=7i n=1i | @1", "end tmax=10"],
            )
            .counted("no_id", 1),
    ]);
}

#[test]
fn gaps_inside_a_batch_count() {
    check([
        scenario("inactivity", options![inactivityTimeout(ns(5))]).batch(
            1_000,
            &batch(),
            vec![bob(1), bob(6), bob(12), eve(18)],
            20,
            &[
                "begin requests host=a size=3",
                "  host=a user=bob why=inactivity | n=2i | @6",
                "  host=a user=bob why=inactivity | n=1i | @12",
                "  host=a user=eve why=batch | n=1i | @18",
                "end tmax=20",
            ],
        ),
        scenario("not the one from its last point to its end", options![inactivityTimeout(ns(5))]).batch(
            1_000,
            &batch(),
            vec![bob(1)],
            20,
            &["begin requests host=a size=1", "  host=a user=bob why=batch | n=1i | @1", "end tmax=20"],
        ),
        scenario("time begins anew with each batch", options![inactivityTimeout(ns(5))])
            .batch(
                1_000,
                &batch(),
                vec![bob(100)],
                110,
                &[
                    "begin requests host=a size=1",
                    "  host=a user=bob why=batch | n=1i | @100",
                    "end tmax=110",
                ],
            )
            .batch(
                1_000,
                &batch(),
                vec![bob(1), bob(6)],
                10,
                &["begin requests host=a size=1", "  host=a user=bob why=batch | n=2i | @6", "end tmax=10"],
            )
            .counted("late", 0),
        scenario(
            "by a field",
            options![inactivityTimeout(ns(5)), timeoutTimestampField("ts"), timestampUnit(ns(2))],
        )
        .batch(
            1_000,
            &batch(),
            vec![bob(1).int("ts", 10), bob(2).int("ts", 13)],
            20,
            &[
                "begin requests host=a size=2",
                "  host=a user=bob why=inactivity | n=1i | @1",
                "  host=a user=bob why=batch | n=1i | @2",
                "end tmax=20",
            ],
        ),
        scenario(
            "points that are not sorted",
            options![inactivityTimeout(ns(5)), maxDelay(ns(100)), list("x", "l")],
        )
        .batch(
            1_000,
            &batch(),
            vec![bob(12).int("x", 1), bob(6).int("x", 2), bob(1).int("x", 3)],
            20,
            &[
                "begin requests host=a size=2",
                "  host=a user=bob why=inactivity | l='[3,2]' n=2i | @6",
                "  host=a user=bob why=batch | l='[1]' n=1i | @12",
                "end tmax=20",
            ],
        ),
        scenario("the clock has no say", options![inactivityTimeout(ns(5))])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(1), &[])
            .time(9_000, &[])
            .late(9_999, &[])
            .event(9_999, bob(3), &[])
            .end_batch(
                20_000,
                &batch(),
                10,
                &["begin requests host=a size=1", "  host=a user=bob why=batch | n=2i | @3", "end tmax=10"],
            ),
    ]);
}

#[test]
fn originals_come_first() {
    check([
        scenario("at equal times", options![passThrough(true), emitOnEnd(true), maxEvents(2)]).batch(
            1_000,
            &batch(),
            vec![bob(3).int("x", 1), bob(3).int("x", 2), eve(3), bob(2)],
            10,
            &[
                "begin requests host=a size=7",
                "  host=a user=bob | | @2",
                "  host=a user=bob why=batch | n=1i | @2",
                "  host=a user=bob | x=1i | @3",
                "  host=a user=bob | x=2i | @3",
                "  host=a user=eve | | @3",
                "  host=a user=bob why=max_events | n=2i | @3",
                "  host=a user=eve why=batch | n=1i | @4",
                "end tmax=10",
            ],
        ),
        scenario("also those that no task takes", options![passThrough(true)])
            .batch(
                1_000,
                &batch(),
                vec![event().at(5).inner().double("x", -0.0), bob(4)],
                10,
                &[
                    "begin requests host=a size=2",
                    "  host=a user=bob | | @4",
                    "  host=a | x=-0.0 | @5",
                    "end tmax=10",
                ],
            )
            .counted("no_id", 1)
            .counted("vanished batch", 1),
        scenario("with time, tags and fields only", options![passThrough(true)]).batch(
            1_000,
            &batch(),
            vec![event().at(5).named("m9").tag("user", "bob").tag("z", "").text("s", "")],
            10,
            &["begin requests host=a size=1", "  host=a user=bob z='' | s='' | @5", "end tmax=10"],
        ),
    ]);
}

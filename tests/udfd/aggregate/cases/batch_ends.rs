//! `@aggregateBatch()`: what options do to a batch's points, and batches that do not end.

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
fn what_the_options_do_to_it() {
    check([
        scenario("pointTime emit: the batch's end", options![pointTime("emit")]).batch(
            1_000,
            &batch(),
            vec![bob(1), eve(2)],
            10,
            &[
                "begin requests host=a size=2",
                "  host=a user=bob why=batch | n=1i | @10",
                "  host=a user=eve why=batch | n=1i | @11",
                "end tmax=10",
            ],
        ),
        scenario("emit: what ends inside at its own moment", {
            options![pointTime("emit"), inactivityTimeout(ns(5)), maxEvents(2)]
        })
        .batch(
            1_000,
            &batch(),
            vec![bob(1), eve(8), eve(9)],
            20,
            &[
                "begin requests host=a size=2",
                "  host=a user=bob why=inactivity | n=1i | @6",
                "  host=a user=eve why=max_events | n=2i | @9",
                "end tmax=20",
            ],
        ),
        scenario("in order of creation for equal times", options![pointTime("first")]).batch(
            1_000,
            &batch(),
            vec![eve(1), bob(1), eve(1)],
            10,
            &[
                "begin requests host=a size=2",
                "  host=a user=eve why=batch | n=2i | @1",
                "  host=a user=bob why=batch | n=1i | @2",
                "end tmax=10",
            ],
        ),
        scenario(
            "no timeout tags at the end",
            options![timeoutTags("late"), tagOnTimeout("over", "yes"), maxTasks(1)],
        )
        .batch(
            1_000,
            &batch(),
            vec![bob(1), eve(2)],
            10,
            &[
                "begin requests host=a size=2",
                "  host=a over=yes tags=late user=bob why=evicted | n=1i | @1",
                "  host=a user=eve why=batch | n=1i | @2",
                "end tmax=10",
            ],
        ),
        scenario("previous ones", options![pushPreviousMapAsEvent(true)]).batch(
            1_000,
            &batch(),
            vec![bob(1), eve(2)],
            10,
            &[
                "begin requests host=a size=2",
                "  host=a user=bob why=previous | n=1i | @1",
                "  host=a user=eve why=batch | n=1i | @2",
                "end tmax=10",
            ],
        ),
    ]);
}

#[test]
fn a_batch_that_does_not_end() {
    check([
        scenario("at the end of the stream: what was gathered, then what is at any end", {
            options![passThrough(true), flushOnStop(true)]
        })
        .begin(1_000, &batch(), &[])
        .event(1_000, bob(7), &[])
        .event(1_000, bob(5), &[])
        .end(
            1_000,
            &[
                "begin requests host=a size=2",
                "  host=a user=bob | | @5",
                "  host=a user=bob | | @7",
                "end tmax=7",
                "begin requests host=a size=1",
                "  host=a user=bob why=stop | n=2i | @7",
                "end tmax=7",
            ],
        ),
        scenario("nothing, if nothing was gathered", options![])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(7), &[])
            .end(1_000, &[]),
        scenario("its points that wait", options![maxDelay(ns(5)), flushOnStop(true)])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(7), &[])
            .event(1_000, bob(5), &[])
            .end(
                1_000,
                &["begin requests host=a size=1", "  host=a user=bob why=stop | n=2i | @7", "end tmax=7"],
            ),
        scenario("after a restart its tasks end at once", options![])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(7), &[])
            .event(1_000, eve(8), &[])
            .restart(1_001, 1_002)
            .time(
                1_002,
                &[
                    "begin requests host=a size=1",
                    "  host=a user=bob why=batch | n=1i | @7",
                    "end tmax=7",
                    "begin requests host=a size=1",
                    "  host=a user=eve why=batch | n=1i | @8",
                    "end tmax=8",
                ],
            ),
        scenario("or before anything else comes", options![maxDelay(ns(5))])
            .begin(1_000, &batch(), &[])
            .event(1_000, bob(7), &[])
            .restart(1_001, 1_002)
            .batch(
                1_003,
                &batch(),
                vec![bob(1)],
                10,
                &[
                    "begin requests host=a size=1",
                    "  host=a user=bob why=batch | n=1i | @7",
                    "end tmax=7",
                    "begin requests host=a size=1",
                    "  host=a user=bob why=batch | n=1i | @1",
                    "end tmax=10",
                ],
            ),
    ]);
}

//! More points at once than an outbox takes: 128 KiB.

use kapacitor_udfd::proto;

use crate::aggregate::driver;
use crate::aggregate::raw::points;
use crate::aggregate::scenario::{Came, Event, Scenario, Step, event, ns, options};
use crate::laws::node::Node;
use crate::support::frame_of;

const TASKS: i64 = 1_000;

/// Tasks whose ids alone are more than an outbox takes.
fn crowd(options: Vec<proto::Option>) -> Scenario {
    let options =
        [options![taskId("user"), count("n"), reasonTag("why"), pointTime("emit")], options].concat();
    (0..TASKS)
        .fold(Scenario::new("crowd", options), |scenario, n| scenario.event(n / 300, user(n).at(n), &[]))
}

fn user(n: i64) -> Event {
    event().tag("user", &format!("{n:0200}"))
}

fn check(scenario: &Scenario) {
    if let Err(wrong) = driver::run(scenario) {
        // All of it would be too much to read.
        panic!("{}", wrong.chars().take(2_000).collect::<String>());
    }
}

/// The model's word is enough: what a single task does is written down elsewhere.
#[test]
fn what_ends_at_once_all_comes_out() {
    let timeouts = crowd(options![timeout(ns(50)), timeoutFlushInterval(ns(100))]);
    check(&timeouts.clone().late(1_000, &[]));
    check(&timeouts.restart(60, 90).time(100, &[]));
    check(&crowd(options![flushInterval(ns(100)), timeout(ns(95))]).late(97, &[]).late(300, &[]));
    let flushed = crowd(options![flushInterval(ns(100)), resetOnFlush(true)]);
    let flushed =
        (0..TASKS / 2).fold(flushed.time(100, &[]), |scenario, n| scenario.event(101, user(n).at(n), &[]));
    check(&flushed.time(200, &[]).time(300, &[]));
    check(&crowd(options![flushOnStop(true)]).step(Step::End { now: 20 }, &[]));
    check(&crowd(options![pushMapAsEventOnTimeout(false), timeout(ns(50))]).late(90, &[]));
}

/// What comes between two slices of a flush ends the very task that is next.
#[test]
fn a_task_that_ends_while_a_flush_has_come_to_it_does_not_end_the_flush() {
    let options = options![taskId("user"), flushInterval(ns(100)), maxEvents(2), reasonTag("why")];
    for later in [0, 1] {
        let mut node = Node::new(options.clone());
        let user = |n: usize| frame_of(event().tag("user", &format!("{n:0200}")).0);
        for n in 0..1_000 {
            node.take(&user(n));
        }
        node.now = 100;
        let begun = points(&node.on_deadline()).len();
        assert!((100..900).contains(&begun), "{begun}");
        let ended = points(&node.take(&user(begun + later)));
        assert_eq!(ended[0].tags["why"], "max_events");
        // Another takes its place in the table.
        node.take(&user(1_000));
        let flushed = points(&node.until(100));
        assert!(flushed.iter().all(|point| point.tags["why"] == "flush"));
        // Which has the next flush.
        assert_eq!(flushed.len(), 1_000 - begun - 1);
    }
}

/// Points of these tasks.
fn burst(now: i64, users: impl IntoIterator<Item = i64>) -> Step {
    Step::Burst { now, came: users.into_iter().map(|n| Came::from(user(n).at(n))).collect() }
}

fn slices(now: i64, between: Vec<Step>) -> Step {
    Step::Slices { now, between }
}

/// Four hundred or so fit into an outbox.
#[test]
fn a_flush_is_of_the_tasks_there_were_at_its_moment() {
    let flushing = |options| crowd([options![flushInterval(ns(100)), maxEvents(3)], options].concat());
    let new = |first: i64, count: i64| TASKS + first..TASKS + first + count;
    // One that has come out and has news again, two that have not yet and have more, the last one among them,
    // and some that end and are no more.
    let old = [0, 600, TASKS - 1, 5, 5, 610, 610, TASKS - 2, TASKS - 2];
    for reset in [false, true] {
        let flushing = flushing(options![resetOnFlush(reset)]);
        let some = slices(100, vec![burst(100, new(0, 3)), burst(101, new(3, 3))]);
        check(&flushing.clone().step(some, &[]).time(199, &[]).time(200, &[]).time(300, &[]));
        let both =
            slices(100, vec![burst(101, new(0, 20).chain(old)), burst(103, new(10, 20).chain([1, 620]))]);
        check(&flushing.clone().step(both, &[]).time(200, &[]).time(300, &[]));
        // More of them than there were.
        let crowds = slices(100, vec![burst(100, new(0, 700)), burst(100, new(700, 700))]);
        check(&flushing.clone().step(crowds, &[]).late(250, &[]).late(350, &[]));
        // All that are left end in between, and so does what opened behind them.
        let twice = |users: std::ops::Range<i64>| users.clone().chain(users);
        let gone = twice(0..TASKS).chain(twice(new(0, 5))).chain(new(0, 10));
        check(&flushing.clone().step(slices(100, vec![burst(100, gone)]), &[]).time(200, &[]));
        // What has not come out when a handler is restarted waits for the next one.
        let restart =
            slices(100, vec![burst(101, new(0, 5).chain(old)), Step::Restart { now: 102, back: 103 }]);
        check(&flushing.clone().step(restart, &[]).time(199, &[]).time(200, &[]));
        // One after the other: the moment of the next comes before this one is through.
        let next = slices(100, vec![burst(150, new(0, 5)), burst(205, new(5, 5).chain(old))]);
        check(&flushing.step(next, &[]).time(205, &[]).time(300, &[]));
    }
    let end = slices(100, vec![burst(101, new(0, 5).chain(old))]);
    check(&flushing(options![flushOnStop(true)]).step(end, &[]).step(Step::End { now: 102 }, &[]));
}

/// The moment of a flush is where its deadlines begin, not where they are through.
#[test]
fn also_when_many_deadlines_go_first() {
    // Six hundred are over at 100, and then some more at 101.
    let crowd = crowd(options![flushInterval(ns(100)), timeout(ns(99))]);
    let new = |first: i64| TASKS + first..TASKS + first + 5;
    let some = slices(100, vec![burst(100, new(0)), burst(101, new(5).chain([TASKS - 1]))]);
    check(&crowd.step(some, &[]).late(198, &[]).time(200, &[]).time(300, &[]));
}

/// A task that waits for its turn ends as any other: not twice, and its slot is free.
#[test]
fn points_may_come_while_many_tasks_end() {
    let timeouts = crowd(options![timeout(ns(50)), timeoutFlushInterval(ns(100)), maxTasks(TASKS)]);
    let late = [0, TASKS - 1, 700, TASKS, TASKS + 1];
    check(&timeouts.step(slices(100, vec![burst(100, late), burst(101, late)]), &[]).time(200, &[]));
    for on_overflow in ["evict", "drop", "reject"] {
        let full = crowd(options![timeout(ns(50)), maxTasks(TASKS), onOverflow(on_overflow)]);
        let full = full.step(burst(40, [TASKS, 3]), &[]).step(burst(60, TASKS..TASKS + 9), &[]);
        check(&full.late(90, &[]).late(200, &[]));
    }
}

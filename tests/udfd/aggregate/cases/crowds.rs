//! More points at once than an outbox takes: 128 KiB.

use kapacitor_udfd::proto;

use crate::aggregate::driver;
use crate::aggregate::raw::points;
use crate::aggregate::scenario::{Scenario, Step, event, ns, options};
use crate::laws::node::Node;
use crate::support::frame_of;

const TASKS: i64 = 1_000;

/// Tasks whose ids alone are more than an outbox takes.
fn crowd(options: Vec<proto::Option>) -> Scenario {
    let options =
        [options![taskId("user"), count("n"), reasonTag("why"), pointTime("emit")], options].concat();
    (0..TASKS).fold(Scenario::new("crowd", options), |scenario, n| {
        scenario.event(n / 300, event().tag("user", &format!("{n:0200}")).at(n), &[])
    })
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
    let flushed = (0..TASKS / 2).fold(flushed.time(100, &[]), |scenario, n| {
        scenario.event(101, event().tag("user", &format!("{n:0200}")).at(n), &[])
    });
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

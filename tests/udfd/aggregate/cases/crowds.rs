//! More points at once than an outbox takes: 128 KiB.

use kapacitor_udfd::proto;

use crate::aggregate::driver;
use crate::aggregate::scenario::{Scenario, Step, event, ns, options};

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

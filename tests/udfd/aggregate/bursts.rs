//! Points that come at once are given to the handler at once, up to sixteen: what it does is what it would
//! have done had they come one by one, to the byte.

use kapacitor_udfd::proto;
use proptest::prelude::*;

use super::generate::scenario;
use super::handled::frame_of_what_came;
use super::scenario::{Came, Scenario, Step, event, ns, options};
use crate::laws::node::Node;

/// As many as may come at once.
const BURST: usize = 40;

/// What comes in a scenario, whenever it does.
fn all(scenario: Scenario) -> Vec<Came> {
    let came = scenario.steps.into_iter().flat_map(|(step, _)| match step {
        Step::Event { point, .. } => vec![Came::Point(point)],
        Step::Burst { came, .. } => came,
        _ => vec![],
    });
    came.collect()
}

/// Two nodes get the same at the same moments; timers are looked at before each burst.
fn are_the_same(options: &[proto::Option], start: i64, came: &[Came], pace: i64) {
    let mut at_once = Node::begin(options.to_vec(), start);
    let mut one_by_one = Node::one_by_one(options.to_vec(), start);
    for (n, burst) in came.chunks(BURST).enumerate() {
        let input: Vec<_> = burst.iter().flat_map(frame_of_what_came).collect();
        let now = start + pace * i64::try_from(n).unwrap();
        assert_eq!(at_once.next_deadline(), one_by_one.next_deadline());
        assert_eq!(at_once.until(now), one_by_one.until(now));
        assert_eq!(at_once.take_all(&input).0, one_by_one.take_all(&input).0);
        assert_eq!(at_once.counters(), one_by_one.counters());
        assert_eq!(at_once.open_tasks(), one_by_one.open_tasks());
        assert_eq!(at_once.state_bytes(), one_by_one.state_bytes());
    }
    assert_eq!(at_once.snapshot(), one_by_one.snapshot());
    assert_eq!(at_once.end(), one_by_one.end());
    assert_eq!(at_once.counters(), one_by_one.counters());
}

proptest! {
    #[test]
    fn sixteen_at_once_are_one_by_one(scenario in scenario(), pace in 0..30i64) {
        let (options, start) = (scenario.options.clone(), scenario.start);
        are_the_same(&options, start, &all(scenario), pace);
    }
}

/// So many that a look at one task no longer finds it in the processor's caches.
#[test]
fn so_they_are_among_thousands_of_tasks() {
    const TASKS: usize = 6_000;
    let came = (0..4 * TASKS).map(|n| {
        // Each task comes four times, now and then twice at once, and some have no id.
        let user = format!("user{}", n * 7 % TASKS);
        let user = if n % 50 == 1 { format!("user{}", (n - 1) * 7 % TASKS) } else { user };
        let time = i64::try_from(n).unwrap();
        let point = event().at(time).int("x", time);
        if n % 97 == 0 { point.into() } else { point.tag("user", &user).into() }
    });
    let came: Vec<Came> = came.collect();
    for options in [
        options![timeout(ns(400)), maxEvents(4)],
        options![maxTasks(5_000), flushInterval(ns(100)), list("x", "l")],
        options![maxTasks(5_000), onOverflow("reject"), inactivityTimeout(ns(300))],
        options![maxBytes(2_000_000), onOverflow("drop"), pushPreviousMapAsEvent(false)],
    ] {
        let options = [options![taskId("user"), sum("x", "s"), flushOnStop(true)], options].concat();
        are_the_same(&options, 0, &came, 1);
    }
}

/// Otherwise nothing here would be tested.
#[test]
fn a_handler_gets_sixteen_points_at_once() {
    let point = || Came::from(event());
    let count = |came: &[Came]| {
        let input: Vec<_> = came.iter().flat_map(frame_of_what_came).collect();
        let steps = |mut node: Node| node.take_all(&input).1;
        (steps(Node::new(options![count("n")])), steps(Node::one_by_one(options![count("n")], 0)))
    };
    let many: Vec<_> = (0..BURST).map(|_| point()).collect();
    assert_eq!(count(&many[..16]), (1, 16));
    assert_eq!(count(&many[..17]), (2, 17));
    assert_eq!(count(&many), (3, BURST));
    assert_eq!(count(&[point(), point(), Came::Keepalive, point(), point(), Came::Snapshot]), (4, 6));
}

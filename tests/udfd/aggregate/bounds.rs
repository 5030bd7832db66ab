//! What a node's state takes is bounded, whoever chooses ids, groups, names and values; and counted as
//! what it is. How near that comes to a process's memory is measured in `process`.

use kapacitor_udfd::aggregate::Reason;
use kapacitor_udfd::proto;
use proptest::prelude::*;

use super::generate::scenario;
use super::handled::frame_of_what_came;
use super::raw::{points, raw};
use super::scenario::{Step, event, ns, options};
use crate::laws::node::Node;
use crate::support::frame_of;

#[track_caller]
fn is_within(percent: usize, first: usize, second: usize) {
    let apart = first.abs_diff(second);
    assert!(apart * 100 <= first * percent, "{first} and {second} are more than {percent} % apart");
}

/// As `maxBytes` is given.
fn bytes(node: &Node) -> i64 {
    node.state_bytes().try_into().unwrap()
}

/// A hundredth of what `process` has a real daemon do.
#[test]
fn distinct_ids_without_end_take_what_max_tasks_take() {
    for on_overflow in ["evict", "drop", "reject"] {
        let mut node =
            Node::new(options![taskId("user"), count("n"), maxTasks(1_000), onOverflow(on_overflow)]);
        let mut state = 0;
        for n in 0..100_000i64 {
            node.raw(&raw(n).tag(b"user", format!("user{n:012}").as_bytes()));
            if n == 9_999 {
                state = node.state_bytes();
            }
        }
        assert_eq!(node.open_tasks(), 1_000);
        is_within(5, state, node.state_bytes());
        let counters = node.counters();
        let left = counters.out.of(Reason::Evicted) + counters.dropped + counters.rejected;
        assert_eq!((left, counters.events + counters.rejected), (99_000, 100_000), "{on_overflow}");
    }
}

/// One task after the other, each of another group and over after a hundred more.
fn groups_without_end(groups: i64) {
    let mut node = Node::new(options![taskId("user"), timeout(ns(100))]);
    let mut state = 0;
    for n in 0..groups {
        node.until(n);
        node.raw(&raw(n).grouped(b"host", format!("host{n:012}").as_bytes()).tag(b"user", b"bob"));
        if n == 20_000 {
            state = node.state_bytes();
        }
    }
    is_within(5, state, node.state_bytes());
    assert!(state < 4 << 20, "{state}");
    let over = node.counters().out.of(Reason::Timeout);
    assert_eq!(i64::try_from(over).unwrap(), groups - 100);
}

#[test]
fn groups_whose_tasks_are_over_are_forgotten() {
    groups_without_end(100_000);
}

#[test]
#[ignore = "takes a minute: run by .ci/run"]
fn a_million_groups_whose_tasks_are_over_are_forgotten() {
    groups_without_end(1_000_000);
}

#[test]
fn what_is_remembered_of_groups_and_names_leaves_room_for_tasks() {
    const MAX: i64 = 64 << 10;
    let options = options![taskId("user"), maxBytes(MAX), keep("*"), timeout(ns(1)), last("z", "own")];
    let mut node = Node::new(options);
    for n in 0..3_000i64 {
        let name = format!("{n:0200}");
        node.raw(&raw(n).grouped(b"host", name.as_bytes()).tag(b"user", b"bob").int(name.as_bytes(), 1));
        node.until(n);
    }
    assert!(bytes(&node) < MAX / 4, "{}", bytes(&node));
    assert_eq!(node.counters().out.of(Reason::Evicted), 0);
    // Names that the options name are remembered all the same: a string in the shard of ints is left out.
    for (n, is_int) in [(3_000, true), (3_001, false)] {
        let point = raw(n).tag(b"user", b"bob");
        node.raw(&if is_int { point.int(b"z", 7) } else { point.text(b"z", b"text") });
        let [point] = &points(&node.until(n + 1))[..] else { panic!() };
        assert_eq!(point.fields_int.contains_key("own"), is_int);
        assert!(!point.fields_string.contains_key("own"));
    }
}

/// Reducers that hold the more the more comes, in their different ways.
fn growing() -> Vec<proto::Option> {
    options![
        countDistinct("x", "n"),
        percentile("x", 50.0, "p"),
        list("t", "l"),
        distinct("t", "d"),
        concat("t", ",", "c"),
        last("t", "la"),
        keep("*")
    ]
}

/// Keeps a node with `maxBytes` busy: nine tasks to which ever more comes; state after each event.
fn busy(node: &mut Node, events: i32, mut after: impl FnMut(&mut Node)) {
    for n in 0..events {
        let text = "t".repeat(usize::try_from(n % 200).unwrap());
        let name = format!("name{}", n % 50);
        let user = format!("user{}", n % 9);
        let event =
            event().tag("user", &user).double("x", f64::from(n) * 1.7).text("t", &format!("{n}{text}"));
        node.take(&frame_of(event.int(&name, n.into()).at(n.into()).0));
        after(node);
    }
}

#[test]
fn state_stays_within_max_bytes() {
    const MAX: i64 = 200 << 10;
    // What one event can add at the most: each list may double, and hold up to 60 KiB.
    const EVENT: i64 = 400 << 10;
    for on_overflow in ["evict", "drop"] {
        let options = options![taskId("user"), maxBytes(MAX), onOverflow(on_overflow)];
        let mut node = Node::new([options, growing()].concat());
        busy(&mut node, 4_000, |node| {
            // What is left over when much comes out at once is the timers'.
            node.until(node.now);
            assert!(bytes(node) <= MAX, "{on_overflow}: {}", bytes(node));
        });
        let counters = node.counters();
        assert!(counters.out.of(Reason::Evicted) + counters.dropped > 10, "{counters:?}");
        assert_eq!(counters.events, 4_000);
    }
    let options = options![taskId("user"), maxBytes(MAX), onOverflow("reject")];
    let mut node = Node::new([options, growing()].concat());
    let (mut before, mut over) = (0, false);
    busy(&mut node, 4_000, |node| {
        let state = bytes(node);
        assert!(state <= MAX + EVENT && (!over || state == before), "{state}");
        (before, over) = (state, state > MAX);
    });
    let counters = node.counters();
    assert!(over && counters.rejected > 0 && counters.events + counters.rejected == 4_000, "{counters:?}");
}

/// A few bytes of a snapshot may be kilobytes of state.
#[test]
fn a_snapshot_of_more_than_max_bytes_is_evicted_down_to_it() {
    const MAX: i64 = 100 << 10;
    let options = |max: i64| {
        let limits = options![taskId("user"), maxBytes(max), reasonTag("why"), flushOnStop(true)];
        [limits, options![countDistinct("x", "n"), percentile("x", 50.0, "p")]].concat()
    };
    let mut node = Node::new(options(256 << 20));
    for n in 0..13_000 {
        let user = format!("user{:02}", n % 100);
        node.take(&frame_of(event().tag("user", &user).double("x", 1.0 + f64::from(n / 100)).0));
    }
    let snapshot = node.snapshot();
    assert!(node.state_bytes() > 2 * snapshot.len(), "{} {}", node.state_bytes(), snapshot.len());

    let mut node = Node::restored(options(MAX), 0, &snapshot);
    assert!(node.next_deadline().is_some_and(|due| due <= 0));
    let evicted = points(&node.until(0));
    let users: Vec<_> = evicted.iter().map(|point| &*point.tags["user"]).collect();
    let expected: Vec<_> = (0..evicted.len()).map(|n| format!("user{n:02}")).collect();
    assert_eq!(users, expected, "the oldest first");
    assert!(evicted.iter().all(|point| point.tags["why"] == "evicted"));
    assert!(bytes(&node) <= MAX && bytes(&node) > MAX / 2, "{}", bytes(&node));
    assert_eq!(points(&node.end()).len(), 100 - evicted.len());
}

#[test]
fn when_all_tasks_are_over_nothing_is_held() {
    for reset in [false, true] {
        let options =
            options![taskId("user"), timeout(ns(5_000)), flushInterval(ns(700)), resetOnFlush(reset)];
        let mut node = Node::new([options, growing()].concat());
        let before = {
            node.raw(&raw(0).grouped(b"host", b"a").tag(b"user", b"bob"));
            node.until(5_000);
            node.state_bytes()
        };
        assert!(before < 1_000, "{before}");
        busy(&mut node, 4_000, |node| {
            node.until(node.now + 1);
        });
        assert!(node.state_bytes() > 20_000, "{}", node.state_bytes());
        node.until(1 << 40);
        assert_eq!(node.open_tasks(), 0);
        // But for the fields whose types are known: x, t and fifty names.
        let names = node.state_bytes() - before;
        assert!(names < 53 * 40, "{names}");
    }
}

proptest! {
    /// What is counted is counted exactly, or it would drift away over days: a restored node counts anew.
    #[test]
    fn what_a_node_holds_is_what_it_would_hold_if_counted_anew(scenario in scenario()) {
        let mut node = Node::begin(scenario.options.clone(), scenario.start);
        for (step, _) in &scenario.steps {
            match step {
                Step::Event { now, point } => {
                    node.now = *now;
                    node.take(&frame_of((**point).clone()));
                }
                Step::Burst { now, came } => {
                    node.now = *now;
                    let input: Vec<_> = came.iter().flat_map(frame_of_what_came).collect();
                    node.take_all(&input);
                }
                Step::Time { now } | Step::Late { now } => drop(node.until(*now)),
                Step::Restart { now, back } => {
                    node.now = *now;
                    let snapshot = node.snapshot();
                    node = Node::restored(scenario.options.clone(), *back, &snapshot);
                }
                Step::Changed { .. } | Step::Slices { .. } | Step::End { .. } | Step::Shutdown { .. } => {}
            }
        }
        node.until(node.now + 1_800_000_000_100);
        // Points that are set aside are tried again for some seconds.
        let end = node.now + 5_000_000_000;
        (1..=5).for_each(|second| drop(node.until(end - 5_000_000_000 + second * 1_000_000_000)));
        prop_assert_eq!(node.open_tasks(), 0);
        let snapshot = node.snapshot();
        let again = Node::restored(scenario.options, end, &snapshot);
        prop_assert_eq!(node.state_bytes(), again.state_bytes());
    }
}

//! What a node does with the bytes Kapacitor kept for it: its own, those of other versions and options,
//! damaged ones and anybody's.

use kapacitor_udfd::proto;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::generate::scenario;
use super::handled::frame_of_what_came;
use super::logs::logged;
use super::raw::{points, raw};
use super::scenario::{Step, event, ns, options};
use crate::laws::aggregate_snapshot as law;
use crate::laws::node::Node;
use crate::support::frame_of;

/// One of everything, with long timeouts.
fn everything() -> Vec<proto::Option> {
    options![
        taskId("%{user}/%{session}"),
        count("n"),
        sum("x", "s"),
        min("x", "lo"),
        max("x", "hi"),
        mean("x", "m"),
        stddev("x", "sd"),
        first("x", "f"),
        last("x", "la"),
        countDistinct("x", "cd"),
        distinct("x", "d"),
        percentile("x", 50.0, "p"),
        list("x", "l"),
        concat("x", "-", "t"),
        duration(ns(2), "du"),
        keep("k"),
        keep("region"),
        timeout(ns(1 << 60)),
        inactivityTimeout(ns(1 << 50)),
        reasonTag("why"),
        flushOnStop(true),
        flushInterval(ns(90)),
        maxTasks(4)
    ]
}

/// Four tasks of two groups, two hundred values; a group that is only remembered; points that came out.
fn filled(options: Vec<proto::Option>) -> Node {
    let mut node = Node::new(options);
    node.take(&frame_of(event().on_host("idle").tag("user", "kim").int("session", 7).double("x", 0.5).0));
    for n in 0..200u32 {
        node.until(n.into());
        let user = ["bob", "eve"][usize::from(n % 3 == 0)];
        let event = event()
            .tag("user", user)
            .int("session", 7)
            .tag("region", "eu")
            .at(i64::from(n) * 3)
            .int("k", n.into());
        let event = if n % 5 == 0 { event.on_host("b") } else { event };
        node.take(&frame_of(event.double("x", f64::from(n) / 2.0).0));
    }
    node
}

/// The node starts empty, says why, and takes points.
#[track_caller]
fn is_refused(options: &[proto::Option], snapshot: &[u8], words: &str) -> Node {
    let mut restored = None;
    let log = logged(|| restored = Some(Node::restored(options.to_vec(), 9, snapshot)));
    let mut node = restored.unwrap();
    assert_eq!((node.open_tasks(), node.state_bytes()), (0, 0));
    assert_eq!(node.counters().snapshots_unusable, 1);
    let warning = log.lines().find(|line| line.contains("WARN")).unwrap_or_default();
    assert!(warning.contains("starting empty") && warning.contains(words), "no {words:?} in {log}");
    node.raw(&raw(1).tag(b"user", b"bob").tag(b"session", b"7"));
    assert_eq!(node.counters().events, 1);
    node
}

#[test]
fn a_snapshot_restored_and_taken_again_is_the_snapshot() {
    let mut node = filled(everything());
    let first = node.snapshot();
    let mut again = Node::restored(everything(), node.now, &first);
    assert_eq!(again.snapshot(), first);
    let counters = again.counters();
    assert_eq!((counters.restored, counters.not_restored, counters.snapshots_unusable), (4, 0, 0));
    // Only the moment is another, and each task's creation is told beside it.
    again.now += 1;
    let later = again.snapshot();
    let differ = later.iter().zip(&first).filter(|(one, other)| one != other).count();
    assert!(later.len() == first.len() && differ <= 4 + 2 + 4, "{differ} bytes");
}

proptest! {
    #[test]
    fn what_is_restored_is_written_as_the_same_bytes(scenario in scenario()) {
        let options = scenario.options;
        let mut node = Node::begin(options.clone(), scenario.start);
        for (step, _) in scenario.steps {
            match step {
                Step::Event { now, point } => {
                    node.now = now;
                    node.take(&frame_of(*point));
                }
                Step::Burst { now, came } => {
                    node.now = now;
                    let input: Vec<_> = came.iter().flat_map(frame_of_what_came).collect();
                    node.take_all(&input);
                }
                Step::Time { now } | Step::Late { now } => drop(node.until(now)),
                _ => {}
            }
        }
        let first = node.snapshot();
        let mut again = Node::restored(options.clone(), node.now, &first);
        prop_assert_eq!(again.counters().snapshots_unusable, 0);
        // Groups and origins are numbered anew, without gaps.
        let second = again.snapshot();
        prop_assert_eq!(again.open_tasks(), node.open_tasks());
        prop_assert_eq!(Node::restored(options, node.now, &second).snapshot(), second);
    }

    #[test]
    fn any_state_is_a_snapshot_or_none(choice: u8, state in vec(any::<u8>(), 0..200)) {
        law::holds(&[&[choice][..], &state].concat());
    }

    #[test]
    fn so_is_a_real_one_that_somebody_changed(
        choice in 0..law::CHOICES, events in 0..40i64, changes in vec((any::<Index>(), any::<u8>()), 0..6),
    ) {
        let mut state = law::seed(choice, events);
        for (index, byte) in changes {
            let at = index.index(state.len());
            state[at] = byte;
        }
        state[0] = choice;
        law::holds(&state);
    }
}

#[test]
fn the_largest_number_at_any_place_of_a_state_harms_nothing() {
    const LARGEST: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    for choice in 0..law::CHOICES {
        let state = law::seed(choice, 3);
        for at in 1..state.len() {
            law::holds(&[&state[..at], &LARGEST, &state[at + 1..]].concat());
        }
    }
}

#[test]
fn damaged_snapshots_are_not_restored() {
    let options = options![taskId("user"), count("n"), last("x", "l"), keep("*")];
    let mut node = Node::new(options.clone());
    node.take(&frame_of(event().tag("user", "bob").int("x", 7).tag("region", "eu").0));
    let whole = node.snapshot();
    for at in 0..whole.len() {
        for bit in [1, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] ^= bit;
            let node = Node::restored(options.clone(), 0, &damaged);
            assert_eq!((node.counters().snapshots_unusable, node.open_tasks()), (1, 0), "byte {at}");
        }
        let node = Node::restored(options.clone(), 0, &whole[..at]);
        assert_eq!((node.counters().snapshots_unusable, node.open_tasks()), (1, 0), "cut at {at}");
    }
    let mut flipped = whole.clone();
    flipped[20] ^= 1;
    is_refused(&options, &flipped, "its checksum is wrong");
    is_refused(&options, &whole[..whole.len() - 1], "its checksum is wrong");
    is_refused(&options, &[&whole[..], &[0]].concat(), "its checksum is wrong");
    is_refused(&options, b"", "it is of version 0; known is 1");
    is_refused(&options, &[&[2], &whole[1..]].concat(), "it is of version 2; known is 1");
    is_refused(&options, b"\x01gob", "its checksum is wrong");
    is_refused(&options, b"somebody else's", "it is of version 115; known is 1");
    is_refused(&options, &law::sealed(b""), "the snapshot is damaged at byte 0");
    let cut_short = law::sealed(&whole[5..whole.len() - 1]);
    is_refused(&options, &cut_short, &format!("the snapshot is damaged at byte {}", whole.len() - 6));
    is_refused(&options, &law::sealed(&[&whole[5..], &[0]].concat()), "the snapshot is damaged at byte");
}

#[test]
fn a_snapshot_of_other_options_is_not_restored() {
    let ours = options![taskId("user"), count("n"), sum("x", "s"), percentile("x", 50.0, "p"), keep("k")];
    let mut node = Node::new(ours.clone());
    for user in ["bob", "eve"] {
        node.take(&frame_of(event().tag("user", user).int("x", 7).0));
    }
    let snapshot = node.snapshot();
    let words = |options: &str| format!("of other options: aggregate stream -> stream {options}");
    let said = words(r#"taskId("user") count("n") sum("x", "s")"#);
    for theirs in [
        options![taskId("session"), count("n"), sum("x", "s"), percentile("x", 50.0, "p"), keep("k")],
        options![taskId("%{user}-"), count("n"), sum("x", "s"), percentile("x", 50.0, "p"), keep("k")],
        options![count("n"), sum("x", "s"), percentile("x", 50.0, "p"), keep("k")],
        options![taskId("user"), count("n"), sum("x", "s"), percentile("x", 50.0, "p"), keep("*")],
        options![taskId("user"), count("n"), sum("x", "s"), percentile("x", 50.0, "p")],
        options![taskId("user"), count("n"), sum("x", "s"), percentile("x", 51.0, "p"), keep("k")],
        options![taskId("user"), count("n"), mean("x", "s"), percentile("x", 50.0, "p"), keep("k")],
        options![taskId("user"), count("n"), sum("y", "s"), percentile("x", 50.0, "p"), keep("k")],
        options![taskId("user"), count("n"), sum("x", "t"), percentile("x", 50.0, "p"), keep("k")],
        options![taskId("user"), sum("x", "s"), count("n"), percentile("x", 50.0, "p"), keep("k")],
        options![taskId("user"), count("n"), percentile("x", 50.0, "p"), keep("k")],
    ] {
        let node = is_refused(&theirs, &snapshot, &said);
        assert_eq!(node.counters().not_restored, 2);
    }
    is_refused(&[], &snapshot, "this node has: aggregate stream -> stream");
}

#[test]
fn options_that_do_not_shape_the_state_may_change() {
    let shape = || options![taskId("user"), sum("x", "s"), flushOnStop(true), reasonTag("why")];
    let mut node = Node::new([shape(), options![timeout(ns(1_000))]].concat());
    for n in 0..10 {
        node.now = n;
        node.take(&frame_of(event().tag("user", &format!("user{n}")).int("x", n).at(n).0));
    }
    let snapshot = node.snapshot();
    let restored = |options| Node::restored([shape(), options].concat(), 20, &snapshot);
    let mut node = restored(options![timeout(ns(50)), inactivityTimeout(ns(30))]);
    assert_eq!(node.next_deadline(), Some(30), "deadlines are those of the new options");
    assert_eq!(points(&node.until(38)).len(), 9);
    let mut node = restored(options![timeout(ns(50)), timeoutFlushInterval(ns(100))]);
    assert_eq!(node.next_deadline(), Some(100));
    assert_eq!(points(&node.until(100)).len(), 10);
    let mut node = restored(options![timeout(ns(5))]);
    let sent = points(&node.until(20));
    assert!(sent.len() == 10 && sent.iter().all(|point| point.tags["why"] == "timeout"));

    let mut node = restored(options![maxTasks(3)]);
    let sent = points(&node.until(20));
    let evicted: Vec<_> = sent.iter().map(|point| &*point.tags["user"]).collect();
    assert_eq!(evicted, ["user0", "user1", "user2", "user3", "user4", "user5", "user6"]);
    let mut node = restored(options![maxTasks(3), onOverflow("drop")]);
    assert_eq!((node.until(20), node.counters().dropped, node.open_tasks()), (vec![], 7, 3));
    // Reject refuses new ones, and throws nothing away.
    let mut node = restored(options![maxTasks(3), onOverflow("reject")]);
    assert_eq!((node.until(20), node.open_tasks()), (vec![], 10));

    let mut node = restored(options![float("s"), measurement("m"), groupByTask(true)]);
    let sent = points(&node.end());
    assert_eq!(sent.len(), 10);
    assert!(sent.iter().all(|point| point.fields_double.contains_key("s") && point.dimensions.len() == 2));
    // Tasks that were open beside each other when they did not have to come one after the other.
    let mut node = restored(options![pushPreviousMapAsEvent(true)]);
    let [point] = &points(&node.take(&frame_of(event().tag("user", "next").0)))[..] else { panic!() };
    assert_eq!((&*point.tags["user"], &*point.tags["why"]), ("user0", "previous"));
    let mut node = restored(options![maxRestoreAge(ns(10))]);
    assert_eq!((node.end(), node.counters().not_restored), (vec![], 10));
}

/// What `filled(everything()).snapshot()` was when version 1 was the only one. That it is read no later
/// version may change.
#[test]
fn the_first_version_s_snapshot_is_read() {
    let sample = include_bytes!("../snapshots/v1.bin");
    let mut node = Node::restored(everything(), 199, sample);
    assert_eq!((node.counters().snapshots_unusable, node.open_tasks()), (0, 4));
    let (sent, expected) = (node.end(), filled(everything()).end());
    assert_eq!(points(&sent), points(&expected));
    assert_eq!(points(&sent).len(), 4);
}

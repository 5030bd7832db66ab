//! Snapshots of sessions, of event time, of points that wait and of a batch that is open.

use kapacitor_udfd::aggregate::Reason;
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto;
use proptest::prelude::*;

use super::generate_all::{IN_TIME, TO_BATCHES, TO_STREAM, any_scenario};
use super::handled::frame_of_what_came;
use super::logs::logged;
use super::model::Sent;
use super::raw::{all, batches, points};
use super::scenario::{Step, batch, event, ns, options};
use crate::laws::aggregate_snapshot as law;
use crate::laws::node::Node;
use crate::support::frame_of;

/// When samples were taken.
const NOW: i64 = 900;

fn event_time() -> Vec<proto::Option> {
    options![
        taskId("user"),
        timeoutTimestampField("ts"),
        timestampUnit(ns(10)),
        maxDelay(ns(50)),
        count("n"),
        sum("x", "s"),
        keep("*"),
        timeout(ns(1_000_000)),
        flushInterval(ns(7_000)),
        reasonTag("why"),
        passThrough(true),
        emitOnEnd(true),
        pushMapAsEventOnTimeout(true),
        flushOnStop(true)
    ]
}

fn sessions() -> Vec<proto::Option> {
    options![
        taskId("user"),
        timeoutTimestampField("time"),
        timeout(ns(1_000_000)),
        inactivityTimeout(ns(5_000)),
        pointTime("emit"),
        timeoutTaskIdField("id"),
        groupByTask(true),
        flushOnStop(true)
    ]
}

fn gathering() -> Vec<proto::Option> {
    options![taskId("user"), count("n"), passThrough(true), reasonTag("why"), emitOnEnd(true), maxEvents(7)]
}

/// Of each a node with some of everything: groups, points that wait, tasks, an open batch.
/// Maps with all that they can hold, tasks that are open for a time of their own, points that are set aside.
fn scripts() -> Vec<proto::Option> {
    let code = "map.n += 1; map.sum += event.load; map.seen = true; map[event.user] = `at ${event.path}`; \
                if map.n == 1 { map.list = [1, 2.5, \"x\", [false]]; map.deep = #{a: #{b: 1}} } \
                map.list.push(event.x); \
                if event.user == \"eve\" { task.timeout = 0.3e-6; task.inactivity_timeout = 0.2e-6 } \
                if event.user == \"kim\" && map.n == 3 { oops() }";
    options![
        taskId("user"),
        code(code),
        timeoutCode("oops()"),
        maxTimeoutRetries(3),
        timeout(ns(1_000)),
        sum("x", "total")
    ]
}

fn samples() -> [(Function, Vec<proto::Option>, &'static [u8]); 4] {
    [
        (Function::STREAM, event_time(), include_bytes!("../snapshots/v1-event-time.bin")),
        (Function::Session, sessions(), include_bytes!("../snapshots/v1-session.bin")),
        (Function::BATCH, gathering(), include_bytes!("../snapshots/v1-batch.bin")),
        (Function::STREAM, scripts(), include_bytes!("../snapshots/v1-scripts.bin")),
    ]
}

fn filled(function: Function, options: Vec<proto::Option>) -> Node {
    let mut node = Node::of(function, options, 0);
    if function.wants() == Edge::Batch {
        node.take(&frame_of_what_came(&batch().into()));
    }
    for n in 0..40i64 {
        node.until(n * 20);
        let user = ["bob", "eve", "kim"][usize::try_from(n % 3).unwrap()];
        let time = 100 + n * 10 + n % 4 * 3;
        let event = event().at(time).int("ts", time / 10).tag("user", user).int("x", n).double("load", 0.5);
        if function.wants() == Edge::Batch {
            node.take(&frame_of(event.inner().0));
        } else {
            let event = if n % 5 == 0 { event.on_host("b") } else { event };
            node.take(&frame_of(event.text("path", "/").0));
        }
    }
    node.now = NOW;
    node
}

/// In what order groups come to their end is not said.
fn by_group(sent: &[u8]) -> Vec<Sent> {
    let mut all = all(sent);
    all.sort_by(|one, other| one.group().cmp(other.group()));
    all
}

/// What `filled(..).snapshot()` was when version 1 was the only one. That it is read no later version may change.
#[test]
fn the_first_version_s_snapshots_are_read() {
    for (function, options, sample) in samples() {
        let mut node = Node::restored_of(function, options.clone(), NOW, sample);
        let mut expected = filled(function, options);
        assert_eq!(node.counters().snapshots_unusable, 0, "{function:?}");
        assert_eq!((node.open_tasks(), node.now), (expected.open_tasks(), expected.now));
        assert!(node.open_tasks() >= 2);
        if function == Function::BATCH {
            // What was gathered, and the tasks.
            let sizes: Vec<_> = batches(&node.until(NOW)).iter().map(|batch| batch.points.len()).collect();
            assert_eq!(sizes, [44, 1, 1]);
        } else {
            assert_eq!(by_group(&node.end()), by_group(&expected.end()));
        }
    }
}

/// To make samples anew: for a new version, never for an old one.
#[test]
#[ignore = "makes a new sample where there is none"]
fn samples_of_snapshots_that_are_missing_are_made() {
    for (function, options, name) in [
        (Function::STREAM, event_time(), "v1-event-time.bin"),
        (Function::Session, sessions(), "v1-session.bin"),
        (Function::BATCH, gathering(), "v1-batch.bin"),
        (Function::STREAM, scripts(), "v1-scripts.bin"),
    ] {
        let path = format!("{}/tests/udfd/snapshots/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::fs::metadata(&path).map_or(0, |file| file.len()) == 0 {
            std::fs::write(path, filled(function, options).snapshot()).unwrap();
        }
    }
}

#[test]
fn what_was_gathered_for_an_open_batch_comes_out_as_one_of_its_own() {
    let mut node = filled(Function::BATCH, gathering());
    let snapshot = node.snapshot();
    for comes_a_batch in [false, true] {
        let mut node = Node::restored_of(Function::BATCH, gathering(), NOW, &snapshot);
        assert!(node.next_deadline().is_some_and(|due| due <= NOW));
        assert_eq!(node.snapshot(), snapshot);
        let sent =
            if comes_a_batch { node.take(&frame_of_what_came(&batch().into())) } else { node.until(NOW) };
        let batches = batches(&sent);
        // Forty originals and the results so far; then each task that was open, for its batch does not end.
        let [gathered, tasks @ ..] = &batches[..] else { panic!() };
        let newest = gathered.points.iter().map(|point| point.time).max().unwrap();
        assert_eq!((gathered.points.len(), gathered.end.tmax), (40 + 4, newest));
        assert!(gathered.points.is_sorted_by_key(|point| point.time));
        assert_eq!(tasks.len(), 2);
        assert!(tasks.iter().all(|task| task.points.len() == 1 && task.points[0].tags["why"] == "batch"));
        assert_eq!((node.open_tasks(), node.counters().out.of(Reason::Batch)), (0, 2));
        if comes_a_batch {
            let sent = self::batches(&node.take(&frame_of_what_came(&batch().end(9))));
            assert_eq!((sent.len(), sent[0].points.len(), sent[0].end.tmax), (1, 0, 9));
        }
    }
}

#[test]
fn points_that_wait_come_back_in_their_order() {
    for (function, mut options) in [(Function::STREAM, event_time()), (TO_BATCHES, event_time())] {
        options.retain(|option| option.name != "maxDelay");
        options.extend(options![maxDelay(ns(400))]);
        let mut node = filled(function, options.clone());
        let snapshot = node.snapshot();
        let mut again = Node::restored_of(function, options, NOW, &snapshot);
        assert_eq!(again.snapshot(), snapshot);
        // Tasks and what waits, in groups and origins that are numbered as they were.
        assert!(node.state_bytes().abs_diff(again.state_bytes()) < 4_000);
        let (first, second) = (node.end(), again.end());
        assert!(first.len() > 1_000);
        assert_eq!(by_group(&first), by_group(&second));
    }
}

/// A number that is an offset of the clock means nothing by event time.
#[test]
fn a_snapshot_of_another_time_is_not_restored() {
    let clock = options![taskId("user"), count("n")];
    let with = |options: Vec<proto::Option>| [clock.clone(), options].concat();
    let own = with(options![timeoutTimestampField("time")]);
    let field = with(options![timeoutTimestampField("ts")]);
    let unit = with(options![timeoutTimestampField("ts"), timestampUnit(ns(1_000))]);
    let all = [clock.clone(), own, field, unit];
    for (n, ours) in all.iter().enumerate() {
        let mut node = Node::new(ours.clone());
        for user in ["bob", "eve"] {
            node.take(&frame_of(event().tag("user", user).0));
        }
        let snapshot = node.snapshot();
        for (m, theirs) in all.iter().enumerate() {
            let mut restored = None;
            let log = logged(|| restored = Some(Node::restored(theirs.clone(), 9, &snapshot)));
            let mut node = restored.unwrap();
            let counters = node.counters();
            let counted = (counters.snapshots_unusable, counters.not_restored, node.open_tasks());
            assert_eq!(counted, if n == m { (0, 0, 2) } else { (1, 2, 0) }, "{log}");
            assert_eq!(log.contains("starting empty"), n != m);
            // There and back again.
            let back = Node::restored(ours.clone(), 10, &node.snapshot());
            assert_eq!(back.open_tasks(), if n == m { 2 } else { 0 });
        }
    }
    // The same name for it, and what does not shape the state.
    let own = || options![timeoutTimestampField("@timestamp"), count("n"), taskId("user")];
    let mut node = Node::new(own());
    node.take(&frame_of(event().tag("user", "bob").0));
    let other =
        options![timeoutTimestampField("time"), count("n"), taskId("user"), maxDelay(ns(5)), timeout(ns(7))];
    assert_eq!(Node::restored(other, 1, &node.snapshot()).open_tasks(), 1);
}

#[test]
fn a_snapshot_of_another_function_is_not_restored() {
    let options = || options![taskId("user"), timeoutTimestampField("time")];
    for ours in IN_TIME {
        let snapshot = filled(ours, options()).snapshot();
        for theirs in IN_TIME {
            let node = Node::restored_of(theirs, options(), NOW, &snapshot);
            assert_eq!(node.counters().snapshots_unusable, u64::from(ours != theirs), "{ours:?} {theirs:?}");
            assert_eq!(node.open_tasks() > 0, ours == theirs);
        }
    }
    // Whether a batch's end ends tasks does not matter.
    let ends = |ends: bool| [options(), options![endOfBatch(ends)]].concat();
    let mut node = filled(TO_STREAM, ends(false));
    let mut node = Node::restored_of(TO_STREAM, ends(true), NOW, &node.snapshot());
    assert_eq!((points(&node.until(NOW)).len(), node.counters().out.of(Reason::Batch)), (3, 3));
}

#[test]
fn damaged_snapshots_are_not_restored() {
    for (function, options, whole) in samples() {
        for at in 0..whole.len() {
            let mut damaged = whole.to_vec();
            damaged[at] ^= 0x41;
            for damaged in [&damaged[..], &whole[..at]] {
                let node = Node::restored_of(function, options.clone(), 0, damaged);
                assert_eq!((node.counters().snapshots_unusable, node.open_tasks()), (1, 0), "byte {at}");
                assert_eq!((node.state_bytes(), node.next_deadline()), (0, None), "byte {at}");
            }
        }
        // Cut, and sealed again. Without the points that are set aside it is whole.
        let whole_at = |at: usize| {
            let node = Node::restored_of(function, options.clone(), 0, &law::sealed(&whole[5..at]));
            let is_whole = node.counters().snapshots_unusable == 0;
            assert_eq!(node.open_tasks() > 0, is_whole, "cut at {at}");
            is_whole
        };
        let sets_aside = options.iter().any(|option| option.name == "maxTimeoutRetries");
        assert_eq!((5..whole.len()).filter(|&at| whole_at(at)).count(), usize::from(sets_aside));
    }
}

proptest! {
    #[test]
    fn what_is_restored_is_written_as_the_same_bytes(scenario in any_scenario()) {
        let (function, options) = (scenario.function, scenario.options);
        let mut node = Node::of(function, options.clone(), scenario.start);
        for (step, _) in scenario.steps {
            match step {
                Step::Burst { now, came } => {
                    node.now = now;
                    let input: Vec<_> = came.iter().flat_map(frame_of_what_came).collect();
                    node.take_all(&input);
                }
                Step::Time { now } | Step::Late { now } => drop(node.until(now)),
                Step::Restart { now, back } => {
                    node.now = now;
                    let snapshot = node.snapshot();
                    node = Node::restored_of(function, options.clone(), back, &snapshot);
                }
                _ => {}
            }
        }
        let restored = |node: &Node, snapshot: &[u8]| {
            Node::restored_of(function, options.clone(), node.now, snapshot)
        };
        let first = node.snapshot();
        let mut again = restored(&node, &first);
        prop_assert_eq!(again.counters().snapshots_unusable, 0);
        prop_assert_eq!(again.open_tasks(), node.open_tasks());
        // Groups and origins are numbered anew, without gaps.
        let second = again.snapshot();
        let mut third = restored(&node, &second);
        prop_assert_eq!(third.snapshot(), second);
        prop_assert_eq!(third.state_bytes(), again.state_bytes());
        prop_assert_eq!(third.next_deadline(), again.next_deadline());
    }
}

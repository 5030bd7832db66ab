//! Times, batches and sessions that nobody in good faith sends.

use kapacitor_udfd::aggregate::Reason;
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;

use super::generate_all::{IN_TIME, TO_STREAM};
use super::handled::frame_of_what_came;
use super::raw::{points, raw, raw_batch};
use super::scenario::{Came, batch, event, ns, options};
use crate::laws::node::{Node, messages};
use crate::support::frame_of;
use kapacitor_udfd::edge::Edge;

const WILD: &[u8] = b"\xff\xc3(\x00\xed\xa0\x80";

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A point, in a batch of its own where batches come.
fn alone(function: Function, point: &[u8]) -> Vec<u8> {
    let frames = |came: Came| frame_of_what_came(&came);
    match function.wants() {
        Edge::Stream => point.to_vec(),
        Edge::Batch => [&frames(batch().into()), point, &frames(batch().end(0))].concat(),
    }
}

#[test]
fn times_at_their_ends_and_in_2200() {
    const IN_2200: i64 = 7_258_118_400_000_000_000;
    const NOW: i64 = 1_700_000_000_000_000_000;
    let times = [0, i64::MIN, i64::MAX, IN_2200, NOW, -1, i64::MIN + 1, i64::MAX - 1, NOW];
    for function in IN_TIME {
        for delay in [0, 1, 3_600_000_000_000, i64::MAX] {
            for field in ["time", "ts"] {
                let mut options = options![
                    timeoutTimestampField(field),
                    taskId("user"),
                    maxDelay(ns(delay)),
                    inactivityTimeout(ns(7)),
                    timeoutFlushInterval(ns(1_000_000_000)),
                    pointTime("emit"),
                    flushOnStop(true)
                ];
                if field == "ts" {
                    options.extend(options![timestampUnit(ns(1_000_000_000))]);
                }
                if function != Function::Session {
                    options.extend(options![duration(ns(1), "d"), count("n")]);
                }
                if function.wants() == Edge::Batch {
                    options.extend(options![endOfBatch(false)]);
                }
                if function != Function::Session {
                    options.extend(options![flushInterval(ns(10_000_000_000))]);
                }
                let mut node = Node::of(function, options, NOW);
                for (n, &time) in times.iter().enumerate() {
                    let point = event().at(time).int("ts", time).tag("user", &format!("user{}", n % 4));
                    node.take_all(&alone(function, &frame_of(point.0)));
                    node.until(NOW + i64::try_from(n).unwrap());
                }
                for later in [NOW + 1_000_000_000_000, IN_2200, i64::MAX - 1, i64::MAX] {
                    node.until(later);
                }
                node.end();
                let counters = node.counters();
                assert_eq!(
                    (counters.events, node.open_tasks()),
                    (9, 0),
                    "{function:?} {delay} {field}: {counters:?}"
                );
                assert!(counters.out.total() + counters.vanished.total() >= 4, "{counters:?}");
            }
        }
    }
}

#[test]
fn text_in_batches_that_is_not_utf8_comes_through() {
    for (function, options) in [
        (Function::BATCH, options![passThrough(true), reasonTag("why"), emitOnEnd(true), keep("*")]),
        (TO_STREAM, options![passThrough(true), reasonTag("why"), emitOnEnd(true), keep("*")]),
    ] {
        for delay in [0, 100] {
            let options = [options.clone(), options![taskId("user"), maxDelay(ns(delay))]].concat();
            let mut node = Node::of(function, options, 0);
            let [begin, end] = raw_batch(WILD, WILD);
            let point = raw(1).tag(b"user", WILD).tag(WILD, WILD).text(WILD, WILD);
            let mut sent = node.take(&begin);
            sent.extend(node.raw(&point));
            sent.extend(node.take(&end));
            let messages = messages(&sent);
            assert_eq!(messages.len(), if function == TO_STREAM { 2 } else { 4 });
            for message in &messages {
                assert!(contains(message, WILD), "{}", message.escape_ascii());
            }
            assert_eq!((node.open_tasks(), node.counters().out.of(Reason::Batch)), (0, 1));
        }
    }
}

#[test]
fn text_in_sessions_that_is_not_utf8_comes_through() {
    let options = options![
        taskId("user"),
        maxEvents(2),
        groupByTask(true),
        timeoutTimestampField("time"),
        timeoutTaskIdField("id"),
        timeoutTags("a")
    ];
    for (restart, timeout) in [(false, false), (true, false), (true, true)] {
        let mut node = Node::of(Function::Session, options.clone(), 0);
        let point = raw(1)
            .grouped(b"host", WILD)
            .tag(b"user", WILD)
            .text(b"x", WILD)
            .tag(b"tags", WILD)
            .tag(WILD, WILD);
        assert!(node.raw(&point).is_empty());
        if restart {
            let snapshot = node.snapshot();
            node = Node::restored_of(Function::Session, options.clone(), 5, &snapshot);
        }
        let sent = if timeout { node.until(2_000_000_000_000) } else { node.raw(&point) };
        let messages = messages(&sent);
        assert_eq!(messages.len(), if timeout { 3 } else { 4 });
        for message in &messages {
            assert!(contains(message, WILD), "{}", message.escape_ascii());
        }
        assert!(!timeout || contains(&sent, &[WILD, b",a"].concat()));
    }
}

/// What a batch's points say of their group does not count.
#[test]
fn a_batch_point_of_another_group_is_of_its_batch() {
    for delay in [0, 5] {
        let mut node = Node::of(TO_STREAM, options![taskId("user"), maxDelay(ns(delay)), count("n")], 0);
        let points_ =
            ["host=b", "", "host=a"].map(|group| event().group(group, &["rack"]).tag("user", "bob").at(1));
        let came = batch().of(points_.to_vec(), 10);
        let input: Vec<u8> = came.iter().flat_map(frame_of_what_came).collect();
        let [point] = &points(&node.take_all(&input).0)[..] else { panic!() };
        assert_eq!(
            (&*point.group, &point.dimensions[..], point.fields_int["n"]),
            ("host=a", &["host".to_owned()][..], 3)
        );
    }
}

#[test]
fn a_begin_without_tags_is_a_group_without_dimensions() {
    for delay in [0, 5] {
        let mut node = Node::of(TO_STREAM, options![count("n"), maxDelay(ns(delay))], 0);
        // It says that it is of a group, and not by which tags.
        let begun = batch().without_tag("host");
        let came = begun.of(vec![event().at(1).inner(), event().at(2).inner()], 10);
        let input: Vec<u8> = came.iter().flat_map(frame_of_what_came).collect();
        let [point] = &points(&node.take_all(&input).0)[..] else { panic!() };
        assert_eq!((&*point.group, point.dimensions.len(), point.tags.len()), ("host=a", 0, 0));
        assert_eq!(point.fields_int["n"], 2);
    }
}

/// A point that can't be read is in no session, and no reason to lose the others.
#[test]
fn broken_entries_are_in_no_session() {
    let broken: [&[u8]; 4] = [&[0x0a, 0x7f, b'x'], &[0x0b], &[0x0a, 1, b'x', 0x12, 0xff], &[0x80]];
    for delay in [0, 5] {
        let time = options![timeoutTimestampField("time"), maxDelay(ns(delay)), flushOnStop(true)];
        for ids in [options![taskId("user")], options![]] {
            let mut node = Node::of(Function::Session, [time.clone(), ids].concat(), 0);
            for entry in broken {
                node.raw(&raw(1).tag(b"user", b"bob").int(b"x", 1));
                node.raw(&raw(1).tag(b"user", b"bob").broken(entry).int(b"x", 1));
            }
            let snapshot = node.snapshot();
            let sent = node.end();
            let counters = node.counters();
            assert_eq!((counters.points, counters.unreadable, counters.events), (8, 4, 4), "{counters:?}");
            assert_eq!(messages(&sent).len(), 6);
            let mut node = Node::restored_of(
                Function::Session,
                [time.clone(), options![taskId("user")]].concat(),
                0,
                &snapshot,
            );
            node.end();
        }
    }
}

/// Kapacitor closes the connection in the middle of a batch.
#[test]
fn the_end_in_a_batch_brings_out_what_there_is() {
    for function in [Function::BATCH, TO_STREAM] {
        for (delay, ends) in [(0, true), (0, false), (5, true), (5, false)] {
            let options: Vec<proto::Option> = options![
                taskId("user"),
                count("n"),
                maxDelay(ns(delay)),
                endOfBatch(ends),
                flushOnStop(true),
                passThrough(true),
                reasonTag("why"),
                emitOnEnd(true)
            ];
            let mut node = Node::of(function, options, 0);
            node.take(&frame_of_what_came(&batch().into()));
            let mut sent = vec![];
            for time in [4, 2, 3] {
                sent.extend(node.take(&frame_of(event().at(time).inner().tag("user", "bob").0)));
            }
            sent.extend(node.end());
            let counters = node.counters();
            assert_eq!(
                (counters.events, counters.passed, counters.out.of(Reason::Stop)),
                (3, 3, 1),
                "{counters:?}"
            );
            let points = if function == TO_STREAM { 4 } else { messages(&sent).len() };
            assert!(points >= 4);
            assert_eq!((node.open_tasks(), node.next_deadline()), (0, None));
        }
    }
}

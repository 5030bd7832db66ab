//! Batches that are much at once: what is gathered for them stays within `maxBytes`, and nothing is lost.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::aggregate::{Counters, Reason};

use super::floods::user;
use super::generate_all::TO_STREAM;
use super::handled::frame_of_what_came;
use super::model::Sent;
use super::raw::{all, batches};
use super::scenario::{batch, event, ns, options};
use crate::laws::node::Node;
use crate::support::frame_of;

/// Of a batch's output no more is gathered than a quarter of `maxBytes`.
#[test]
fn a_batch_of_more_than_max_bytes_comes_out_in_parts() {
    const MAX: i64 = 1 << 20;
    const POINTS: i64 = 12_000;
    let options = options![
        taskId("user"),
        passThrough(true),
        reasonTag("why"),
        emitOnEnd(true),
        maxBytes(MAX),
        pushMapAsEventOnTimeout(true)
    ];
    for (n, more) in [(0, options![]), (1, options![endOfBatch(false), timeout(ns(1_000))])] {
        let mut node = Node::of(Function::BATCH, [options.clone(), more].concat(), 0);
        let mut most = 0;
        let mut sent = node.take(&frame_of_what_came(&batch().into()));
        for n in 0..POINTS {
            let user = user(n / 1_000);
            let point = event().at(n).inner().tag("user", &user).text("x", &"x".repeat(100)).int("n", n);
            sent.extend(node.take(&frame_of(point.0)));
            // What is due by the clock waits for the end, or has one of its own.
            sent.extend(node.until(n * 10));
            most = most.max(node.state_bytes());
        }
        sent.extend(node.take(&frame_of_what_came(&batch().end(POINTS))));
        let max = usize::try_from(MAX).unwrap();
        assert!(most < max, "{most}");
        assert_eq!(node.counters().split, 1);
        let all = batches(&sent);
        let whole = all.iter().max_by_key(|batch| batch.points.len()).unwrap();
        assert_eq!((whole.end.tmax, all.iter().all(|batch| batch.begin.size > 0)), (POINTS, true));
        // Those that the clock brought about before are batches of their own.
        let alone = all.len() - 1;
        assert!(
            all.iter().filter(|batch| batch.points.len() == 1).count() == alone && (n == 1 || alone == 0)
        );
        let mut originals: Vec<i64> =
            whole.points.iter().filter_map(|p| p.fields_int.get("n").copied()).collect();
        originals.sort_unstable();
        assert!(originals.into_iter().eq(0..POINTS));
        let out = usize::try_from(node.counters().out.total()).unwrap();
        assert_eq!(whole.points.len() + alone, 12_000 + out);
        assert!(out == 12 || n == 1 && out > 5, "{out}");
        // The next is whole again.
        let came = batch().of(vec![event().at(POINTS).tag("user", "eve").inner()], POINTS);
        let input: Vec<u8> = came.iter().flat_map(frame_of_what_came).collect();
        let sent = batches(&node.take_all(&input).0);
        assert_eq!((sent.len(), node.counters().split), (1, 1));
        assert_eq!(usize::try_from(sent[0].begin.size).unwrap(), sent[0].points.len());
    }
}

#[test]
fn the_end_of_the_stream_in_a_batch_in_parts_ends_all_the_same() {
    let options =
        options![taskId("user"), passThrough(true), reasonTag("why"), flushOnStop(true), maxBytes(64 << 10)];
    let mut node = Node::of(Function::BATCH, options, 0);
    node.take(&frame_of_what_came(&batch().into()));
    for n in 0..500i64 {
        node.take(&frame_of(event().at(n).inner().tag("user", "bob").text("x", &"x".repeat(100)).0));
    }
    assert_eq!(node.counters().split, 1);
    let sent = batches(&node.end());
    let last = &sent.last().unwrap().points[0];
    assert_eq!((&*last.tags["user"], &*last.tags["why"]), ("bob", "stop"));
    assert_eq!((node.open_tasks(), sent[0].end.tmax), (0, 499));
}

/// Also if all of it comes at the end.
#[test]
fn what_the_end_of_a_batch_brings_out_goes_in_parts_too() {
    // More in what comes out than in what a task holds.
    let tag = "reason".repeat(20);
    let options = options![taskId("user"), count("n"), reasonTag(&*tag), maxBytes(4 << 20)];
    let mut node = Node::of(Function::BATCH, options, 0);
    let mut sent = node.take(&frame_of_what_came(&batch().into()));
    for n in 0..15_000 {
        sent.extend(node.take(&frame_of(event().at(n).inner().tag("user", &user(n)).0)));
    }
    assert!(sent.is_empty());
    let sent = batches(&node.take(&frame_of_what_came(&batch().end(15_000))));
    let Counters { split, out, .. } = node.counters();
    assert_eq!((sent.len(), sent[0].points.len(), split, out.of(Reason::Batch)), (1, 15_000, 1, 15_000));
}

/// Results of a batch's tasks are as many as its ids.
#[test]
fn a_batch_of_many_tasks_is_one_batch() {
    for function in [Function::BATCH, TO_STREAM] {
        let mut node = Node::of(function, options![taskId("user"), count("n")], 0);
        node.take(&frame_of_what_came(&batch().into()));
        for n in 0..20_000 {
            node.take(&frame_of(event().at(20_000 - n).inner().tag("user", &user(n)).0));
        }
        let sent = node.take(&frame_of_what_came(&batch().end(20_000)));
        let times: Vec<i64> = all(&sent)
            .iter()
            .flat_map(|sent| match sent {
                Sent::Batch(batch) => batch.points.iter().map(|point| point.time).collect(),
                Sent::Point(point) => vec![point.time],
            })
            .collect();
        assert_eq!(times.len(), 20_000);
        assert!(function == TO_STREAM || times.is_sorted());
        assert_eq!((node.open_tasks(), node.counters().out.of(Reason::Batch)), (0, 20_000));
    }
}

/// What waits and what is gathered leave room for tasks, both at once.
#[test]
fn a_large_batch_whose_points_wait_evicts_nothing() {
    let options = options![
        taskId("user"),
        passThrough(true),
        reasonTag("why"),
        emitOnEnd(true),
        maxDelay(ns(1 << 40)),
        maxBytes(1 << 20)
    ];
    let mut node = Node::of(Function::BATCH, options, 0);
    node.take(&frame_of_what_came(&batch().into()));
    for n in 0..12_000 {
        let point = event().at(n).inner().tag("user", &user(n % 10)).text("x", &"x".repeat(100));
        node.take(&frame_of(point.0));
    }
    node.take(&frame_of_what_came(&batch().end(12_000)));
    let Counters { created, split, early, out, .. } = node.counters();
    assert_eq!((created, split, out.of(Reason::Batch), out.total()), (10, 1, 10, 10));
    assert!(early > 5_000, "{early}");
}

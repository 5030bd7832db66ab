//! Much at once by event time and in batches: what waits and what is gathered stay within `maxBytes`, no more is
//! sent in one go than an outbox takes, and nothing is lost.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::aggregate::{Counters, Reason};
use kapacitor_udfd::proto::{self, Point};

use super::model::Sent;
use super::raw::{Raw, all, batches, points, raw};
use super::scenario::{ns, options};
use crate::laws::node::Node;
use crate::support::{frame_of, framed, keepalive};

/// By the points' own times.
fn by_time(options: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![timeoutTimestampField("time"), reasonTag("why")], options].concat()
}

pub(super) fn user(number: i64) -> String {
    format!("user{number:06}")
}

/// More than an outbox takes, less than a few.
const FEW_OUTBOXES: usize = 400 << 10;

/// A clock that jumps, or a backlog that ends.
fn a_year_at_once(tasks: i64) {
    const YEAR: i64 = 31_536_000_000_000_000;
    let delayed = || options![maxDelay(ns(5))];
    for (function, options) in [
        (Function::STREAM, options![]),
        (Function::STREAM, delayed()),
        (Function::STREAM, [delayed(), options![flushInterval(ns(1_000_000_000))]].concat()),
        (Function::Session, options![]),
    ] {
        let mut node = Node::of(function, by_time([options![taskId("user")], options].concat()), 0);
        let mut sent = vec![];
        for time in 1..=tasks {
            sent.extend(node.raw(&raw(time).grouped(b"host", b"a").tag(b"user", user(time).as_bytes())));
        }
        let flooding = raw(tasks).grouped(b"host", b"b").tag(b"user", b"bob");
        sent.extend(node.raw(&flooding));
        assert!(sent.is_empty());
        let late = raw(YEAR).grouped(b"host", b"a").tag(b"user", b"late");
        let keepalive = frame_of(proto::KeepaliveRequest { time: 7 });
        let next = raw(YEAR + 1).grouped(b"host", b"a").tag(b"user", b"late");
        let input = [late.frame(), keepalive, next.frame()].concat();
        node.largest = 0;
        sent.extend(node.take_all(&input).0);
        // Points that wait are no reason to wait with what they have brought about.
        sent.extend(node.until(node.now));
        assert!(node.largest < FEW_OUTBOXES, "{} at once", node.largest);
        let timeouts = |node: &Node| i64::try_from(node.counters().out.of(Reason::Timeout)).unwrap();
        assert_eq!(timeouts(&node), tasks, "{function:?}: {:?}", node.counters());
        assert_eq!(keepalives(&sent), 1);
        let came_out = all(&sent).into_iter().map(|sent| match sent {
            Sent::Point(point) => point,
            Sent::Batch(batch) => batch.points[0].clone(),
        });
        let users: Vec<_> = came_out.filter(|point| point.tags["why"] == "timeout").collect();
        assert!(users.iter().map(|point| point.time).eq(1..=tasks), "in the order of their deadlines");
        // The last two are of one task, and the other group has its own still.
        node.end();
        assert_eq!((node.open_tasks(), timeouts(&node)), (1, tasks + 1));
        assert_eq!(i64::try_from(node.counters().events).unwrap(), tasks + 3);
    }
}

#[test]
fn a_year_at_once_comes_out_in_outboxes() {
    a_year_at_once(15_000);
}

#[test]
#[ignore = "takes half a minute: run by .ci/run"]
fn a_year_at_once_for_a_hundred_thousand_tasks_comes_out_in_outboxes() {
    a_year_at_once(100_000);
}

fn keepalives(sent: &[u8]) -> usize {
    let answer = framed(&proto::Response { message: Some(keepalive(7)) });
    sent.windows(answer.len()).filter(|window| *window == answer).count()
}

/// The outbox is full before the new group has had its turn.
#[test]
fn what_waits_behind_a_full_outbox_is_not_forgotten() {
    let options = options![passThrough(true), maxDelay(ns(5)), timeout(ns(3)), pushMapAsEventOnTimeout(true)];
    let huge = vec![b'x'; 60 << 10];
    let mut input = vec![];
    for n in 0..8 {
        input.extend(raw(n * 10).grouped(b"host", b"a").text(b"x", &huge).frame());
    }
    input.extend(raw(1).grouped(b"host", b"b").frame());
    for with_time in [true, false] {
        let mut node = Node::new(by_time(options.clone()));
        let mut sent = node.take_all(&input).0;
        assert!(node.largest < FEW_OUTBOXES, "{}", node.largest);
        if with_time {
            sent.extend(node.until(100));
            assert_eq!(node.next_deadline(), None);
        } else {
            sent.extend(node.end());
        }
        let originals = |group: &str| {
            points(&sent).iter().filter(|p| p.group == group && !p.tags.contains_key("why")).count()
        };
        assert_eq!((originals("host=a"), originals("host=b")), (8, 1), "by time: {with_time}");
    }
}

/// Groups that are forgotten leave nothing behind that time could stumble over.
#[test]
fn time_goes_on_when_groups_have_been_forgotten() {
    let options = by_time(options![maxEvents(2), timeout(ns(1_000)), maxBytes(256 << 10)]);
    for ends in [false, true] {
        let mut node = Node::new(options.clone());
        for n in 0..100i64 {
            for _ in 0..2 {
                node.raw(&raw(n).grouped(b"host", n.to_string().as_bytes()));
            }
        }
        assert_eq!((node.open_tasks(), node.counters().out.of(Reason::MaxEvents)), (0, 100));
        // There is room for one like this, or for all the others.
        for _ in 0..2 {
            node.raw(&raw(500).grouped(b"host", &vec![b'h'; 20_000]));
        }
        node.raw(&raw(600).grouped(b"host", b"last"));
        node.raw(&raw(601).grouped(b"rack", b"other"));
        let sent = if ends {
            let sent = node.raw(&raw(5_000).grouped(b"rack", b"other"));
            [sent, node.end()].concat()
        } else {
            node.until(10_000)
        };
        assert_eq!(points(&sent).len(), 2);
        assert_eq!((node.next_deadline(), node.counters().out.of(Reason::Timeout)), (None, 2));
    }
}

/// One group floods; in others points wait as long as they have to.
#[test]
fn what_waits_takes_half_of_max_bytes_and_goes_on_early() {
    const MAX: i64 = 1 << 20;
    const FLOOD: i64 = 20_000;
    for at_once in [1, 16] {
        let options = options![passThrough(true), flushOnStop(true), maxDelay(ns(1 << 40)), maxBytes(MAX)];
        let mut node = Node::new(by_time([options, options![timeout(ns(1 << 50)), count("n")]].concat()));
        let mut sent = vec![];
        let mut most = 0;
        let flood: Vec<Raw> = (0..FLOOD)
            .map(|n| raw(if n % 2 == 0 { n } else { n - 2 }).grouped(b"host", b"a").int(b"x", n))
            .collect();
        for (n, some) in (0i64..).zip(flood.chunks(at_once)) {
            let mut input: Vec<u8> = some.iter().flat_map(Raw::frame).collect();
            if n % 100 == 0 {
                // It comes with the others, the newest first.
                input.extend(raw(FLOOD - n).grouped(b"host", b"b").int(b"x", n).frame());
            }
            sent.extend(node.take_all(&input).0);
            most = most.max(node.state_bytes());
        }
        let max = usize::try_from(MAX).unwrap();
        assert!(most < max / 2 + max / 8 && most > max / 3, "{most} bytes");
        let early = node.counters().early;
        assert!(early > 10_000 && early < 20_000, "{early}");
        let of = |sent: &[u8], group: &str| -> Vec<(i64, i64)> {
            let originals =
                points(sent).into_iter().filter(|p| p.group == group && !p.tags.contains_key("why"));
            originals.map(|point: Point| (point.time, point.fields_int["x"])).collect()
        };
        sent.extend(node.end());
        let (flood, other) = (of(&sent, "host=a"), of(&sent, "host=b"));
        assert!(flood.is_sorted() && flood.len() == 20_000, "{}", flood.len());
        assert_eq!(i64::try_from(other.len()).unwrap(), (FLOOD / i64::try_from(at_once).unwrap() + 99) / 100);
        let counters = node.counters();
        assert_eq!((counters.late, counters.out.of(Reason::Stop)), (0, 2), "{counters:?}");
        assert!(node.state_bytes() < 2_000, "{}", node.state_bytes());
    }
}

/// Sessions are in `state_bytes`, and make room.
#[test]
fn sessions_stay_within_max_bytes() {
    const MAX: usize = 300 << 10;
    for max_list_size in [1_000_000, 50] {
        let options =
            options![taskId("user"), maxBytes(300 << 10), maxListSize(max_list_size), reasonTag("why")];
        let mut node = Node::of(Function::Session, options, 0);
        let mut sent = vec![];
        for n in 0..20_000i64 {
            let user = ["bob", "eve", "kim"][usize::try_from(n % 3).unwrap()];
            sent.extend(node.raw(&raw(n).tag(b"user", user.as_bytes()).text(b"x", &[b'x'; 60])));
            assert!(node.state_bytes() <= MAX, "{}", node.state_bytes());
        }
        let whole: usize = batches(&sent).iter().map(|batch| batch.points.len()).sum();
        let Counters { out, events, .. } = node.counters();
        let reason = if max_list_size == 50 { Reason::MaxList } else { Reason::Evicted };
        assert!(out.of(reason) > 5 && out.total() == out.of(reason), "{out:?}");
        assert_eq!(events, 20_000);
        let held = usize::try_from(events).unwrap() - whole;
        assert!(held <= 6_000 && node.open_tasks() <= 3, "{held}");
        node.until(1_900_000_000_000);
        assert_eq!(node.open_tasks(), 0);
        assert!(node.state_bytes() < 2_000, "{}", node.state_bytes());
    }
}

fn groups_without_end(function: Function, options: Vec<proto::Option>, groups: i64) {
    let options = by_time([options, options![taskId("user"), timeout(ns(100))]].concat());
    let mut node = Node::of(function, options, 0);
    let mut state = 0;
    for n in 0..groups {
        node.until(n);
        node.raw(&raw(n).grouped(b"host", format!("host{n:012}").as_bytes()).tag(b"user", b"bob"));
        if n == 20_000 {
            state = node.state_bytes();
        }
    }
    let after = node.state_bytes();
    assert!(state.abs_diff(after) * 20 <= state, "{state} and {after}");
    assert!(state < 6 << 20, "{state}");
    let over = i64::try_from(node.counters().out.of(Reason::Timeout)).unwrap();
    assert!((groups - 120..groups - 90).contains(&over), "{over}");
    node.until(groups + 1_000);
    assert_eq!((node.open_tasks(), node.next_deadline()), (0, None));
}

#[test]
fn groups_that_are_over_are_forgotten_with_their_time() {
    groups_without_end(Function::STREAM, options![], 30_000);
    groups_without_end(Function::Session, options![maxDelay(ns(10))], 30_000);
}

#[test]
#[ignore = "takes a minute: run by .ci/run"]
fn a_million_groups_that_are_over_are_forgotten_with_their_time() {
    groups_without_end(Function::STREAM, options![maxDelay(ns(10))], 1_000_000);
}

/// A snapshot holds more points than may wait with the options that it is restored with: the first go on, and no task
/// has to go for them.
#[test]
fn points_of_a_snapshot_that_are_too_many_go_on_early() {
    const GROUPS: i64 = 200;
    const POINTS: i64 = 20 * GROUPS;
    let options = |bytes: i64| by_time(options![maxDelay(ns(1 << 40)), maxBytes(bytes), count("n")]);
    let mut node = Node::new(options(64 << 20));
    let host = |n: i64| format!("host{:03}", n % GROUPS);
    for n in 0..POINTS {
        node.raw(&raw(n).grouped(b"host", host(n).as_bytes()));
    }
    let mut node = Node::restored(options(800 << 10), 1, &node.snapshot());
    assert!(node.next_deadline().is_some_and(|due| due <= 1));
    node.until(1);
    let Counters { early, points, out, .. } = node.counters();
    assert!(early > 0 && early == points && i64::try_from(early).unwrap() < POINTS, "{early}");
    assert_eq!(out.total(), 0);
    assert!(node.next_deadline().is_none_or(|due| due > 1), "nothing is left to do");
    // None is lost: the others go on by the clock.
    node.until(1 << 42);
    assert_eq!(node.counters().points, POINTS.unsigned_abs());
}

/// A group is not forgotten, with the time that it has come to, while others make room for its first task.
#[test]
fn a_group_keeps_its_time_while_others_make_room_for_its_task() {
    let options = by_time(options![taskId("user"), maxTasks(1), timeout(ns(1 << 50)), maxBytes(256 << 10)]);
    let host = |n: i64| format!("host{n:03}");
    for known in 1..100 {
        let mut node = Node::new(options.clone());
        node.raw(&raw(1_000).grouped(b"host", b"busy").tag(b"user", b"bob"));
        // So many groups without a task, of which perhaps not all are remembered.
        for n in 0..100 {
            node.raw(&raw(1_000).grouped(b"host", host(n).as_bytes()));
        }
        node.raw(&raw(1_000).grouped(b"host", host(known).as_bytes()).tag(b"user", b"eve"));
        node.until(node.now);
        assert_eq!((node.open_tasks(), node.counters().out.of(Reason::Timeout)), (1, 0), "{known}");
    }
}

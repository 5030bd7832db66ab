//! Points that nobody in good faith sends: each costs no more than itself, and the next one is served.

use super::raw::{Raw, points, raw};
use super::scenario::{event, ns, options};
use crate::laws::node::{Node, messages};
use crate::support::frame_of;

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn an_id_is_at_most_a_kibibyte() {
    let long = "i".repeat(1 << 20);
    for option in [options![taskId("user")], options![taskId("%{user}%{user}")]] {
        let mut node = Node::new(option);
        for id in [&*long, &long[..1_025]] {
            for point in [event().tag("user", id), event().text("user", id)] {
                assert!(node.take(&frame_of(point.0)).is_empty());
            }
        }
        assert_eq!((node.counters().no_id, node.open_tasks(), node.state_bytes()), (4, 0, 0));
    }
    let mut node = Node::new(options![taskId("user"), endOfTask(true)]);
    let id = &long[..1_024];
    let [tagged] = &points(&node.take(&frame_of(event().tag("user", id).0)))[..] else { panic!() };
    assert_eq!(tagged.tags["user"], id);
    let [text] = &points(&node.take(&frame_of(event().text("user", id).0)))[..] else { panic!() };
    assert_eq!(text.fields_string["user"], id);
    assert_eq!((node.counters().no_id, node.counters().events), (0, 2));

    // Without taskId the group is the task, however long.
    let mut node = Node::new(options![endOfTask(true)]);
    assert_eq!(points(&node.take(&frame_of(event().group(&long, &[]).0))).len(), 1);
    assert_eq!((node.counters().no_id, node.open_tasks()), (0, 0));
}

/// Were any of it quadratic in the number of fields, these few points would take minutes.
#[test]
fn ten_thousand_fields_take_no_longer_each_than_ten() {
    const FIELDS: usize = 10_000;
    let many = |point: Raw| {
        (0..FIELDS).fold(point, |point, n| {
            let name = format!("field{n}");
            match n % 4 {
                0 => point.int(name.as_bytes(), 7),
                1 => point.double(name.as_bytes(), 0.5),
                2 => point.text(name.as_bytes(), b"text"),
                _ => point.tag(name.as_bytes(), b"tag"),
            }
        })
    };
    for keep in [options![keep("*")], options![keep("field1"), keep("field9999")], options![]] {
        let kept = match &keep[..] {
            [] => 0,
            [_] => FIELDS,
            _ => 2,
        };
        let options = options![taskId("user"), sum("field4", "s"), maxEvents(2)];
        let mut node = Node::new([keep, options].concat());
        for n in 0..20 {
            let point = many(raw(n)).tag(b"user", b"bob");
            let sent = node.raw(&point);
            let sent = points(&sent);
            assert_eq!(sent.len(), usize::from(n % 2 == 1));
            for point in sent {
                let fields = point.fields_int.len() + point.fields_double.len() + point.fields_string.len();
                assert_eq!(point.fields_int["s"], 14);
                assert_eq!(fields - 1 + point.tags.len() - 1, kept);
            }
        }
        assert_eq!((node.counters().events, node.counters().left_out), (20, 0));
    }
}

#[test]
fn text_that_is_not_utf8_comes_through() {
    const WILD: &[u8] = b"\xff\xc3(\x00\xed\xa0\x80";
    let options = options![
        taskId("user"),
        keep("*"),
        first("x", "f"),
        last("x", "l"),
        concat("x", "-", "c"),
        list("x", "j"),
        distinct("x", "d"),
        countDistinct("x", "n"),
        timeoutTaskIdField("id"),
        maxEvents(2)
    ];
    for restart in [false, true] {
        let mut node = Node::new(options.clone());
        let point = raw(1).grouped(b"host", WILD).tag(b"user", WILD).text(b"x", WILD).tag(WILD, WILD);
        assert!(node.raw(&point.clone().text(b"other", WILD)).is_empty());
        if restart {
            let snapshot = node.snapshot();
            node = Node::restored(options.clone(), 5, &snapshot);
        }
        let sent = node.raw(&point);
        let [body] = &messages(&sent)[..] else { panic!("{sent:?}") };
        let host = raw(1).grouped(b"host", WILD);
        let id = raw(1).tag(b"user", WILD).tag(WILD, WILD).text(b"other", WILD).text(b"x", WILD);
        let texts = raw(1).text(b"f", WILD).text(b"l", WILD).text(b"c", &[WILD, WILD].join(&b'-'));
        let json = serde_json::to_string(&String::from_utf8_lossy(WILD)).unwrap();
        let lists = raw(1).text(b"j", format!("[{json},{json}]").as_bytes());
        let lists = lists.text(b"d", format!("[{json}]").as_bytes()).int(b"n", 1).text(b"id", WILD);
        for part in [host, id, texts, lists] {
            for field in part.parts() {
                assert!(contains(body, field), "no {} in {}", field.escape_ascii(), body.escape_ascii());
            }
        }
    }
}

#[test]
fn entries_that_can_not_be_read_are_counted_and_the_next_point_is_taken() {
    // A text longer than the entry, a key that is a group, a value of another type.
    let broken: [&[u8]; 4] = [&[0x0a, 0x7f, b'x'], &[0x0b], &[0x0a, 1, b'x', 0x12, 0xff], &[0x80]];
    for pass in [false, true] {
        let pass_through = options![passThrough(pass), reasonTag("why"), emitOnEnd(true)];
        for options in [options![taskId("user"), keep("*")], options![sum("x", "s")], options![keep("x")]] {
            let mut node = Node::new([pass_through.clone(), options, options![maxEvents(1)]].concat());
            for entry in broken {
                let point = raw(1).tag(b"user", b"bob").broken(entry).int(b"x", 1);
                let sent = node.raw(&point);
                let expected = if pass { point.frame() } else { vec![] };
                assert_eq!(sent, expected);
                let sent = points(&node.raw(&raw(2).tag(b"user", b"bob").int(b"x", 1)));
                assert_eq!(sent.len(), 1 + usize::from(pass));
            }
            let counters = node.counters();
            assert_eq!((counters.unreadable, counters.events, counters.points), (4, 4, 8));
            assert_eq!((node.open_tasks(), node.counters().out.total()), (0, 4));
        }
    }
}

/// A group's tags are most of a frame: it is neither taken for another nor mixed up with later ones.
#[test]
fn a_group_of_many_megabytes_keeps_its_tasks() {
    let huge = vec![b'h'; 5 << 20];
    let options = options![taskId("user"), timeout(ns(10)), timeoutTaskIdField("id")];
    let mut node = Node::new(options);
    for n in 0..3 {
        node.raw(&raw(n).grouped(b"host", &huge).tag(b"user", b"bob"));
        node.raw(&raw(n).grouped(b"host", b"small").tag(b"user", b"bob"));
        node.raw(&raw(n).grouped(b"rack", &huge).tag(b"user", b"bob"));
    }
    assert_eq!((node.open_tasks(), node.counters().events), (3, 9));
    let sent = points(&node.until(20));
    let hosts: Vec<_> = sent.iter().map(|point| point.group.len()).collect();
    assert_eq!(hosts, [5 + (5 << 20), 10, 5 + (5 << 20)]);
    assert!(sent.iter().all(|point| point.fields_string["id"] == "bob"));
    assert!(node.state_bytes() < 13 << 20, "{}", node.state_bytes());
}

/// Likewise in the number of dimensions, which whoever sends tags chooses behind `groupBy(*)`.
#[test]
fn ten_thousand_dimensions_take_no_longer_each_than_ten() {
    const DIMENSIONS: usize = 10_000;
    let mut node = Node::new(options![keep("*"), maxEvents(2), maxBytes(1 << 30)]);
    for group in 0..10 {
        let mut point = raw(group);
        for n in 0..DIMENSIONS {
            let name = format!("dimension{n:05}");
            point = point.grouped(name.as_bytes(), group.to_string().as_bytes());
        }
        for n in 0..DIMENSIONS {
            point = point.int(format!("field{n}").as_bytes(), 7);
        }
        assert_eq!(node.raw(&point).len(), 0);
        let [out] = &points(&node.raw(&point))[..] else { panic!("no point of group {group}") };
        assert_eq!((out.dimensions.len(), out.tags.len()), (DIMENSIONS, DIMENSIONS));
        assert_eq!(out.fields_int.len(), DIMENSIONS);
    }
}

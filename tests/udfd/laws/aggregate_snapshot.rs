//! A snapshot of `@aggregate()` whose version, checksum and options are right, and whose state is any bytes.

use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, Point, ValueType, request};
use prost::Message;
use prost::encoding;

use super::node::{Node, messages};

/// When it is restored.
pub const NOW: i64 = 1_700_000_000_000_000_000;

/// `maxBytes` of the nodes.
const MAX_BYTES: i64 = 64 << 10;

/// Version and checksum.
const HEADER: usize = 5;

/// Holds for any bytes: the first chooses the options, the rest is the state.
///
/// The node starts, from what can be read or empty. What it took over it writes, and reads, and writes as the
/// same bytes. It serves points, keeps within its limits and lets go of all tasks.
pub fn holds(bytes: &[u8]) {
    let Some((&choice, state)) = bytes.split_first() else { return };
    let mut node = Node::restored(options(choice), NOW, &with_state(choice, state));
    let counters = node.counters();
    assert!(counters.snapshots_unusable <= 1);
    if counters.snapshots_unusable == 1 {
        assert_eq!((node.open_tasks(), node.state_bytes(), counters.restored), (0, 0, 0));
    }
    is_written_as_it_is(choice, &mut node);
    let mut sent = vec![];
    for time in 0..4 {
        sent.extend(node.take(&point(time)));
    }
    is_within_limits(&mut node, &mut sent);
    is_written_as_it_is(choice, &mut node);
    sent.extend(node.until(NOW + (1 << 59)));
    assert_eq!(node.open_tasks(), 0);
    messages(&sent);
    is_written_as_it_is(choice, &mut node);
}

/// What [`holds`] wants, from a snapshot of a node with the options of that choice.
pub fn stripped(choice: u8, snapshot: &[u8]) -> Vec<u8> {
    let mut state = snapshot.get(HEADER..).unwrap_or_default();
    encoding::decode_varint(&mut state).unwrap();
    let shape = encoding::decode_varint(&mut state).unwrap();
    [&[choice], &state[usize::try_from(shape).unwrap()..]].concat()
}

/// A whole snapshot with this state.
pub fn with_state(choice: u8, state: &[u8]) -> Vec<u8> {
    let mut empty = Node::begin(options(choice), NOW);
    let empty = empty.snapshot();
    // All of it but the state.
    let head = &empty[..empty.len() + 1 - stripped(choice, &empty).len()];
    sealed(&[&head[HEADER..], state].concat())
}

/// Behind the version and the checksum that belongs to it.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    [&[1], &crc32fast::hash(body).to_le_bytes()[..], body].concat()
}

fn is_written_as_it_is(choice: u8, node: &mut Node) {
    let first = node.snapshot();
    let mut again = Node::restored(options(choice), node.now, &first);
    assert_eq!(again.counters().snapshots_unusable, 0);
    assert_eq!(again.open_tasks(), node.open_tasks());
    let second = again.snapshot();
    // Numbers that are free are not, once restored; the second time all is as it was.
    let mut third = Node::restored(options(choice), node.now, &second);
    assert_eq!(third.snapshot(), second);
    assert_eq!(third.state_bytes(), again.state_bytes());
}

fn is_within_limits(node: &mut Node, sent: &mut Vec<u8>) {
    sent.extend(node.until(node.now));
    let bytes = i64::try_from(node.state_bytes()).unwrap();
    assert!(node.open_tasks() == 0 || bytes <= MAX_BYTES, "{bytes}");
}

/// Of a task or two that the seeds have.
fn point(time: i64) -> Vec<u8> {
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let point = Point {
        time,
        name: "requests".into(),
        group: "host=a".into(),
        dimensions: vec!["host".into()],
        tags: [tag("host", "a"), tag("user", ["bob", "eve"][usize::from(time % 2 == 0)])].into(),
        fields_double: [("x".to_owned(), 0.5)].into(),
        fields_int: [("y".to_owned(), time)].into(),
        ..Point::default()
    };
    proto::Request { message: Some(request::Message::Point(point)) }.encode_length_delimited_to_vec()
}

/// Two sets with each reducer in one of them, and a third without.
pub fn options(choice: u8) -> Vec<proto::Option> {
    let names = |names: &[&str]| names.iter().map(|name| Value::StringValue((*name).into())).collect();
    let mut calls: Vec<(&str, Vec<Value>)> = vec![("maxBytes", vec![Value::IntValue(MAX_BYTES)])];
    match choice % 3 {
        0 => {
            calls.push(("taskId", names(&["user"])));
            calls.push(("count", names(&["n"])));
            let of_x = ["sum", "min", "max", "mean", "stddev", "first", "last"];
            calls.extend(of_x.map(|name| (name, names(&["x", name]))));
            calls.push(("duration", vec![Value::DurationValue(1_000), Value::StringValue("d".into())]));
            calls.push(("timeout", vec![Value::DurationValue(1_000)]));
        }
        1 => {
            calls.push(("taskId", names(&["%{user}-%{host}"])));
            let of_x = ["countDistinct", "distinct", "list"];
            calls.extend(of_x.map(|name| (name, names(&["x", name]))));
            calls.push(("concat", names(&["x", "-", "c"])));
            let [field, output] = ["x", "p"].map(|name| Value::StringValue(name.into()));
            calls.push(("percentile", vec![field, Value::DoubleValue(50.0), output]));
            calls.push(("flushInterval", vec![Value::DurationValue(1 << 60)]));
        }
        _ => {
            calls.push(("keep", names(&["*"])));
            calls.push(("pointTime", names(&["emit"])));
            calls.push(("inactivityTimeout", vec![Value::DurationValue(1_000)]));
        }
    }
    calls.into_iter().map(|(name, values)| option(name, values)).collect()
}

fn option(name: &str, values: Vec<Value>) -> proto::Option {
    let typed = |value| {
        let kind = match &value {
            Value::BoolValue(_) => ValueType::Bool,
            Value::IntValue(_) => ValueType::Int,
            Value::DoubleValue(_) => ValueType::Double,
            Value::StringValue(_) => ValueType::String,
            Value::DurationValue(_) => ValueType::Duration,
        };
        proto::OptionValue { r#type: kind.into(), value: Some(value) }
    };
    proto::Option { name: name.to_owned(), values: values.into_iter().map(typed).collect() }
}

/// A real node's state after so many events, as [`holds`] wants it.
pub fn seed(choice: u8, events: i64) -> Vec<u8> {
    let mut node = Node::begin(options(choice), NOW);
    for time in 0..events {
        node.now += 7;
        node.take(&point(time));
    }
    stripped(choice, &node.snapshot())
}

//! A snapshot of `@aggregate()` whose version, checksum and options are right, and whose state is any bytes.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, BeginBatch, EndBatch, Point, ValueType, request};
use prost::Message;
use prost::encoding;

use super::node::{Node, messages};

/// When it is restored.
pub const NOW: i64 = 1_700_000_000_000_000_000;

/// `maxBytes` of the nodes.
const MAX_BYTES: i64 = 64 << 10;

/// How many sets of options there are.
pub const CHOICES: u8 = 8;

/// Version and checksum.
const HEADER: usize = 5;

/// Holds for any bytes: the first chooses the options, the rest is the state.
///
/// The node starts, from what can be read or empty. What it took over it writes, and reads, and writes as the
/// same bytes. It serves points, keeps within its limits and lets go of all tasks.
pub fn holds(bytes: &[u8]) {
    let Some((&choice, state)) = bytes.split_first() else { return };
    let mut node = restored(choice, NOW, &with_state(choice, state));
    let counters = node.counters();
    assert!(counters.snapshots_unusable <= 1);
    if counters.snapshots_unusable == 1 {
        assert_eq!((node.open_tasks(), node.state_bytes(), counters.restored), (0, 0, 0));
    }
    is_written_as_it_is(choice, &mut node);
    let mut sent = vec![];
    for time in 0..4 {
        sent.extend(node.take_all(&came(choice, time)).0);
    }
    is_within_limits(&mut node, &mut sent);
    is_written_as_it_is(choice, &mut node);
    sent.extend(node.until(NOW + (1 << 59)));
    // By event time the end of a task may be at the end of all time.
    sent.extend(if is_by_clock(choice) { vec![] } else { node.end() });
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
    let mut empty = Node::of(function(choice), options(choice), NOW);
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
    let mut again = restored(choice, node.now, &first);
    assert_eq!(again.counters().snapshots_unusable, 0);
    assert_eq!(again.open_tasks(), node.open_tasks());
    let second = again.snapshot();
    // Numbers that are free are not, once restored; the second time all is as it was.
    let mut third = restored(choice, node.now, &second);
    assert_eq!(third.snapshot(), second);
    assert_eq!(third.state_bytes(), again.state_bytes());
}

fn restored(choice: u8, now: i64, snapshot: &[u8]) -> Node {
    Node::restored_of(function(choice), options(choice), now, snapshot)
}

fn is_within_limits(node: &mut Node, sent: &mut Vec<u8>) {
    sent.extend(node.until(node.now));
    let bytes = i64::try_from(node.state_bytes()).unwrap();
    assert!(node.open_tasks() == 0 || bytes <= MAX_BYTES, "{bytes}");
}

/// Of a task or two that the seeds have; where batches come, one with it.
fn came(choice: u8, time: i64) -> Vec<u8> {
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
    let point = frame(request::Message::Point(point));
    match function(choice).wants() {
        Edge::Stream => point,
        Edge::Batch => [begin(), point, end(time)].concat(),
    }
}

fn begin() -> Vec<u8> {
    let tags = [("host".to_owned(), "a".to_owned())].into();
    let begin = BeginBatch { name: "requests".into(), group: "host=a".into(), tags, ..BeginBatch::default() };
    frame(request::Message::Begin(begin))
}

fn end(tmax: i64) -> Vec<u8> {
    let tags = [("host".to_owned(), "a".to_owned())].into();
    let end = EndBatch { name: "requests".into(), group: "host=a".into(), tags, tmax, ..EndBatch::default() };
    frame(request::Message::End(end))
}

fn frame(message: request::Message) -> Vec<u8> {
    proto::Request { message: Some(message) }.encode_length_delimited_to_vec()
}

/// Whose state it is.
pub fn function(choice: u8) -> Function {
    match choice % CHOICES {
        4 | 5 => Function::Session,
        6 => Function::BATCH,
        7 => Function::Aggregate { wants: Edge::Batch, provides: Edge::Stream },
        _ => Function::STREAM,
    }
}

fn is_by_clock(choice: u8) -> bool {
    matches!(choice % CHOICES, 0..=2 | 4)
}

/// Two sets with each reducer in one of them, and a third without; event time, sessions and batches.
pub fn options(choice: u8) -> Vec<proto::Option> {
    let names = |names: &[&str]| names.iter().map(|name| Value::StringValue((*name).into())).collect();
    let mut calls: Vec<(&str, Vec<Value>)> = vec![("maxBytes", vec![Value::IntValue(MAX_BYTES)])];
    match choice % CHOICES {
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
        2 => {
            calls.push(("keep", names(&["*"])));
            calls.push(("pointTime", names(&["emit"])));
            calls.push(("inactivityTimeout", vec![Value::DurationValue(1_000)]));
        }
        3 => {
            calls.push(("timeoutTimestampField", names(&["y"])));
            calls.push(("maxDelay", vec![Value::DurationValue(5)]));
            calls.push(("sum", names(&["x", "s"])));
            calls.push(("flushInterval", vec![Value::DurationValue(1_000)]));
        }
        4 => {
            calls.push(("taskId", names(&["user"])));
            calls.push(("timeout", vec![Value::DurationValue(1_000)]));
            calls.push(("timeoutTaskIdField", names(&["id"])));
        }
        5 => {
            calls.push(("taskId", names(&["%{user}-%{host}"])));
            calls.push(("timeoutTimestampField", names(&["time"])));
            calls.push(("maxDelay", vec![Value::DurationValue(5)]));
            calls.push(("groupByTask", vec![Value::BoolValue(true)]));
        }
        6 => {
            calls.push(("taskId", names(&["user"])));
            calls.push(("list", names(&["x", "l"])));
            calls.push(("maxEvents", vec![Value::IntValue(3)]));
            calls.push(("maxDelay", vec![Value::DurationValue(2)]));
            calls.push(("passThrough", vec![Value::BoolValue(true)]));
            calls.push(("reasonTag", names(&["why"])));
        }
        _ => {
            calls.push(("keep", names(&["*"])));
            calls.push(("maxDelay", vec![Value::DurationValue(5)]));
            calls.push(("endOfBatch", vec![Value::BoolValue(false)]));
        }
    }
    if !is_by_clock(choice) {
        calls.push(("flushOnStop", vec![Value::BoolValue(true)]));
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
    let mut node = Node::of(function(choice), options(choice), NOW);
    for time in 0..events {
        node.now += 7;
        let came = came(choice, time);
        // The last batch has no end.
        let is_last = time + 1 == events && function(choice).wants() == Edge::Batch;
        let end = if is_last { end(time).len() } else { 0 };
        node.take_all(&came[..came.len() - end]);
    }
    stripped(choice, &node.snapshot())
}

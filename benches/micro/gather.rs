//! What functions that gather do with a point, from bytes to bytes.

use std::collections::BTreeMap;
use std::hint::black_box;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput};
use kapacitor_udfd::agent::{Agent, Step};
use kapacitor_udfd::aggregate::Aggregate;
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, OptionValue, ValueType};
use kapacitor_udfd::wire::response;

use super::{agent_of, mirror, string};

pub(crate) const POINTS: i64 = 30_000;
pub(crate) const IDS: i64 = 1_000;
const GROUPS: i64 = 100;

/// From one point to the next, in nanoseconds.
pub(crate) const STEP: i64 = 1_000;
const START: i64 = 1_600_000_000_000_000_000;

/// Points like those `kapacitor-udfd bench --ids 1000 --fields 5` sends, at the times that `time` gives for their
/// numbers.
pub(crate) fn points(ids: i64, time: impl Fn(i64) -> i64) -> BytesMut {
    let text = str::to_owned;
    let mut bytes = BytesMut::new();
    for number in 0..POINTS {
        // Round the groups, and in each in another order every time.
        let id = (number * 7_919) % ids;
        let (user, id) = (format!("u{:08}", id % GROUPS), format!("id-{id:013}"));
        let tags = [("user", user.as_str()), ("id", id.as_str()), ("host", "web-0042")];
        let point = proto::Point {
            time: START + time(number),
            name: text("requests"),
            database: text("telegraf"),
            retention_policy: text("autogen"),
            group: format!("user={user}"),
            dimensions: vec![text("user")],
            tags: tags.map(|(name, value)| (text(name), text(value))).into(),
            fields_double: BTreeMap::from([(text("millis"), 12.5), (text("amount"), 1.5)]),
            fields_int: BTreeMap::from([(text("bytes"), 20_000 + number)]),
            fields_string: BTreeMap::from([(text("path"), text("/items/123"))]),
            fields_bool: BTreeMap::from([(text("cached"), true)]),
            by_name: false,
        };
        response::write(&point, &mut bytes);
    }
    bytes
}

pub(crate) fn gathering(criterion: &mut Criterion) {
    let in_order = points(IDS, |number| number * STEP);
    // Any point up to 10 ms behind the newest.
    let jittered = points(IDS, |number| number * STEP - (number * 6_007_919) % 10_000_000);
    let reduced = || {
        vec![
            call("taskId", [string("id")]),
            call("count", [string("events")]),
            call("sum", [string("amount"), string("total")]),
            call("max", [string("bytes"), string("largest")]),
        ]
    };
    let event_time = || [reduced(), vec![call("timeoutTimestampField", [string("time")])]].concat();
    let held = || [event_time(), vec![call("maxDelay", [duration(10_000_000)])]].concat();
    let session = || vec![call("taskId", [string("id")]), call("maxEvents", [int(10)])];
    let cases = [
        ("by the clock", Function::STREAM, reduced(), &in_order),
        ("in event time", Function::STREAM, event_time(), &in_order),
        ("in event time, held for 10,000 others", Function::STREAM, held(), &in_order),
        ("in event time, held and out of order", Function::STREAM, held(), &jittered),
        ("into sessions of ten, which come out", Function::Session, session(), &in_order),
    ];
    let mut group = criterion.benchmark_group("30,000 points of 1,000 tasks in 100 groups");
    group.throughput(Throughput::Elements(POINTS.unsigned_abs()));
    for (name, function, options, bytes) in cases {
        group.bench_function(name, |b| {
            b.iter_batched(
                || agent_of(Box::new(Aggregate::new(function)), options.clone()),
                |mut agent| {
                    take(&mut agent, black_box(bytes));
                    agent
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A session of ten thousand events comes out.
pub(crate) fn one_session(criterion: &mut Criterion) {
    const EVENTS: i64 = 10_000;
    let bytes = points(1, |number| number * STEP);
    let one = bytes.len() / usize::try_from(POINTS).unwrap_or(1);
    // All but the event that ends it, which is at its front.
    let (last, rest) = bytes.split_at(one_frame(&bytes));
    let most = rest.get(..one * usize::try_from(EVENTS - 1).unwrap_or_default()).unwrap_or_default();
    let options = vec![call("taskId", [string("id")]), call("maxEvents", [int(EVENTS)])];
    criterion.bench_function("a session of 10,000 events comes out", |b| {
        b.iter_batched(
            || {
                let mut agent = agent_of(Box::new(Aggregate::new(Function::Session)), options.clone());
                take(&mut agent, most);
                agent
            },
            |mut agent| {
                mirror(&mut agent, black_box(last));
                agent
            },
            BatchSize::PerIteration,
        );
    });
}

/// The length of the first frame.
fn one_frame(bytes: &[u8]) -> usize {
    let frame = kapacitor_udfd::wire::frame::find(bytes, 1 << 20);
    frame.ok().flatten().map_or(0, |frame| frame.bytes().len())
}

/// Lets the agent take whole frames, and takes what it sends meanwhile.
pub(crate) fn take(agent: &mut Agent, mut bytes: &[u8]) {
    while let Ok(Step::Took { bytes: taken, .. }) = agent.step(0, bytes) {
        bytes = bytes.get(taken..).unwrap_or_default();
        drop(agent.take_output());
    }
}

pub(crate) fn call<const N: usize>(name: &str, values: [OptionValue; N]) -> proto::Option {
    proto::Option { name: name.to_owned(), values: values.into() }
}

fn int(value: i64) -> OptionValue {
    OptionValue { r#type: ValueType::Int.into(), value: Some(Value::IntValue(value)) }
}

fn duration(nanos: i64) -> OptionValue {
    OptionValue { r#type: ValueType::Duration.into(), value: Some(Value::DurationValue(nanos)) }
}

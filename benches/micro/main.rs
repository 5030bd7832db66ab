//! What single steps of the wire path cost, without sockets: see `benches/README.md`.

mod gather;

mod script;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use bytes::BytesMut;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kapacitor_udfd::agent::{Agent, Step};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::Handler;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, OptionValue, ValueType};
use kapacitor_udfd::wire::point::PointView;
use kapacitor_udfd::wire::request::Request;
use kapacitor_udfd::wire::{frame, response};
use prost::Message;

const POINTS: i64 = 1000;
const MAX_FRAME: usize = 1 << 20;

/// Points like those `kapacitor-udfd bench` sends: three tags, four fields, about 180 bytes.
fn points() -> BytesMut {
    let text = str::to_owned;
    let mut bytes = BytesMut::new();
    for number in 0..POINTS {
        let user = format!("u{number:08}");
        let tags = [("user", user.as_str()), ("host", "web-0042"), ("zone", "eu-1a")];
        let point = proto::Point {
            time: 1_600_000_000_000_000_000 + number,
            name: text("requests"),
            database: text("telegraf"),
            retention_policy: text("autogen"),
            group: format!("user={user}"),
            dimensions: vec![text("user")],
            tags: tags.map(|(name, value)| (text(name), text(value))).into(),
            fields_double: BTreeMap::from([(text("millis"), 12.5)]),
            fields_int: BTreeMap::from([(text("bytes"), 20_000 + number)]),
            fields_string: BTreeMap::from([(text("path"), text("/items/123"))]),
            fields_bool: BTreeMap::from([(text("cached"), true)]),
            by_name: false,
        };
        response::write(&point, &mut bytes);
    }
    bytes
}

/// Calls `each` with every frame; the compiler must take its result for used.
fn frames<'a, R>(mut bytes: &'a [u8], mut each: impl FnMut(frame::Frame<'a>) -> R) {
    while let Ok(Some(frame)) = frame::find(bytes, MAX_FRAME) {
        bytes = bytes.get(frame.bytes().len()..).unwrap_or_default();
        black_box(each(frame));
    }
}

/// Calls `each` with every point.
fn views<R>(bytes: &[u8], each: impl Fn(PointView<'_>) -> R) {
    let mut scratch = Vec::new();
    frames(bytes, |frame| match Request::parse(frame, &mut scratch) {
        Ok(Request::Point(point)) => Some(each(point)),
        _ => None,
    });
}

fn reading(criterion: &mut Criterion) {
    let bytes = points();
    let mut group = criterion.benchmark_group("a thousand points");
    group.throughput(Throughput::Elements(POINTS.unsigned_abs()));
    group.bench_function("find the frames", |b| {
        b.iter(|| frames(black_box(&bytes), |frame| frame.message().len()));
    });
    group.bench_function("parse the requests", |b| {
        b.iter(|| views(black_box(&bytes), |point| point.frame().len()));
    });
    group.bench_function("parse, read time and group", |b| {
        b.iter(|| views(black_box(&bytes), |point| (point.time(), point.group().len())));
    });
    group.bench_function("parse, read a tag", |b| {
        b.iter(|| views(black_box(&bytes), |point| point.tag("zone").is_ok()));
    });
    group.bench_function("parse, read a field", |b| {
        b.iter(|| views(black_box(&bytes), |point| point.field("bytes").is_ok()));
    });
    group.bench_function("parse, read all tags and fields", |b| {
        b.iter(|| views(black_box(&bytes), |point| point.tags().count() + point.fields().count()));
    });
    group.bench_function("parse, decode wholly", |b| {
        b.iter(|| views(black_box(&bytes), |point| point.to_point()));
    });
    group.finish();
}

fn mirroring(criterion: &mut Criterion) {
    let bytes = points();
    let mut group = criterion.benchmark_group("a thousand points through the mirror");
    group.throughput(Throughput::Elements(POINTS.unsigned_abs()));
    let field = |name: &str, value| option("field", name, value);
    let cases = [
        ("without options", Vec::new()),
        (".field('x', 1.0)", vec![field("x", double(1.0))]),
        (".field('millis', 1.0), which is there", vec![field("millis", double(1.0))]),
        (
            ".field and .defaultTag",
            vec![field("x", double(1.0)), option("defaultTag", "zone", string("nowhere"))],
        ),
    ];
    for (name, options) in cases {
        let mut agent = agent(options);
        group.bench_function(name, |b| b.iter(|| mirror(&mut agent, black_box(&bytes))));
    }
    group.finish();
}

/// Lets the agent take everything, and takes what it sends whenever a chunk is together, as a
/// connection does.
fn mirror(agent: &mut Agent, mut bytes: &[u8]) -> usize {
    const POINTS_A_CHUNK: usize = 350;
    let mut sent = 0;
    while !bytes.is_empty() {
        for _ in 0..POINTS_A_CHUNK {
            let Ok(Step::Took { bytes: taken, .. }) = agent.step(0, bytes) else { break };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        let Some(chunk) = agent.take_output() else { break };
        sent += chunk.len();
    }
    sent
}

fn agent(options: Vec<proto::Option>) -> Agent {
    agent_of(Box::new(Mirror::new(Edge::Stream)), options)
}

fn agent_of(handler: Box<dyn Handler>, options: Vec<proto::Option>) -> Agent {
    let Ok(mut agent) = Agent::new(|| handler, Arc::new(Limits::default())) else {
        unreachable!("a handler describes itself")
    };
    let init = proto::InitRequest { options, task_id: "micro".to_owned(), node_id: "node1".to_owned() };
    let init = proto::Request { message: Some(proto::request::Message::Init(init)) };
    assert!(agent.step_aside(0, &init.encode_length_delimited_to_vec()).is_ok(), "init is a request");
    drop(agent.take_output());
    agent
}

fn option(option: &str, name: &str, value: OptionValue) -> proto::Option {
    proto::Option { name: option.to_owned(), values: vec![string(name), value] }
}

fn string(value: &str) -> OptionValue {
    OptionValue { r#type: ValueType::String.into(), value: Some(Value::StringValue(value.to_owned())) }
}

fn double(value: f64) -> OptionValue {
    OptionValue { r#type: ValueType::Double.into(), value: Some(Value::DoubleValue(value)) }
}

criterion_group!(benches, reading, mirroring, gather::gathering, gather::one_session, script::scripts);
criterion_main!(benches);

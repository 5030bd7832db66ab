//! Scripts, what they are called with, and what they leave.

mod basics;

mod bounds;

mod errors;

mod events;

mod hostile;

mod long;

mod resting;

mod speed;

use prost::Message;

use super::*;
use crate::proto;
use crate::value::Value;

/// A node with scripts, and an event.
pub(super) struct Node {
    pub(super) scripts: Scripts,
    pub(super) point: proto::Point,
    pub(super) now: UnixNanos,
}

use crate::handler::UnixNanos;

pub(super) fn source(part: Part, text: &str) -> Source {
    let option = ["code", "timeoutCode", "startWhen", "endWhen"][part.index()];
    Source { part, option: option.to_owned(), text: text.to_owned() }
}

pub(super) fn point() -> proto::Point {
    let text = str::to_owned;
    let tags = [("host", "web-1"), ("zone", "eu"), ("both", "tag"), ("empty", "")];
    proto::Point {
        time: 1_600_000_000_000_000_000,
        name: text("requests"),
        tags: tags.map(|(name, value)| (text(name), text(value))).into(),
        fields_double: [("amount", 1.5), ("zero", 0.0)].map(|(name, value)| (text(name), value)).into(),
        fields_int: [("bytes", 20_000), ("name", 7), ("big", i64::MAX)]
            .map(|(name, value)| (text(name), value))
            .into(),
        fields_string: [
            ("path", "/items/123"),
            ("both", "field"),
            ("status", "completed"),
            ("odd name", "x"),
        ]
        .map(|(name, value)| (text(name), text(value)))
        .into(),
        fields_bool: [("cached", true), ("failed", false)].map(|(name, value)| (text(name), value)).into(),
        ..proto::Point::default()
    }
}

impl Node {
    pub(super) fn new(part: Part, text: &str) -> Self {
        // Time enough for a debug build on a busy machine.
        Self::with_budget(part, text, Budget { time: Duration::from_secs(10), ..Budget::default() })
    }

    pub(super) fn with_budget(part: Part, text: &str, budget: Budget) -> Self {
        let scripts = match Scripts::compile(&[source(part, text)], budget) {
            Ok(scripts) => scripts,
            Err(error) => panic!("{error}"),
        };
        Self { scripts, point: point(), now: 1_700_000_000_000_000_000 }
    }

    pub(super) fn fill(&mut self) {
        let body = self.point.encode_to_vec();
        let names = self.scripts.event_names().to_vec();
        let found = names.iter().map(|name| find(&self.point, name));
        let call = self.scripts.call();
        call.clear();
        call.event.fill(Some(self.point.name.as_bytes()), self.point.time, &body, found);
        call.event.set_dimensions([&b"host"[..]].into_iter());
    }

    pub(super) fn run(&mut self, part: Part) -> Result<(), Failed> {
        self.fill();
        self.scripts.run(part, self.now)
    }

    /// The map as fields, in the order of entries.
    pub(super) fn map(&mut self) -> String {
        let keys = self.scripts.keys().clone();
        let mut out = Vec::new();
        self.scripts.call().state.fields(&keys, |name, value| {
            out.push(format!("{}={}", String::from_utf8_lossy(name), shown(value)));
        });
        out.join(" ")
    }

    /// The event as it goes on.
    pub(super) fn event(&mut self) -> proto::Point {
        let mut out = Vec::new();
        self.scripts.call().event.write(&mut out);
        proto::Point::decode(&*out).unwrap()
    }
}

pub(super) fn shown(value: Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        Value::Int(int) => int.to_string(),
        Value::Double(double) => format!("{double:?}"),
        Value::Bool(bool) => bool.to_string(),
    }
}

pub(super) fn find<'a>(point: &'a proto::Point, name: &str) -> (Option<&'a [u8]>, Option<Value<'a>>) {
    let tag = point.tags.get(name).map(String::as_bytes);
    let field = None
        .or_else(|| point.fields_bool.get(name).map(|bool| Value::Bool(*bool)))
        .or_else(|| point.fields_double.get(name).map(|double| Value::Double(*double)))
        .or_else(|| point.fields_int.get(name).map(|int| Value::Int(*int)))
        .or_else(|| point.fields_string.get(name).map(|text| Value::Text(text.as_bytes())));
    (tag, field)
}

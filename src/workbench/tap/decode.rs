//! From a frame to what it says, read so that nothing can keep it from being shown: text that is no UTF-8 is shown as
//! well as possible, and what is unknown is passed over.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

use kapacitor_udfd::proto::{EdgeType, ValueType};
use kapacitor_udfd::wire::fields::{Fields, Value};
use kapacitor_udfd::wire::{WireError, varint};

use super::message::{Argument, Begin, Call, Decoded, Double, End, Kind, Message, Point};
use super::recording::Direction;

/// What a message is about, by how it begins: its first field is the only one in all that is sent.
pub(super) fn kind_at(start: &[u8], direction: Direction) -> Option<Kind> {
    let (tag, _) = varint::read(start).ok()??;
    kind_of(u32::try_from(tag >> 3).ok()?, direction)
}

fn kind_of(number: u32, direction: Direction) -> Option<Kind> {
    Some(match (number, direction) {
        (1, _) => Kind::Info,
        (2, _) => Kind::Init,
        (3, _) => Kind::Keepalive,
        (4, _) => Kind::Snapshot,
        (5, _) => Kind::Restore,
        (6, Direction::ToKapacitor) => Kind::Error,
        (16, _) => Kind::Begin,
        (17, _) => Kind::Point,
        (18, _) => Kind::End,
        _ => return None,
    })
}

/// Reads the message of a frame, without its length.
pub(super) fn decode(message: &[u8], direction: Direction) -> Result<Decoded, WireError> {
    let lossy = Cell::new(false);
    let mut found = None;
    for field in Fields::new(message) {
        let field = field?;
        if let (Some(kind), Value::Bytes(body)) = (kind_of(field.number, direction), field.value) {
            found = Some((kind, body));
        }
    }
    let (kind, body) = found.ok_or(WireError::NoMessage)?;
    if let Some(broken) = Fields::new(body).find_map(Result::err) {
        return Err(broken);
    }
    let message = Body { bytes: body, lossy: &lossy }.message(kind, direction);
    Ok(Decoded { kind, message, lossy: lossy.get() })
}

/// A message inside a message, known to be well-formed outside.
#[derive(Clone, Copy)]
struct Body<'a> {
    bytes: &'a [u8],
    lossy: &'a Cell<bool>,
}

impl<'a> Body<'a> {
    fn message(self, kind: Kind, direction: Direction) -> Message {
        match (kind, direction) {
            (Kind::Info | Kind::Snapshot, Direction::ToFunction) => Message::Asks {},
            (Kind::Info, Direction::ToKapacitor) => Message::Info {
                wants: edge(self.varint(1)),
                provides: edge(self.varint(2)),
                options: self.map(3, |value| self.inside(bytes(value)).types()),
            },
            (Kind::Init, Direction::ToFunction) => Message::Init {
                task: self.text(2),
                node: self.text(3),
                options: self.bodies(1).map(Body::call).collect(),
            },
            (Kind::Init | Kind::Restore, Direction::ToKapacitor) => {
                Message::Answer { success: self.varint(1) != 0, error: self.text(2) }
            }
            (Kind::Snapshot | Kind::Restore, _) => {
                Message::State { size: self.last(1).map_or(&[][..], bytes).len() }
            }
            (Kind::Keepalive, _) => Message::Keepalive { time: self.int(1) },
            (Kind::Error, _) => Message::Error { error: self.text(1) },
            (Kind::Begin, _) => Message::Begin(self.begin()),
            (Kind::Point, _) => Message::Point(Box::new(self.point())),
            (Kind::End, _) => Message::End(self.end()),
        }
    }

    fn call(self) -> Call {
        Call { name: self.text(1), values: self.bodies(2).map(Body::argument).collect() }
    }

    fn argument(self) -> Argument {
        let values = Fields::new(self.bytes).flatten().filter(|field| (2..=6).contains(&field.number));
        let Some(field) = values.last() else { return Argument::None };
        match field.number {
            2 => Argument::Bool(number(field.value) != 0),
            3 => Argument::Int(number(field.value).cast_signed()),
            4 => Argument::Double(double(field.value)),
            5 => Argument::String(self.lossy(bytes(field.value))),
            _ => Argument::Duration(number(field.value).cast_signed()),
        }
    }

    /// Of an option in an Info response. Packed, as proto3 has it, or one by one.
    fn types(self) -> Vec<&'static str> {
        let mut types = Vec::new();
        for field in Fields::new(self.bytes).flatten().filter(|field| field.number == 1) {
            match field.value {
                // One byte each, since there are five.
                Value::Bytes(packed) => types.extend(packed.iter().map(|&byte| value_type(u64::from(byte)))),
                value => types.push(value_type(number(value))),
            }
        }
        types
    }

    fn begin(self) -> Begin {
        Begin {
            name: self.text(1),
            group: self.text(2),
            tags: self.texts(3),
            size: self.int(4),
            by_name: self.varint(5) != 0,
        }
    }

    fn end(self) -> End {
        End {
            name: self.text(1),
            group: self.text(2),
            tmax: self.int(3),
            tags: self.texts(4),
            by_name: self.varint(5) != 0,
        }
    }

    fn point(self) -> Point {
        Point {
            time: self.int(1),
            name: self.text(2),
            database: self.text(3),
            retention_policy: self.text(4),
            group: self.text(5),
            dimensions: self.bodies(6).map(|name| self.lossy(name.bytes)).collect(),
            tags: self.texts(7),
            fields_double: self.map(8, double),
            fields_int: self.map(9, |value| number(value).cast_signed()),
            fields_string: self.texts(10),
            by_name: self.varint(11) != 0,
            fields_bool: self.map(12, |value| number(value) != 0),
        }
    }

    /// What stands last under a number, which is what counts.
    fn last(self, number: u32) -> Option<Value<'a>> {
        self.all(number).last()
    }

    fn all(self, number: u32) -> impl Iterator<Item = Value<'a>> {
        let fields = Fields::new(self.bytes).flatten().filter(move |field| field.number == number);
        fields.map(|field| field.value)
    }

    fn varint(self, number: u32) -> u64 {
        self.last(number).map_or(0, self::number)
    }

    fn int(self, number: u32) -> i64 {
        self.varint(number).cast_signed()
    }

    fn text(self, number: u32) -> String {
        self.lossy(self.last(number).map_or(&[], bytes))
    }

    fn texts(self, number: u32) -> BTreeMap<String, String> {
        self.map(number, |value| self.lossy(bytes(value)))
    }

    /// A map is entries of a key, 1, and a value, 2; the last of a key counts.
    fn map<T>(self, number: u32, read: impl Fn(Value<'a>) -> T) -> BTreeMap<String, T> {
        let entries = self.bodies(number);
        // What is not there is zero, whatever its type.
        entries.map(|entry| (entry.text(1), read(entry.last(2).unwrap_or(Value::Varint(0))))).collect()
    }

    fn bodies(self, number: u32) -> impl Iterator<Item = Self> {
        self.all(number).map(move |value| self.inside(bytes(value)))
    }

    fn inside(self, bytes: &'a [u8]) -> Self {
        Self { bytes, ..self }
    }

    fn lossy(self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        if matches!(text, Cow::Owned(_)) {
            self.lossy.set(true);
        }
        text.into_owned()
    }
}

fn bytes(value: Value<'_>) -> &[u8] {
    if let Value::Bytes(bytes) = value { bytes } else { &[] }
}

fn number(value: Value<'_>) -> u64 {
    if let Value::Varint(number) = value { number } else { 0 }
}

fn double(value: Value<'_>) -> Double {
    Double(if let Value::Fixed64(bits) = value { f64::from_bits(bits) } else { 0.0 })
}

fn edge(number: u64) -> &'static str {
    match i32::try_from(number).map(EdgeType::try_from) {
        Ok(Ok(EdgeType::Stream)) => "stream",
        Ok(Ok(EdgeType::Batch)) => "batch",
        _ => "unknown",
    }
}

fn value_type(number: u64) -> &'static str {
    match i32::try_from(number).map(ValueType::try_from) {
        Ok(Ok(ValueType::Bool)) => "bool",
        Ok(Ok(ValueType::Int)) => "int",
        Ok(Ok(ValueType::Double)) => "double",
        Ok(Ok(ValueType::String)) => "string",
        Ok(Ok(ValueType::Duration)) => "duration",
        _ => "unknown",
    }
}

//! The view of a point, against prost.

use std::collections::BTreeMap;

use kapacitor_udfd::proto::Point;
use kapacitor_udfd::wire::fields::{Fields, Value};
use kapacitor_udfd::wire::point::{FieldValue, PointView, ReadError};
use kapacitor_udfd::wire::request::Request;
use kapacitor_udfd::wire::{WireError, frame};
use prost::Message;
use prost::encoding::{self, DecodeContext, WireType};

/// Holds for any bytes as a point's message.
///
/// View and prost agree, with two exceptions that are meant. What is superseded by a later occurrence
/// is not read by a view, so it may be broken text. Groups, which protobuf has given up and no
/// Kapacitor sends, are refused inside map entries.
pub fn holds(body: &[u8]) {
    match (Point::decode(body), viewed(body)) {
        (Ok(point), Ok(read)) => is_same(&point, &read),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => assert!(has_group_in_an_entry(body), "only the view fails: {error}"),
        (Err(error), Ok(read)) => match Point::decode(&*without_superseded(body)) {
            Ok(point) => is_same(&point, &read),
            Err(still) => panic!("only prost fails: {error}, {still}"),
        },
    }
}

/// Fields as Kapacitor takes them from a point: the maps merged, a boolean over a double over an integer
/// over a string.
pub fn merged(point: &Point) -> BTreeMap<&str, String> {
    let mut fields = BTreeMap::new();
    fields.extend(point.fields_string.iter().map(|(k, v)| (k.as_str(), told(FieldValue::String(v)))));
    fields.extend(point.fields_int.iter().map(|(k, v)| (k.as_str(), told(FieldValue::Int(*v)))));
    fields.extend(point.fields_double.iter().map(|(k, v)| (k.as_str(), told(FieldValue::Double(*v)))));
    fields.extend(point.fields_bool.iter().map(|(k, v)| (k.as_str(), told(FieldValue::Bool(*v)))));
    fields
}

/// A value and its type. Doubles by their bits: NaN is a value like any other, and -0.0 is not 0.0.
pub fn told(value: FieldValue<'_>) -> String {
    match value {
        FieldValue::String(value) => format!("{value:?}"),
        FieldValue::Int(value) => format!("{value}i"),
        FieldValue::Double(value) => format!("{:x}d", value.to_bits()),
        FieldValue::Bool(value) => format!("{value}"),
    }
}

fn is_same(point: &Point, read: &Point) {
    let doubles = |point: &Point| -> BTreeMap<_, _> {
        point.fields_double.iter().map(|(name, double)| (name.clone(), double.to_bits())).collect()
    };
    let rest = |point: &Point| Point { fields_double: BTreeMap::new(), ..point.clone() };
    assert_eq!(doubles(point), doubles(read));
    assert_eq!(rest(point), rest(read));
}

/// All that a view tells of the point with this message, as a request has it.
fn viewed(body: &[u8]) -> Result<Point, ReadError> {
    let mut message = vec![0x8a, 0x01];
    encoding::encode_varint(body.len() as u64, &mut message);
    message.extend_from_slice(body);
    let mut bytes = vec![];
    encoding::encode_varint(message.len() as u64, &mut bytes);
    bytes.extend_from_slice(&message);
    let frame = frame::find(&bytes, usize::MAX).unwrap().unwrap();
    match Request::parse(frame, &mut vec![])? {
        Request::Point(view) => read(view),
        other => panic!("{other:?}"),
    }
}

fn read(view: PointView<'_>) -> Result<Point, ReadError> {
    let group = std::str::from_utf8(view.group());
    let mut point = Point {
        time: view.time(),
        name: view.name()?.into(),
        database: view.database()?.into(),
        retention_policy: view.retention_policy()?.into(),
        // The one text that is given out as bytes.
        group: group.map_err(|_| WireError::Malformed { at: 0 })?.into(),
        by_name: view.by_name(),
        ..Point::default()
    };
    for dimension in view.dimensions() {
        point.dimensions.push(dimension?.into());
    }
    for tag in view.tags() {
        let (name, value) = tag?;
        point.tags.insert(name.into(), value.into());
    }
    for field in view.fields() {
        let (name, value) = field?;
        let name = name.to_owned();
        match value {
            FieldValue::String(value) => drop(point.fields_string.insert(name, value.into())),
            FieldValue::Int(value) => drop(point.fields_int.insert(name, value)),
            FieldValue::Double(value) => drop(point.fields_double.insert(name, value)),
            FieldValue::Bool(value) => drop(point.fields_bool.insert(name, value)),
        }
    }
    finds_by_name(view, &point);
    Ok(point)
}

/// What is asked for by name is what is found by going through all.
fn finds_by_name(view: PointView<'_>, point: &Point) {
    for (name, value) in &point.tags {
        assert_eq!(view.tag(name), Ok(Some(value.as_str())));
    }
    for (name, value) in merged(point) {
        assert_eq!(told(view.field(name).unwrap().unwrap()), value, "{name:?}");
    }
    let absent = "a name that no point has";
    if !point.tags.contains_key(absent) && !merged(point).contains_key(absent) {
        assert_eq!((view.tag(absent), view.field(absent)), (Ok(None), Ok(None)));
    }
}

/// Whether a field of `message` is the entry of a map.
fn is_entry(number: u32) -> bool {
    matches!(number, 7..=10 | 12)
}

/// With prost's own reading, so as not to excuse a bug of ours with itself.
fn has_group_in_an_entry(body: &[u8]) -> bool {
    let mut rest = body;
    while let Ok((number, wire_type)) = encoding::decode_key(&mut rest) {
        if wire_type != WireType::LengthDelimited || !is_entry(number) {
            if encoding::skip_field(wire_type, number, &mut rest, DecodeContext::default()).is_err() {
                return false;
            }
            continue;
        }
        let length = encoding::decode_varint(&mut rest).ok().and_then(|n| usize::try_from(n).ok());
        let Some((entry, after)) = length.and_then(|n| rest.split_at_checked(n)) else { return false };
        if has_group(entry) {
            return true;
        }
        rest = after;
    }
    false
}

fn has_group(mut entry: &[u8]) -> bool {
    while let Ok((number, wire_type)) = encoding::decode_key(&mut entry) {
        if matches!(wire_type, WireType::StartGroup | WireType::EndGroup) {
            return true;
        }
        if encoding::skip_field(wire_type, number, &mut entry, DecodeContext::default()).is_err() {
            return false;
        }
    }
    false
}

/// The message without texts, and without keys and values of entries, that stand there again later.
fn without_superseded(body: &[u8]) -> Vec<u8> {
    let mut kept = vec![];
    for field in Fields::new(body).flatten() {
        match field.value {
            Value::Bytes(entry) if is_entry(field.number) => {
                let entry = last_of_each(entry, |_| true);
                encoding::encode_key(field.number, WireType::LengthDelimited, &mut kept);
                encoding::encode_varint(entry.len() as u64, &mut kept);
                kept.extend(entry);
            }
            _ => kept.extend_from_slice(&body[field.start..field.end]),
        }
    }
    last_of_each(&kept, |number| matches!(number, 2..=5))
}

/// Leaves out fields of a `singular` number that come again.
fn last_of_each(message: &[u8], singular: impl Fn(u32) -> bool) -> Vec<u8> {
    let fields: Vec<_> = Fields::new(message).flatten().collect();
    let mut kept = vec![];
    for (i, field) in fields.iter().enumerate() {
        let again = fields[i + 1..].iter().any(|later| later.number == field.number);
        if !again || !singular(field.number) {
            kept.extend_from_slice(&message[field.start..field.end]);
        }
    }
    kept
}

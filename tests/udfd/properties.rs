//! What holds for all bytes, not only for those somebody thought of.

use std::collections::BTreeMap;

use kapacitor_udfd::agent::{Agent, Step};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::{self, Point};
use kapacitor_udfd::wire::point::{FieldValue, PointView};
use kapacitor_udfd::wire::request::Request;
use kapacitor_udfd::wire::{WireError, frame};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use prost::Message;

use super::support::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["a", "host", "value", "", "é\n"]).prop_map(str::to_owned), ".{0,200}"]
}

prop_compose! {
    fn any_point()(
        time: i64, name in name(), group in name(), dimensions in vec(name(), 0..3), by_name: bool,
        tags in btree_map(name(), name(), 0..4), // prost leaves the sign of -0.0 in a map out when it encodes.
        doubles in btree_map(name(), any::<f64>().prop_map(|double| double + 0.0), 0..4),
        ints in btree_map(name(), any::<i64>(), 0..4), strings in btree_map(name(), name(), 0..4),
        bools in btree_map(name(), any::<bool>(), 0..4),
    ) -> Point {
        Point {
            time, name, group, dimensions, by_name, tags, fields_double: doubles, fields_int: ints,
            fields_string: strings, fields_bool: bools, ..Point::default()
        }
    }
}

/// Requests in any order, whole and broken.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let frame = prop_oneof![
        8 => any_point().prop_map(frame_of),
        2 => Just(frame_of(init_request(vec![]))),
        1 => Just(frame_of(proto::InfoRequest {})),
        2 => any::<i64>().prop_map(|time| frame_of(proto::KeepaliveRequest { time })),
        1 => Just(frame_of(proto::SnapshotRequest {})),
        1 => vec(any::<u8>(), 0..9).prop_map(|snapshot| frame_of(proto::RestoreRequest { snapshot })),
        1 => Just(frame_of(begin(3))),
        1 => Just(frame_of(end(3))),
        1 => vec(any::<u8>(), 0..40),
    ];
    let init = Just(frame_of(init_request(vec![])));
    (init, vec(frame, 0..20)).prop_map(|(init, frames)| [vec![init], frames].concat().concat())
}

/// Plays `stream` to an agent in pieces; what it sent, and what it ended with.
fn play(edge: Edge, stream: &[u8], sizes: &[usize]) -> (Vec<u8>, Option<String>) {
    let mut agent = Agent::new(|| Box::new(Mirror::new(edge)), Limits::default().into()).unwrap();
    let (mut sent, mut buffer) = (vec![], vec![]);
    let mut sizes = sizes.iter().cycle();
    let mut rest = stream;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        rest = after;
        buffer.extend_from_slice(piece);
        loop {
            let step = agent.step(0, &buffer);
            sent.extend(agent.take_output().into_iter().flatten());
            match step {
                Ok(Step::Took { bytes, .. }) => drop(buffer.drain(..bytes)),
                Ok(Step::NeedMore) => break,
                Err(fault) => return (sent, Some(fault.to_string())),
            }
        }
    }
    let end = agent.end_of_stream(0, &buffer).err().map(|fault| fault.to_string());
    (sent, end)
}

/// All a view can tell of a point.
fn read(view: PointView<'_>) -> Result<Point, String> {
    let mut point = Point {
        time: view.time(),
        name: view.name().map_err(|e| e.to_string())?.into(),
        database: view.database().map_err(|e| e.to_string())?.into(),
        retention_policy: view.retention_policy().map_err(|e| e.to_string())?.into(),
        group: std::str::from_utf8(view.group()).map_err(|e| e.to_string())?.into(),
        by_name: view.by_name(),
        ..Point::default()
    };
    for dimension in view.dimensions() {
        point.dimensions.push(dimension.map_err(|e| e.to_string())?.into());
    }
    for tag in view.tags() {
        let (name, value) = tag.map_err(|e| e.to_string())?;
        assert!(view.tag(name).map_err(|e| e.to_string())?.is_some());
        point.tags.insert(name.into(), value.into());
    }
    for field in view.fields() {
        let (name, value) = field.map_err(|e| e.to_string())?;
        let name = name.to_owned();
        match value {
            FieldValue::String(value) => drop(point.fields_string.insert(name, value.into())),
            FieldValue::Int(value) => drop(point.fields_int.insert(name, value)),
            FieldValue::Double(value) => drop(point.fields_double.insert(name, value)),
            FieldValue::Bool(value) => drop(point.fields_bool.insert(name, value)),
        }
    }
    Ok(point)
}

/// Compares a view with prost, on a point's bytes that may be broken.
fn compare(body: &[u8]) -> Result<(), TestCaseError> {
    let mut bytes = vec![];
    kapacitor_udfd::wire::varint::write(body.len() as u64, &mut bytes);
    let message = [&[0x8a, 0x01][..], &bytes, body].concat();
    let mut bytes = vec![];
    kapacitor_udfd::wire::varint::write(message.len() as u64, &mut bytes);
    bytes.extend_from_slice(&message);
    let frame = frame::find(&bytes, usize::MAX).unwrap().unwrap();
    let mut scratch = vec![];
    let viewed = match Request::parse(frame, &mut scratch) {
        Ok(Request::Point(view)) => read(view),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    };
    match (Point::decode(body), viewed) {
        // Through bytes: NaN is not equal to itself.
        (Ok(point), Ok(viewed)) => prop_assert_eq!(point.encode_to_vec(), viewed.encode_to_vec()),
        (Err(_), Err(_)) => {}
        (prost, view) => prop_assert!(false, "prost {:?}, view {:?}", prost, view),
    }
    Ok(())
}

/// A field as Kapacitor takes it from a point: the maps merged, boolean over double over int.
fn merged(point: &Point) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    fields.extend(point.fields_string.iter().map(|(k, v)| (k.clone(), format!("{v:?}"))));
    fields.extend(point.fields_int.iter().map(|(k, v)| (k.clone(), format!("{v}i"))));
    fields.extend(point.fields_double.iter().map(|(k, v)| (k.clone(), format!("{v:?}"))));
    fields.extend(point.fields_bool.iter().map(|(k, v)| (k.clone(), format!("{v}"))));
    fields
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_means_the_same_however_it_is_cut(
        stream in any_stream(), sizes in vec(1..200usize, 1..10), batch: bool,
    ) {
        let edge = if batch { Edge::Batch } else { Edge::Stream };
        prop_assert_eq!(play(edge, &stream, &sizes), play(edge, &stream, &[usize::MAX]));
    }

    #[test]
    fn frames_are_found_whole_or_not_at_all(bytes in vec(any::<u8>(), 0..60), max in 0..80usize) {
        let found = frame::find(&bytes, max);
        for cut in 0..bytes.len() {
            match (frame::find(&bytes[..cut], max), &found) {
                (Ok(None), _) => {}
                (early, found) => prop_assert_eq!(&early, found),
            }
        }
        match found {
            Ok(Some(frame)) => prop_assert!(frame.message().len() <= max),
            Err(WireError::TooLong { announced, .. }) => prop_assert!(announced > max as u64),
            _ => {}
        }
    }

    #[test]
    fn a_view_reads_what_prost_decodes(point in any_point()) {
        compare(&point.encode_to_vec())?;
    }

    #[test]
    fn a_view_of_a_damaged_point_fails_where_prost_fails(
        point in any_point(), changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = point.encode_to_vec();
        for (index, byte) in changes {
            if !body.is_empty() {
                let at = index.index(body.len());
                body[at] = byte;
            }
        }
        // Groups, which protobuf has given up and no Kapacitor sends, are refused inside map entries.
        let group = |byte: &u8| matches!(byte & 7, 3 | 4);
        prop_assume!(!body.iter().any(group) || Point::decode(&*body).is_err());
        compare(&body)?;
    }

    #[test]
    fn a_view_s_field_is_the_one_kapacitor_takes(point in any_point(), name in name()) {
        let frame = frame_of(point.clone());
        let mut scratch = vec![];
        let found = frame::find(&frame, usize::MAX).unwrap().unwrap();
        let Ok(Request::Point(view)) = Request::parse(found, &mut scratch) else { panic!() };
        let field = view.field(&name).unwrap().map(|field| match field {
            FieldValue::String(value) => format!("{value:?}"),
            FieldValue::Int(value) => format!("{value}i"),
            FieldValue::Double(value) => format!("{value:?}"),
            FieldValue::Bool(value) => format!("{value}"),
        });
        prop_assert_eq!(field, merged(&point).get(&name).cloned());
        prop_assert_eq!(view.tag(&name).unwrap(), point.tags.get(&name).map(String::as_str));
    }

    #[test]
    fn a_mirror_s_options_do_to_any_point_what_they_say(
        point in any_point(), name in name(), value: i64, default: bool,
    ) {
        prop_assume!(!name.is_empty());
        let option = if default { "defaultFieldInt" } else { "fieldInt" };
        let argument = |value| proto::OptionValue { r#type: 0, value: Some(value) };
        let values = vec![
            argument(proto::option_value::Value::StringValue(name.clone())),
            argument(proto::option_value::Value::IntValue(value)),
        ];
        let options = vec![proto::Option { name: option.into(), values }];
        let stream = [frame_of(init_request(options)), frame_of(point.clone())].concat();
        let (sent, end) = play(Edge::Stream, &stream, &[usize::MAX]);
        prop_assert_eq!(end, None);
        let init = frame::find(&sent, usize::MAX).unwrap().unwrap().bytes().len();
        let response = proto::Response::decode_length_delimited(&sent[init..]).unwrap();
        let Some(proto::response::Message::Point(got)) = response.message else { panic!("{response:?}") };
        let mut expected = merged(&point);
        if default {
            expected.entry(name).or_insert(format!("{value}i"));
        } else {
            expected.insert(name, format!("{value}i"));
        }
        prop_assert_eq!(merged(&got), expected);
        prop_assert_eq!((got.time, got.tags, got.group), (point.time, point.tags, point.group));
    }
}

//! What holds for all bytes, not only for those somebody thought of.

use std::collections::BTreeMap;

use bytes::BytesMut;
use kapacitor_udfd::agent::Agent;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{self, Point};
use kapacitor_udfd::wire::patch::PointPatch;
use kapacitor_udfd::wire::point::FieldValue;
use kapacitor_udfd::wire::request::Request;
use kapacitor_udfd::wire::{frame, response};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use prost::Message;

use super::laws;
use super::laws::point::{merged, told};
use super::support::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["a", "host", "value", "", "é\n"]).prop_map(str::to_owned), ".{0,200}"]
}

prop_compose! {
    fn any_point()(
        time: i64, name in name(), group in name(), dimensions in vec(name(), 0..3), by_name: bool,
        tags in btree_map(name(), name(), 0..4),
        doubles in btree_map(name(), prop_oneof![3 => any::<f64>(), 1 => Just(-0.0)], 0..4),
        ints in btree_map(name(), any::<i64>(), 0..4), strings in btree_map(name(), name(), 0..4),
        bools in btree_map(name(), any::<bool>(), 0..4),
    ) -> Point {
        Point {
            time, name, group, dimensions, by_name, tags, fields_double: doubles, fields_int: ints,
            fields_string: strings, fields_bool: bools, ..Point::default()
        }
    }
}

/// Not through prost, which leaves out the sign of a -0.0.
fn point_frame(point: &Point) -> Vec<u8> {
    let mut frame = BytesMut::new();
    response::write_point(point, &mut frame);
    frame.to_vec()
}

fn point_body(point: &Point) -> Vec<u8> {
    let (frame, mut scratch) = (point_frame(point), vec![]);
    let found = frame::find(&frame, usize::MAX).unwrap().unwrap();
    let Ok(Request::Point(view)) = Request::parse(found, &mut scratch) else { panic!() };
    view.body().to_vec()
}

/// Requests in any order, whole and broken.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let frame = prop_oneof![
        8 => any_point().prop_map(|point| point_frame(&point)),
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_means_the_same_however_it_is_cut(
        stream in any_stream(), sizes in vec(1..200usize, 1..10), batch: bool,
    ) {
        let edge = if batch { Edge::Batch } else { Edge::Stream };
        laws::requests::hold(edge, &stream, &sizes);
    }

    #[test]
    fn any_bytes_are_a_stream_too(stream in vec(any::<u8>(), 0..60), sizes in vec(1..20usize, 1..4)) {
        laws::requests::hold(Edge::Stream, &stream, &sizes);
        laws::requests::hold(Edge::Batch, &stream, &sizes);
    }

    #[test]
    fn any_text_is_a_script_or_refused(place: u8, text in "\\PC{0,60}") {
        laws::script::holds(&[&[place], text.as_bytes()].concat());
    }

    #[test]
    fn scripts_that_are_cut_and_joined_are_taken_or_refused(
        place: u8, parts in vec((0..laws::script::SEEDS.len(), 0..100usize, 0..100usize), 1..4),
    ) {
        let part = |&(seed, start, length): &(usize, usize, usize)| {
            let text: Vec<char> = laws::script::SEEDS[seed].chars().collect();
            text.into_iter().skip(start).take(length).collect::<String>()
        };
        let text: String = parts.iter().map(part).collect();
        laws::script::holds(&[&[place], text.as_bytes()].concat());
    }

    #[test]
    fn frames_are_found_whole_or_not_at_all(bytes in vec(any::<u8>(), 0..60), max in 0..80usize) {
        laws::frame::holds(&bytes, max);
        laws::frame::holds(&bytes, usize::MAX);
    }

    #[test]
    fn a_length_is_read_as_prost_reads_it(
        length: u64, padding in 0..3usize, message in vec(any::<u8>(), 0..20), max in 0..u32::MAX as usize,
    ) {
        let mut bytes = vec![];
        prost::encoding::encode_varint(length >> (length % 64), &mut bytes);
        // The same number in more bytes than it needs.
        for _ in 0..padding {
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.push(0);
        }
        bytes.extend(message);
        laws::frame::holds(&bytes, max);
    }

    #[test]
    fn a_view_reads_what_prost_decodes(point in any_point()) {
        laws::point::holds(&point_body(&point));
    }

    #[test]
    fn a_view_of_a_damaged_point_fails_where_prost_fails(
        points in vec(any_point(), 1..3), changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        // Two messages in a row are one, with everything in it twice.
        let mut body: Vec<u8> = points.iter().flat_map(point_body).collect();
        for (index, byte) in changes {
            if !body.is_empty() {
                let at = index.index(body.len());
                body[at] = byte;
            }
        }
        laws::point::holds(&body);
    }

    #[test]
    fn a_view_of_a_point_with_something_unknown_is_the_same(point in any_point(), number in 13..1000u32, value: u64) {
        let mut body = point_body(&point);
        prost::encoding::uint64::encode(number, &value, &mut body);
        laws::point::holds(&body);
    }

    #[test]
    fn a_view_s_field_is_the_one_kapacitor_takes(point in any_point(), name in name()) {
        let (frame, mut scratch) = (point_frame(&point), vec![]);
        let found = frame::find(&frame, usize::MAX).unwrap().unwrap();
        let Ok(Request::Point(view)) = Request::parse(found, &mut scratch) else { panic!() };
        prop_assert_eq!(view.field(&name).unwrap().map(told), merged(&point).get(name.as_str()).cloned());
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
        let stream = [frame_of(init_request(options)), point_frame(&point)].concat();
        let played = laws::requests::play(Edge::Stream, &stream, &[usize::MAX]);
        prop_assert_eq!(&played.fault, &None);
        let response = proto::Response::decode_length_delimited(&*played.turns[1].1).unwrap();
        let Some(proto::response::Message::Point(got)) = response.message else { panic!("{response:?}") };
        let mut expected = merged(&point);
        if default {
            expected.entry(&name).or_insert(format!("{value}i"));
        } else {
            expected.insert(&name, format!("{value}i"));
        }
        prop_assert_eq!(merged(&got), expected);
        prop_assert_eq!((got.time, &got.tags, &got.group), (point.time, &point.tags, &point.group));
    }

    /// Whatever a library's user asks of a patch, twice or in any order.
    #[test]
    fn a_patch_does_to_any_point_what_its_calls_say(point in any_point(), edits in vec(edit(), 0..6)) {
        let wanted = edits.clone();
        let handler = Scripted::stream().on_point(move |_, point, out| {
            let mut patch = PointPatch::new();
            for edit in &wanted {
                edit.ask(&mut patch);
            }
            Ok(out.patched(&point, &mut patch)?)
        });
        let mut agent = Agent::new(|| Box::new(handler), Limits::default().into()).unwrap();
        agent.step_aside(0, &frame_of(init_request(vec![]))).unwrap();
        agent.take_output();
        agent.step(0, &point_frame(&point)).unwrap();
        let sent = agent.take_output().unwrap();
        let found = frame::find(&sent, usize::MAX).unwrap().unwrap();
        prop_assert_eq!(found.bytes().len(), sent.len());
        let response = proto::Response::decode(found.message()).unwrap();
        let Some(proto::response::Message::Point(got)) = response.message else { panic!("{response:?}") };

        let (mut tags, mut fields) = (point.tags.clone(), merged(&point));
        for (n, edit) in edits.iter().enumerate() {
            let replaced = edits[n + 1..].iter().any(|later| later.tag == edit.tag && later.name == edit.name);
            if !replaced {
                edit.model(&point.dimensions, &mut tags, &mut fields);
            }
        }
        prop_assert_eq!(merged(&got), fields);
        prop_assert_eq!((got.time, got.tags, got.group), (point.time, tags, point.group));
    }
}

/// One call on a patch.
#[derive(Debug, Clone)]
struct Edit {
    name: String,
    tag: bool,
    default: bool,
    int: Option<i64>,
}

prop_compose! {
    fn edit()(
        name in name(), tag: bool, default: bool, int: Option<i64>,
    ) -> Edit {
        Edit { name, tag, default, int }
    }
}

impl Edit {
    fn ask(&self, patch: &mut PointPatch) {
        let value = self.value();
        match (self.tag, self.default) {
            (true, false) => patch.set_tag(&self.name, "set"),
            (true, true) => patch.default_tag(&self.name, "set"),
            (false, false) => patch.set_field(&self.name, value),
            (false, true) => patch.default_field(&self.name, value),
        }
    }

    fn value(&self) -> FieldValue<'_> {
        self.int.map_or(FieldValue::Bool(true), FieldValue::Int)
    }

    fn model<'p>(
        &'p self,
        dimensions: &[String],
        tags: &mut BTreeMap<String, String>,
        fields: &mut BTreeMap<&'p str, String>,
    ) {
        if self.tag && !dimensions.contains(&self.name) {
            let missing = tags.get(&self.name).is_none_or(String::is_empty);
            if missing || !self.default {
                tags.insert(self.name.clone(), "set".to_owned());
            }
        }
        let kept = self.default && fields.contains_key(self.name.as_str());
        if !(self.tag || kept) {
            fields.insert(&self.name, told(self.value()));
        }
    }
}

//! What comes out, against a naive version made of decoded points.

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::aggregate::events::testing::{push, push_body};
use crate::proto::{Point, Response, response};
use crate::wire::frame;

type Text = (&'static str, &'static str);

/// What a task adds, before it is written.
#[derive(Debug, Clone, Default)]
struct Given {
    ids: Vec<Text>,
    tags: Vec<Text>,
    joined: Option<&'static str>,
    field: Option<Text>,
}

impl Given {
    fn dress(&self) -> Dress<'static> {
        let mut dress = Dress::default();
        self.ids.iter().for_each(|(name, value)| dress.id_tag(name.as_bytes(), value.as_bytes()));
        self.joined.iter().for_each(|tags| dress.join_tags(tags.as_bytes()));
        self.tags.iter().for_each(|(name, value)| dress.set_tag(name.as_bytes(), value.as_bytes()));
        self.field.iter().for_each(|(name, text)| dress.set_field(name.as_bytes(), text.as_bytes()));
        dress
    }

    /// The naive version: the point as it comes out, and how many fields it lost.
    fn put_on(&self, point: &Point) -> (Point, u64) {
        let Point { time, mut tags, .. } = point.clone();
        let mut fields = fields(point);
        let mut set = BTreeMap::new();
        for (name, value) in &self.tags {
            set.insert(*name, (*value).to_owned());
        }
        if let Some(more) = self.joined {
            let own = tags.get("tags").filter(|own| !own.is_empty());
            set.insert("tags", own.map_or(more.to_owned(), |own| format!("{own},{more}")));
        }
        let mut left_out = 0;
        if let Some((name, text)) = self.field {
            let is_the_task_s = set.contains_key(name) || self.ids.iter().any(|(id, _)| *id == name);
            let own = fields.insert(name.to_owned(), vec![Field::Text(text.to_owned())]);
            if !is_the_task_s {
                let is_tag = tags.get(name).is_some_and(|value| !value.is_empty());
                left_out += usize::from(own.is_some() || is_tag);
                if is_tag {
                    fields.remove(name);
                }
            }
        }
        let before = fields.len();
        fields.retain(|name, _| !set.contains_key(&**name));
        left_out += before - fields.len();
        for (name, value) in &self.ids {
            fields.remove(*name);
            tags.insert((*name).to_owned(), (*value).to_owned());
        }
        tags.extend(set.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let mut point = Point { time, tags, ..Point::default() };
        for (name, values) in fields {
            for value in values {
                let name = name.clone();
                match value {
                    Field::Text(text) => drop(point.fields_string.insert(name, text)),
                    Field::Int(int) => drop(point.fields_int.insert(name, int)),
                    Field::Double(bits) => drop(point.fields_double.insert(name, f64::from_bits(bits))),
                    Field::Bool(bool) => drop(point.fields_bool.insert(name, bool)),
                }
            }
        }
        (point, u64::try_from(left_out).unwrap())
    }
}

#[derive(Debug, Clone)]
enum Field {
    Text(String),
    Int(i64),
    Double(u64),
    Bool(bool),
}

/// By name; one may stand under several types.
fn fields(point: &Point) -> BTreeMap<String, Vec<Field>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    let mut add = |name: &String, field| all.entry(name.clone()).or_default().push(field);
    point.fields_string.iter().for_each(|(name, text)| add(name, Field::Text(text.clone())));
    point.fields_int.iter().for_each(|(name, int)| add(name, Field::Int(*int)));
    point.fields_double.iter().for_each(|(name, double)| add(name, Field::Double(double.to_bits())));
    point.fields_bool.iter().for_each(|(name, bool)| add(name, Field::Bool(*bool)));
    all
}

fn decode(mut bytes: &[u8]) -> Vec<Point> {
    let mut points = Vec::new();
    while let Some(frame) = frame::find(bytes, usize::MAX).unwrap() {
        let message = Response::decode(frame.message()).unwrap().message;
        let Some(response::Message::Point(point)) = message else { panic!("{message:?}") };
        points.push(point);
        bytes = &bytes[frame.bytes().len()..];
    }
    assert!(bytes.is_empty());
    points
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["id", "zone", "tags", "reason", "late", "f", "", "value"]),
        1 => Just(concat!("a name of more than sixty-three bytes, which share one bit of those that ", "stand for lengths"))
    ]
    .prop_map(str::to_owned)
}

fn point() -> impl Strategy<Value = Point> {
    let time = prop_oneof![3 => 0..5i64, 1 => any::<i64>()];
    let double = any::<f64>().prop_filter("NaN equals nothing", |double| !double.is_nan());
    let strings = || prop::collection::btree_map(name(), "[a-z]{0,3}|.{100,200}", 0..4);
    (
        (time, "m?", "g?", prop::collection::vec("[a-z]*", 0..3), any::<bool>(), strings()),
        strings(),
        prop::collection::btree_map(name(), any::<i64>(), 0..3),
        prop::collection::btree_map(name(), double, 0..3),
        prop::collection::btree_map(name(), any::<bool>(), 0..3),
    )
        .prop_map(
            |(
                (time, name, group, dimensions, by_name, tags),
                fields_string,
                fields_int,
                fields_double,
                fields_bool,
            )| {
                let database = name.clone();
                let retention_policy = group.clone();
                #[rustfmt::skip]
                let point = Point {
                    time, name, database, retention_policy, group, dimensions, tags, fields_double,
                    fields_int, fields_string, by_name, fields_bool,
                };
                point
            },
        )
}

fn given() -> impl Strategy<Value = Given> {
    let ids = prop::sample::subsequence(vec![("id", "7"), ("zone", "")], 0..=2);
    let tags = prop::sample::subsequence(vec![("reason", "timeout"), ("late", "yes"), ("f", "g")], 0..=3);
    let joined = prop::option::of(Just("_timeout,more"));
    let field = prop::sample::select(vec!["id", "value", "late", "tags", "other"]);
    (ids, tags, joined, prop::option::of(field)).prop_map(|(ids, tags, joined, field)| Given {
        ids,
        tags,
        joined,
        field: field.map(|name| (name, "the whole id")),
    })
}

proptest! {
    #[test]
    fn events_come_out_as_the_naive_version_has_them(
        points in prop::collection::vec(point(), 0..8), given in given(),
    ) {
        let mut events = Events::default();
        for point in &points {
            push(&mut events, point);
        }
        let mut sorted = points.clone();
        sorted.sort_by_key(|point| point.time);
        let (expected, left_out): (Vec<_>, Vec<_>) = sorted.iter().map(|point| given.put_on(point)).unzip();
        let mut out = Vec::new();
        prop_assert_eq!(given.dress().frames(&events, &mut out), left_out.iter().sum::<u64>());
        prop_assert_eq!(decode(&out), expected);
    }

    /// Whatever stands in an entry, what comes out is frames of points, and what a task has a say in can be read.
    #[test]
    fn broken_entries_are_left_out(
        entries in prop::collection::vec(
            (prop::sample::select(vec![7u8, 8, 9, 10, 12]), prop::collection::vec(0..20u8, 0..12)),
            1..6,
        ),
        given in given(),
    ) {
        let mut body = Vec::new();
        for (number, entry) in &entries {
            body.push(number << 3 | 2);
            body.push(u8::try_from(entry.len()).unwrap());
            body.extend_from_slice(entry);
        }
        let mut events = Events::default();
        push_body(&mut events, &body);
        let mut out = Vec::new();
        given.dress().frames(&events, &mut out);
        let frame = frame::find(&out, usize::MAX).unwrap().unwrap();
        prop_assert_eq!(frame.bytes().len(), out.len());
        let point = crate::wire::request::point(frame).unwrap();
        if given.dress().names.is_empty() {
            prop_assert_eq!(point.body().get(point.body().len() - body.len()..), Some(&*body));
            return Ok(());
        }
        prop_assert!(point.entries().all(|entry| entry.is_ok()));
        let read = Entries::new(&body).flatten().count();
        prop_assert!(point.entries().count() <= read + given.dress().names.len());
    }
}

#[test]
fn the_last_of_a_name_counts_and_all_of_them_are_replaced() {
    let mut body = Vec::new();
    for (name, value) in [("tags", "first"), ("id", "1"), ("tags", "last"), ("id", "2")] {
        let value = Value::Bytes(value.as_bytes());
        patch::write_entry(name.as_bytes(), EntryKind::Tag, value, &mut body);
        patch::write_entry(name.as_bytes(), EntryKind::String, value, &mut body);
    }
    patch::write_entry(b"tags", EntryKind::Int, Value::Varint(1), &mut body);
    let mut events = Events::default();
    push_body(&mut events, &body);
    let given = Given { ids: vec![("id", "7")], joined: Some("more"), ..Given::default() };
    let mut out = Vec::new();
    assert_eq!(given.dress().frames(&events, &mut out), 1);
    let tags = [("id", "7"), ("tags", "last,more")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(decode(&out), [Point { tags: tags.into(), ..Point::default() }]);
}

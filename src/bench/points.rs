//! What the points look like, as messages: names and lengths as a web service's metrics have
//! them, about 180 bytes a point with three tags and four fields.

use std::collections::BTreeMap;

use kapacitor_udfd::proto;

use super::block::Block;
use super::ids;
use super::plan::Shape;

const NAME: &str = "requests";
/// The tag the points are grouped by.
pub(super) const KEY: &str = "user";
const TAGS: [(&str, &str); 2] = [("host", "web-0042"), ("zone", "eu-1a")];
const FIELDS: [&str; 5] = ["millis", "bytes", "path", "cached", "amount"];

impl Shape {
    /// The point with this number.
    pub(super) fn point(&self, number: u64) -> proto::Point {
        let stream = self.batch == 0;
        let text = |text: &str| if stream { text.to_owned() } else { String::new() };
        let mut point = proto::Point {
            time: self.clock.time(number),
            name: text(NAME),
            database: text("telegraf"),
            retention_policy: text("autogen"),
            group: self.group(number),
            dimensions: if stream && self.tags > 0 { vec![KEY.to_owned()] } else { Vec::new() },
            tags: (0..self.tags).map(|tag| self.tag(tag, number)).collect(),
            ..Default::default()
        };
        for field in 0..self.fields {
            set_field(&mut point, field, self.place(number));
        }
        point
    }

    /// What the field `amount` of a point is, times eight.
    pub(super) fn amount_in_eighths(&self, number: u64) -> i64 {
        eighths(self.place(number)).cast_signed()
    }

    /// What the values of fields are made of: they stay as they are from block to block.
    fn place(&self, number: u64) -> u64 {
        number % Block::usual_points(*self)
    }

    /// The begin of the batch whose first point has this number.
    pub(super) fn begin(&self, number: u64, points: u64) -> proto::BeginBatch {
        proto::BeginBatch {
            name: NAME.to_owned(),
            group: self.group(number),
            tags: self.group_tags(number),
            size: i64::try_from(points).unwrap_or_default(),
            by_name: false,
        }
    }

    /// The end of the batch whose last point has this number.
    pub(super) fn end(&self, number: u64) -> proto::EndBatch {
        proto::EndBatch {
            name: NAME.to_owned(),
            group: self.group(number),
            tmax: self.clock.latest(number),
            tags: self.group_tags(number),
            by_name: false,
        }
    }

    /// Which key a point has: in a stream one after the other, in batches one a batch.
    pub(super) fn key(&self, number: u64) -> u64 {
        number / self.batch.max(1) % self.keys
    }

    fn group(&self, number: u64) -> String {
        if self.tags == 0 { String::new() } else { format!("{KEY}={}", key_text(self.key(number))) }
    }

    fn group_tags(&self, number: u64) -> BTreeMap<String, String> {
        (0..self.tags.min(1)).map(|tag| self.tag(tag, number)).collect()
    }

    fn tag(&self, tag: u32, number: u64) -> (String, String) {
        let with_id = u32::from(self.ids > 0);
        match tag.checked_sub(1 + with_id) {
            None if tag == 0 => (KEY.to_owned(), key_text(self.key(number))),
            None => (ids::TAG.to_owned(), id_text(self.id(number))),
            Some(other) => match TAGS.get(other as usize) {
                Some((name, value)) => ((*name).to_owned(), (*value).to_owned()),
                None => (format!("tag{tag}"), format!("value{tag}")),
            },
        }
    }
}

/// A key as the tag's value: always of the same length, so that one can replace another.
pub(super) fn key_text(key: u64) -> String {
    format!("u{key:08}")
}

fn id_text(id: u64) -> String {
    ids::text(id).into_iter().map(char::from).collect()
}

/// A double, in eighths.
fn eighths(number: u64) -> u64 {
    1 + number % 1000
}

/// Doubles, integers, strings and booleans in turn; the first five with names of their own. No
/// value is its type's zero, which an encoder may leave out: all points have the same length.
fn set_field(point: &mut proto::Point, field: u32, number: u64) {
    let known = FIELDS.get(field as usize).map(|&name| name.to_owned());
    let name = known.unwrap_or_else(|| format!("field{field}"));
    match field % 4 {
        0 => drop(point.fields_double.insert(name, super::real(eighths(number)) / 8.0)),
        1 => drop(point.fields_int.insert(name, i64::try_from(20_000 + number % 1000).unwrap_or_default())),
        2 => drop(point.fields_string.insert(name, format!("/items/{:03}", number % 1000))),
        _ => drop(point.fields_bool.insert(name, true)),
    }
}

//! Setting fields and tags on points without decoding them. Protobuf lets a map entry be
//! repeated, the last one wins: what is set is appended to the message, as bytes made once.

use std::ops::Range;

use bytes::{BufMut, BytesMut};

use super::entry::{Entry, EntryKind};
use super::fields::Value;
use super::point::{FieldValue, PointView};
use super::request::number::POINT;
use super::{WireError, response, varint};

/// Fields and tags to set on points: on every point, or where they are missing.
///
/// A field set with another type than the point had replaces it. A tag the point is grouped by is
/// never touched: Kapacitor would take the point for one of another group. A later call for a name
/// replaces an earlier one.
#[derive(Debug, Clone, Default)]
pub struct PointPatch {
    edits: Vec<Edit>,
    /// Parts of the point to leave out; kept to be used again.
    cuts: Vec<Range<usize>>,
    sets_tags: bool,
}

#[derive(Debug, Clone)]
struct Edit {
    name: String,
    kind: EntryKind,
    only_if_missing: bool,
    /// The entry, encoded.
    bytes: Vec<u8>,
    /// A dimension of the batch that is open.
    locked: bool,
    /// Found out anew for each point.
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Append,
    Present,
    Dimension,
}

impl PointPatch {
    /// A patch that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes it adds to a point at the most.
    pub(crate) fn len(&self) -> usize {
        3 * varint::MAX_LEN + self.edits.iter().map(|edit| edit.bytes.len()).sum::<usize>()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Sets a field on every point.
    pub fn set_field(&mut self, name: &str, value: FieldValue<'_>) {
        self.add(name, value, Sort::Field, false);
    }

    /// Sets a field on points that have none of that name.
    pub fn default_field(&mut self, name: &str, value: FieldValue<'_>) {
        self.add(name, value, Sort::Field, true);
    }

    /// Sets a tag on every point.
    pub fn set_tag(&mut self, name: &str, value: &str) {
        self.add(name, FieldValue::String(value), Sort::Tag, false);
    }

    /// Sets a tag on points where it is missing or empty, as Kapacitor's default node does.
    pub fn default_tag(&mut self, name: &str, value: &str) {
        self.add(name, FieldValue::String(value), Sort::Tag, true);
    }

    /// Protects tags of these names until called again: the tags of the batch that is open.
    pub fn lock_tags<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        self.edits.iter_mut().for_each(|edit| edit.locked = false);
        for name in names {
            for edit in self.edits.iter_mut().filter(|e| e.kind == EntryKind::Tag && e.name == name) {
                edit.locked = true;
            }
        }
    }

    /// Appends the frame of `point` with the changes made to `out`.
    pub(crate) fn apply(&mut self, point: &PointView<'_>, out: &mut BytesMut) -> Result<(), WireError> {
        self.judge(point)?;
        let body = point.body();
        let cut: usize = self.cuts.iter().map(Range::len).sum();
        let appended: usize = self.appended().map(|edit| edit.bytes.len()).sum();
        let length = body.len() - cut + appended;

        response::write_header(POINT, length, out);
        let mut from = 0;
        for cut in &self.cuts {
            out.put_slice(body.get(from..cut.start).unwrap_or_default());
            from = cut.end;
        }
        out.put_slice(body.get(from..).unwrap_or_default());
        for edit in self.appended() {
            out.put_slice(&edit.bytes);
        }
        Ok(())
    }

    /// The tags that were not set on the last point because it is grouped by them.
    pub fn refused_tags(&self) -> impl Iterator<Item = &str> {
        let edits = if self.sets_tags { self.edits.as_slice() } else { &[] };
        edits.iter().filter(|edit| edit.verdict == Verdict::Dimension).map(|edit| edit.name.as_str())
    }

    fn appended(&self) -> impl Iterator<Item = &Edit> {
        self.edits.iter().filter(|edit| edit.verdict == Verdict::Append)
    }

    /// Decides, for this point, what is appended and what is cut out.
    fn judge(&mut self, point: &PointView<'_>) -> Result<(), WireError> {
        self.cuts.clear();
        for edit in &mut self.edits {
            edit.verdict = if edit.locked { Verdict::Dimension } else { Verdict::Append };
        }
        let mut entries = point.entries();
        loop {
            let edits = &self.edits;
            let Some(found) = entries.next_wanted(|key| edits.iter().position(|e| e.name.as_bytes() == key))
            else {
                break;
            };
            let (first, entry) = found?;
            for edit in self.edits.iter_mut().skip(first) {
                if edit.meets(&entry) {
                    edit.judge(&entry, &mut self.cuts);
                }
            }
        }
        if self.sets_tags {
            for dimension in point.dimension_bytes() {
                for edit in &mut self.edits {
                    if edit.kind == EntryKind::Tag && edit.name.as_bytes() == dimension {
                        edit.verdict = Verdict::Dimension;
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: FieldValue<'_>, sort: Sort, only_if_missing: bool) {
        // Two edits of one name would each cut what the other replaces.
        let is_tag = sort == Sort::Tag;
        self.edits.retain(|edit| edit.name != name || (edit.kind == EntryKind::Tag) != is_tag);
        let kind = kind_of(value, sort);
        let mut bytes = Vec::new();
        write_entry(name.as_bytes(), kind, value.into(), &mut bytes);
        self.sets_tags |= kind == EntryKind::Tag;
        self.edits.push(Edit {
            name: name.to_owned(),
            kind,
            only_if_missing,
            bytes,
            locked: false,
            verdict: Verdict::Append,
        });
    }
}

impl Edit {
    /// Whether `entry` has this edit's name and is of its sort, tag or field.
    #[inline]
    fn meets(&self, entry: &Entry<'_>) -> bool {
        (self.kind == EntryKind::Tag) == (entry.kind == EntryKind::Tag) && self.name.as_bytes() == entry.key
    }

    fn judge(&mut self, entry: &Entry<'_>, cuts: &mut Vec<Range<usize>>) {
        if self.verdict == Verdict::Dimension {
            return;
        }
        if self.only_if_missing {
            // The last of several entries decides, so an empty one may undo what one before it said.
            let empty_tag = self.kind == EntryKind::Tag && entry.is_empty();
            self.verdict = if empty_tag { Verdict::Append } else { Verdict::Present };
        } else if entry.kind != self.kind {
            cuts.push(entry.range.clone());
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Field,
    Tag,
}

fn kind_of(value: FieldValue<'_>, sort: Sort) -> EntryKind {
    match value {
        FieldValue::String(_) if sort == Sort::Tag => EntryKind::Tag,
        FieldValue::String(_) => EntryKind::String,
        FieldValue::Int(_) => EntryKind::Int,
        FieldValue::Double(_) => EntryKind::Double,
        FieldValue::Bool(_) => EntryKind::Bool,
    }
}

/// Appends a map entry of a point's message.
pub(crate) fn write_entry(key: &[u8], kind: EntryKind, value: Value<'_>, out: &mut Vec<u8>) {
    const KEY: u8 = 1 << 3 | 2;
    let length = 1 + varint::len(key.len() as u64) + key.len() + 1 + value_len(value);
    varint::write(u64::from(kind.number()) << 3 | 2, out);
    varint::write(length as u64, out);
    out.put_u8(KEY);
    varint::write(key.len() as u64, out);
    out.put_slice(key);
    write_value(value, out);
}

/// How long a value is, without its tag.
fn value_len(value: Value<'_>) -> usize {
    match value {
        Value::Varint(number) => varint::len(number),
        Value::Fixed64(_) => 8,
        Value::Fixed32(_) => 4,
        Value::Bytes(bytes) => varint::len(bytes.len() as u64) + bytes.len(),
    }
}

fn write_value(value: Value<'_>, out: &mut Vec<u8>) {
    const NUMBER: u8 = 2 << 3;
    match value {
        Value::Varint(number) => {
            out.put_u8(NUMBER);
            varint::write(number, out);
        }
        Value::Fixed64(number) => {
            out.put_u8(NUMBER | 1);
            out.put_u64_le(number);
        }
        Value::Fixed32(number) => {
            out.put_u8(NUMBER | 5);
            out.put_u32_le(number);
        }
        Value::Bytes(bytes) => {
            out.put_u8(NUMBER | 2);
            varint::write(bytes.len() as u64, out);
            out.put_slice(bytes);
        }
    }
}

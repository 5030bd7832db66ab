//! A point as a view of its frame: nothing is decoded before somebody asks for it, and nothing
//! is copied. What a reader does not touch is not checked beyond the message's outer structure.

use std::ops::Range;

use super::WireError;
use super::entry::{Entries, Entry, EntryKind, bytes, take_bytes, take_varint, text};
use super::fields::{Fields, Value};
use super::frame::Frame;
use crate::{proto, value};

/// Field numbers of `Point` in the proto file.
pub(crate) mod number {
    pub(crate) const TIME: u32 = 1;
    pub(crate) const NAME: u32 = 2;
    pub(crate) const DATABASE: u32 = 3;
    pub(crate) const RETENTION_POLICY: u32 = 4;
    pub(crate) const GROUP: u32 = 5;
    pub(crate) const DIMENSION: u32 = 6;
    pub(crate) const TAG: u32 = 7;
    pub(crate) const DOUBLE: u32 = 8;
    pub(crate) const INT: u32 = 9;
    pub(crate) const STRING: u32 = 10;
    pub(crate) const BY_NAME: u32 = 11;
    pub(crate) const BOOL: u32 = 12;
}

const TIME_TAG: u32 = number::TIME << 3;
const BY_NAME_TAG: u32 = number::BY_NAME << 3;
const GROUP_TAG: u32 = number::GROUP << 3 | 2;

/// Whether this is the tag of a field of a point that is length-delimited.
#[inline]
fn is_bytes(tag: u32) -> bool {
    tag & 7 == 2 && matches!(tag >> 3, number::NAME..=number::STRING | number::BOOL)
}

/// The value of a field of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue<'a> {
    /// A string.
    String(&'a str),
    /// An integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
}

impl<'a> From<FieldValue<'a>> for Value<'a> {
    fn from(value: FieldValue<'a>) -> Self {
        match value {
            FieldValue::String(string) => Self::Bytes(string.as_bytes()),
            FieldValue::Int(int) => Self::Varint(int.cast_unsigned()),
            FieldValue::Double(double) => Self::Fixed64(double.to_bits()),
            FieldValue::Bool(bool) => Self::Varint(u64::from(bool)),
        }
    }
}

/// Where the parts of a point are in its frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    body: usize,
    group: Range<usize>,
    time: i64,
}

impl Outline {
    /// How many bytes one is.
    pub(crate) const LEN: usize = 4 * 8;

    pub(crate) fn to_bytes(&self) -> [u8; Self::LEN] {
        let numbers = [self.body, self.group.start, self.group.end].map(|number| number as u64);
        let mut bytes = [0; Self::LEN];
        let numbers = numbers.into_iter().chain([self.time.cast_unsigned()]);
        for (place, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
            *place = number.to_le_bytes();
        }
        bytes
    }

    /// From what [`to_bytes`](Self::to_bytes) gave.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut numbers = bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let mut next = || numbers.next().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "it was a usize")]
        let mut place = || next() as usize;
        let (body, group) = (place(), place()..place());
        Self { body, group, time: next().cast_signed() }
    }
}

/// Why a part of a point can't be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// Kapacitor takes any bytes for a string; a Rust `str` doesn't.
    #[error("{what} is not UTF-8: {lossy:?}")]
    NotUtf8 {
        /// Which part.
        what: &'static str,
        /// The text with its bad bytes replaced.
        lossy: String,
    },
    /// The point's bytes are broken.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// A borrowed point. Copying it copies two slices.
///
/// A name that stands more than once in the message (protobuf allows it) has its last value; a
/// field name that stands under several types has the type Kapacitor would take: boolean before
/// double before integer before string.
#[derive(Debug, Clone, Copy)]
pub struct PointView<'a> {
    frame: &'a [u8],
    body: &'a [u8],
    time: i64,
    group: &'a [u8],
}

impl<'a> PointView<'a> {
    /// A view of `body`, the point inside `frame`. `None` when the message holds anything but the
    /// known fields in their own wire types: such a point is decoded and encoded anew first.
    #[inline]
    pub(crate) fn new(frame: Frame<'a>, body: &'a [u8]) -> Option<Self> {
        let mut view = Self { frame: frame.bytes(), body, time: 0, group: &[] };
        let mut rest = body;
        // Every point goes through here: a byte of tag, a byte of length, and on to the next field.
        while let [tag, after @ ..] = rest {
            rest = match u32::from(*tag) {
                TIME_TAG => {
                    let (time, after) = take_varint(after)?;
                    view.time = time.cast_signed();
                    after
                }
                BY_NAME_TAG => take_varint(after)?.1,
                GROUP_TAG => {
                    let (group, after) = take_bytes(after)?;
                    view.group = group;
                    after
                }
                tag if is_bytes(tag) => take_bytes(after)?.1,
                _ => return None,
            }
        }
        Some(view)
    }

    /// What it takes to see the same point in a copy of its frame without a look at all of it.
    pub(crate) fn outline(&self) -> Outline {
        let at = |part: &[u8]| part.as_ptr().addr().saturating_sub(self.frame.as_ptr().addr());
        let group = if self.group.is_empty() { 0 } else { at(self.group) };
        Outline { body: at(self.body), group: group..group + self.group.len(), time: self.time }
    }

    /// The point of this outline in a copy of its frame.
    pub(crate) fn outlined(frame: &'a [u8], outline: &Outline) -> Self {
        let body = frame.get(outline.body..).unwrap_or_default();
        let group = frame.get(outline.group.clone()).unwrap_or_default();
        Self { frame, body, time: outline.time, group }
    }

    /// The frame the point came in, length included.
    pub fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// The point's message, without the frame around it.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Nanoseconds since 1970; may be negative.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// Kapacitor's group, as bytes: `host=web0`, or with the measurement and a newline in front.
    /// Points of a group have equal bytes here.
    pub fn group(&self) -> &'a [u8] {
        self.group
    }

    /// The measurement; empty for a point of a batch, whose name its BeginBatch gives.
    pub fn name(&self) -> Result<&'a str, ReadError> {
        self.text(number::NAME, "measurement")
    }

    /// The database; empty for a point of a batch.
    pub fn database(&self) -> Result<&'a str, ReadError> {
        self.text(number::DATABASE, "database")
    }

    /// The retention policy; empty for a point of a batch.
    pub fn retention_policy(&self) -> Result<&'a str, ReadError> {
        self.text(number::RETENTION_POLICY, "retention policy")
    }

    /// Whether the measurement is part of the group.
    pub fn by_name(&self) -> bool {
        let by_name = self.fields_numbered(number::BY_NAME).last();
        by_name.is_some_and(|value| matches!(value, Value::Varint(v) if v != 0))
    }

    /// The names of the tags the point is grouped by.
    pub fn dimensions(&self) -> impl Iterator<Item = Result<&'a str, ReadError>> {
        self.dimension_bytes().map(|name| text(name, "dimension"))
    }

    /// The value of a tag.
    pub fn tag(&self, name: &str) -> Result<Option<&'a str>, ReadError> {
        let mut found = None;
        for entry in self.entries() {
            let entry = entry?;
            if entry.kind == EntryKind::Tag && entry.key == name.as_bytes() {
                found = Some(entry.value.map_or(&[][..], bytes));
            }
        }
        found.map(|value| text(value, "tag value")).transpose()
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Result<Option<FieldValue<'a>>, ReadError> {
        let mut found: Option<Entry<'a>> = None;
        for entry in self.entries() {
            let entry = entry?;
            let wins = found.as_ref().is_none_or(|found| entry.kind >= found.kind);
            if entry.kind != EntryKind::Tag && wins && entry.key == name.as_bytes() {
                found = Some(entry);
            }
        }
        found.map(|entry| entry.field_value()).transpose()
    }

    /// All tags in the order of the message.
    pub fn tags(&self) -> impl Iterator<Item = Result<(&'a str, &'a str), ReadError>> {
        self.entries().filter(|entry| entry.as_ref().map_or(true, |e| e.kind == EntryKind::Tag)).map(
            |entry| {
                let entry = entry?;
                Ok((text(entry.key, "tag name")?, text(entry.value.map_or(&[][..], bytes), "tag value")?))
            },
        )
    }

    /// All fields in the order of the message.
    pub fn fields(&self) -> impl Iterator<Item = Result<(&'a str, FieldValue<'a>), ReadError>> {
        self.entries().filter(|entry| entry.as_ref().map_or(true, |e| e.kind != EntryKind::Tag)).map(
            |entry| {
                let entry = entry?;
                Ok((text(entry.key, "field name")?, entry.field_value()?))
            },
        )
    }

    /// The measurement as it was sent: text that may be no UTF-8.
    pub fn name_as_sent(&self) -> &'a [u8] {
        self.fields_numbered(number::NAME).last().map_or(&[], bytes)
    }

    /// Likewise all tags, in the order of the message: of a name that stands there twice the last counts.
    pub fn tags_as_sent(&self) -> impl Iterator<Item = Result<(&'a [u8], &'a [u8]), WireError>> + use<'a> {
        self.entries().filter_map(|entry| match entry {
            Ok(entry) if entry.kind != EntryKind::Tag => None,
            entry => Some(entry.map(|entry| (entry.key, entry.value.map_or(&[][..], bytes)))),
        })
    }

    /// Likewise all fields. Of a name that stands there twice the greater counts in the order text, integer,
    /// double, boolean, or else the last.
    pub fn fields_as_sent(
        &self,
    ) -> impl Iterator<Item = Result<(&'a [u8], value::Value<'a>), WireError>> + use<'a> {
        self.entries().filter_map(|entry| match entry {
            Ok(entry) if entry.kind == EntryKind::Tag => None,
            entry => Some(entry.map(|entry| (entry.key, value::Value::of(&entry)))),
        })
    }

    /// The whole point, decoded. Fails for any name or string that is not UTF-8, which Kapacitor sends
    /// unchanged: not for points that have to come through whatever is in them.
    pub fn to_point(&self) -> Result<proto::Point, WireError> {
        Ok(prost::Message::decode(self.body)?)
    }

    /// The names of the dimensions as Kapacitor sent them.
    pub(crate) fn dimension_bytes(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.fields_numbered(number::DIMENSION).map(bytes)
    }

    /// Measurement, database and retention policy as Kapacitor sent them, found in one pass.
    pub(crate) fn origin_bytes(&self) -> [&'a [u8]; 3] {
        origin_bytes(self.body)
    }

    /// Tags and fields as they stand in the message.
    #[inline]
    pub(crate) fn entries(&self) -> Entries<'a> {
        Entries::new(self.body)
    }

    fn fields_numbered(&self, number: u32) -> impl Iterator<Item = Value<'a>> + use<'a> {
        // The constructor has walked the message: there is no error to see here.
        Fields::new(self.body).flatten().filter(move |field| field.number == number).map(|f| f.value)
    }

    fn text(&self, number: u32, what: &'static str) -> Result<&'a str, ReadError> {
        text(self.fields_numbered(number).last().map_or(&[], bytes), what)
    }
}

/// Measurement, database and retention policy in a point's message, or a part of one.
pub(crate) fn origin_bytes(body: &[u8]) -> [&[u8]; 3] {
    let mut found = [&[][..]; 3];
    for field in Fields::new(body).flatten() {
        let place = field.number.checked_sub(number::NAME).map(|place| place as usize);
        if let Some(text) = place.and_then(|place| found.get_mut(place)) {
            *text = bytes(field.value);
        }
    }
    found
}

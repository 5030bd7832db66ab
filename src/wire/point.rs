//! A point as a view of its frame: nothing is decoded before somebody asks for it, and nothing
//! is copied. What a reader does not touch is not checked beyond the message's outer structure.

use super::WireError;
use super::fields::{Fields, Value};
use super::frame::Frame;
use crate::proto;

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
    pub(crate) fn new(frame: Frame<'a>, body: &'a [u8]) -> Option<Self> {
        let mut view = Self { frame: frame.bytes(), body, time: 0, group: &[] };
        for field in Fields::new(body) {
            let field = field.ok()?;
            match (field.number, field.value) {
                (number::TIME, Value::Varint(time)) => view.time = time.cast_signed(),
                (number::GROUP, Value::Bytes(group)) => view.group = group,
                (number::BY_NAME, Value::Varint(_))
                | (number::NAME..=number::STRING | number::BOOL, Value::Bytes(_)) => {}
                _ => return None,
            }
        }
        Some(view)
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

    /// The whole point, decoded.
    pub fn to_point(&self) -> Result<proto::Point, WireError> {
        Ok(prost::Message::decode(self.body)?)
    }

    /// The names of the dimensions as Kapacitor sent them.
    pub(crate) fn dimension_bytes(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.fields_numbered(number::DIMENSION).map(bytes)
    }

    /// Tags and fields as they stand in the message.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Result<Entry<'a>, WireError>> + use<'a> {
        Fields::new(self.body).filter_map(|field| match field {
            Ok(field) => {
                let kind = EntryKind::of(field.number)?;
                Some(Entry::read(kind, bytes(field.value), field.start..field.end))
            }
            Err(error) => Some(Err(error)),
        })
    }

    fn fields_numbered(&self, number: u32) -> impl Iterator<Item = Value<'a>> + use<'a> {
        // The constructor has walked the message: there is no error to see here.
        Fields::new(self.body).flatten().filter(move |field| field.number == number).map(|f| f.value)
    }

    fn text(&self, number: u32, what: &'static str) -> Result<&'a str, ReadError> {
        text(self.fields_numbered(number).last().map_or(&[], bytes), what)
    }
}

/// What an entry of one of a point's maps holds. In the order in which Kapacitor merges the maps
/// of fields, so the greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EntryKind {
    Tag,
    String,
    Int,
    Double,
    Bool,
}

impl EntryKind {
    #[inline]
    pub(crate) fn of(number: u32) -> Option<Self> {
        Some(match number {
            number::TAG => Self::Tag,
            number::STRING => Self::String,
            number::INT => Self::Int,
            number::DOUBLE => Self::Double,
            number::BOOL => Self::Bool,
            _ => return None,
        })
    }

    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Tag => number::TAG,
            Self::String => number::STRING,
            Self::Int => number::INT,
            Self::Double => number::DOUBLE,
            Self::Bool => number::BOOL,
        }
    }
}

/// An entry of one of a point's maps. The value is of the kind's wire type, or missing: then it is
/// the type's zero.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) kind: EntryKind,
    pub(crate) key: &'a [u8],
    pub(crate) value: Option<Value<'a>>,
    /// Where it stands in the point's message.
    pub(crate) range: std::ops::Range<usize>,
}

impl<'a> Entry<'a> {
    #[inline]
    fn read(kind: EntryKind, entry: &'a [u8], range: std::ops::Range<usize>) -> Result<Self, WireError> {
        let mut read = Self { kind, key: &[], value: None, range };
        for field in Fields::new(entry) {
            let field = field.map_err(|_| WireError::Malformed { at: read.range.start })?;
            match (field.number, field.value) {
                (1, Value::Bytes(key)) => read.key = key,
                (2, value) if kind.takes(value) => read.value = Some(value),
                (1 | 2, _) => return Err(WireError::Malformed { at: read.range.start }),
                _ => {}
            }
        }
        Ok(read)
    }

    /// A tag without a value, which to Kapacitor is no tag.
    pub(crate) fn is_empty(&self) -> bool {
        self.value.is_none_or(|value| bytes(value).is_empty())
    }

    fn field_value(&self) -> Result<FieldValue<'a>, ReadError> {
        let number = match self.value {
            Some(Value::Varint(number) | Value::Fixed64(number)) => number,
            _ => 0,
        };
        Ok(match self.kind {
            EntryKind::Int => FieldValue::Int(number.cast_signed()),
            EntryKind::Double => FieldValue::Double(f64::from_bits(number)),
            EntryKind::Bool => FieldValue::Bool(number != 0),
            EntryKind::String | EntryKind::Tag => {
                FieldValue::String(text(self.value.map_or(&[][..], bytes), "field value")?)
            }
        })
    }
}

impl EntryKind {
    #[inline]
    fn takes(self, value: Value<'_>) -> bool {
        match self {
            Self::Tag | Self::String => matches!(value, Value::Bytes(_)),
            Self::Int | Self::Bool => matches!(value, Value::Varint(_)),
            Self::Double => matches!(value, Value::Fixed64(_)),
        }
    }
}

#[inline]
fn bytes(value: Value<'_>) -> &[u8] {
    match value {
        Value::Bytes(bytes) => bytes,
        _ => &[],
    }
}

fn text<'a>(bytes: &'a [u8], what: &'static str) -> Result<&'a str, ReadError> {
    std::str::from_utf8(bytes)
        .map_err(|_| ReadError::NotUtf8 { what, lossy: String::from_utf8_lossy(bytes).into_owned() })
}

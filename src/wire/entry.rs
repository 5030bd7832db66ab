//! The entries of a point's maps, tags and fields, read in place. How the point's other parts are
//! read, and what its readers are told, is `point`'s.

use std::ops::Range;

use super::fields::{Fields, Value};
use super::point::{FieldValue, ReadError, number};
use super::{WireError, varint};

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
    /// The kind of the entries in a field with this tag byte.
    #[inline]
    fn of(tag: u8) -> Option<Self> {
        if tag & 7 != 2 {
            return None;
        }
        Some(match u32::from(tag >> 3) {
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

/// The entries of a point's maps, as they stand in a message whose outer structure is known to be
/// whole.
#[derive(Debug, Clone)]
pub(crate) struct Entries<'a> {
    body: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    #[inline]
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Self { body, rest: body }
    }

    /// The next entry whose key `wanted` has something for. What other entries hold is not looked at:
    /// most of a point's fields are nobody's business.
    #[inline]
    pub(crate) fn next_wanted<T>(
        &mut self,
        wanted: impl Fn(&[u8]) -> Option<T>,
    ) -> Option<Result<(T, Entry<'a>), WireError>> {
        self.next_wanted_of(u64::MAX, wanted)
    }

    /// Likewise, where `lengths` has a bit for each length that a wanted key may have, those of 63 bytes and
    /// more sharing one: most keys are told by their length alone.
    #[inline]
    pub(crate) fn next_wanted_of<T>(
        &mut self,
        lengths: u64,
        wanted: impl Fn(&[u8]) -> Option<T>,
    ) -> Option<Result<(T, Entry<'a>), WireError>> {
        while let Some((kind, entry, range)) = self.next_unread() {
            if let Some((key, value)) = key_first(entry)
                && is_plain(kind, value)
            {
                if lengths & length_bit(key) == 0 {
                    continue;
                }
                let Some(what) = wanted(key) else { continue };
                return Some(Entry::read(kind, entry, range).map(|entry| (what, entry)));
            }
            match Entry::read_any(kind, entry, range) {
                Ok(entry) => {
                    if let Some(what) = wanted(entry.key) {
                        return Some(Ok((what, entry)));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }

    /// Where the next entry stands, whatever is in it.
    #[inline]
    pub(crate) fn next_range(&mut self) -> Option<Range<usize>> {
        self.next_unread().map(|(_, _, range)| range)
    }

    #[inline]
    fn next_unread(&mut self) -> Option<(EntryKind, &'a [u8], Range<usize>)> {
        while let [tag, after @ ..] = self.rest {
            let start = self.body.len() - self.rest.len();
            if tag % 8 == 0 {
                self.rest = take_varint(after)?.1;
                continue;
            }
            let (entry, after) = take_bytes(after)?;
            self.rest = after;
            if let Some(kind) = EntryKind::of(*tag) {
                return Some((kind, entry, start..self.body.len() - after.len()));
            }
        }
        None
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (kind, entry, range) = self.next_unread()?;
        Some(Entry::read(kind, entry, range))
    }
}

/// The bit that stands for the length of a key.
#[inline]
pub(crate) fn length_bit(key: &[u8]) -> u64 {
    1 << key.len().min(63)
}

/// The key of an entry that begins with a short one, and what stands behind it.
#[inline]
fn key_first(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    const KEY: u8 = 1 << 3 | 2;
    let [KEY, length @ ..0x80, rest @ ..] = entry else { return None };
    rest.split_at_checked(usize::from(*length))
}

/// Whether this is a short value of the kind and nothing else: no second key that would win.
#[inline]
fn is_plain(kind: EntryKind, value: &[u8]) -> bool {
    let [tag, first, more @ ..] = value else { return false };
    match kind {
        EntryKind::Tag | EntryKind::String => {
            *tag == 0x12 && *first < 0x80 && more.len() == usize::from(*first)
        }
        EntryKind::Double => *tag == 0x11 && more.len() == 7,
        EntryKind::Int | EntryKind::Bool => *tag == 0x10 && is_varint(*first, more),
    }
}

#[inline]
fn is_varint(first: u8, more: &[u8]) -> bool {
    match more {
        [] => first < 0x80,
        [between @ .., last] => first >= 0x80 && *last < 0x80 && between.iter().all(|byte| *byte >= 0x80),
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
    pub(crate) range: Range<usize>,
}

impl<'a> Entry<'a> {
    #[inline]
    fn read(kind: EntryKind, entry: &'a [u8], range: Range<usize>) -> Result<Self, WireError> {
        match Self::plain(kind, entry) {
            Some((key, value)) => Ok(Self { kind, key, value: Some(value), range }),
            None => Self::read_any(kind, entry, range),
        }
    }

    /// Key, then value, both short: how nearly every entry comes.
    #[inline]
    fn plain(kind: EntryKind, entry: &'a [u8]) -> Option<(&'a [u8], Value<'a>)> {
        const KEY: u8 = 1 << 3 | 2;
        let [KEY, length @ ..0x80, rest @ ..] = entry else { return None };
        let (key, value) = rest.split_at_checked(usize::from(*length))?;
        let value = match (kind, value) {
            (EntryKind::Tag | EntryKind::String, [0x12, length @ ..0x80, text @ ..])
                if text.len() == usize::from(*length) =>
            {
                Value::Bytes(text)
            }
            (EntryKind::Double, [0x11, double @ ..]) => {
                Value::Fixed64(u64::from_le_bytes(double.try_into().ok()?))
            }
            (EntryKind::Int | EntryKind::Bool, [0x10, varint @ ..]) => {
                let (number, rest) = take_varint(varint)?;
                if !rest.is_empty() {
                    return None;
                }
                Value::Varint(number)
            }
            _ => return None,
        };
        Some((key, value))
    }

    fn read_any(kind: EntryKind, entry: &'a [u8], range: Range<usize>) -> Result<Self, WireError> {
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

    /// The value; where none stands, the kind's zero.
    pub(crate) fn value_or_zero(&self) -> Value<'a> {
        self.value.unwrap_or(match self.kind {
            EntryKind::Tag | EntryKind::String => Value::Bytes(&[]),
            EntryKind::Int | EntryKind::Bool => Value::Varint(0),
            EntryKind::Double => Value::Fixed64(0),
        })
    }

    /// A tag without a value, which to Kapacitor is no tag.
    pub(crate) fn is_empty(&self) -> bool {
        self.value.is_none_or(|value| bytes(value).is_empty())
    }

    pub(super) fn field_value(&self) -> Result<FieldValue<'a>, ReadError> {
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
pub(super) fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (value, length) = varint::read(bytes).ok()??;
    Some((value, bytes.get(length..)?))
}

#[inline]
pub(super) fn take_bytes(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, after) = match bytes {
        [length, after @ ..] if *length < 0x80 => (usize::from(*length), after),
        _ => {
            let (length, after) = take_varint(bytes)?;
            (usize::try_from(length).ok()?, after)
        }
    };
    after.split_at_checked(length)
}

#[inline]
pub(crate) fn bytes(value: Value<'_>) -> &[u8] {
    match value {
        Value::Bytes(bytes) => bytes,
        _ => &[],
    }
}

pub(super) fn text<'a>(bytes: &'a [u8], what: &'static str) -> Result<&'a str, ReadError> {
    std::str::from_utf8(bytes)
        .map_err(|_| ReadError::NotUtf8 { what, lossy: String::from_utf8_lossy(bytes).into_owned() })
}

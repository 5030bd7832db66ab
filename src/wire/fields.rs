//! The fields of one protobuf message, read in place: number and value, one after the other.

use super::{WireError, varint};

/// A field's value by wire type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: a string, bytes, a message or a map entry.
    Bytes(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
}

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The number the proto file gives it.
    pub number: u32,
    /// What it holds.
    pub value: Value<'a>,
    /// Where it begins in the message, its tag included.
    pub start: usize,
    /// Where the next field begins.
    pub end: usize,
}

/// Iterates over a message's fields; ends after the first error.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// The fields of `message`.
    pub fn new(message: &'a [u8]) -> Self {
        Self { message, at: 0 }
    }

    #[inline]
    fn read(&mut self) -> Option<Field<'a>> {
        let start = self.at;
        let tag = u32::try_from(self.varint()?).ok().filter(|&tag| tag > 7)?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return None,
        };
        Some(Field { number: tag >> 3, value, start, end: self.at })
    }

    #[inline]
    fn varint(&mut self) -> Option<u64> {
        let (value, length) = varint::read(self.message.get(self.at..)?).ok()??;
        self.at += length;
        Some(value)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let bytes = self.message.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.message.len() {
            return None;
        }
        let at = self.at;
        let field = self.read().ok_or(WireError::Malformed { at });
        if field.is_err() {
            self.at = self.message.len();
        }
        Some(field)
    }
}

//! The begin and the end of a batch as views of their frames.

use super::WireError;
use super::fields::{Fields, Value};
use super::frame::Frame;
use crate::proto;

/// A borrowed `BeginBatch`.
#[derive(Debug, Clone, Copy)]
pub struct BeginBatchView<'a> {
    frame: &'a [u8],
    body: &'a [u8],
    size: i64,
}

impl<'a> BeginBatchView<'a> {
    const SIZE: u32 = 4;

    /// `None` when the message's structure is broken.
    pub(crate) fn new(frame: Frame<'a>, body: &'a [u8]) -> Option<Self> {
        let mut view = Self { frame: frame.bytes(), body, size: 0 };
        for field in Fields::new(body) {
            match field.ok()? {
                field if field.number != Self::SIZE => {}
                field => match field.value {
                    Value::Varint(size) => view.size = size.cast_signed(),
                    _ => return None,
                },
            }
        }
        Some(view)
    }

    /// The frame it came in, length included.
    pub fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// How many points Kapacitor expects to send: a hint.
    pub fn size(&self) -> i64 {
        self.size
    }

    /// Name, group, tags and size, decoded.
    pub fn to_begin(&self) -> Result<proto::BeginBatch, WireError> {
        Ok(prost::Message::decode(self.body)?)
    }

    /// The names of the batch's tags, which are the dimensions of its group. Names that are not
    /// UTF-8 are left out.
    pub fn tag_names(&self) -> impl Iterator<Item = &'a str> {
        const TAGS: u32 = 3;
        let entries = Fields::new(self.body).flatten().filter(|field| field.number == TAGS);
        entries.filter_map(|field| match field.value {
            Value::Bytes(entry) => std::str::from_utf8(key(entry)).ok(),
            _ => None,
        })
    }
}

fn key(entry: &[u8]) -> &[u8] {
    let keys = Fields::new(entry).flatten().filter(|field| field.number == 1);
    keys.last().map_or(&[], |field| if let Value::Bytes(key) = field.value { key } else { &[] })
}

/// A borrowed `EndBatch`.
#[derive(Debug, Clone, Copy)]
pub struct EndBatchView<'a> {
    frame: &'a [u8],
    body: &'a [u8],
}

impl<'a> EndBatchView<'a> {
    /// `None` when the message's structure is broken.
    pub(crate) fn new(frame: Frame<'a>, body: &'a [u8]) -> Option<Self> {
        Fields::new(body).all(|field| field.is_ok()).then_some(Self { frame: frame.bytes(), body })
    }

    /// The frame it came in, length included.
    pub fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// Name, group, tags and tmax, decoded.
    pub fn to_end(&self) -> Result<proto::EndBatch, WireError> {
        Ok(prost::Message::decode(self.body)?)
    }
}

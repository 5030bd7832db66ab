//! Points as bytes: written by hand, for what no Kapacitor's library would write: text that is not UTF-8, entries
//! that can't be read.

use kapacitor_udfd::proto::{self, Point, response::Message};
use kapacitor_udfd::wire::fields::Fields;
use kapacitor_udfd::wire::frame;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::handled::{Heard, heard};
use super::model::{Batch, Sent};
use crate::laws::node::{Node, messages};

const TAG: u32 = 7;
const DOUBLE: u32 = 8;
const INT: u32 = 9;
const STRING: u32 = 10;

/// A point's message.
#[derive(Debug, Clone, Default)]
pub struct Raw(Vec<u8>);

/// Of `requests`, not grouped.
pub fn raw(time: i64) -> Raw {
    let mut raw = Raw::default();
    encode_key(1, WireType::Varint, &mut raw.0);
    encode_varint(time.cast_unsigned(), &mut raw.0);
    raw.bytes(2, b"requests")
}

impl Raw {
    /// By one dimension, which is a tag.
    #[must_use]
    pub fn grouped(self, dimension: &[u8], value: &[u8]) -> Self {
        let group = [dimension, b"=", value].concat();
        self.bytes(5, &group).bytes(6, dimension).tag(dimension, value)
    }

    #[must_use]
    pub fn tag(self, name: &[u8], value: &[u8]) -> Self {
        self.texts(TAG, name, value)
    }

    #[must_use]
    pub fn text(self, name: &[u8], value: &[u8]) -> Self {
        self.texts(STRING, name, value)
    }

    #[must_use]
    pub fn int(self, name: &[u8], value: i64) -> Self {
        let mut entry = Self::default().bytes(1, name).0;
        encode_key(2, WireType::Varint, &mut entry);
        encode_varint(value.cast_unsigned(), &mut entry);
        self.bytes(INT, &entry)
    }

    #[must_use]
    pub fn double(self, name: &[u8], value: f64) -> Self {
        let mut entry = Self::default().bytes(1, name).0;
        encode_key(2, WireType::SixtyFourBit, &mut entry);
        entry.extend(value.to_le_bytes());
        self.bytes(DOUBLE, &entry)
    }

    /// An entry of a string field that is not one: any bytes.
    #[must_use]
    pub fn broken(self, entry: &[u8]) -> Self {
        self.bytes(STRING, entry)
    }

    /// Its fields but for time and measurement, encoded.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let fields = Fields::new(&self.0).map(Result::unwrap).filter(|field| field.number > 2);
        fields.map(|field| &self.0[field.start..field.end])
    }

    fn texts(self, number: u32, name: &[u8], value: &[u8]) -> Self {
        self.bytes(number, &Self::default().bytes(1, name).bytes(2, value).0)
    }

    fn bytes(mut self, number: u32, bytes: &[u8]) -> Self {
        encode_key(number, WireType::LengthDelimited, &mut self.0);
        encode_varint(bytes.len() as u64, &mut self.0);
        self.0.extend(bytes);
        self
    }

    /// As a request, or a response.
    pub fn frame(&self) -> Vec<u8> {
        const POINT: u32 = 17;
        self.frame_as(POINT)
    }

    fn frame_as(&self, number: u32) -> Vec<u8> {
        let message = Self::default().bytes(number, &self.0).0;
        let mut frame = vec![];
        encode_varint(message.len() as u64, &mut frame);
        frame.extend(message);
        frame
    }
}

/// Of `requests`, of a group that is one tag: begin and end.
pub fn raw_batch(name: &[u8], value: &[u8]) -> [Vec<u8>; 2] {
    const BEGIN: u32 = 16;
    const END: u32 = 18;
    let group = [name, b"=", value].concat();
    let common = Raw::default().bytes(1, b"requests").bytes(2, &group);
    let begin = common.clone().texts(3, name, value);
    let end = common.texts(4, name, value);
    [begin.frame_as(BEGIN), end.frame_as(END)]
}

impl Node {
    /// A point comes; the bytes sent in return.
    pub fn raw(&mut self, point: &Raw) -> Vec<u8> {
        self.take(&point.frame())
    }
}

/// The points in `sent`.
pub fn points(sent: &[u8]) -> Vec<Point> {
    let point = |message: Vec<u8>| match proto::Response::decode(&*message).unwrap().message {
        Some(Message::Point(point)) => point,
        other => panic!("{other:?}"),
    };
    messages(sent).into_iter().map(point).collect()
}

/// What is in `sent`, put together; but for answers.
pub fn all(mut sent: &[u8]) -> Vec<Sent> {
    let mut frames = vec![];
    while let Some(frame) = frame::find(sent, usize::MAX).unwrap() {
        frames.push(frame.bytes().to_vec());
        sent = &sent[frame.bytes().len()..];
    }
    let sent = |heard| if let Heard::Sent(sent) = heard { Some(sent) } else { None };
    heard(&frames).unwrap().into_iter().filter_map(sent).collect()
}

pub fn batches(sent: &[u8]) -> Vec<Batch> {
    let batch = |sent| if let Sent::Batch(batch) = sent { batch } else { panic!("{sent:?}") };
    all(sent).into_iter().map(batch).collect()
}

//! From responses to bytes. Only messages with a oneof set can be written here: a `Response`
//! without one brings kapacitord down.

use bytes::{BufMut, BytesMut};
use prost::Message;

use super::entry::EntryKind;
use super::point::FieldValue;
use super::request::number;
use super::{patch, varint};
use crate::proto;

const LENGTH_DELIMITED: u64 = 2;

/// A message that is an arm of `Response`'s oneof.
pub trait ResponseMessage: Message {
    /// Its number there.
    const NUMBER: u32;
}

macro_rules! response_messages {
    ($($message:ident = $number:expr),* $(,)?) => {
        $(impl ResponseMessage for proto::$message { const NUMBER: u32 = $number; })*
    };
}

response_messages! {
    InfoResponse = number::INFO,
    InitResponse = number::INIT,
    KeepaliveResponse = number::KEEPALIVE,
    SnapshotResponse = number::SNAPSHOT,
    RestoreResponse = number::RESTORE,
    ErrorResponse = 6,
    BeginBatch = number::BEGIN,
    Point = number::POINT,
    EndBatch = number::END,
}

/// Appends a whole frame holding `message`.
pub fn write<M: ResponseMessage>(message: &M, out: &mut BytesMut) {
    let length = message.encoded_len();
    write_header(M::NUMBER, length, out);
    out.reserve(length);
    message.encode_raw(out);
}

/// Appends a whole frame holding `point`. In a map prost takes a double of -0.0 for the default
/// and leaves it out, which would make it 0.0: such a field is appended once more, by hand.
pub fn write_point(point: &proto::Point, out: &mut BytesMut) {
    let negative_zero = |double: &f64| double.to_bits() == (-0.0f64).to_bits();
    if !point.fields_double.values().any(negative_zero) {
        return write(point, out);
    }
    let mut body = point.encode_to_vec();
    for (name, &value) in point.fields_double.iter().filter(|(_, value)| negative_zero(value)) {
        patch::write_entry(name.as_bytes(), EntryKind::Double, FieldValue::Double(value).into(), &mut body);
    }
    write_header(number::POINT, body.len(), out);
    out.put_slice(&body);
}

/// Appends a whole frame holding a point's message.
pub(crate) fn write_point_body(body: &[u8], out: &mut impl BufMut) {
    write_header(number::POINT, body.len(), out);
    out.put_slice(body);
}

/// Appends what stands before a body of `length` bytes: the frame's length, the oneof's tag and
/// the body's length.
#[inline]
pub(crate) fn write_header(number: u32, length: usize, out: &mut impl BufMut) {
    let tag = u64::from(number) << 3 | LENGTH_DELIMITED;
    let length = length as u64;
    let mut header = [0; 3 * varint::MAX_LEN];
    let mut rest = &mut header[..];
    varint::write(varint::len(tag) as u64 + varint::len(length) as u64 + length, &mut rest);
    varint::write(tag, &mut rest);
    varint::write(length, &mut rest);
    let unused = rest.len();
    out.put_slice(header.get(..header.len() - unused).unwrap_or_default());
}

//! From responses to bytes. Only messages with a oneof set can be written here: a `Response`
//! without one brings kapacitord down.

use bytes::{BufMut, BytesMut};
use prost::Message;

use super::request::number;
use super::varint;
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

/// Appends what stands before a body of `length` bytes: the frame's length, the oneof's tag and
/// the body's length.
#[inline]
pub(crate) fn write_header(number: u32, length: usize, out: &mut impl BufMut) {
    let tag = u64::from(number) << 3 | LENGTH_DELIMITED;
    let length = length as u64;
    varint::write(varint::len(tag) as u64 + varint::len(length) as u64 + length, out);
    varint::write(tag, out);
    varint::write(length, out);
}

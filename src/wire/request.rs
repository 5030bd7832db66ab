//! From a frame to a request. What Kapacitor sends takes the short way: one known field that
//! spans the message, data left as a view. Everything else protobuf would allow (unknown fields,
//! a message in pieces) is decoded, encoded anew and then takes that way too.

use bytes::BytesMut;
use prost::Message as _;

use super::batch::{BeginBatchView, EndBatchView};
use super::fields::{Fields, Value};
use super::frame::{self, Frame};
use super::point::PointView;
use super::{WireError, response, varint};
use crate::proto;

/// Field numbers of the oneof in `Request` and `Response`.
pub(crate) mod number {
    pub(crate) const INFO: u32 = 1;
    pub(crate) const INIT: u32 = 2;
    pub(crate) const KEEPALIVE: u32 = 3;
    pub(crate) const SNAPSHOT: u32 = 4;
    pub(crate) const RESTORE: u32 = 5;
    pub(crate) const BEGIN: u32 = 16;
    pub(crate) const POINT: u32 = 17;
    pub(crate) const END: u32 = 18;
}

/// What Kapacitor asks or sends.
#[derive(Debug, Clone)]
pub enum Request<'a> {
    /// What are you?
    Info,
    /// A Kapacitor task starts.
    Init(proto::InitRequest),
    /// Are you there?
    Keepalive(proto::KeepaliveRequest),
    /// Give me your state.
    Snapshot,
    /// Take your state back.
    Restore(proto::RestoreRequest),
    /// A batch begins.
    Begin(BeginBatchView<'a>),
    /// A point, of a stream or of the batch that is open.
    Point(PointView<'a>),
    /// The batch ends.
    End(EndBatchView<'a>),
}

/// The point in `frame`, if that is what it holds in the plain way. Nearly every frame is a point:
/// this is [`Request::parse`] for them alone.
#[inline]
pub(crate) fn point(frame: Frame<'_>) -> Option<PointView<'_>> {
    const TAG: [u8; 2] = [0x8a, 0x01];
    let field = frame.message().strip_prefix(&TAG)?;
    let (length, header) = varint::read(field).ok()??;
    let body = field.get(header..)?;
    if body.len() as u64 != length {
        return None;
    }
    PointView::new(frame, body)
}

/// The time in `frame`, if it holds a keepalive in the plain way.
#[inline]
pub(crate) fn keepalive(frame: Frame<'_>) -> Option<i64> {
    if frame.message().first().map(|&tag| u32::from(tag)) != Some(number::KEEPALIVE << 3 | 2) {
        // Nearly every frame.
        return None;
    }
    let (_, body) = only_field(frame.message())?;
    Some(proto::KeepaliveRequest::decode(body).ok()?.time)
}

/// Whether this is a request that a handler may work at for long: Init, Snapshot or Restore. Looks
/// at the first byte only.
pub(crate) fn may_take_long(frame: Frame<'_>) -> bool {
    let [tag, ..] = frame.message() else { return false };
    matches!(u32::from(tag >> 3), number::INIT | number::SNAPSHOT | number::RESTORE)
}

impl<'a> Request<'a> {
    /// Reads the request in `frame`. `scratch` is used only for a message that has to be encoded
    /// anew.
    pub fn parse(frame: Frame<'a>, scratch: &'a mut Vec<u8>) -> Result<Self, WireError> {
        if let Some(request) = Self::plain(frame)? {
            return Ok(request);
        }
        straighten(frame.message(), scratch)?;
        let frame = frame::find(scratch, usize::MAX)?.ok_or(WireError::NoMessage)?;
        Self::plain(frame)?.ok_or(WireError::NoMessage)
    }

    /// The short way; `None` when the message has to be straightened first.
    #[inline]
    fn plain(frame: Frame<'a>) -> Result<Option<Self>, WireError> {
        let Some((number, body)) = only_field(frame.message()) else { return Ok(None) };
        Ok(match number {
            number::POINT => PointView::new(frame, body).map(Self::Point),
            number::BEGIN => BeginBatchView::new(frame, body).map(Self::Begin),
            number::END => EndBatchView::new(frame, body).map(Self::End),
            number::KEEPALIVE => Some(Self::Keepalive(proto::KeepaliveRequest::decode(body)?)),
            number::INFO => Some(Self::Info),
            number::INIT => Some(Self::Init(proto::InitRequest::decode(body)?)),
            number::SNAPSHOT => Some(Self::Snapshot),
            number::RESTORE => Some(Self::Restore(proto::RestoreRequest::decode(body)?)),
            _ => None,
        })
    }
}

/// The one field a message consists of, if it is one, is length-delimited and spans the message.
#[inline]
fn only_field(message: &[u8]) -> Option<(u32, &[u8])> {
    let field = Fields::new(message).next()?.ok()?;
    match field.value {
        Value::Bytes(body) if field.end == message.len() => Some((field.number, body)),
        _ => None,
    }
}

fn straighten(message: &[u8], scratch: &mut Vec<u8>) -> Result<(), WireError> {
    let request = proto::Request::decode(message)?;
    scratch.clear();
    match &request.message {
        None => return Err(WireError::NoMessage),
        // A Response's point and a Request's are the same bytes.
        Some(proto::request::Message::Point(point)) => {
            let mut frame = BytesMut::new();
            response::write_point(point, &mut frame);
            scratch.extend_from_slice(&frame);
        }
        Some(_) => {
            varint::write(request.encoded_len() as u64, scratch);
            request.encode_raw(scratch);
        }
    }
    Ok(())
}

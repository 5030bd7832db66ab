//! The frame finder as a tokio-util `Decoder`, for whoever reads through `Framed`: clients,
//! tests, tools. The daemon's connections call [`frame::find`] on their own buffer instead.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::Decoder;

use super::{WireError, frame};

/// Splits a byte stream into whole frames, each with its length in front.
#[derive(Debug, Clone)]
pub struct FrameDecoder {
    max_frame: usize,
}

/// What reading frames can end with.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes are no frames.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FrameDecoder {
    /// A decoder that refuses frames of more than `max_frame` bytes.
    pub fn new(max_frame: usize) -> Self {
        Self { max_frame }
    }
}

impl Decoder for FrameDecoder {
    type Item = BytesMut;
    type Error = CodecError;

    fn decode(&mut self, buf: &mut BytesMut) -> Result<Option<BytesMut>, CodecError> {
        let length = frame::find(buf, self.max_frame)?.map(|frame| frame.bytes().len());
        Ok(length.map(|length| buf.split_to(length)))
    }

    fn decode_eof(&mut self, buf: &mut BytesMut) -> Result<Option<BytesMut>, CodecError> {
        match self.decode(buf)? {
            Some(frame) => Ok(Some(frame)),
            None => Ok(frame::finish(buf).map(|()| None)?),
        }
    }
}

//! From bytes in any pieces to whole frames. Holds what has come of an unfinished one; knows neither messages nor
//! where the bytes come from.

use bytes::{Buf, Bytes, BytesMut};
use kapacitor_udfd::wire::{WireError, frame, varint};
use thiserror::Error;

/// Attack: a length of 2^63 in front of an endless stream. It is what the daemon takes by default (`limits.max_frame`).
pub(super) const MAX_FRAME: usize = 256 << 20;

/// What tells the kind of a message.
const START: usize = 2;

/// Above this an emptied buffer's memory is given back.
const KEPT: usize = 64 << 10;

/// Why the rest of a stream is no frames. After a bad one nothing says where the next begins.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NoFrames {
    #[error("a frame length that is no number of 64 bits")]
    BadLength,
    #[error("a frame of {announced} bytes, more than {MAX_FRAME}")]
    TooLong { announced: u64 },
}

/// A frame that is not held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Its size, length included.
    pub(super) bytes: usize,
    /// What its message begins with.
    pub(super) start: Bytes,
}

/// One direction of one connection.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// What is not used up: the beginning of a frame, or all of it and more.
    buffer: BytesMut,
    /// How much of a frame that is left out is still to come, and how much has come of it.
    skipping: usize,
    skipped: usize,
    lost: bool,
}

impl Splitter {
    /// Takes what has come next. Once frames are lost there is no use for it.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.lost {
            return;
        }
        let skipped = self.skipping.min(bytes.len());
        self.skipping -= skipped;
        self.skipped += skipped;
        self.buffer.extend_from_slice(bytes.get(skipped..).unwrap_or_default());
    }

    /// The next frame that is there in whole, length included. Says once that there will be no more.
    pub(super) fn next(&mut self) -> Option<Result<Bytes, NoFrames>> {
        if self.lost || self.buffer.is_empty() {
            return None;
        }
        match frame::find(&self.buffer, MAX_FRAME) {
            Ok(found) => {
                let length = found?.bytes().len();
                let frame = self.buffer.split_to(length).freeze();
                if self.buffer.is_empty() && self.buffer.capacity() > KEPT {
                    self.buffer = BytesMut::new();
                }
                Some(Ok(frame))
            }
            Err(error) => {
                self.lost = true;
                Some(Err(match error {
                    WireError::TooLong { announced, .. } => NoFrames::TooLong { announced },
                    _ => NoFrames::BadLength,
                }))
            }
        }
    }

    /// Whether bytes that come are none of a frame any more.
    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    /// How many bytes are held that are no whole frame.
    pub(super) fn held(&self) -> usize {
        self.buffer.len()
    }

    /// How many bytes have come of a frame that has not ended.
    pub(super) fn unfinished(&self) -> usize {
        if self.skipping > 0 { self.skipped } else { self.held() }
    }

    /// Takes what is there and no whole frame.
    pub(super) fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.buffer).freeze()
    }

    /// Lets go of the frame that is next, if it is of more than `over` bytes: what there is of it and what comes of it
    /// goes unseen, and the next one is found.
    pub(super) fn leave_out(&mut self, over: usize) -> Option<LeftOut> {
        let (length, header) = varint::read(&self.buffer).ok()??;
        let length = usize::try_from(length).ok().filter(|length| (over + 1..=MAX_FRAME).contains(length))?;
        let start = self.buffer.get(header..header + START.min(length))?;
        let left_out = LeftOut { bytes: header + length, start: Bytes::copy_from_slice(start) };
        let there = self.buffer.len().min(left_out.bytes);
        (self.skipping, self.skipped) = (left_out.bytes - there, there);
        self.buffer.advance(there);
        Some(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(splitter: &mut Splitter) -> Vec<Bytes> {
        std::iter::from_fn(|| splitter.next()).map(Result::unwrap).collect()
    }

    #[test]
    fn frames_are_the_same_in_whatever_pieces_they_come() {
        let stream = [3, b'a', b'b', b'c', 0, 1, b'd', 5, b'e'];
        for size in 1..=stream.len() {
            let mut splitter = Splitter::default();
            let mut found = Vec::new();
            for piece in stream.chunks(size) {
                splitter.push(piece);
                found.extend(frames(&mut splitter));
            }
            assert_eq!(found, [&b"\x03abc"[..], b"\x00", b"\x01d"], "in pieces of {size}");
            assert_eq!((splitter.held(), &splitter.rest()[..]), (2, &b"\x05e"[..]));
        }
    }

    #[test]
    fn after_a_bad_length_nothing_is_a_frame() {
        let mut splitter = Splitter::default();
        splitter.push(b"\x01a");
        splitter.push(&[0xff; 12]);
        assert_eq!(splitter.next().unwrap().unwrap(), b"\x01a"[..]);
        assert_eq!(splitter.next(), Some(Err(NoFrames::BadLength)));
        assert_eq!((splitter.next(), splitter.is_lost(), splitter.rest().len()), (None, true, 12));
        splitter.push(b"\x01a");
        assert_eq!((splitter.next(), splitter.held()), (None, 0));

        let mut splitter = Splitter::default();
        splitter.push(&[0x81, 0x80, 0x80, 0x80, 0x01]);
        assert_eq!(splitter.next(), Some(Err(NoFrames::TooLong { announced: (256 << 20) + 1 })));
    }

    #[test]
    fn a_frame_that_is_left_out_does_not_move_the_next() {
        let stream = b"\x04abcd\x01e";
        for cut in 3..stream.len() {
            let mut splitter = Splitter::default();
            splitter.push(&stream[..cut]);
            assert_eq!(splitter.leave_out(4), None);
            let left_out = LeftOut { bytes: 5, start: b"ab"[..].into() };
            assert_eq!(splitter.leave_out(3), Some(left_out), "left out at {cut}");
            assert_eq!(splitter.unfinished(), cut % 5, "left out at {cut}");
            for byte in &stream[cut..] {
                splitter.push(&[*byte]);
            }
            assert_eq!(frames(&mut splitter), [&b"\x01e"[..]], "left out at {cut}");
        }
        let mut splitter = Splitter::default();
        assert_eq!(splitter.leave_out(0), None);
        splitter.push(b"\x04a");
        assert_eq!(splitter.leave_out(0), None);
    }
}

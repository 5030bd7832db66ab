//! Where a frame begins and ends: a pure function over what has been received so far. It
//! consumes nothing; the caller does, once the whole frame is there.

use super::{WireError, varint};

/// A whole frame: a varint length, then that many bytes of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    header: usize,
}

impl<'a> Frame<'a> {
    /// Length and message together, as they came.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The message alone.
    pub fn message(&self) -> &'a [u8] {
        self.bytes.get(self.header..).unwrap_or_default()
    }
}

/// Finds the frame at the front of `buf`. `None`: more bytes are needed. A length over `max` is
/// refused as soon as it is announced.
#[inline]
pub fn find(buf: &[u8], max: usize) -> Result<Option<Frame<'_>>, WireError> {
    let Some((announced, header)) = varint::read(buf).map_err(|varint::TooLarge| WireError::BadVarint)?
    else {
        return Ok(None);
    };
    let length = usize::try_from(announced).ok().filter(|&length| length <= max);
    let length = length.ok_or(WireError::TooLong { announced, max })?;
    // Neither sum overflows: a slice is at most isize::MAX long, and `max` bounds the length.
    Ok(buf.get(..header.saturating_add(length)).map(|bytes| Frame { bytes, header }))
}

/// What is left at the end of a stream must be nothing.
pub fn finish(rest: &[u8]) -> Result<(), WireError> {
    if rest.is_empty() { Ok(()) } else { Err(WireError::Truncated { have: rest.len() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_when_its_last_byte_is_there() {
        let bytes = [3, b'a', b'b', b'c', 9];
        for cut in 0..4 {
            assert_eq!(find(&bytes[..cut], 100), Ok(None), "cut at {cut}");
        }
        let frame = find(&bytes, 100).unwrap().unwrap();
        assert_eq!((frame.bytes(), frame.message()), (&bytes[..4], &b"abc"[..]));
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_its_body_comes() {
        assert_eq!(find(&[101], 100), Err(WireError::TooLong { announced: 101, max: 100 }));
        let huge = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
        assert_eq!(find(&huge, 100), Err(WireError::TooLong { announced: 1 << 63, max: 100 }));
        assert_eq!(find(&[0x80; 11], 100), Err(WireError::BadVarint));
    }
}

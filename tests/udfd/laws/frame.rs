//! The frame finder, against prost's reading of a length and against itself on less input.

use kapacitor_udfd::wire::WireError;
use kapacitor_udfd::wire::frame::{self, Frame};

/// Holds for any bytes and any limit.
pub fn holds(bytes: &[u8], max: usize) {
    let found = frame::find(bytes, max);
    let announced = prost::decode_length_delimiter(bytes);
    match &found {
        Ok(Some(frame)) => {
            assert_eq!(announced, Ok(frame.message().len()));
            assert!(frame.message().len() <= max);
            assert_eq!(frame.bytes().len(), header(bytes) + frame.message().len());
            assert!(bytes.starts_with(frame.bytes()) && frame.bytes().ends_with(frame.message()));
        }
        Ok(None) => match announced {
            Ok(length) => assert!(length <= max && bytes.len() - header(bytes) < length),
            Err(_) => assert!(bytes.len() < 10 && bytes.iter().all(|byte| *byte >= 0x80)),
        },
        Err(WireError::TooLong { announced: length, max: limit }) => {
            assert_eq!(announced.ok(), usize::try_from(*length).ok());
            assert!(*length > max as u64 && *limit == max);
        }
        Err(WireError::BadVarint) => assert!(announced.is_err()),
        Err(other) => panic!("{other}"),
    }
    whole_or_not_at_all(bytes, max, &found);
}

/// How many bytes the length takes.
fn header(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    prost::encoding::decode_varint(&mut rest).unwrap();
    bytes.len() - rest.len()
}

/// On less input the answer is the same, or that more is needed.
fn whole_or_not_at_all(bytes: &[u8], max: usize, found: &Result<Option<Frame<'_>>, WireError>) {
    for cut in 0..bytes.len() {
        let early = frame::find(&bytes[..cut], max);
        if early != Ok(None) {
            assert_eq!(&early, found, "cut at {cut}");
        }
    }
}

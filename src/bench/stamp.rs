//! The times points carry, as varints of nine bytes that are written and read without a loop:
//! this happens twice for each point, on cores that the server needs.

use kapacitor_udfd::wire::varint;

/// The time of the first point. All times from 2^56 to 2^63 take nine bytes.
pub(super) const BASE: i64 = 1_600_000_000_000_000_000;

pub(super) const LEN: usize = 9;

/// Every byte of a varint but its last has this bit.
const MORE: u64 = 0x8080_8080_8080_8080;

/// Its varint.
#[inline]
pub(super) fn encode(time: i64) -> [u8; LEN] {
    let time = time.cast_unsigned();
    let mut out = [0; LEN];
    if let Some((low, high)) = out.split_first_chunk_mut::<8>() {
        *low = (spread(time & 0x00ff_ffff_ffff_ffff) | MORE).to_le_bytes();
        high.fill((time >> 56) as u8 & 0x7f);
    }
    out
}

/// The time of the point in `message`, if it has the usual shape: a point alone, its time in front.
/// Everything else is left to be decoded.
#[inline]
pub(super) fn of_point(message: &[u8]) -> Option<i64> {
    const POINT: [u8; 2] = [0x8a, 0x01];
    const TIME: u8 = 1 << 3;
    let rest = message.strip_prefix(&POINT)?;
    let (length, header) = varint::read(rest).ok()??;
    let body = rest.get(header..)?;
    if body.len() as u64 != length {
        return None;
    }
    let (low, rest) = body.strip_prefix(&[TIME])?.split_first_chunk::<8>()?;
    let low = u64::from_le_bytes(*low);
    let high = *rest.first()?;
    (low & MORE == MORE && high < 0x80).then(|| (gather(low) | u64::from(high) << 56).cast_signed())
}

/// Moves groups of seven bits apart, to eight bits each.
#[inline]
fn spread(bits: u64) -> u64 {
    let bits = bits & 0x0fff_ffff | (bits & 0x00ff_ffff_f000_0000) << 4;
    let bits = bits & 0x0000_3fff_0000_3fff | (bits & 0x0fff_c000_0fff_c000) << 2;
    bits & 0x007f_007f_007f_007f | (bits & 0x3f80_3f80_3f80_3f80) << 1
}

/// The other way round.
#[inline]
fn gather(bytes: u64) -> u64 {
    let bits = bytes & 0x007f_007f_007f_007f | (bytes & 0x7f00_7f00_7f00_7f00) >> 1;
    let bits = bits & 0x0000_3fff_0000_3fff | (bits & 0x3fff_0000_3fff_0000) >> 2;
    bits & 0x0fff_ffff | (bits & 0x0fff_ffff_0000_0000) >> 4
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kapacitor_udfd::proto;
    use kapacitor_udfd::wire::{frame, response};

    use super::*;

    #[test]
    fn times_are_written_and_read_as_protobuf_has_them() {
        for time in [BASE, BASE + 127, BASE + (1 << 28), BASE + 0x0123_4567_89ab, 1 << 56, i64::MAX] {
            let mut expected = Vec::new();
            varint::write(time.cast_unsigned(), &mut expected);
            assert_eq!(encode(time).as_slice(), expected, "{time}");

            let mut bytes = BytesMut::new();
            response::write(&proto::Point { time, name: "m".to_owned(), ..Default::default() }, &mut bytes);
            let frame = frame::find(&bytes, 100).unwrap().unwrap();
            assert_eq!(of_point(frame.message()), Some(time));
        }
    }

    #[test]
    fn other_shapes_are_left_to_be_decoded() {
        let mut bytes = BytesMut::new();
        response::write(&proto::Point { time: 5, ..Default::default() }, &mut bytes);
        response::write(
            &proto::Point { name: "without a time".to_owned(), ..Default::default() },
            &mut bytes,
        );
        response::write(&proto::KeepaliveResponse { time: BASE }, &mut bytes);
        let mut rest = &bytes[..];
        while let Some(frame) = frame::find(rest, 100).unwrap() {
            assert_eq!(of_point(frame.message()), None);
            rest = &rest[frame.bytes().len()..];
        }
    }
}

//! Base-128 varints, as protobuf and Go's `binary.ReadUvarint` have them.

use bytes::BufMut;

/// The longest encoding of 64 bits.
pub const MAX_LEN: usize = 10;

/// More than 64 bits, or more than ten bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// Reads a varint from the front of `buf`: its value and its length. `None`: not all of it is
/// there yet.
#[inline]
pub fn read(buf: &[u8]) -> Result<Option<(u64, usize)>, TooLarge> {
    match *buf {
        [a, ..] if a < 0x80 => Ok(Some((u64::from(a), 1))),
        [a, b, ..] if b < 0x80 => Ok(Some((u64::from(a & 0x7f) | u64::from(b) << 7, 2))),
        _ => match buf.first_chunk::<MAX_LEN>() {
            // The bound is known here, so that the loop becomes straight code.
            Some(bytes) => read_long(bytes),
            None => read_long(buf),
        },
    }
}

#[inline]
fn read_long(buf: &[u8]) -> Result<Option<(u64, usize)>, TooLarge> {
    let mut value = 0u64;
    for (i, &byte) in buf.iter().take(MAX_LEN).enumerate() {
        if i == MAX_LEN - 1 && byte > 1 {
            return Err(TooLarge);
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Ok(Some((value, i + 1)));
        }
    }
    Ok(None)
}

/// How many bytes `value` takes.
#[inline]
pub fn len(value: u64) -> usize {
    // ceil(bits / 7) without a division by seven; zero takes one byte.
    (640 - 9 * (value | 1).leading_zeros() as usize) / 64
}

/// Appends `value`.
#[inline]
pub fn write(mut value: u64, out: &mut impl BufMut) {
    while value >= 0x80 {
        out.put_u8((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8((value & 0x7f) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_reads_back_and_no_prefix_does() {
        let edges = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit]).chain([u64::MAX]);
        for value in edges {
            let mut bytes = Vec::new();
            write(value, &mut bytes);
            assert_eq!(len(value), bytes.len(), "{value}");
            assert_eq!(read(&bytes), Ok(Some((value, bytes.len()))));
            for cut in 0..bytes.len() {
                assert_eq!(read(&bytes[..cut]), Ok(None), "{value} cut at {cut}");
            }
        }
    }

    #[test]
    fn more_than_64_bits_is_refused_at_the_tenth_byte() {
        assert_eq!(read(&[0xff; 9]), Ok(None));
        assert_eq!(read(&[0xff; 10]), Err(TooLarge));
        assert_eq!(read(&[0x80; 11]), Err(TooLarge));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), Err(TooLarge));
    }
}

//! The bytes a snapshot is written with: numbers in as few as they need, text behind its length. Knows
//! nothing of what they mean. What is read was kept by somebody else: any bytes at all are an answer or
//! [`Damaged`], and nothing is allocated here.

use crate::wire::varint;

/// Bytes that weren't written here, or not all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the snapshot is damaged at byte {at}")]
pub(crate) struct Damaged {
    /// How many bytes had been read.
    pub(crate) at: usize,
}

/// Appends a byte.
#[inline]
pub(crate) fn write_u8(out: &mut Vec<u8>, byte: u8) {
    out.push(byte);
}

/// Appends a number that is usually small: one to ten bytes.
#[inline]
pub(crate) fn write_u64(out: &mut Vec<u8>, number: u64) {
    varint::write(number, out);
}

/// Appends a length or a count, as [`write_u64`].
#[inline]
pub(crate) fn write_usize(out: &mut Vec<u8>, number: usize) {
    write_u64(out, number as u64);
}

/// Appends a number that is usually near zero, on either side: one to ten bytes.
#[inline]
pub(crate) fn write_i64(out: &mut Vec<u8>, number: i64) {
    write_u64(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// Appends a number whose bits are all equally likely: eight bytes.
#[inline]
pub(crate) fn write_fixed(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a double, bit for bit: eight bytes.
#[inline]
pub(crate) fn write_f64(out: &mut Vec<u8>, double: f64) {
    write_fixed(out, double.to_bits());
}

/// Appends text behind its length.
#[inline]
pub(crate) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_usize(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Reads what was written, in the same order.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// What [`write_u8`] wrote.
    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, Damaged> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// What [`write_u64`] wrote.
    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, Damaged> {
        let Ok(Some((number, len))) = varint::read(self.rest) else { return Err(self.damaged()) };
        self.take(len)?;
        Ok(number)
    }

    /// What [`write_usize`] wrote. Nothing may be allocated by it: see [`Self::count`].
    #[inline]
    pub(crate) fn usize(&mut self) -> Result<usize, Damaged> {
        let number = self.u64()?;
        usize::try_from(number).map_err(|_| self.damaged())
    }

    /// What [`write_usize`] wrote of things that follow, each at least `size` bytes long. Attack: a count of
    /// 2^60 in a snapshot of ten bytes, and room made for so many. So many as there can't be are refused.
    #[inline]
    pub(crate) fn count(&mut self, size: usize) -> Result<usize, Damaged> {
        let count = self.usize()?;
        let needed = count.checked_mul(size.max(1));
        self.check(needed.is_some_and(|needed| needed <= self.rest.len()))?;
        Ok(count)
    }

    /// What [`write_i64`] wrote.
    #[inline]
    pub(crate) fn i64(&mut self) -> Result<i64, Damaged> {
        let number = self.u64()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// What [`write_fixed`] wrote.
    #[inline]
    pub(crate) fn fixed(&mut self) -> Result<u64, Damaged> {
        self.array().map(u64::from_le_bytes)
    }

    /// What [`write_f64`] wrote.
    #[inline]
    pub(crate) fn f64(&mut self) -> Result<f64, Damaged> {
        self.fixed().map(f64::from_bits)
    }

    /// What [`write_bytes`] wrote.
    #[inline]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let len = self.usize()?;
        self.take(len)
    }

    /// Whether all has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// An error here, unless what was read is as it must be.
    #[inline]
    pub(crate) fn check(&self, holds: bool) -> Result<(), Damaged> {
        if holds { Ok(()) } else { Err(self.damaged()) }
    }

    /// An error here, for what was read and can't be right.
    #[cold]
    pub(crate) fn damaged(&self) -> Damaged {
        Damaged { at: self.at }
    }

    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], Damaged> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else { return Err(self.damaged()) };
        self.rest = rest;
        self.at += len;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let Some((&taken, rest)) = self.rest.split_first_chunk() else { return Err(self.damaged()) };
        self.rest = rest;
        self.at += N;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of everything.
    #[derive(Debug, PartialEq)]
    struct All(u8, u64, usize, i64, u64, u64, Vec<u8>);

    impl All {
        fn write(&self, out: &mut Vec<u8>) {
            write_u8(out, self.0);
            write_u64(out, self.1);
            write_usize(out, self.2);
            write_i64(out, self.3);
            write_fixed(out, self.4);
            write_f64(out, f64::from_bits(self.5));
            write_bytes(out, &self.6);
        }

        fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
            let mut all =
                Self(from.u8()?, from.u64()?, from.usize()?, from.i64()?, from.fixed()?, 0, Vec::new());
            all.5 = from.f64()?.to_bits();
            all.6.extend(from.bytes()?);
            Ok(all)
        }
    }

    fn packed(all: &All) -> Vec<u8> {
        let mut out = Vec::new();
        all.write(&mut out);
        out
    }

    #[test]
    fn what_is_written_reads_back_and_no_prefix_does() {
        let ints = [0, -1, 1, 63, -64, 64, i64::MAX, i64::MIN];
        let doubles = [0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE];
        for (index, &int) in ints.iter().enumerate() {
            for double in doubles {
                let [unsigned, bits] = [int.cast_unsigned(), f64::to_bits(double)];
                let all = All(255, unsigned, index, int, unsigned, bits, vec![7; 20 * index]);
                let bytes = packed(&all);
                let mut reader = Reader::new(&bytes);
                assert_eq!(All::read(&mut reader), Ok(all));
                assert!(reader.is_empty());
                for cut in 0..bytes.len() {
                    let damaged = All::read(&mut Reader::new(&bytes[..cut])).unwrap_err();
                    assert!(damaged.at <= cut, "{damaged}");
                }
            }
        }
    }

    #[test]
    fn numbers_near_zero_are_short() {
        let len = |int| {
            let mut out = Vec::new();
            write_i64(&mut out, int);
            out.len()
        };
        assert_eq!([0, -1, 63, -64, 64, i64::MIN].map(len), [1, 1, 1, 1, 2, 10]);
    }

    #[test]
    fn any_bytes_are_an_answer_or_damaged() {
        proptest::proptest!(|(bytes: Vec<u8>)| {
            let mut reader = Reader::new(&bytes);
            while !reader.is_empty() && All::read(&mut reader).is_ok() {}
        });
    }

    #[test]
    fn a_length_beyond_the_bytes_is_damaged() {
        let check = |length: u64, size, count: Option<usize>| {
            let mut bytes = Vec::new();
            write_u64(&mut bytes, length);
            bytes.extend([0; 24]);
            assert_eq!(Reader::new(&bytes).count(size).ok(), count, "{length} of {size}");
        };
        check(24, 1, Some(24));
        check(24, 0, Some(24));
        check(25, 1, None);
        check(3, 8, Some(3));
        check(4, 8, None);
        check(1 << 60, 1, None);
        check(1 << 61, 16, None);
        check(u64::MAX, 8, None);
        let damaged = Reader::new(&[0xff; 12]).bytes().unwrap_err();
        assert_eq!(damaged.to_string(), "the snapshot is damaged at byte 0");
        let damaged = Reader::new(&[5, 1, 2, 3, 4]).bytes().unwrap_err();
        assert_eq!(damaged.to_string(), "the snapshot is damaged at byte 1");
    }
}

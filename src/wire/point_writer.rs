//! A point's message written field by field, from bytes that need not be UTF-8. The frame around it is
//! `response`'s.

use bytes::BufMut;

use super::point::number;
use super::varint;

/// Appends the time.
pub(crate) fn time(time: i64, out: &mut Vec<u8>) {
    varint::write(u64::from(number::TIME) << 3, out);
    varint::write(time.cast_unsigned(), out);
}

/// Appends that the measurement is part of the group.
pub(crate) fn by_name(out: &mut Vec<u8>) {
    varint::write(u64::from(number::BY_NAME) << 3, out);
    out.put_u8(1);
}

/// Appends one of the point's texts by its number: measurement, group, a dimension. What is empty need
/// not be said, but for a dimension.
pub(crate) fn text(number: u32, text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() && number != number::DIMENSION {
        return;
    }
    varint::write(u64::from(number) << 3 | 2, out);
    varint::write(text.len() as u64, out);
    out.put_slice(text);
}

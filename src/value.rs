//! A value of a field or a tag as it stands in a point: text is bytes, since Kapacitor sends it unchecked.

use std::io::Write;

use crate::wire::entry::{Entry, EntryKind, bytes};
use crate::wire::{fields, patch};

/// A value of a point, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text, usually UTF-8. A tag's value too.
    Text(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
}

impl<'a> Value<'a> {
    /// What an entry of a point holds.
    #[inline]
    pub(crate) fn of(entry: &Entry<'a>) -> Self {
        let number = match entry.value {
            Some(fields::Value::Varint(number) | fields::Value::Fixed64(number)) => number,
            _ => 0,
        };
        match entry.kind {
            EntryKind::Int => Self::Int(number.cast_signed()),
            EntryKind::Double => Self::Double(f64::from_bits(number)),
            EntryKind::Bool => Self::Bool(number != 0),
            EntryKind::String | EntryKind::Tag => Self::Text(entry.value.map_or(&[][..], bytes)),
        }
    }

    /// Appends it as a field of this name to a point's message.
    pub(crate) fn write_field(self, name: &[u8], out: &mut Vec<u8>) {
        let (kind, value) = match self {
            Self::Text(text) => (EntryKind::String, fields::Value::Bytes(text)),
            Self::Int(int) => (EntryKind::Int, fields::Value::Varint(int.cast_unsigned())),
            Self::Double(double) => (EntryKind::Double, fields::Value::Fixed64(double.to_bits())),
            Self::Bool(bool) => (EntryKind::Bool, fields::Value::Varint(u64::from(bool))),
        };
        patch::write_entry(name, kind, value, out);
    }
}

impl Value<'_> {
    /// Appends the value as ids and `concat` have it: text as it is, ints decimal, doubles the shortest
    /// digits that read back (1.0 is `1`), `true` or `false`. `out` is memory, so that nothing can fail.
    #[inline]
    pub(crate) fn write_text(self, out: &mut impl Write) {
        let _ = match self {
            Self::Text(text) => out.write_all(text),
            Self::Int(int) => out.write_all(itoa::Buffer::new().format(int).as_bytes()),
            Self::Double(double) => write!(out, "{double}"),
            Self::Bool(bool) => out.write_all(if bool { b"true" } else { b"false" }),
        };
    }

    /// Appends the value as JSON: a double always with `.` or `e`, so that it stays one; of text what isn't
    /// UTF-8 replaced, since JSON can't carry it. A double must be finite. `out` is memory.
    pub(crate) fn write_json(self, out: &mut impl Write) {
        let _ = match self {
            Self::Text(text) => serde_json::to_writer(out, &String::from_utf8_lossy(text)),
            Self::Int(int) => serde_json::to_writer(out, &int),
            Self::Double(double) => serde_json::to_writer(out, &double),
            Self::Bool(bool) => serde_json::to_writer(out, &bool),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_ids_and_as_json() {
        let check = |value: Value<'_>, text: &[u8], json: &str| {
            let (mut as_text, mut as_json) = (b"before:".to_vec(), Vec::new());
            value.write_text(&mut as_text);
            value.write_json(&mut as_json);
            assert_eq!((&as_text[7..], String::from_utf8(as_json).unwrap().as_str()), (text, json));
        };
        check(Value::Int(i64::MIN), b"-9223372036854775808", "-9223372036854775808");
        check(Value::Int(0), b"0", "0");
        check(Value::Double(1.0), b"1", "1.0");
        check(Value::Double(-0.0), b"-0", "-0.0");
        check(Value::Double(0.1 + 0.2), b"0.30000000000000004", "0.30000000000000004");
        check(Value::Double(1e21), b"1000000000000000000000", "1e+21");
        check(Value::Bool(true), b"true", "true");
        check(Value::Bool(false), b"false", "false");
        check(Value::Text(b""), b"", r#""""#);
        check(Value::Text(b"a\"\n\\"), b"a\"\n\\", r#""a\"\n\\""#);
        check(Value::Text("ü".as_bytes()), "ü".as_bytes(), "\"ü\"");
        check(Value::Text(b"\xff!"), b"\xff!", "\"\u{fffd}!\"");
    }
}

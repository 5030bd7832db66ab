//! Points as line protocol, which reads back as the same points. Knows how things are written; what there is to write
//! is `row`'s.
//!
//! Kapacitor takes more than line protocol can carry. What can't be carried is written so that it can be read by
//! people, and is never an error:
//! - a name or a tag's value that ends in backslashes loses these: the comma or space behind them would become text.
//!   Telegraf does the same
//! - a line break in a name or a tag's value becomes `\n`, a backslash and an n
//! - an empty name becomes `""`
//! - a measurement that begins with `#`, a tab or a zero byte has a backslash before that, as does the name of the first
//!   field: else the line would be a comment, or the byte lost
//! - a double that is no finite number becomes text: `"NaN"`, `"inf"`, `"-inf"`
//! - a point without fields becomes a comment
//!
//! A tab in a name is written as it is: Kapacitor reads it, though `run` doesn't.
//!
//! Kapacitor's own reader takes backslashes in pairs where ours doesn't, in the names of fields and where it looks for the
//! end of a line. So a backslash before an escaped character (`a\\\=b`) may read back as something else there, if it
//! is in the name of a field, or if a string of the same line has a line break.

use std::io::Write;

use kapacitor_udfd::value::Value;
use kapacitor_udfd::wire::WireError;
use kapacitor_udfd::wire::point::PointView;

use super::row::{Batch, Row};
use super::scan::is_blank;

/// Appends a point's line, with its line break: tags and fields by name, the time last. A point of a batch takes its
/// name and the tags that it doesn't have from there. The bytes are as they are in the point and may be no UTF-8. Fails
/// only for a message that is broken; then nothing is appended.
pub(crate) fn write_line(
    point: &PointView<'_>,
    batch: Option<&Batch>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let row = Row::of(point, batch)?;
    if row.fields.is_empty() {
        out.extend_from_slice(b"# ");
    }
    series(row.name, row.tags.iter().copied(), out);
    for (place, (name, value)) in row.fields.iter().enumerate() {
        out.push(if place == 0 { b' ' } else { b',' });
        let begin = if place == 0 { is_blank } else { |_| false };
        write_name(
            name,
            begin,
            |byte, before| matches!(byte, b',' | b' ' | b'=') || is_quote(byte, before),
            out,
        );
        out.push(b'=');
        write_value(*value, out);
    }
    if row.fields.is_empty() {
        out.extend_from_slice(b" (no fields)");
    }
    out.push(b' ');
    write_int(row.time, out);
    out.push(b'\n');
    Ok(())
}

/// Appends the comment that stands before the points of a batch.
pub(crate) fn write_begin(batch: &Batch, out: &mut Vec<u8>) {
    out.extend_from_slice(b"# begin ");
    series(&batch.name, batch.tags.iter().map(|(name, value)| (&name[..], &value[..])), out);
    out.push(b'\n');
}

/// Appends the comment that stands behind them, with the time of the batch.
pub(crate) fn write_end(tmax: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"# end ");
    write_int(tmax, out);
    out.push(b'\n');
}

/// Appends the measurement and the tags.
fn series<'a>(name: &[u8], tags: impl Iterator<Item = (&'a [u8], &'a [u8])>, out: &mut Vec<u8>) {
    let begin = |byte| byte == b'#' || is_blank(byte);
    let special = |byte, before| {
        matches!(byte, b',' | b' ') || byte == b'=' && before == b'\\' || is_quote(byte, before)
    };
    write_name(name, begin, special, out);
    for (name, value) in tags {
        out.push(b',');
        write_name(name, |_| false, |byte, _| matches!(byte, b',' | b' ' | b'='), out);
        out.push(b'=');
        write_name(value, |_| false, |byte, _| matches!(byte, b',' | b' ' | b'='), out);
    }
}

/// A quote behind a backslash, which in a name is not two characters but an escape, though quotes need none.
fn is_quote(byte: u8, before: u8) -> bool {
    byte == b'"' && before == b'\\'
}

/// Appends a name or a tag's value. A backslash comes before each byte that is `special` behind the byte before it, and
/// before a first byte that `begin` says can't stand there.
fn write_name(name: &[u8], begin: impl Fn(u8) -> bool, special: impl Fn(u8, u8) -> bool, out: &mut Vec<u8>) {
    let end = name.iter().rposition(|byte| *byte != b'\\').map_or(0, |last| last + 1);
    let name = name.get(..end).unwrap_or_default();
    let [first, ..] = name else { return out.extend_from_slice(b"\"\"") };
    if begin(*first) && !special(*first, 0) {
        out.push(b'\\');
    }
    // Nearly every name is plain.
    if !name.iter().any(|byte| matches!(byte, b',' | b' ' | b'=' | b'\\' | b'\n')) {
        return out.extend_from_slice(name);
    }
    let mut before = 0;
    for &byte in name {
        if special(byte, before) {
            out.push(b'\\');
        }
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            byte => out.push(byte),
        }
        before = byte;
    }
}

/// Appends a field's value.
fn write_value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => write_text(text, out),
        Value::Int(int) => {
            write_int(int, out);
            out.push(b'i');
        }
        Value::Double(double) if double.is_finite() => write_double(double, out),
        Value::Double(double) => write_text(double.to_string().as_bytes(), out),
        Value::Bool(bool) => out.extend_from_slice(if bool { b"true" } else { b"false" }),
    }
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for part in text.split_inclusive(|byte| matches!(byte, b'"' | b'\\')) {
        let (plain, escaped) = match part {
            [plain @ .., last @ (b'"' | b'\\')] => (plain, Some(*last)),
            plain => (plain, None),
        };
        out.extend_from_slice(plain);
        if let Some(byte) = escaped {
            out.extend_from_slice(&[b'\\', byte]);
        }
    }
    out.push(b'"');
}

pub(super) fn write_int(int: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(int).as_bytes());
}

/// Appends the fewest digits that read back as the same double: 1, 0.1, -0, and 1e300, as zeros in a row can't be
/// counted.
pub(super) fn write_double(double: f64, out: &mut Vec<u8>) {
    /// Below it, each whole number is a double of its own.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    let size = double.abs();
    #[expect(clippy::cast_possible_truncation, reason = "it is checked")]
    let int = double as i64;
    #[expect(clippy::cast_precision_loss, reason = "there is none below 2^53")]
    let is_whole = size < WHOLE && (int as f64).to_bits() == double.to_bits();
    // `out` is memory, so that nothing can fail.
    let _ = match double {
        _ if is_whole => return write_int(int, out),
        _ if (1e-5..1e17).contains(&size) || size == 0.0 => write!(out, "{double}"),
        _ => write!(out, "{double:e}"),
    };
}

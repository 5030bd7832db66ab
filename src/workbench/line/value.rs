//! The value of a field, and the time behind the fields. Knows where it begins; what comes before and behind it is
//! `read`'s.

use super::fault::{Fault, What, quoted};
use super::parts::{Span, ValueSpan};

/// The value that begins at `at`, and where it ends.
pub(super) fn read(text: &str, at: usize) -> Result<(ValueSpan, usize), Fault> {
    let bytes = text.as_bytes();
    if bytes.get(at) == Some(&b'"') {
        let span = string(bytes, at)?;
        return match bytes.get(span.end + 1) {
            None | Some(b',' | b' ') => Ok((ValueSpan::String(span), span.end + 1)),
            Some(_) => Err(What::BehindString.at(span.end + 1)),
        };
    }
    let end = end_of_word(bytes, at);
    let word = text.get(at..end).unwrap_or_default();
    let value = match word.as_bytes() {
        [b'0'..=b'9' | b'.' | b'-', ..] => number(word),
        b"t" | b"T" | b"true" | b"True" | b"TRUE" => Ok(ValueSpan::Bool(true)),
        b"f" | b"F" | b"false" | b"False" | b"FALSE" => Ok(ValueSpan::Bool(false)),
        _ if names_no_number(word) => Err(What::NotFinite { text: quoted(word) }),
        _ => Err(What::BadValue { text: quoted(word) }),
    };
    Ok((value.map_err(|what| what.at(at))?, end))
}

/// The time that begins at `at`, and where it ends.
pub(super) fn time(text: &str, at: usize) -> Result<(i64, usize), Fault> {
    let end = at + text.as_bytes().iter().skip(at).take_while(|byte| **byte != b' ').count();
    let word = text.get(at..end).unwrap_or_default();
    match word.parse() {
        Ok(time) if !word.starts_with('+') => Ok((time, end)),
        _ if is_whole(word) => Err(What::TimeTooLarge { text: quoted(word) }.at(at)),
        _ => Err(What::BadTime { text: quoted(word) }.at(at)),
    }
}

/// The string whose opening quote is at `quote`, without its quotes.
fn string(bytes: &[u8], quote: usize) -> Result<Span, Fault> {
    let start = quote + 1;
    let mut closing = Closing::default();
    let Some(length) = closing.find(bytes.get(start..).unwrap_or_default()) else {
        return Err(What::OpenString.at(quote));
    };
    Ok(Span { start, end: start + length, escaped: closing.escapes })
}

/// Looks for the quote that closes a string, which may come in several pieces.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// The last byte was a backslash that counts.
    escape: bool,
    /// There was one.
    escapes: bool,
}

impl Closing {
    /// Where in `bytes` the closing quote is.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(|byte| {
            let escaped = std::mem::take(&mut self.escape);
            match byte {
                _ if escaped => false,
                b'\\' => {
                    self.escape = true;
                    self.escapes = true;
                    false
                }
                byte => *byte == b'"',
            }
        })
    }
}

fn end_of_word(bytes: &[u8], at: usize) -> usize {
    at + bytes.iter().skip(at).take_while(|byte| !matches!(byte, b',' | b' ')).count()
}

fn number(word: &str) -> Result<ValueSpan, What> {
    let unsigned = word.strip_suffix('u').filter(|digits| !digits.starts_with('-'));
    // Kapacitor has no unsigned integers. What fits into its own is what the writer meant.
    if let Some(digits) = word.strip_suffix('i').or(unsigned) {
        return match digits.parse() {
            Ok(int) => Ok(ValueSpan::Int(int)),
            Err(_) if is_whole(digits) => Err(What::IntTooLarge { text: quoted(word) }),
            Err(_) => Err(What::BadNumber { text: quoted(word) }),
        };
    }
    // What Rust reads as a number and Kapacitor doesn't is made of letters: inf, nan.
    if !word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')) {
        let what = if names_no_number(word) {
            |text| What::NotFinite { text }
        } else {
            |text| What::BadNumber { text }
        };
        return Err(what(quoted(word)));
    }
    match word.parse::<f64>() {
        Ok(double) if double.is_finite() => Ok(ValueSpan::Double(double)),
        Ok(_) => Err(What::TooLarge { text: quoted(word) }),
        Err(_) => Err(What::BadNumber { text: quoted(word) }),
    }
}

/// Whether these are digits, perhaps with a minus.
fn is_whole(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn names_no_number(word: &str) -> bool {
    let word = word.trim_start_matches(['-', '+']);
    ["nan", "inf", "infinity"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

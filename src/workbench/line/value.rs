//! Words that are no value and no time: what is wrong with them. Knows nothing of what is right: the crate does.

use std::fmt::Write;

use super::fault::{What, quoted};
use super::read::{is_time, is_value};

/// What is wrong with a field's value, if the crate refuses it.
pub(super) fn refused(word: &str) -> Option<What> {
    let mut crates_words = String::new();
    write(word, &mut crates_words);
    if is_value(&crates_words) {
        return None;
    }
    let text = quoted(word);
    Some(match word.as_bytes() {
        _ if names_no_number(word) => What::NotFinite { text },
        [b'0'..=b'9' | b'.' | b'-', ..] if is_whole(digits(word)) => What::IntTooLarge { text },
        [b'0'..=b'9' | b'.' | b'-', ..] => What::BadNumber { text },
        _ => What::BadValue { text },
    })
}

/// What is wrong with a value that the crate takes, and that is no number of Kapacitor's.
pub(super) fn too_large(word: &str) -> What {
    let text = quoted(word);
    if is_whole(digits(word)) { What::IntTooLarge { text } } else { What::TooLarge { text } }
}

/// What is wrong with a time, if the crate refuses it.
pub(super) fn refused_time(word: &str) -> Option<What> {
    let text = quoted(word);
    match is_time(word) {
        true => None,
        false if is_whole(word) => Some(What::TimeTooLarge { text }),
        false => Some(What::BadTime { text }),
    }
}

/// Writes a value that is no string. The crate wants digits on both sides of a point (`.5`, `1.`), Kapacitor doesn't.
pub(super) fn write(word: &str, repaired: &mut String) {
    let number = word.parse::<f64>().ok().filter(|_| word.contains('.') && !word.starts_with('+'));
    // `repaired` is memory, so that nothing can fail.
    let _ = match number.filter(|double| double.is_finite()) {
        Some(double) => write!(repaired, "{double:e}"),
        None => repaired.write_str(word),
    };
}

/// An integer's digits, if this is one.
fn digits(word: &str) -> &str {
    let unsigned = word.strip_suffix('u').filter(|digits| !digits.starts_with('-'));
    word.strip_suffix('i').or(unsigned).unwrap_or_default()
}

/// Looks for the quote that closes a string, which may come in several pieces.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// The last byte was a backslash that counts.
    escape: bool,
}

impl Closing {
    /// Where in `bytes` the closing quote is.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(|byte| {
            let escaped = std::mem::take(&mut self.escape);
            self.escape = !escaped && *byte == b'\\';
            !escaped && *byte == b'"'
        })
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

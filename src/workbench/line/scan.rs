//! The parts of a line as Kapacitor finds them, for the lines that the crate refuses or would misread: where each part
//! is, so that an error has its place, and the line in words that the crate reads as Kapacitor reads the original.
//! Knows no values: those are the crate's.
//!
//! In names and in tags' values a comma, a space or a `=` is text if the byte before it is a backslash, whatever
//! stands before that: a name cannot end with a backslash.

use std::ops::Range;

use super::fault::{Fault, What};
use super::read::MAX_KEY;
use super::value::{self, Closing};

/// What Kapacitor skips before the measurement, the fields and the time.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0)
}

/// Where a line's parts are.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Where their names begin.
    tags: Vec<usize>,
    /// Where their names begin, and their values.
    fields: Vec<(usize, Range<usize>)>,
    time: Option<Range<usize>>,
}

impl Found {
    /// The first value or time that the crate refuses.
    pub(super) fn refused_word(&self, text: &str) -> Option<Fault> {
        let word = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let mut values = self.fields.iter();
        values.find_map(|(_, value)| Some(value::refused(word(value))?.at(value.start))).or_else(|| {
            self.time.as_ref().and_then(|time| Some(value::refused_time(word(time))?.at(time.start)))
        })
    }

    pub(super) fn tag_twice<T>(&self, number: usize, tag: Option<(&str, T)>) -> Fault {
        let name = tag.map(|(name, _)| name.to_owned()).unwrap_or_default();
        What::TagTwice { name }.at(self.tags.get(number).copied().unwrap_or_default())
    }

    pub(super) fn field_twice<T>(&self, number: usize, field: Option<(&str, T)>) -> Fault {
        let name = field.map(|(name, _)| name.to_owned()).unwrap_or_default();
        What::FieldTwice { name }.at(self.fields.get(number).map_or(0, |(start, _)| *start))
    }

    pub(super) fn too_large(&self, text: &str, number: usize) -> Fault {
        let range = self.fields.get(number).map(|(_, value)| value.clone()).unwrap_or_default();
        value::too_large(text.get(range.clone()).unwrap_or_default()).at(range.start)
    }
}

/// Looks for the parts of a line.
#[derive(Debug)]
pub(super) struct Scan<'t, 'r> {
    text: &'t str,
    at: usize,
    repaired: &'r mut String,
    pub(super) found: Found,
}

/// Where a name stands: what ends it, and which characters Kapacitor frees from a backslash and the crate doesn't.
#[derive(Debug, Clone, Copy)]
struct Kind {
    ends: &'static [u8],
    freed: &'static [char],
    /// What the crate takes for an end that Kapacitor takes for text.
    refused: &'static [u8],
}

const MEASUREMENT: Kind = Kind { ends: b", ", freed: &['=', '"'], refused: b"\t\0" };
const TAG: Kind = Kind { ends: b", =", freed: &[], refused: b"\t" };
const FIELD: Kind = Kind { ends: b", =", freed: &['"'], refused: b"\t" };

impl<'t, 'r> Scan<'t, 'r> {
    /// The line as the crate should have it comes into `repaired`.
    pub(super) fn new(text: &'t str, repaired: &'r mut String) -> Self {
        repaired.clear();
        Self { text, at: 0, repaired, found: Found::default() }
    }

    pub(super) fn line(&mut self) -> Result<(), Fault> {
        self.skip_blanks();
        let start = self.at;
        if self.name(MEASUREMENT)?.is_empty() {
            return Err(What::NoMeasurement.at(start));
        }
        while self.take(b',') {
            self.tag()?;
        }
        let len = self.at - start;
        if len > MAX_KEY {
            return Err(What::KeyTooLong { len, max: MAX_KEY }.at(start));
        }
        self.skip_blanks();
        if self.peek().is_none() {
            return Err(What::NoFields.at(self.at));
        }
        self.repaired.push(' ');
        self.field()?;
        while self.take(b',') {
            self.field()?;
        }
        self.time()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
            self.repaired.push(char::from(byte));
        }
        found
    }

    /// Goes on to the first of these bytes that has no backslash before it.
    fn name(&mut self, kind: Kind) -> Result<&'t str, Fault> {
        let (start, mut before) = (self.at, 0);
        while let Some(byte) = self.peek() {
            if before != b'\\' && kind.ends.contains(&byte) {
                break;
            }
            if before != b'\\' && kind.refused.contains(&byte) {
                return Err(What::ControlInName.at(self.at));
            }
            before = byte;
            self.at += 1;
        }
        let name = self.text.get(start..self.at).unwrap_or_default();
        repair(name, kind.freed, self.repaired);
        Ok(name)
    }

    fn tag(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let name = self.name(TAG)?;
        if name.is_empty() {
            return Err(What::NoTagName.at(start));
        }
        let has_value = self.take(b'=');
        // Kapacitor takes a `=` where it is the first byte of the value.
        let is_equal = has_value && self.take(b'=');
        if !has_value || self.name(TAG)?.is_empty() && !is_equal {
            return Err(What::NoTagValue { name: name.to_owned() }.at(self.at));
        }
        if self.peek() == Some(b'=') {
            return Err(What::EqualInTag.at(self.at));
        }
        self.found.tags.push(start);
        Ok(())
    }

    fn field(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let name = self.name(FIELD)?;
        if name.is_empty() {
            return Err(What::NoFieldName.at(start));
        }
        if !self.take(b'=') || matches!(self.peek(), None | Some(b',' | b' ')) {
            return Err(What::NoFieldValue { name: name.to_owned() }.at(self.at));
        }
        let value = self.value()?;
        self.found.fields.push((start, value));
        Ok(())
    }

    fn value(&mut self) -> Result<Range<usize>, Fault> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let Some(string) = rest.strip_prefix('"') else {
            let word = rest.split([',', ' ']).next().unwrap_or_default();
            self.at += word.len();
            value::write(word, self.repaired);
            return Ok(start..self.at);
        };
        let Some(length) = Closing::default().find(string.as_bytes()) else {
            return Err(What::OpenString.at(start));
        };
        self.at += length + 2;
        if !matches!(self.peek(), None | Some(b',' | b' ')) {
            return Err(What::BehindString.at(self.at));
        }
        self.repaired.push_str(self.text.get(start..self.at).unwrap_or_default());
        Ok(start..self.at)
    }

    fn time(&mut self) -> Result<(), Fault> {
        self.skip_blanks();
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let time = rest.split(' ').next().unwrap_or_default();
        if time.is_empty() {
            return Ok(());
        }
        let end = start + time.len();
        self.found.time = Some(start..end);
        self.repaired.push(' ');
        self.repaired.push_str(time);
        match rest.bytes().skip(time.len()).position(|byte| byte != b' ') {
            Some(behind) => Err(What::BehindTime.at(end + behind)),
            None => Ok(()),
        }
    }
}

/// Writes a name or a tag's value so that the crate reads it as Kapacitor does. The crate makes one backslash of two,
/// while to Kapacitor they are two (`\\server\disk`); and it leaves a backslash before a quote, or a `=` in a
/// measurement, which Kapacitor takes away.
fn repair(name: &str, freed: &[char], repaired: &mut String) {
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('\\')) => repaired.push_str(r"\\"),
            ('\\', Some(next)) if freed.contains(next) => {}
            _ => repaired.push(c),
        }
    }
}

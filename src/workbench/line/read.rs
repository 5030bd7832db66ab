//! One line, from its first byte to its last. Knows its text alone: where lines end is `source`'s.
//!
//! In names and in tags' values a comma, a space or a `=` is text if the byte before it is a backslash, whatever
//! stands before that: a name cannot end with a backslash.

use std::borrow::Cow;
use std::collections::HashSet;

use super::fault::{Fault, What};
use super::parts::{Head, Parts, Span};
use super::value;

/// Measurement and tags of a line together. Kapacitor refuses longer ones.
const MAX_KEY: usize = 65_535;

/// From how many tags or fields on they are compared by a set: a line of a hundred thousand fields must not
/// cost the square of that.
const MANY: usize = 24;

/// What Kapacitor skips before the measurement, the fields and the time.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0)
}

/// Finds the parts of a line that is not blank and no comment.
pub(super) fn read(text: &str, parts: &mut Parts) -> Result<Head, Fault> {
    parts.clear();
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_blanks();
    let start = cursor.at;
    let measurement = cursor.name(|byte| matches!(byte, b',' | b' '));
    if measurement.range().is_empty() {
        return Err(What::NoMeasurement.at(start));
    }
    while cursor.take(b',') {
        cursor.tag(parts)?;
    }
    let len = cursor.at - start;
    if len > MAX_KEY {
        return Err(What::KeyTooLong { len, max: MAX_KEY }.at(start));
    }
    cursor.skip_blanks();
    if cursor.peek().is_none() {
        return Err(What::NoFields.at(cursor.at));
    }
    cursor.field(parts)?;
    while cursor.take(b',') {
        cursor.field(parts)?;
    }
    refuse_twice(text, parts)?;
    Ok(Head { measurement, time: cursor.time()? })
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl Cursor<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Goes on to the first byte that ends the name.
    #[inline]
    fn name(&mut self, ends: impl Fn(u8) -> bool) -> Span {
        let (start, mut before, mut escaped) = (self.at, 0, false);
        let bytes = self.text.as_bytes().get(start..).unwrap_or_default();
        let is_end = |byte: &u8| {
            let is_end = ends(*byte) && before != b'\\';
            before = *byte;
            escaped |= before == b'\\';
            is_end
        };
        self.at = start + bytes.iter().position(is_end).unwrap_or(bytes.len());
        Span { start, end: self.at, escaped }
    }

    fn tag(&mut self, parts: &mut Parts) -> Result<(), Fault> {
        let ends = |byte| matches!(byte, b',' | b' ' | b'=');
        let name = self.name(ends);
        if name.range().is_empty() {
            return Err(What::NoTagName.at(name.start));
        }
        let has_value = self.take(b'=');
        let start = self.at;
        // Kapacitor takes a `=` where it is the first byte of the value.
        self.take(b'=');
        let value = Span { start, ..self.name(ends) };
        if !has_value || value.range().is_empty() {
            let name = name.tag(self.text).into_owned();
            return Err(What::NoTagValue { name }.at(self.at));
        }
        if self.peek() == Some(b'=') {
            return Err(What::EqualInTag.at(self.at));
        }
        parts.tags.push((name, value));
        Ok(())
    }

    fn field(&mut self, parts: &mut Parts) -> Result<(), Fault> {
        let name = self.name(|byte| matches!(byte, b',' | b' ' | b'='));
        if name.range().is_empty() {
            return Err(What::NoFieldName.at(name.start));
        }
        if !self.take(b'=') || matches!(self.peek(), None | Some(b',' | b' ')) {
            let name = name.name(self.text).into_owned();
            return Err(What::NoFieldValue { name }.at(self.at));
        }
        let (value, end) = value::read(self.text, self.at)?;
        self.at = end;
        parts.fields.push((name, value));
        Ok(())
    }

    fn time(&mut self) -> Result<Option<i64>, Fault> {
        self.skip_blanks();
        if self.peek().is_none() {
            return Ok(None);
        }
        let (time, end) = value::time(self.text, self.at)?;
        let behind = self.text.as_bytes().iter().skip(end).position(|byte| *byte != b' ');
        match behind {
            Some(behind) => Err(What::BehindTime.at(end + behind)),
            None => Ok(Some(time)),
        }
    }
}

fn refuse_twice(text: &str, parts: &Parts) -> Result<(), Fault> {
    if let Some(span) = twice(parts.tags.iter().map(|(name, _)| *name), |span| span.tag(text)) {
        return Err(What::TagTwice { name: span.tag(text).into_owned() }.at(span.start));
    }
    // Kapacitor takes the last of two values. Here one is lost by mistake, and that is worth knowing.
    if let Some(span) = twice(parts.fields.iter().map(|(name, _)| *name), |span| span.name(text)) {
        return Err(What::FieldTwice { name: span.name(text).into_owned() }.at(span.start));
    }
    Ok(())
}

/// The second of two equal names.
#[inline]
fn twice<'t>(
    mut names: impl ExactSizeIterator<Item = Span> + Clone,
    read: impl Fn(Span) -> Cow<'t, str>,
) -> Option<Span> {
    if names.len() >= MANY {
        let mut seen = HashSet::with_capacity(names.len());
        return names.find(|name| !seen.insert(read(*name)));
    }
    let mut all = names.clone().enumerate();
    all.find(|(place, name)| names.clone().take(*place).any(|earlier| read(earlier) == read(*name)))
        .map(|(_, name)| name)
}

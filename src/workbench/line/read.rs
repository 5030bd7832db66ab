//! One line, from its first byte to its last: InfluxData's crate reads it, and what the crate lets through or takes
//! otherwise than Kapacitor is dealt with here. Knows its text alone: where lines end is `source`'s.

use std::collections::HashSet;
use std::hash::Hash;

use influxdb_line_protocol::{self as influx, ParsedLine};
use kapacitor_udfd::wire::point::FieldValue;

use super::fault::{Fault, What};
use super::scan::Scan;

/// Measurement and tags of a line together. Kapacitor refuses longer ones.
pub(super) const MAX_KEY: usize = 65_535;

/// From how many tags or fields on they are compared by a set: a line of a hundred thousand fields must not
/// cost the square of that.
const MANY: usize = 24;

/// A line of line protocol. Names and values are without their escapes, and in the line's order.
#[derive(Debug)]
pub(crate) struct Line<'a>(ParsedLine<'a>);

impl Line<'_> {
    pub(crate) fn measurement(&self) -> &str {
        &self.0.series.measurement
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.0.series.tag_set.iter().flatten().map(|(name, value)| (&**name, &**value))
    }

    /// There is at least one.
    pub(crate) fn fields(&self) -> impl ExactSizeIterator<Item = (&str, FieldValue<'_>)> + Clone {
        self.0.field_set.iter().map(|(name, value)| (&**name, ours(value)))
    }

    /// In the precision of the input; `None` where the line has no time.
    pub(crate) fn time(&self) -> Option<i64> {
        self.0.timestamp
    }

    /// Whether each comma and each `=` stands where Kapacitor looks for it. The crate takes `a,b=1` for a field called
    /// `a,b` and `a=b=c` for a tag's value. An escaped one looks the same here, and has to be looked at in the text.
    fn is_plain(&self) -> bool {
        self.tags()
            .all(|(name, value)| !name.contains(',') && !value.bytes().skip(1).any(|byte| byte == b'='))
            && self.0.field_set.iter().all(|(name, _)| !name.contains(','))
    }

    /// What the crate lets through and Kapacitor doesn't, or what is lost by mistake: of two fields of a name Kapacitor
    /// takes the last.
    fn flaw(&self) -> Option<Flaw> {
        let is_too_large = |value: &influx::FieldValue<'_>| match value {
            influx::FieldValue::F64(double) => !double.is_finite(),
            influx::FieldValue::U64(int) => i64::try_from(*int).is_err(),
            _ => false,
        };
        let mut fields = self.0.field_set.iter();
        twice(self.tags().map(|(name, _)| name))
            .map(Flaw::TagTwice)
            .or_else(|| twice(self.fields().map(|(name, _)| name)).map(Flaw::FieldTwice))
            .or_else(|| fields.position(|(_, value)| is_too_large(value)).map(Flaw::TooLarge))
    }
}

/// What is wrong with a line that the crate reads: the number of the tag or field.
#[derive(Debug, Clone, Copy)]
enum Flaw {
    TagTwice(usize),
    FieldTwice(usize),
    TooLarge(usize),
}

/// Reads a line that is not blank and no comment. `repaired` is where the line is kept if the crate needs it in other
/// words.
pub(super) fn read<'a>(text: &'a str, repaired: &'a mut String) -> Result<Line<'a>, Fault> {
    // Nearly every line is read by this alone.
    if text.len() <= MAX_KEY
        && !is_misread(text)
        && let Some(line) = parse(text.trim_end_matches(' '))
        && line.is_plain()
        && line.flaw().is_none()
    {
        return Ok(line);
    }
    reread(text, repaired)
}

/// Reads a line in words that the crate can't take otherwise than Kapacitor, or finds what is wrong with it and where.
pub(super) fn reread<'a>(text: &str, repaired: &'a mut String) -> Result<Line<'a>, Fault> {
    let mut scan = Scan::new(text, repaired);
    let structure = scan.line();
    let found = scan.found;
    structure.map_err(|fault| found.refused_word(text).unwrap_or(fault))?;
    let Some(line) = parse(repaired) else {
        return Err(found.refused_word(text).unwrap_or(What::Refused.at(0)));
    };
    match line.flaw() {
        None => Ok(line),
        Some(Flaw::TagTwice(number)) => Err(found.tag_twice(number, line.tags().nth(number))),
        Some(Flaw::FieldTwice(number)) => Err(found.field_twice(number, line.fields().nth(number))),
        Some(Flaw::TooLarge(number)) => Err(found.too_large(text, number)),
    }
}

/// Whether the crate may read the line otherwise than Kapacitor: because of a backslash, a zero byte, which to Kapacitor
/// is a space, or a comma with no field behind it, which the crate skips behind the first field.
fn is_misread(text: &str) -> bool {
    let bytes = text.as_bytes();
    let before_time = text.trim_end_matches(|c| matches!(c, ' ' | '-' | '0'..='9'));
    let is_misread = |pair: &[u8]| matches!(pair, [b'\\', b'\\' | b'"' | b'=']);
    before_time.ends_with(',')
        || bytes.contains(&0)
        || bytes.contains(&b'\\') && bytes.windows(2).any(is_misread)
}

fn parse(text: &str) -> Option<Line<'_>> {
    let mut lines = influx::parse_lines(text);
    let line = lines.next()?.ok()?;
    lines.next().is_none().then_some(Line(line))
}

/// Whether the crate takes this as the value of a field.
pub(super) fn is_value(word: &str) -> bool {
    parse(&format!("m f={word}")).is_some()
}

/// Whether the crate takes this as a time.
pub(super) fn is_time(word: &str) -> bool {
    parse(&format!("m f=1 {word}")).is_some()
}

fn ours<'a>(value: &'a influx::FieldValue<'_>) -> FieldValue<'a> {
    match value {
        influx::FieldValue::I64(int) => FieldValue::Int(*int),
        // Kapacitor has no unsigned integers. What fits into its own is what the writer meant; others are a flaw.
        influx::FieldValue::U64(int) => FieldValue::Int(i64::try_from(*int).unwrap_or(i64::MAX)),
        influx::FieldValue::F64(double) => FieldValue::Double(*double),
        influx::FieldValue::String(text) => FieldValue::String(text),
        influx::FieldValue::Boolean(bool) => FieldValue::Bool(*bool),
    }
}

/// Which name is the second of two equal ones.
#[inline]
fn twice<T: Eq + Hash>(mut names: impl Iterator<Item = T> + Clone) -> Option<usize> {
    let count = names.clone().count();
    if count >= MANY {
        let mut seen = HashSet::with_capacity(count);
        return names.position(|name| !seen.insert(name));
    }
    let mut all = names.clone().enumerate();
    all.position(|(place, name)| names.clone().take(place).any(|earlier| earlier == name))
}

//! A line as others see it: names and values without their escapes, borrowed from the text wherever that is
//! possible. Knows where the parts are, not how they were found.

use std::borrow::Cow;
use std::ops::Range;

/// A line of line protocol.
#[derive(Debug, Clone)]
pub(crate) struct Line<'a> {
    pub(crate) measurement: Cow<'a, str>,
    pub(crate) tags: Tags<'a>,
    pub(crate) fields: Fields<'a>,
    /// In the precision of the input; `None` where the line has no time.
    pub(crate) time: Option<i64>,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field<'a> {
    String(Cow<'a, str>),
    Int(i64),
    Double(f64),
    Bool(bool),
}

/// A line's tags, in its order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags<'a> {
    text: &'a str,
    spans: &'a [(Span, Span)],
}

/// A line's fields, in its order. There is at least one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    text: &'a str,
    spans: &'a [(Span, ValueSpan)],
}

impl<'a> Line<'a> {
    /// The line whose parts are at these places of `text`.
    pub(super) fn new(text: &'a str, head: &Head, parts: &'a Parts) -> Self {
        Self {
            measurement: head.measurement.name(text),
            tags: Tags { text, spans: &parts.tags },
            fields: Fields { text, spans: &parts.fields },
            time: head.time,
        }
    }
}

impl<'a> Tags<'a> {
    /// Names and values without escapes; only what has one is copied.
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.spans.iter().map(move |(key, value)| (key.tag(self.text), value.tag(self.text)))
    }
}

impl<'a> Fields<'a> {
    /// Names and values without escapes; only what has one is copied.
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = (Cow<'a, str>, Field<'a>)> {
        self.spans.iter().map(move |(key, value)| (key.name(self.text), value.read(self.text)))
    }
}

/// Where a line's measurement is, and its time.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) measurement: Span,
    pub(super) time: Option<i64>,
}

/// Where a line's tags and fields are: kept from line to line, so that most lines allocate nothing.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) tags: Vec<(Span, Span)>,
    pub(super) fields: Vec<(Span, ValueSpan)>,
}

impl Parts {
    pub(super) fn clear(&mut self) {
        self.tags.clear();
        self.fields.clear();
    }
}

/// A part of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether there is a backslash in it.
    pub(super) escaped: bool,
}

/// A field's value; a string is still in the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValueSpan {
    String(Span),
    Int(i64),
    Double(f64),
    Bool(bool),
}

impl ValueSpan {
    fn read(self, text: &str) -> Field<'_> {
        match self {
            Self::String(span) => Field::String(span.unescaped(text, b"\"\\")),
            Self::Int(int) => Field::Int(int),
            Self::Double(double) => Field::Double(double),
            Self::Bool(bool) => Field::Bool(bool),
        }
    }
}

impl Span {
    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }

    pub(super) fn raw(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }

    /// As a measurement or the name of a field.
    pub(super) fn name(self, text: &str) -> Cow<'_, str> {
        self.unescaped(text, b", =\"")
    }

    /// As the name or the value of a tag, where Kapacitor leaves a backslash before a quote as it is.
    pub(super) fn tag(self, text: &str) -> Cow<'_, str> {
        self.unescaped(text, b", =")
    }

    /// Without the backslashes that stand before one of `specials`; all others are text.
    #[inline]
    fn unescaped<'a>(self, text: &'a str, specials: &[u8]) -> Cow<'a, str> {
        let raw = self.raw(text);
        if self.escaped { Cow::Owned(unescape(raw, specials)) } else { Cow::Borrowed(raw) }
    }
}

fn unescape(raw: &str, specials: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let special = after.chars().next().filter(|next| specials.iter().any(|s| char::from(*s) == *next));
        text.push(special.unwrap_or('\\'));
        rest = after.get(special.map_or(0, char::len_utf8)..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

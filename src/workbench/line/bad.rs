//! A line that can't be read, as the user sees it: where, why, and the place in the line. Knows no rules of line
//! protocol.

use std::fmt::{self, Display, Formatter};

use super::fault::Fault;
use super::terminal::{cut, shown, width};

/// How much of a line is shown.
const COLUMNS: usize = 100;
/// How much of that is what comes before the place.
const BEFORE: usize = 60;

/// A line that can't be read. Shows itself as `FILE:LINE:COLUMN: error: …`, the line, or what is around the place in
/// a long one, and a caret under the place; no line break at the end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BadLine {
    name: String,
    line: u64,
    /// In characters, from 1.
    column: usize,
    words: String,
    excerpt: String,
    /// How many columns of the terminal lie before the place.
    caret: usize,
}

impl BadLine {
    /// `line` is the line's number in the file, from 1; `text` is it without its line break.
    pub(super) fn new(name: &str, line: u64, text: &[u8], fault: &Fault) -> Self {
        let (before, behind) = text.split_at_checked(fault.at).unwrap_or((text, b""));
        let (before, behind) = (String::from_utf8_lossy(before), String::from_utf8_lossy(behind));
        let (begin, caret) = tail(&before);
        let excerpt = begin + cut(&behind, COLUMNS.saturating_sub(caret)).0.as_str();
        let column = before.chars().count() + 1;
        Self { name: name.to_owned(), line, column, words: fault.what.to_string(), excerpt, caret }
    }
}

impl Display for BadLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, line, column, words, excerpt, caret } = self;
        writeln!(f, "{name}:{line}:{column}: error: {words}")?;
        write!(f, "    {excerpt}\n    {:caret$}^", "")
    }
}

impl std::error::Error for BadLine {}

/// The end of what stands before the place, and how wide it is.
fn tail(text: &str) -> (String, usize) {
    let all: usize = text.chars().map(shown).map(width).sum();
    if all <= BEFORE {
        return (text.chars().map(shown).collect(), all);
    }
    let mut taken = 1;
    let start = text.char_indices().rev().take_while(|(_, c)| {
        taken += width(shown(*c));
        taken <= BEFORE
    });
    let start = start.last().map_or(text.len(), |(start, _)| start);
    let end: String = text.get(start..).unwrap_or_default().chars().map(shown).collect();
    let wide = 1 + end.chars().map(width).sum::<usize>();
    (format!("…{end}"), wide)
}

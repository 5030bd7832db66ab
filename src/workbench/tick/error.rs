//! What can't be taken of a TICKscript, in words, over the line it stands in. Judges nothing itself.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::workbench::terminal::is_unsafe;

/// What is wrong at a place of the text, before anybody says which text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) span: Range<usize>,
    pub(super) words: String,
    /// What is accepted, or what to do; perhaps nothing.
    pub(super) help: String,
}

impl Problem {
    pub(super) fn new(span: Range<usize>, words: impl Into<String>) -> Self {
        Self { span, words: words.into(), help: String::new() }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// In this text, which came from `origin`.
    pub(super) fn of(self, text: &str, origin: &str) -> TickError {
        let place = Some(Box::new(Place::of(text, self.span)));
        TickError { origin: origin.to_owned(), place, words: self.words, help: self.help }
    }
}

/// Why a node can't be taken: where, the line with a caret, and what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TickError {
    origin: String,
    /// None if it is not about a place.
    place: Option<Box<Place>>,
    words: String,
    help: String,
}

impl TickError {
    /// About all of `origin`.
    pub(super) fn of_all(origin: &str, words: String, help: String) -> Self {
        Self { origin: origin.to_owned(), place: None, words, help }
    }
}

impl std::error::Error for TickError {}

impl fmt::Display for TickError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, place, words, help } = self;
        let Some(Place { line, number, column, range }) = place.as_deref() else {
            write!(f, "{origin}: {words}")?;
            return if help.is_empty() { Ok(()) } else { write!(f, "; {help}") };
        };
        if words.contains('\n') {
            // They show a line of their own: of a script in a string.
            return write!(f, "{origin}:{number}:{column}: {words}");
        }
        let title = Level::ERROR.no_name().primary_title(format!("{origin}:{number}:{column}: {words}"));
        let caret = AnnotationKind::Primary.span(range.clone());
        let mut group = title.element(Snippet::source(line.as_str()).line_start(*number).annotation(caret));
        if !help.is_empty() {
            group = group.element(Level::HELP.no_name().message(help.as_str()));
        }
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// Where in a text, with the line to show.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// Without what would move the caret.
    line: String,
    /// From 1, as editors count.
    number: usize,
    /// In characters, from 1.
    column: usize,
    /// In the line, in bytes.
    range: Range<usize>,
}

impl Place {
    /// What goes on behind the line's end is not marked.
    fn of(text: &str, span: Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let from = before.len() - start;
        let to = (span.end.saturating_sub(start)).clamp(from, line.len().max(from));
        Self {
            line: plain(line),
            number: before.matches('\n').count() + 1,
            column: before.get(start..).unwrap_or_default().chars().count() + 1,
            range: from..to,
        }
    }
}

/// The same number of bytes, without what moves the caret or turns text around.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    for c in line.chars() {
        if is_unsafe(c) {
            plain.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Somebody's text in a message: the start of its first line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = plain(line).chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

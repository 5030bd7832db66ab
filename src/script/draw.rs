//! A message over the line of the script that it is about.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use rhai::Position;

use super::{CompileError, Source};

/// `words` over the line at `range` of the source, with a caret.
pub(super) fn drawn(source: &Source, words: &str, range: Option<Range<usize>>) -> String {
    let title = format!("option {}: {words}", source.option);
    let Some(range) = range else { return title };
    let title = Level::ERROR.no_name().primary_title(title);
    // Controls would move the caret, or forge lines where the message is logged.
    let text: String =
        source.text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    let range = if text.len() == source.text.len() { range } else { 0..0 };
    let snippet =
        Snippet::source(&*text).path(source.option.as_str()).annotation(AnnotationKind::Primary.span(range));
    Renderer::plain().render(&[title.element(snippet)])
}

impl CompileError {
    pub(super) fn at(source: &Source, words: &str, range: Option<Range<usize>>) -> Self {
        Self(drawn(source, words, range))
    }
}

/// The word at a place of the engine's, or the character. `None` if there is no place.
pub(super) fn range(text: &str, position: Position) -> Option<Range<usize>> {
    let line = text.split_inclusive('\n').nth(position.line()?.checked_sub(1)?);
    let Some(line) = line else { return Some(text.len()..text.len()) };
    let before = position.position().and_then(|column| column.checked_sub(1)).unwrap_or(0);
    let start = line.char_indices().nth(before).map_or(line.trim_end().len(), |(at, _)| at);
    let rest = line.get(start..).unwrap_or_default();
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let length =
        if word > 0 { word } else { rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8) };
    let start = start + line.as_ptr().addr() - text.as_ptr().addr();
    Some(start..start + length)
}

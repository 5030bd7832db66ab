//! Text as a terminal shows it: how wide it is, and nothing in it that a terminal would obey. Knows no lines and no
//! points.

use unicode_width::UnicodeWidthChar;

use crate::workbench::terminal::is_unsafe;

/// A character as it is shown: what a terminal would obey is not for the input to send there.
pub(super) fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        '\n' => '↵',
        c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// How many columns a character takes.
pub(super) fn width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The begin of a text, shown in so many columns at the most, and how wide that is. A `…` stands for what is cut off.
pub(super) fn cut(text: &str, columns: usize) -> (String, usize) {
    let (mut begin, mut wide) = (String::new(), 0);
    for c in text.chars().map(shown) {
        if wide + width(c) > columns {
            return cut_mark(begin, columns);
        }
        wide += width(c);
        begin.push(c);
    }
    (begin, wide)
}

fn cut_mark(mut begin: String, columns: usize) -> (String, usize) {
    let mut wide: usize = begin.chars().map(width).sum();
    while wide + 1 > columns
        && let Some(last) = begin.pop()
    {
        wide -= width(last);
    }
    begin.push('…');
    (begin, wide + 1)
}

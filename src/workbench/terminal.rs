//! Which characters of somebody's text are not to be sent to a terminal, nor into a picture. What stands in their place is
//! for each to choose.

/// Whether a terminal would obey it, or the reader be misled by it: it moves the cursor, ends a line, turns the writing
/// round, can't be seen at the start of a text, or is no character.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
                | '\u{fffe}'
                | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_obeys_or_misleads_is_unsafe_and_writing_is_not() {
        assert!("\0\t\n\x1b\x7f\u{9b}\u{202e}\u{2066}\u{2028}\u{200f}\u{feff}".chars().all(is_unsafe));
        assert!(!"aä東 שלום ‘’…–\u{301}👩\u{200d}🔬".chars().any(is_unsafe));
    }
}

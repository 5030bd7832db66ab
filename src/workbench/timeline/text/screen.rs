//! What the text is for: how wide it may be, and which signs can be shown there.

use std::env;

use console::Term;

/// A terminal, or what else takes text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(super) width: usize,
    /// Nothing but ASCII, but for what ids hold.
    pub(super) ascii: bool,
}

/// What the picture is made of.
#[derive(Debug)]
pub(super) struct Signs {
    pub(super) event: char,
    pub(super) many: char,
    pub(super) open: char,
    pub(super) wait: char,
    pub(super) still: char,
    pub(super) axis: char,
    pub(super) tick: char,
    pub(super) cut: char,
    pub(super) group: &'static str,
}

/// Where nothing is known of the width.
const WIDTH: usize = 100;
/// Lines that are longer are of no use to anybody.
const WIDEST: usize = 1_000;

const UNICODE: Signs = Signs {
    event: '•',
    many: '#',
    open: '─',
    wait: '┄',
    still: '▸',
    axis: '─',
    tick: '┬',
    cut: '…',
    group: "──",
};

const ASCII: Signs = Signs {
    event: 'o',
    many: '#',
    open: '=',
    wait: '-',
    still: '>',
    axis: '-',
    tick: '+',
    cut: '~',
    group: "--",
};

impl Screen {
    /// The terminal on stdout: as wide as it is, or as `COLUMNS` says, or 100 columns. A locale that says it is not
    /// UTF-8 is believed.
    pub(crate) fn of_stdout() -> Self {
        let said = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns)).or(said);
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| env::var(name).ok());
        Self::new(width.unwrap_or(WIDTH), locale.into_iter().find(|locale| !locale.is_empty()).as_deref())
    }

    fn new(width: usize, locale: Option<&str>) -> Self {
        let is_utf8 = |locale: &str| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        };
        Self { width: width.clamp(1, WIDEST), ascii: !locale.is_none_or(is_utf8) }
    }

    #[cfg(test)]
    pub(in crate::workbench::timeline) fn of_width(width: usize) -> Self {
        Self::new(width, None)
    }

    pub(super) fn signs(&self) -> &'static Signs {
        if self.ascii { &ASCII } else { &UNICODE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_that_is_not_utf8_gets_ascii() {
        let cases = [
            (None, false),
            (Some("de_DE.UTF-8"), false),
            (Some("C.utf8"), false),
            (Some("C"), true),
            (Some("POSIX"), true),
        ];
        for (locale, ascii) in cases {
            assert_eq!(Screen::new(100, locale).ascii, ascii, "{locale:?}");
        }
    }
}

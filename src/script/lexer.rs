//! The words of a script, as far as names are concerned. Whether it is a script at all is the engine's to say: what
//! is misunderstood here only runs slower.

use std::ops::Range;

/// A word of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// A name or a keyword.
    Name(&'a str),
    /// What stands between double quotes, with nothing escaped in it.
    Text(&'a str),
    /// Text of another kind, or a part of one.
    OddText,
    Number(&'a str),
    /// An operator or a bracket.
    Symbol(&'a str),
}

/// The words of `source`, comments left out; what stands in `${}` too.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { source, at: 0, interpolations: Vec::new() };
    std::iter::from_fn(|| lexer.next_token()).collect()
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    /// Of each text that is interrupted: how many braces are open in what interrupts it.
    interpolations: Vec<usize>,
}

/// Longest first.
const SYMBOLS: [&str; 38] = [
    "<<=", ">>=", "**=", "...", "..=", "===", "!==", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "??",
    "?.", "?[", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "**", "<<", ">>", "..", "::", "#{", ":=",
    "<-", "++", "--", "<|", "|>",
];

impl<'a> Lexer<'a> {
    fn next_token(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let start = self.at;
        let rest = self.rest();
        let first = rest.chars().next()?;
        let kind = match first {
            '"' => self.text(),
            '\'' => self.character(),
            '`' => self.template(1),
            '#' if rest.trim_start_matches('#').starts_with('"') => self.raw_text(),
            '}' if self.interpolations.last() == Some(&0) => {
                self.interpolations.pop();
                self.template(1)
            }
            '0'..='9' => self.number(),
            '_' | 'a'..='z' | 'A'..='Z' => Kind::Name(self.take_while(is_in_name)),
            _ => self.symbol(first),
        };
        Some(Token { kind, range: start..self.at })
    }

    fn symbol(&mut self, first: char) -> Kind<'a> {
        let rest = self.rest();
        let known = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
        let symbol = self.take(known.map_or(first.len_utf8(), |symbol| symbol.len()));
        if let Some(open) = self.interpolations.last_mut() {
            match symbol {
                "{" | "#{" => *open += 1,
                "}" => *open = open.saturating_sub(1),
                _ => {}
            }
        }
        Kind::Symbol(symbol)
    }

    fn number(&mut self) -> Kind<'a> {
        let rest = self.rest();
        let digits = |text: &str| text.len() - text.trim_start_matches(is_in_name).len();
        let mut length = digits(rest);
        if let Some(fraction) = rest.get(length..).and_then(|rest| rest.strip_prefix('.'))
            && fraction.starts_with(|c: char| c.is_ascii_digit())
        {
            length += 1 + digits(fraction);
        }
        Kind::Number(self.take(length))
    }

    fn text(&mut self) -> Kind<'a> {
        let inside = self.rest().get(1..).unwrap_or_default();
        match inside.find(['"', '\\', '\n']) {
            Some(end) if inside[end..].starts_with('"') => {
                self.take(end + 2);
                Kind::Text(inside.get(..end).unwrap_or_default())
            }
            _ => {
                self.take(1);
                self.skip_escaped('"');
                Kind::OddText
            }
        }
    }

    fn character(&mut self) -> Kind<'a> {
        self.take(1);
        self.skip_escaped('\'');
        Kind::OddText
    }

    /// Up to behind the next `end` that no backslash is in front of.
    fn skip_escaped(&mut self, end: char) {
        let mut is_escaped = false;
        for (at, c) in self.rest().char_indices() {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                c if c == end => {
                    self.at += at + c.len_utf8();
                    return;
                }
                _ => {}
            }
        }
        self.at = self.source.len();
    }

    fn raw_text(&mut self) -> Kind<'a> {
        let rest = self.rest();
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = rest.get(hashes + 1..).unwrap_or_default();
        let length = inside.find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len());
        self.take(length);
        Kind::OddText
    }

    /// Text between backticks, up to its end or to the next `${`.
    fn template(&mut self, skipped: usize) -> Kind<'a> {
        self.take(skipped);
        loop {
            let rest = self.rest();
            match rest.find(['`', '$']) {
                None => {
                    self.at = self.source.len();
                    return Kind::OddText;
                }
                Some(at) => {
                    let found = rest.get(at..).unwrap_or_default();
                    if found.starts_with("``") {
                        self.take(at + 2);
                    } else if found.starts_with('`') {
                        self.take(at + 1);
                        return Kind::OddText;
                    } else if found.starts_with("${") {
                        self.take(at + 2);
                        self.interpolations.push(0);
                        return Kind::OddText;
                    } else {
                        self.take(at + 1);
                    }
                }
            }
        }
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.skip_comment();
            } else {
                return;
            }
        }
    }

    /// Comments nest.
    fn skip_comment(&mut self) {
        let mut open = 0usize;
        while self.at < self.source.len() {
            let rest = self.rest();
            if rest.starts_with("/*") {
                open += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                self.at += 2;
                open -= 1;
                if open == 0 {
                    return;
                }
            } else {
                self.at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn take_while(&mut self, accepted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take(rest.find(|c| !accepted(c)).unwrap_or(rest.len()))
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = self.rest().get(..length).unwrap_or(self.rest());
        self.at += taken.len();
        taken
    }
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<&str> {
        let name = |token: Token<'static>| match token.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        };
        let source: &'static str = source.to_owned().leak();
        tokens(source).into_iter().filter_map(name).collect()
    }

    #[test]
    fn names_are_found_wherever_code_stands() {
        let check = |source, expected: &[&str]| assert_eq!(names(source), expected, "{source}");
        check("a.b?.c[d] + 1.5e3 - 0x1f", &["a", "b", "c", "d"]);
        check("a // b\nc /* d /* e */ f */ g", &["a", "c", "g"]);
        check(r#"a "b \" c" d 'e' '\'' f"#, &["a", "d", "f"]);
        check(r##"a #"b"c"# d"##, &["a", "d"]);
        check("`a ${b + `c ${d} e` + #{f: 1}.f} g $ `` h` i", &["b", "d", "f", "f", "i"]);
        check("1.a 1..b 1.5.c", &["a", "b", "c"]);
        check("\"a", &[]);
        check("`a ${", &[]);
        check("/* a", &[]);
        check("#\"a", &[]);
        check("ä é b", &["b"]);
    }

    #[test]
    fn any_text_is_taken_apart() {
        proptest::proptest!(|(source in "[a`\"'#${}/*\\\\ \n.0ä]{0,40}")| {
            let mut at = 0;
            for token in tokens(&source) {
                assert!(token.range.start >= at && token.range.end > token.range.start, "{source:?}");
                assert!(source.get(token.range.clone()).is_some(), "{source:?}");
                at = token.range.end;
            }
        });
    }
}

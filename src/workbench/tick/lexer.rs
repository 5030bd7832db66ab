//! A TICKscript in words, as Kapacitor's lexer sees them. Knows no grammar, but for this: behind what can be an
//! operand there are operators, and elsewhere a `/` begins a regex.

use std::ops::Range;

use super::error::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ident,
    /// `"…"`
    Reference,
    /// `'…'` or `'''…'''`
    String,
    Number,
    Duration,
    True,
    False,
    Regex,
    Var,
    Dbrp,
    /// `lambda:`
    Lambda,
    Dot,
    Pipe,
    At,
    Comma,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    /// Where it is no operator.
    Star,
    Assign,
    Not,
    /// Before one operand or between two.
    Minus,
    /// Between two operands, any other.
    Operator,
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// What a character means depends on what it stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Operand,
    /// Behind `=`, `=~` and `!~` a `/` begins a regex even before another `/`.
    Match,
    Other,
}

pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    after: After,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, after: After::Other }
    }

    /// The next one; at the end, the end again and again.
    pub(crate) fn next(&mut self) -> Result<Token, Problem> {
        self.skip_blanks();
        let start = self.at;
        let kind = self.kind(start)?;
        self.after = after(kind, self.text.get(start..self.at).unwrap_or_default());
        Ok(Token { kind, span: start..self.at })
    }

    /// Spaces and comments. Behind a comment there is no operator, whatever stood before it.
    fn skip_blanks(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if self.after == After::Match || !self.rest().starts_with("//") {
                return;
            }
            self.comment();
        }
    }

    /// Up to the end of its line, and on where the next line begins with a `/`, be it one only: so Kapacitor has it.
    fn comment(&mut self) {
        while self.peek() == Some('/') {
            self.take_while(|c| c != '\n');
            self.take_if('\n');
            self.take_while(|c| c != '\n' && c.is_whitespace());
        }
        self.after = After::Other;
    }

    fn kind(&mut self, start: usize) -> Result<Kind, Problem> {
        let Some(first) = self.peek() else { return Ok(Kind::End) };
        if self.after == After::Operand
            && let Some(kind) = self.operator()
        {
            return Ok(kind);
        }
        if first.is_ascii_digit() || (first == '.' && self.second().is_some_and(|c| c.is_ascii_digit())) {
            return self.number(start);
        }
        if first.is_alphabetic() {
            return Ok(self.word(start));
        }
        self.take();
        Ok(match first {
            '\'' => return self.string(start),
            '"' => return self.quoted(start, '"', Kind::Reference),
            '/' => return self.quoted(start, '/', Kind::Regex),
            '.' => Kind::Dot,
            '|' => Kind::Pipe,
            '@' => Kind::At,
            ',' => Kind::Comma,
            '(' => Kind::LeftParen,
            ')' => Kind::RightParen,
            '[' => Kind::LeftBracket,
            ']' => Kind::RightBracket,
            '*' => Kind::Star,
            '-' => Kind::Minus,
            '!' => Kind::Not,
            _ => return Err(unknown(start..self.at, first)),
        })
    }

    /// One that stands behind an operand.
    fn operator(&mut self) -> Option<Kind> {
        const LONGEST_FIRST: [(&str, Kind); 15] = [
            ("==", Kind::Operator),
            ("=~", Kind::Operator),
            ("!=", Kind::Operator),
            ("!~", Kind::Operator),
            ("<=", Kind::Operator),
            (">=", Kind::Operator),
            ("=", Kind::Assign),
            ("!", Kind::Not),
            ("<", Kind::Operator),
            (">", Kind::Operator),
            ("+", Kind::Operator),
            ("-", Kind::Minus),
            ("*", Kind::Operator),
            ("/", Kind::Operator),
            ("%", Kind::Operator),
        ];
        let rest = self.rest();
        let (sign, kind) = *LONGEST_FIRST.iter().find(|(sign, _)| rest.starts_with(sign))?;
        self.at += sign.len();
        Some(kind)
    }

    fn word(&mut self, start: usize) -> Kind {
        self.take_while(is_of_name);
        match self.text.get(start..self.at).unwrap_or_default() {
            "TRUE" => Kind::True,
            "FALSE" => Kind::False,
            "AND" | "OR" => Kind::Operator,
            "var" => Kind::Var,
            "dbrp" => Kind::Dbrp,
            "lambda" if self.take_if(':') => Kind::Lambda,
            _ => Kind::Ident,
        }
    }

    /// A number, or a duration: digits and one unit.
    fn number(&mut self, start: usize) -> Result<Kind, Problem> {
        self.take_while(|c| c.is_ascii_digit());
        let mut kind = Kind::Number;
        if self.take_if('.') {
            self.take_while(|c| c.is_ascii_digit());
        } else if self.take_if('m') {
            self.take_if('s');
            kind = Kind::Duration;
        } else if self.peek().is_some_and(|c| "u\u{b5}shdw".contains(c)) {
            self.take();
            kind = Kind::Duration;
        }
        let end = self.at;
        self.take_while(|c| is_of_name(c) || c == '.');
        if self.at > end {
            return Err(super::literal::odd_number(self.text.get(start..self.at).unwrap_or_default(), start));
        }
        Ok(kind)
    }

    /// Between single quotes, one or three on each side. The first is taken.
    fn string(&mut self, start: usize) -> Result<Kind, Problem> {
        let mut quotes = 1;
        if self.take_if('\'') {
            if !self.take_if('\'') {
                return Ok(Kind::String);
            }
            quotes = 3;
        }
        let mut left = quotes;
        while let Some(c) = self.take() {
            match c {
                // So Kapacitor has it: between three quotes, too, behind two others that are not the end.
                '\\' if left == 1 => {
                    self.take_if('\'');
                }
                '\'' => {
                    left -= 1;
                    if left == 0 {
                        return Ok(Kind::String);
                    }
                }
                _ => left = quotes,
            }
        }
        Err(open(start, quotes, if quotes == 3 { "'''" } else { "'" }))
    }

    /// Up to `quote`, which a backslash escapes. The first is taken.
    fn quoted(&mut self, start: usize, quote: char, kind: Kind) -> Result<Kind, Problem> {
        while let Some(c) = self.take() {
            if c == quote {
                return Ok(kind);
            }
            if c == '\\' {
                self.take_if(quote);
            }
        }
        Err(open(start, 1, if quote == '"' { "\"" } else { "/" }))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take_if(&mut self, wanted: char) -> bool {
        self.peek() == Some(wanted) && self.take().is_some()
    }

    fn take_while(&mut self, mut wanted: impl FnMut(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn after(kind: Kind, word: &str) -> After {
    match kind {
        Kind::Ident
        | Kind::Reference
        | Kind::String
        | Kind::Number
        | Kind::Duration
        | Kind::True
        | Kind::False
        | Kind::Var
        | Kind::Dbrp
        | Kind::Lambda
        | Kind::RightParen => After::Operand,
        Kind::Operator if matches!(word, "AND" | "OR") => After::Operand,
        Kind::Operator if matches!(word, "=~" | "!~") => After::Match,
        Kind::Assign => After::Match,
        _ => After::Other,
    }
}

fn open(start: usize, length: usize, quote: &str) -> Problem {
    let problem = Problem::new(
        start..start + length,
        format!("what begins with {quote} here has no {quote} at its end"),
    );
    match quote {
        "'" => problem.help("a ' behind a backslash is part of the string; in '''…''' nothing is escaped"),
        _ => problem,
    }
}

fn unknown(span: Range<usize>, c: char) -> Problem {
    let problem = Problem::new(span, format!("{c:?} stands where nothing begins with it"));
    match c {
        '+' => problem.help("a positive number has no sign"),
        ';' => problem.help("a TICKscript has no ;"),
        '_' => problem.help("names begin with a letter"),
        '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '`' => problem.help("a string stands in '…'"),
        '#' => problem.help("a comment begins with //"),
        _ => problem,
    }
}

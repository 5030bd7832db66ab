//! The values of numbers, durations and strings as they are written. Knows which ones Kapacitor takes.

use super::error::Problem;
use super::lexer::{Kind, Token};
use kapacitor_udfd::proto::option_value::Value;

const DURATIONS: &str = "a duration is a whole number and one unit: u, µ, ms, s, m, h, d or w";

/// Of a word that says it all by itself; `None` for other words.
pub(super) fn literal(text: &str, token: &Token) -> Result<Option<Value>, Problem> {
    let word = text.get(token.span.clone()).unwrap_or_default();
    Ok(Some(match token.kind {
        Kind::String => Value::StringValue(unquoted(word)),
        Kind::True => Value::BoolValue(true),
        Kind::False => Value::BoolValue(false),
        Kind::Number => number(word).map_err(|problem| problem.at(token))?,
        Kind::Duration => duration(word).map_err(|problem| problem.at(token))?,
        _ => return Ok(None),
    }))
}

/// In `'…'` or `"…"` a backslash escapes the quote and nothing else, in `'''…'''` nothing at all.
pub(super) fn unquoted(word: &str) -> String {
    if word.starts_with("'''") {
        return word.get(3..word.len().saturating_sub(3)).unwrap_or_default().to_owned();
    }
    let mut chars = word.chars();
    let quote = chars.next();
    chars.next_back();
    let quote = quote.unwrap_or('\'');
    chars.as_str().replace(&format!("\\{quote}"), &quote.to_string())
}

/// Words about a literal.
struct Refused {
    words: String,
    help: &'static str,
}

impl Refused {
    fn at(self, token: &Token) -> Problem {
        Problem::new(token.span.clone(), self.words).help(self.help)
    }
}

fn number(word: &str) -> Result<Value, Refused> {
    if word.contains('.') {
        let double = word.parse().ok().filter(|double: &f64| double.is_finite());
        return double
            .map(Value::DoubleValue)
            .ok_or_else(|| Refused { words: format!("{word} is beyond what a double can be"), help: "" });
    }
    // An int with a 0 before it has base 8.
    let octal = word.strip_prefix('0').filter(|rest| !rest.is_empty());
    if octal.is_some_and(|rest| rest.contains(['8', '9'])) {
        let help = "an int that begins with 0 has base 8; leave out the 0";
        return Err(Refused { words: format!("{word} is no number"), help });
    }
    let int = octal.map_or_else(|| word.parse(), |rest| i64::from_str_radix(rest, 8));
    int.map(Value::IntValue).map_err(|_| Refused {
        words: format!("{word} is beyond what an int can be"),
        help: "an int is at most 9223372036854775807; a double is written with a point",
    })
}

fn duration(word: &str) -> Result<Value, Refused> {
    let (digits, unit) = word.split_at(word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len()));
    let nanos = digits.parse::<i64>().ok().zip(nanos(unit)).and_then(|(count, unit)| count.checked_mul(unit));
    nanos.map(Value::DurationValue).ok_or_else(|| Refused {
        words: format!("{word} is beyond what a duration can be"),
        help: "a duration is at most 292 years",
    })
}

const SECOND: i64 = 1_000_000_000;

/// In nanoseconds, the longest first.
const UNITS: [(&str, i64); 8] = [
    ("w", 604_800 * SECOND),
    ("d", 86_400 * SECOND),
    ("h", 3_600 * SECOND),
    ("m", 60 * SECOND),
    ("s", SECOND),
    ("ms", SECOND / 1_000),
    ("u", SECOND / 1_000_000),
    ("\u{b5}", SECOND / 1_000_000),
];

fn nanos(unit: &str) -> Option<i64> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, nanos)| *nanos)
}

/// A duration as it is written, in the longest unit that says it. A TICKscript has nothing below a microsecond, other
/// senders may.
pub(crate) fn duration_word(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let unit = UNITS.iter().find(|(_, unit)| nanos % unit == 0);
    unit.map_or_else(|| format!("{nanos}ns"), |(name, unit)| format!("{}{name}", nanos / unit))
}

/// Whether it is one when it stands without quotes.
pub(super) fn is_duration(word: &str) -> bool {
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < word.len() && nanos(unit).is_some()
}

/// Of what begins with a digit, or a point and a digit, and goes on as neither number nor duration does.
pub(super) fn odd_number(word: &str, start: usize) -> Problem {
    let help = if word.matches('.').count() > 1 {
        "a number has one point at most"
    } else if word.contains(['e', 'E']) && word.chars().all(|c| c.is_ascii_digit() || ".eE".contains(c)) {
        "a number has no exponent here: 1e3 is 1000.0"
    } else if word.contains('.') {
        "a duration is a whole number and one unit: 1.5h is 90m"
    } else if word.chars().all(|c| c.is_ascii_digit() || "u\u{b5}mshdw".contains(c)) {
        "a duration is one whole number and one unit: 1h30m is 90m"
    } else {
        DURATIONS
    };
    Problem::new(start..start + word.len(), format!("{word} is no number and no duration")).help(help)
}

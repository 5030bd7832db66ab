//! Reads `field("x", 1.0)`: a call as a TICKscript has it, with literal arguments. Knows what a
//! literal's type is, not which types a function accepts.

use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, OptionValue, ValueType};

const ACCEPTED: &str = "accepted are 'text', \"text\", '''text''', 42, 1.5, 1h30m (units u, µ, ms, s, m, h, d, w), TRUE and FALSE";

/// A call: a name, and arguments in parentheses unless it has none.
pub(super) fn call(text: &str) -> Result<proto::Option, String> {
    let text = text.trim();
    let text = text.strip_prefix('.').unwrap_or(text);
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return Err("give an option as a TICKscript has it, for example field(\"x\", 1.0)".to_owned());
    }
    let rest = rest.trim();
    let values = match rest.strip_prefix('(') {
        Some(arguments) => arguments_of(arguments)?,
        None if rest.is_empty() => Vec::new(),
        None => return Err(format!("expected ( after {name}, got {rest}")),
    };
    Ok(proto::Option { name: name.to_owned(), values })
}

/// Everything up to the closing parenthesis, which must be the end.
fn arguments_of(text: &str) -> Result<Vec<OptionValue>, String> {
    let mut values = Vec::new();
    let mut rest = text.trim_start();
    if let Some(after) = rest.strip_prefix(')') {
        return ended(after).map(|()| values);
    }
    loop {
        let (value, after) = literal(rest)?;
        values.push(value);
        let after = after.trim_start();
        if let Some(after) = after.strip_prefix(')') {
            return ended(after).map(|()| values);
        }
        rest =
            after.strip_prefix(',').ok_or_else(|| format!("expected , or ) before {after:?}"))?.trim_start();
    }
}

fn ended(rest: &str) -> Result<(), String> {
    if rest.trim().is_empty() {
        Ok(())
    } else {
        Err(format!("got {:?} after the closing parenthesis; repeat --option for another call", rest.trim()))
    }
}

/// A literal from the front of `text`, and what follows it.
fn literal(text: &str) -> Result<(OptionValue, &str), String> {
    if let Some(quote @ ('\'' | '"')) = text.chars().next() {
        return string(text, quote);
    }
    let end = text.find([',', ')']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let word = word.trim();
    let value = boolean(word).or_else(|| number(word)).or_else(|| duration(word));
    value.map(|value| (value, rest)).ok_or_else(|| format!("{word:?} is no literal; {ACCEPTED}"))
}

/// As in a TICKscript, a backslash escapes the quote and nothing else; between three quotes, as scripts are written,
/// nothing is escaped.
fn string(text: &str, quote: char) -> Result<(OptionValue, &str), String> {
    const THREE: &str = "'''";
    if let Some((value, rest)) = text.strip_prefix(THREE).and_then(|text| text.split_once(THREE)) {
        return Ok((argument(ValueType::String, Value::StringValue(value.to_owned())), rest));
    }
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            let rest = text.get(at + 1..).unwrap_or_default();
            return Ok((argument(ValueType::String, Value::StringValue(value)), rest));
        }
        if c == '\\' && chars.next_if(|&(_, next)| next == quote).is_some() {
            value.push(quote);
        } else {
            value.push(c);
        }
    }
    Err(format!("the string {text} has no closing {quote}"))
}

fn boolean(word: &str) -> Option<OptionValue> {
    let value = match word {
        "TRUE" | "true" => true,
        "FALSE" | "false" => false,
        _ => return None,
    };
    Some(argument(ValueType::Bool, Value::BoolValue(value)))
}

fn number(word: &str) -> Option<OptionValue> {
    if !word.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')) {
        return None;
    }
    if let Ok(int) = word.parse() {
        return Some(argument(ValueType::Int, Value::IntValue(int)));
    }
    let double = word.parse().ok().filter(|_| word.contains(['.', 'e', 'E']))?;
    Some(argument(ValueType::Double, Value::DoubleValue(double)))
}

fn duration(word: &str) -> Option<OptionValue> {
    let (sign, mut rest) = word.strip_prefix('-').map_or((1, word), |rest| (-1, rest));
    let mut nanos = 0i64;
    while !rest.is_empty() {
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, after) = unit(after)?;
        nanos = nanos.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = after;
    }
    (!word.is_empty()).then(|| argument(ValueType::Duration, Value::DurationValue(sign * nanos)))
}

/// A unit from the front of `text`, in nanoseconds, and what follows it.
fn unit(text: &str) -> Option<(i64, &str)> {
    const SECOND: i64 = 1_000_000_000;
    // `ms` before `m`. Both characters that look like µ: the micro sign and the Greek letter.
    const UNITS: [(&str, i64); 9] = [
        ("ms", SECOND / 1_000),
        ("u", SECOND / 1_000_000),
        ("\u{b5}", SECOND / 1_000_000),
        ("\u{3bc}", SECOND / 1_000_000),
        ("s", SECOND),
        ("m", 60 * SECOND),
        ("h", 3_600 * SECOND),
        ("d", 86_400 * SECOND),
        ("w", 604_800 * SECOND),
    ];
    UNITS.iter().find_map(|&(name, nanos)| Some((nanos, text.strip_prefix(name)?)))
}

fn argument(value_type: ValueType, value: Value) -> OptionValue {
    OptionValue { r#type: value_type.into(), value: Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, expected: &[Value]) {
        let option = call(text).unwrap();
        let values: Vec<_> = option.values.into_iter().map(|value| value.value.unwrap()).collect();
        assert_eq!((option.name.as_str(), values.as_slice()), (name, expected), "{text}");
    }

    #[test]
    fn calls_are_read_as_a_tickscript_has_them() {
        let text = |text: &str| Value::StringValue(text.to_owned());
        check("flag", "flag", &[]);
        check(".flag( )", "flag", &[]);
        check(r#"field("x", 1.0)"#, "field", &[text("x"), Value::DoubleValue(1.0)]);
        check(r" field ( 'it\'s, (n)' ,-3 ) ", "field", &[text("it's, (n)"), Value::IntValue(-3)]);
        check(r"regex('a\d\\b')", "regex", &[text(r"a\d\\b")]);
        let script = r#"code(''' map.x += 'a\'; // "b", ) ''' )"#;
        check(script, "code", &[text(r#" map.x += 'a\'; // "b", ) "#)]);
        check("two('''''', 1)", "two", &[text(""), Value::IntValue(1)]);
        check("on(TRUE, false)", "on", &[Value::BoolValue(true), Value::BoolValue(false)]);
        check("number(1e3)", "number", &[Value::DoubleValue(1000.0)]);
        for (duration, nanos) in [
            ("10s", 10_000_000_000),
            ("5m", 300_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("7ms", 7_000_000),
            ("3u", 3_000),
            ("3µ", 3_000),
            ("1w2d", 777_600_000_000_000),
            ("-1s", -1_000_000_000),
        ] {
            check(&format!("timeout({duration})"), "timeout", &[Value::DurationValue(nanos)]);
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for text in
            ["", "(1)", "f 1", "f(", "f(1", "f(,)", "f(1,)", "f('x)", "f(x)", "f(1s3)", "f(1y)", "f(1) g(2)"]
        {
            assert!(call(text).is_err(), "{text}");
        }
    }
}

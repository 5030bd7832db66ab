//! Reads `field("x", 1.0)`: a call as a TICKscript has it, with literal arguments. Knows nothing of which types a
//! function accepts.

use kapacitor_udfd::proto;

use crate::workbench::tick::{TickError, lone_call};

/// A call: a name, and arguments in parentheses unless it has none.
pub(super) fn call(text: &str) -> Result<proto::Option, TickError> {
    lone_call(text)
}

#[cfg(test)]
mod tests {
    use kapacitor_udfd::proto::option_value::Value;

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
        check("number(.5, 1.)", "number", &[Value::DoubleValue(0.5), Value::DoubleValue(1.0)]);
        for (duration, nanos) in [
            ("10s", 10_000_000_000),
            ("5m", 300_000_000_000),
            ("90m", 5_400_000_000_000),
            ("7ms", 7_000_000),
            ("3u", 3_000),
            ("3µ", 3_000),
            ("1w", 604_800_000_000_000),
            ("-1s", -1_000_000_000),
        ] {
            check(&format!("timeout({duration})"), "timeout", &[Value::DurationValue(nanos)]);
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for text in [
            "",
            "(1)",
            "f 1",
            "f(",
            "f(1",
            "f(,)",
            "f('x)",
            "f(x)",
            "f(1s3)",
            "f(1h30m)",
            "f(1e3)",
            "f(1y)",
            "f(1) g(2)",
        ] {
            assert!(call(text).is_err(), "{text}");
        }
    }
}

//! Properties: no text is too odd, and what is printed is read back.

use kapacitor_udfd::proto::option_value::Value;
use proptest::prelude::*;

use super::*;

/// Pieces of which some come together as something that makes sense.
const PIECES: &[&str] = &[
    "stream",
    "batch",
    "|from()",
    "@f()",
    "@f",
    ".a(",
    ".a('x')",
    "'",
    "'''",
    "\\",
    "\"",
    "(",
    ")",
    "[",
    "]",
    ",",
    "var x",
    " = ",
    "=~",
    "lambda:",
    "TRUE",
    "AND",
    "-",
    "!",
    "*",
    "/",
    "//",
    "\n",
    "\r\n",
    "\t",
    " ",
    "1",
    "0",
    ".5",
    "1.",
    "10m",
    "1h",
    "ms",
    "µ",
    "é",
    "\u{202e}",
    "\u{85}",
    "\0",
    "𝄞",
    "dbrp",
    "x",
    "|join(x)",
    "|deadman(0.0, 1s)",
    "|stats(1s)",
    ".groupBy(",
    "|window().period(",
    "+",
];

fn reads(text: &str) {
    let _ = node(text, "NODE").map_err(|error| error.to_string());
    let _ = lone_call(text).map_err(|error| error.to_string());
    for which in ["", "2", "f", "f2"] {
        let node = node_of_script(text, "a.tick", which).map_err(|error| error.to_string());
        let _ = node.map(|node| node.notes().iter().map(ToString::to_string).collect::<Vec<_>>());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        reads(&text);
    }

    #[test]
    fn no_script_panics(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        reads(&pieces.concat());
    }

    #[test]
    fn what_is_printed_is_read_back(calls in prop::collection::vec(call(), 0..6), gap in gap()) {
        let printed = printed(&calls, &gap);
        match node(&printed, "NODE") {
            Ok(node) => {
                let read = node.calls.iter().map(|call| {
                    let values = call.option.values.iter().map(|value| value.value.clone().unwrap());
                    (call.option.name.clone(), values.collect::<Vec<_>>())
                });
                prop_assert_eq!(read.collect::<Vec<_>>(), calls);
                for call in &node.calls {
                    prop_assert_eq!(printed.get(call.name.clone()), Some(call.option.name.as_str()));
                    prop_assert_eq!(call.arguments.len(), call.option.values.len());
                }
            }
            Err(error) => panic!("{printed}\n{error}"),
        }
    }
}

#[test]
fn no_depth_is_too_deep() {
    for open in ["(", "[", "-", "!", "f(", "x|f(", "lambda:", "lambda: (", "x(y("] {
        reads(&format!("@f().a({}", open.repeat(10_000)));
        reads(&format!("stream|from()|a({}", open.repeat(10_000)));
    }
    let script = format!("stream|from()@f(){}{}", ".a(1)".repeat(1_000), "|log()".repeat(10_000));
    assert_eq!(node_of_script(&script, "a.tick", "f").unwrap().calls.len(), 1_000);
    let script = (1..1_000).fold("var x0 = ['a', 'b'] ".to_owned(), |script, n| {
        format!("{script}var x{n} = [x{0}, x{0}] ", n - 1)
    });
    reads(&script);
}

type Called = (String, Vec<Value>);

fn call() -> impl Strategy<Value = Called> {
    let name = "[a-zA-Z][a-zA-Z0-9_]{0,8}".prop_filter("not a keyword", |name| {
        !matches!(name.as_str(), "var" | "dbrp" | "TRUE" | "FALSE" | "AND" | "OR" | "quiet")
    });
    (name, prop::collection::vec(value(), 0..4))
}

fn value() -> impl Strategy<Value = Value> {
    // Of the smallest numbers only the largest have a literal.
    let string = prop_oneof![any::<String>(), "['a\\\\]{0,6}"]
        .prop_filter("no literal has it", |text| quoted(text).is_some());
    prop_oneof![
        any::<bool>().prop_map(Value::BoolValue),
        (-i64::MAX..i64::MAX).prop_map(Value::IntValue),
        any::<f64>().prop_filter("finite", |double| double.is_finite()).prop_map(Value::DoubleValue),
        (-i64::MAX / 1_000..i64::MAX / 1_000).prop_map(|micros| Value::DurationValue(micros * 1_000)),
        string.prop_map(Value::StringValue),
    ]
}

fn gap() -> impl Strategy<Value = String> {
    prop::sample::select(["", " ", "\n    ", " // it's \"so\"\n", "\r\n\t"].as_slice())
        .prop_map(str::to_owned)
}

fn printed(calls: &[Called], gap: &str) -> String {
    let call = |(name, values): &Called| {
        let values: Vec<_> = values.iter().map(literal).collect();
        format!("{gap}.{gap}{name}({gap}{}{gap})", values.join(&format!("{gap},{gap}")))
    };
    format!("{gap}@f(){}{gap}", calls.iter().map(call).collect::<String>())
}

fn literal(value: &Value) -> String {
    match value {
        Value::BoolValue(bool) => bool.to_string().to_uppercase(),
        Value::IntValue(int) => int.to_string(),
        // Without an exponent, and with a point.
        Value::DoubleValue(double) if double.fract() == 0.0 => format!("{double}.0"),
        Value::DoubleValue(double) => double.to_string(),
        Value::StringValue(string) => quoted(string).unwrap(),
        Value::DurationValue(nanos) => super::super::literal::duration_word(*nanos),
    }
}

/// Neither kind of quotes takes every text.
fn quoted(text: &str) -> Option<String> {
    if !text.ends_with('\\') {
        return Some(format!("'{}'", text.replace('\'', "\\'")));
    }
    (!text.contains("''")).then(|| format!("'''{text}'''"))
}

//! Reads as much of TICKscript as it takes to know a node's function, its options, and what its points are grouped by.

use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, OptionValue, ValueType};

/// A function of ours in a script.
pub struct Script {
    pub function: String,
    pub options: Vec<proto::Option>,
    pub group_by: Vec<String>,
}

/// `|name(…)`, `@name(…)` or `.name(…)`.
struct Call<'a> {
    sigil: char,
    name: &'a str,
    arguments: &'a str,
}

/// The first of the functions.
pub fn script(text: &str) -> Script {
    scripts(text).into_iter().next().expect("a function of ours")
}

pub fn scripts(text: &str) -> Vec<Script> {
    let calls = calls(text);
    let functions = (0..calls.len()).filter(|&at| calls[at].sigil == '@');
    functions.map(|at| script_at(&calls, at)).collect()
}

fn script_at(calls: &[Call<'_>], at: usize) -> Script {
    let (before, from) = calls.split_at(at);
    let options = from.iter().skip(1).take_while(|call| call.sigil == '.');
    let options = options.map(|call| proto::Option {
        name: call.name.to_owned(),
        values: arguments(call.arguments).into_iter().map(literal).collect(),
    });
    let group_by = before.iter().filter(|call| call.name == "groupBy");
    let group_by = group_by.flat_map(|call| arguments(call.arguments)).map(text_of);
    Script { function: from[0].name.to_owned(), options: options.collect(), group_by: group_by.collect() }
}

fn calls(text: &str) -> Vec<Call<'_>> {
    let mut calls = vec![];
    let mut rest = text;
    while let Some(at) = rest.find(['|', '@', '.', '/']) {
        let sigil = rest[at..].chars().next().unwrap();
        rest = &rest[at + 1..];
        if sigil == '/' {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        let (name, behind) = rest.split_once('(').expect("a call");
        let end = end_of(behind, |c| c == ')');
        calls.push(Call { sigil, name, arguments: &behind[..end] });
        rest = &behind[end + 1..];
    }
    calls
}

/// Where the first such character is that stands in no string and no parentheses.
fn end_of(text: &str, is_end: impl Fn(char) -> bool) -> usize {
    let (mut at, mut depth) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        if depth == 0 && is_end(c) {
            return at;
        }
        match c {
            '\'' | '"' => at += string(&text[at..]).1,
            _ => {
                depth += i32::from(c == '(') - i32::from(c == ')');
                at += c.len_utf8();
            }
        }
    }
    text.len()
}

/// The string that `text` begins with: what is in it, and how long it is with its quotes.
fn string(text: &str) -> (String, usize) {
    if let Some(rest) = text.strip_prefix("'''") {
        let end = rest.find("'''").expect("the string is closed");
        return (rest[..end].to_owned(), end + 6);
    }
    let quote = text.chars().next().unwrap();
    let (mut inner, mut at) = (String::new(), 1);
    loop {
        let c = text[at..].chars().next().expect("the string is closed");
        at += c.len_utf8();
        if c == quote {
            return (inner, at);
        }
        if c == '\\' && text[at..].starts_with(quote) {
            at += 1;
            inner.push(quote);
        } else {
            inner.push(c);
        }
    }
}

fn arguments(text: &str) -> Vec<&str> {
    let (mut arguments, mut rest) = (vec![], text.trim());
    while !rest.is_empty() {
        let end = end_of(rest, |c| c == ',');
        arguments.push(rest[..end].trim());
        rest = rest.get(end + 1..).unwrap_or_default().trim();
    }
    arguments
}

fn text_of(argument: &str) -> String {
    string(argument).0
}

fn literal(text: &str) -> OptionValue {
    let (value_type, value) = match text {
        "TRUE" | "FALSE" => (ValueType::Bool, Value::BoolValue(text == "TRUE")),
        text if text.starts_with('\'') => (ValueType::String, Value::StringValue(text_of(text))),
        text => match (text.parse(), text.parse()) {
            (Ok(int), _) => (ValueType::Int, Value::IntValue(int)),
            (_, Ok(double)) => (ValueType::Double, Value::DoubleValue(double)),
            _ => (ValueType::Duration, Value::DurationValue(duration(text))),
        },
    };
    OptionValue { r#type: value_type.into(), value: Some(value) }
}

/// In nanoseconds.
pub fn duration(text: &str) -> i64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).expect("a unit");
    let unit = match &text[digits..] {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        other => panic!("{other} is no unit here"),
    };
    text[..digits].parse::<i64>().expect("a number") * unit
}

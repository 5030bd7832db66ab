//! A node's calls against what its function takes, as Kapacitor compares them when a task is defined: names, numbers of
//! arguments and types, each exactly. And where it stands what a function says of them. Knows nothing of what an
//! option means.

use kapacitor_udfd::handler::{Info, ValueType};
use kapacitor_udfd::proto::OptionValue;
use kapacitor_udfd::proto::option_value::Value;

use super::error::{Problem, TickError, shown};
use super::literal::{duration_word, is_duration};
use super::node::{Call, Node};

/// How similar names must be, of 1, for one to be taken for the other: `feild` for `field` is, at 0.88.
const SIMILAR: f64 = 0.8;

/// Up to how many bytes of an unknown name a similar one is looked for.
const LONGEST_TYPO: usize = 64;

impl Node {
    /// Whether Kapacitor would define a task with it.
    pub(crate) fn check(&self, info: &Info) -> Result<(), TickError> {
        let checked = self.calls.iter().try_for_each(|call| check(call, info, &self.text));
        checked.map_err(|problem| problem.of(&self.text, &self.origin))
    }

    /// Why its function refused it at Init, at the place that this is about: the option that the words begin with, or
    /// else the node.
    pub(crate) fn refused(&self, words: &str) -> TickError {
        let about = words.strip_prefix("option ").and_then(|rest| rest.split([':', ' ']).next());
        let calls = || self.calls.iter().rev().filter(|call| Some(call.option.name.as_str()) == about);
        // Of several calls of it, the one whose text is spoken of.
        let call = calls().find(|call| texts(call).any(|text| words.contains(&format!("{text:?}"))));
        let call = call.or_else(|| calls().next());
        let span = call.map_or_else(|| self.name.clone(), |call| call.name.clone());
        Problem::new(span, words).of(&self.text, &self.origin)
    }
}

fn texts(call: &Call) -> impl Iterator<Item = &str> {
    call.option.values.iter().filter_map(|value| match &value.value {
        Some(Value::StringValue(text)) => Some(text.as_str()),
        _ => None,
    })
}

fn check(call: &Call, info: &Info, text: &str) -> Result<(), Problem> {
    let name = &call.option.name;
    let at_name = |words: String| Problem::new(call.name.clone(), words);
    let Some(types) = info.options.get(name) else {
        return Err(at_name(unknown(name, info)).help(accepted(info)));
    };
    let got = call.option.values.len();
    if got != types.len() {
        let arguments = if got == 1 { "argument" } else { "arguments" };
        let words = format!("option {name} got {got} {arguments}");
        return Err(at_name(words).help(format!("it is called as {}", signature(name, types))));
    }
    let arguments = call.option.values.iter().zip(types).zip(&call.arguments);
    for ((came, &accepted), span) in arguments {
        if came.r#type != i32::from(accepted) {
            let word = text.get(span.clone()).unwrap_or_default();
            let words = format!("option {name}: {} is no {accepted}", described(came));
            let help = format!("it is called as {}{}", signature(name, types), advice(accepted, came, word));
            return Err(Problem::new(span.clone(), words).help(help));
        }
    }
    Ok(())
}

fn unknown(name: &str, info: &Info) -> String {
    let likeness = |known: &str| strsim::jaro_winkler(&plain(known), &plain(name));
    let known = info.options.keys().map(|known| (likeness(known), known.as_str()));
    // Of two that differ in style only, the first, which is in `camelCase`.
    let closest = known.rev().max_by(|a, b| a.0.total_cmp(&b.0));
    let closest = closest.filter(|closest| closest.0 > SIMILAR && name.len() <= LONGEST_TYPO);
    let hint = closest.map(|(_, known)| format!("; did you mean {known}?")).unwrap_or_default();
    format!("unknown option {}{hint}", shown(name))
}

/// The options' names, without those that only differ in style.
fn accepted(info: &Info) -> String {
    let is_other_style = |name: &str| {
        name.contains('_') && info.options.keys().any(|other| other != name && plain(other) == plain(name))
    };
    let names: Vec<_> =
        info.options.keys().map(String::as_str).filter(|name| !is_other_style(name)).collect();
    if names.is_empty() {
        "it has no options".to_owned()
    } else {
        format!("accepted are {}", names.join(", "))
    }
}

/// A name without what its two styles differ in.
fn plain(name: &str) -> String {
    name.chars().filter(|&c| c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

fn signature(name: &str, types: &[ValueType]) -> String {
    let types: Vec<_> = types.iter().map(ToString::to_string).collect();
    format!(".{name}({})", types.join(", "))
}

fn described(value: &OptionValue) -> String {
    match &value.value {
        Some(Value::BoolValue(bool)) => format!("the bool {}", if *bool { "TRUE" } else { "FALSE" }),
        Some(Value::IntValue(int)) => format!("the int {int}"),
        Some(Value::DoubleValue(double)) => format!("the double {double:?}"),
        Some(Value::StringValue(string)) => format!("the string '{}'", shown(string)),
        Some(Value::DurationValue(nanos)) => format!("the duration {}", duration_word(*nanos)),
        None => "nothing".to_owned(),
    }
}

/// How it is written, if what came can be written as what is accepted.
fn advice(accepted: ValueType, came: &OptionValue, word: &str) -> String {
    let write = match (accepted, &came.value) {
        (ValueType::Double, Some(Value::IntValue(int))) => format!("{int}.0"),
        (ValueType::Int, Some(Value::DoubleValue(double))) if double.fract() == 0.0 => format!("{double}"),
        (ValueType::Duration, Some(Value::IntValue(int))) => format!("{int}s for seconds"),
        (ValueType::Duration, Some(Value::StringValue(string))) if is_duration(string) => string.clone(),
        (ValueType::Bool, Some(Value::StringValue(string))) if is_bool(string) => string.to_uppercase(),
        (ValueType::String, Some(Value::StringValue(_)) | None) => return String::new(),
        (ValueType::String, Some(_)) => format!("'{}'", shown(word)),
        _ => return String::new(),
    };
    format!("; write {write}")
}

fn is_bool(word: &str) -> bool {
    word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false")
}

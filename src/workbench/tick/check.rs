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

/// Of more options than this only some are shown, these many.
const MANY: usize = 12;
const SHOWN: usize = 5;

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

impl Node {
    /// That no function is called so, and which there are.
    pub(crate) fn unknown<'n>(&self, known: impl Iterator<Item = &'n str> + Clone) -> TickError {
        let hint = hint(&self.function, known.clone());
        let words = format!("there is no function {}{hint}", shown(&self.function));
        let accepted = format!("accepted are {}", known.collect::<Vec<_>>().join(", "));
        Problem::new(self.name.clone(), words).help(accepted).of(&self.text, &self.origin)
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
        return Err(at_name(unknown(name, info)).help(accepted(name, info)));
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
    // Of two that differ in style only, the first, which is in `camelCase`.
    let known = info.options.keys().rev().map(String::as_str);
    format!("unknown option {}{}", shown(name), hint(name, known))
}

/// What was meant, if one of these names is like it.
fn hint<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let closest = likest(name, known).into_iter().next();
    let closest =
        closest.filter(|(likeness, _)| *likeness > SIMILAR && (3..=LONGEST_TYPO).contains(&name.len()));
    closest.map(|(_, known)| format!("; did you mean {known}?")).unwrap_or_default()
}

/// The likest first, of equal ones the last.
fn likest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Vec<(f64, &'n str)> {
    let likeness = |known: &str| strsim::jaro_winkler(&plain(known), &plain(name));
    let mut known: Vec<_> = known.map(|known| (likeness(known), known)).collect();
    known.reverse();
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    known
}

/// The options' names, without those that only differ in style; of many the likest.
fn accepted(name: &str, info: &Info) -> String {
    let is_other_style = |name: &str| {
        name.contains('_') && info.options.keys().any(|other| other != name && plain(other) == plain(name))
    };
    let names: Vec<_> =
        info.options.keys().map(String::as_str).filter(|name| !is_other_style(name)).collect();
    match names.len() {
        0 => "it has no options".to_owned(),
        1..=MANY => format!("accepted are {}", names.join(", ")),
        count => {
            let likest = likest(name, names.into_iter()).into_iter().take(SHOWN).map(|(_, name)| name);
            let likest = likest.collect::<Vec<_>>().join(", ");
            format!("accepted are {likest} and {} more: kapacitor-udfd describe has them", count - SHOWN)
        }
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

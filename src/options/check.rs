//! A node's calls of options, checked against its function's table.

use std::collections::HashMap;

use super::argument::{Argument, Came};
use super::error::OptionError;
use super::spec::OptionSpec;
use crate::proto::{InitRequest, Option as Call};
use crate::wire::point::FieldValue;

/// How many calls of options one node may have. Attack: an Init as long as a frame may be holds millions
/// of them, and a handler that looks at each call for each point then stalls kapacitord. A script that
/// somebody wrote has a few dozen.
pub const MAX_CALLS: usize = 1_000;

/// Up to how many bytes of an unknown name a similar one is looked for: longer than any option's, and
/// a name can be as long as a frame.
const LONGEST_TYPO: usize = 64;

/// How similar names must be, of 1, for one to be taken for the other: `feild` for `field` is, at 0.88.
const SIMILAR: f64 = 0.8;

/// A call of an option, checked against the table.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedCall<T: 'static = OptionSpec> {
    /// The option, as the table has it.
    pub spec: &'static T,
    /// The name the script used, for messages.
    pub name: String,
    /// Its arguments, as many and of the types as the table says.
    pub arguments: Vec<Argument>,
}

/// Checks an `InitRequest`'s options against a table. The calls are in the order of the script.
pub fn check<T: AsRef<OptionSpec>>(
    table: impl IntoIterator<Item = &'static T>,
    request: &InitRequest,
) -> Result<Vec<CheckedCall<T>>, OptionError> {
    let got = request.options.len();
    if got > MAX_CALLS {
        return Err(OptionError::TooMany { got });
    }
    let mut checker = Checker::new(table);
    request.options.iter().map(|call| checker.check(call)).collect()
}

impl<T: AsRef<OptionSpec>> CheckedCall<T> {
    /// The argument that the table calls so.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        let names = self.spec.as_ref().arguments.iter().map(|argument| argument.0);
        names.zip(&self.arguments).find_map(|(argument, value)| (argument == name).then_some(value))
    }
}

impl<T> CheckedCall<T> {
    /// The text that is the argument at `index`.
    pub fn text(&self, index: usize) -> Option<&str> {
        self.arguments.get(index)?.as_str()
    }

    /// The argument at `index` as the value of a field. A duration is none.
    pub fn field_value(&self, index: usize) -> Option<FieldValue<'_>> {
        match self.arguments.get(index)? {
            Argument::Bool(bool) => Some(FieldValue::Bool(*bool)),
            Argument::Int(int) => Some(FieldValue::Int(*int)),
            Argument::Double(double) => Some(FieldValue::Double(*double)),
            Argument::String(string) => Some(FieldValue::String(string)),
            Argument::Duration(_) => None,
        }
    }
}

/// A table by every name in it, and which of its options were called.
struct Checker<T: 'static> {
    entries: Vec<&'static T>,
    by_name: HashMap<String, &'static T>,
    /// The name used for each option that can be called once, by its own name.
    called: HashMap<&'static str, String>,
}

impl<T: AsRef<OptionSpec>> Checker<T> {
    fn new(table: impl IntoIterator<Item = &'static T>) -> Self {
        let entries: Vec<_> = table.into_iter().collect();
        let names = |entry: &&'static T| {
            entry.as_ref().names().map(|name| (name.into_owned(), *entry)).collect::<Vec<_>>()
        };
        let by_name = entries.iter().flat_map(names).collect();
        Self { entries, by_name, called: HashMap::new() }
    }

    fn check(&mut self, call: &Call) -> Result<CheckedCall<T>, OptionError> {
        let name = &call.name;
        let Some(&entry) = self.by_name.get(name) else { return Err(self.unknown(name)) };
        let spec = entry.as_ref();
        if !spec.repeats
            && let Some(first) = self.called.insert(spec.name, name.clone())
        {
            return Err(OptionError::Twice { first, second: name.clone() });
        }
        Ok(CheckedCall { spec: entry, name: name.clone(), arguments: arguments(spec, call)? })
    }

    fn unknown(&self, name: &str) -> OptionError {
        let accepted: Vec<_> = self.entries.iter().map(|entry| entry.as_ref().name).collect();
        OptionError::Unknown {
            name: name.to_owned(),
            closest: self.closest(name),
            accepted: accepted.join(", "),
        }
    }

    /// The option of which some name is most like this one.
    fn closest(&self, name: &str) -> Option<&'static str> {
        if name.len() > LONGEST_TYPO {
            return None;
        }
        let likeness = |known: &str| strsim::jaro_winkler(&plain(known), &plain(name));
        let similar = self.by_name.iter().map(|(known, entry)| (likeness(known), entry.as_ref().name));
        let closest = similar.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
        closest.filter(|closest| closest.0 > SIMILAR).map(|closest| closest.1)
    }
}

fn arguments(spec: &OptionSpec, call: &Call) -> Result<Vec<Argument>, OptionError> {
    let option = || call.name.clone();
    let got = call.values.len();
    if got != spec.arguments.len() {
        return Err(OptionError::Count { option: option(), got, signature: spec.signature().to_string() });
    }
    let convert = |(&(argument, accepted), came)| {
        let refuse = |advice| {
            let came = Came(came).to_string();
            OptionError::Type { option: option(), argument, came, accepted, advice }
        };
        Argument::convert(accepted, came).map_err(refuse)
    };
    spec.arguments.iter().zip(&call.values).map(convert).collect()
}

/// A name without what its two styles differ in.
fn plain(name: &str) -> String {
    name.chars().filter(|&c| c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::ValueType;
    use crate::proto::OptionValue;
    use crate::proto::option_value::Value;

    static TABLE: &[OptionSpec] = &[
        OptionSpec::new("flag", &[], "").repeated(),
        OptionSpec::new("on", &[("state", ValueType::Bool)], ""),
        OptionSpec::new("maxCount", &[("n", ValueType::Int)], "").aliases(&["maxMapSize", "size"]),
        OptionSpec::new("limit", &[("value", ValueType::Double)], ""),
        OptionSpec::new("name", &[("text", ValueType::String)], ""),
        OptionSpec::new("timeout", &[("time", ValueType::Duration)], ""),
    ];

    fn call(name: &str, values: Vec<Option<Value>>) -> Call {
        let values = values.into_iter().map(|value| OptionValue { r#type: 0, value }).collect();
        Call { name: name.to_owned(), values }
    }

    fn check_all(options: Vec<Call>) -> Result<Vec<CheckedCall>, String> {
        let request = InitRequest { options, ..InitRequest::default() };
        check(TABLE, &request).map_err(|error| error.to_string())
    }

    fn check_one(name: &str, values: Vec<Option<Value>>) -> Result<Vec<Argument>, String> {
        check_all(vec![call(name, values)]).map(|mut calls| calls.remove(0).arguments)
    }

    #[test]
    fn arguments_are_taken_where_nothing_is_lost() {
        let check =
            |name, value, expected| assert_eq!(check_one(name, vec![Some(value)]), Ok(vec![expected]));
        check("on", Value::BoolValue(true), Argument::Bool(true));
        check("maxCount", Value::IntValue(i64::MIN), Argument::Int(i64::MIN));
        check("maxCount", Value::DoubleValue(-3.0), Argument::Int(-3));
        check("maxCount", Value::DoubleValue(-9_223_372_036_854_775_808.0), Argument::Int(i64::MIN));
        check("limit", Value::DoubleValue(0.5), Argument::Double(0.5));
        check("limit", Value::IntValue(42), Argument::Double(42.0));
        check("limit", Value::IntValue(1 << 60), Argument::Double(2f64.powi(60)));
        check("name", Value::StringValue("x".into()), Argument::String("x".into()));
        check("timeout", Value::DurationValue(7), Argument::Duration(7));
        assert_eq!(check_one("flag", vec![]), Ok(vec![]));
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        let check = |name, value: Option<Value>, expected: &str| {
            let refused = check_one(name, vec![value]).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
            assert!(refused.starts_with(&format!("option {name}: ")), "{refused}");
        };
        check(
            "limit",
            Some(Value::IntValue((1 << 53) + 1)),
            "value is the int 9007199254740993; accepted is double",
        );
        check("limit", Some(Value::IntValue(i64::MAX)), "more digits than a double");
        check("maxCount", Some(Value::DoubleValue(1.5)), "n is the double 1.5; accepted is int");
        check("maxCount", Some(Value::DoubleValue(9.3e18)), "the double 9.3e18");
        check("maxCount", Some(Value::DoubleValue(f64::NAN)), "the double NaN");
        check("size", Some(Value::BoolValue(false)), "n is the bool FALSE; accepted is int");
        check("name", Some(Value::DurationValue(600_000_000_000)), "the duration 10m; accepted is string");
        check("name", Some(Value::DurationValue(-1)), "the duration -1ns");
        check("name", Some(Value::DurationValue(1)), "write it as TICKscript");
        check("timeout", Some(Value::IntValue(10)), "time is the int 10; accepted is duration");
        check("on", None, "state is nothing Kapacitor can express");
    }

    #[test]
    fn more_calls_than_anybody_writes_are_refused() {
        let check = |count| check_all(vec![call("flag", vec![]); count]);
        assert_eq!(check(1_000).unwrap().len(), 1_000);
        assert_eq!(check(1_001).unwrap_err(), "1001 calls of options; accepted are at most 1000");
    }

    #[test]
    fn an_option_is_called_by_any_of_its_names() {
        for name in ["maxCount", "max_count", "maxMapSize", "max_map_size", "size"] {
            let calls = check_all(vec![call(name, vec![Some(Value::IntValue(1))])]).unwrap();
            assert_eq!((calls[0].spec.name, calls[0].name.as_str()), ("maxCount", name));
            assert_eq!((calls[0].argument("n"), calls[0].argument("m")), (Some(&Argument::Int(1)), None));
        }
    }

    #[test]
    fn what_makes_no_list_is_given_once() {
        let twice = |first, second| {
            let call = |name| call(name, vec![Some(Value::IntValue(1))]);
            check_all(vec![call(first), call(second)]).unwrap_err()
        };
        assert_eq!(twice("maxCount", "maxCount"), "option maxCount is given twice; give it once");
        assert_eq!(
            twice("max_count", "maxMapSize"),
            "option maxMapSize is given twice, before as max_count; give it once"
        );
    }

    #[test]
    fn arguments_are_values_of_fields_but_for_durations() {
        let string = Argument::String("x".to_owned());
        let numbers = [Argument::Bool(true), Argument::Int(1), Argument::Double(0.5), Argument::Duration(1)];
        let arguments = [vec![string], numbers.to_vec()].concat();
        let call = CheckedCall { spec: &TABLE[0], name: "flag".to_owned(), arguments };
        assert_eq!((call.text(0), call.text(1), call.text(9)), (Some("x"), None, None));
        let values: Vec<_> = (0..6).map(|index| call.field_value(index)).collect();
        let [bool, int] = [FieldValue::Bool(true), FieldValue::Int(1)];
        let some = [FieldValue::String("x"), bool, int, FieldValue::Double(0.5)].map(Some);
        assert_eq!(values, [&some[..], &[None, None]].concat());
    }

    #[test]
    fn unknown_names_and_wrong_counts_say_what_is_accepted() {
        let refused = |name: &str, values| check_one(name, values).unwrap_err();
        let accepted = "accepted are flag, on, maxCount, limit, name, timeout";
        assert_eq!(refused("feild", vec![]), format!("unknown option feild; {accepted}"));
        assert_eq!(refused("é", vec![]), format!("unknown option é; {accepted}"));
        assert_eq!(
            refused("time_out", vec![]),
            format!("unknown option time_out; did you mean timeout? {accepted}")
        );
        assert!(refused("maxMapSise", vec![]).contains("; did you mean maxCount? accepted"));
        assert!(!refused(&"timeout".repeat(10), vec![]).contains("did you mean"));
        assert_eq!(
            refused("max_count", vec![]),
            "option max_count got 0 arguments; it is called as maxCount(n int)"
        );
        assert!(refused("flag", vec![None]).contains("got 1 arguments; it is called as flag()"));
    }
}

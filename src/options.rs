//! From what a TICKscript says of a node to arguments a handler can trust. A function declares its
//! options in one table; Kapacitor's `InfoResponse`, the check of what comes and the documentation
//! are made from it. Knows nothing of what an option means.

use std::fmt;

use crate::edge::Edge;
use crate::handler::{Info, ValueType};
use crate::proto::option_value::Value;
use crate::proto::{InitRequest, Option as Call, OptionValue};
use crate::wire::point::FieldValue;

/// How many calls of options one node may have. Attack: an Init as long as a frame may be holds millions
/// of them, and a handler that looks at each call for each point then stalls kapacitord. A script that
/// somebody wrote has a few dozen.
pub const MAX_CALLS: usize = 1_000;

/// An option of a function, as its table declares it. A table whose entries tell the function more about
/// an option holds a type of its own that gives this one by `AsRef`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionSpec {
    /// The name a TICKscript calls.
    pub name: &'static str,
    /// Names and types of the arguments; none for a flag.
    pub arguments: &'static [(&'static str, ValueType)],
    /// One sentence for users.
    pub help: &'static str,
}

impl AsRef<OptionSpec> for OptionSpec {
    fn as_ref(&self) -> &OptionSpec {
        self
    }
}

/// A call of an option, checked against the table.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedCall<T: 'static = OptionSpec> {
    /// The option, as the table has it.
    pub spec: &'static T,
    /// Its arguments, as many and of the types as the table says.
    pub arguments: Vec<Argument>,
}

/// An argument of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// Such as `42`.
    Int(i64),
    /// Such as `42.0`.
    Double(f64),
    /// Such as `'text'`.
    String(String),
    /// Such as `10m`, in nanoseconds.
    Duration(i64),
}

/// Why a node's options are refused. The text is for the user who enabled the task.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OptionError {
    /// More calls than anybody writes.
    #[error("{got} calls of options; accepted are at most {MAX_CALLS}")]
    TooMany {
        /// How many came.
        got: usize,
    },
    /// A name the function does not know.
    #[error("unknown option {name}; accepted are {accepted}")]
    Unknown {
        /// What came.
        name: String,
        /// The function's options.
        accepted: String,
    },
    /// Too few or too many arguments.
    #[error("option {option} got {got} arguments; it is called as {option}({signature})")]
    Count {
        /// The option.
        option: &'static str,
        /// How many came.
        got: usize,
        /// What is accepted.
        signature: String,
    },
    /// An argument of a type that can't be converted without loss.
    #[error("option {option}: {argument} is {came}; accepted is {accepted}{advice}")]
    Type {
        /// The option.
        option: &'static str,
        /// The argument's name.
        argument: &'static str,
        /// What came.
        came: String,
        /// What is accepted.
        accepted: &'static str,
        /// What to do, if it isn't plain.
        advice: &'static str,
    },
}

/// What Kapacitor is told of a function whose options are those of `table`.
pub fn describe<T: AsRef<OptionSpec>>(table: &[T], wants: Edge, provides: Edge) -> Info {
    let types = |spec: &OptionSpec| spec.arguments.iter().map(|&(_, value_type)| value_type).collect();
    let options = table.iter().map(T::as_ref).map(|spec| (spec.name.to_owned(), types(spec)));
    Info { wants, provides, options: options.collect() }
}

/// Checks an `InitRequest`'s options against a table. The calls are in the order of the script.
pub fn check<T: AsRef<OptionSpec>>(
    table: &'static [T],
    request: &InitRequest,
) -> Result<Vec<CheckedCall<T>>, OptionError> {
    let got = request.options.len();
    if got > MAX_CALLS {
        return Err(OptionError::TooMany { got });
    }
    request.options.iter().map(|call| check_call(table, call)).collect()
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

fn check_call<T: AsRef<OptionSpec>>(table: &'static [T], call: &Call) -> Result<CheckedCall<T>, OptionError> {
    let Some(entry) = table.iter().find(|entry| entry.as_ref().name == call.name) else {
        let accepted = table.iter().map(|entry| entry.as_ref().name).collect::<Vec<_>>().join(", ");
        return Err(OptionError::Unknown { name: call.name.clone(), accepted });
    };
    let spec = entry.as_ref();
    if call.values.len() != spec.arguments.len() {
        let signature =
            spec.arguments.iter().map(|&(name, value_type)| format!("{name} {}", word(value_type)));
        let signature = signature.collect::<Vec<_>>().join(", ");
        return Err(OptionError::Count { option: spec.name, got: call.values.len(), signature });
    }
    let arguments = spec.arguments.iter().zip(&call.values);
    let arguments = arguments.map(|(&argument, value)| convert(spec, argument, value));
    Ok(CheckedCall { spec: entry, arguments: arguments.collect::<Result<_, _>>()? })
}

/// TICKscript's arguments come with the type declared. Those of a task defined as JSON don't:
/// there `42.0` comes as an int, and a string that can be read as a duration as a duration.
fn convert(
    spec: &OptionSpec,
    (argument, wanted): (&'static str, ValueType),
    came: &OptionValue,
) -> Result<Argument, OptionError> {
    let refuse = |advice| OptionError::Type {
        option: spec.name,
        argument,
        came: Came(came.value.as_ref()).to_string(),
        accepted: word(wanted),
        advice,
    };
    Ok(match (wanted, came.value.as_ref()) {
        (ValueType::Bool, Some(&Value::BoolValue(bool))) => Argument::Bool(bool),
        (ValueType::Int, Some(&Value::IntValue(int))) => Argument::Int(int),
        (ValueType::Double, Some(&Value::DoubleValue(double))) => Argument::Double(double),
        (ValueType::Double, Some(&Value::IntValue(int))) => {
            Argument::Double(exact_double(int).ok_or_else(|| refuse(" (it has more digits than a double)"))?)
        }
        (ValueType::Int, Some(&Value::DoubleValue(double))) => {
            Argument::Int(exact_int(double).ok_or_else(|| refuse(""))?)
        }
        (ValueType::String, Some(Value::StringValue(string))) => Argument::String(string.clone()),
        (ValueType::Duration, Some(&Value::DurationValue(nanos))) => Argument::Duration(nanos),
        (ValueType::String, Some(Value::DurationValue(_))) => {
            return Err(refuse(
                " (a task defined as JSON turns strings that look like durations into durations: write it as TICKscript)",
            ));
        }
        _ => return Err(refuse("")),
    })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the loss is what is looked for"
)]
fn exact_double(int: i64) -> Option<f64> {
    let double = int as f64;
    (double as i128 == i128::from(int)).then_some(double)
}

#[expect(clippy::cast_possible_truncation, reason = "in range and without a fraction")]
fn exact_int(double: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0; // 2^63
    (double.fract() == 0.0 && (-BEYOND..BEYOND).contains(&double)).then_some(double as i64)
}

fn word(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Bool => "bool",
        ValueType::Int => "int",
        ValueType::Double => "double",
        ValueType::String => "string",
        ValueType::Duration => "duration",
    }
}

/// What came, in words for the user.
struct Came<'a>(Option<&'a Value>);

impl fmt::Display for Came<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Value::BoolValue(bool)) => write!(f, "the bool {}", if *bool { "TRUE" } else { "FALSE" }),
            Some(Value::IntValue(int)) => write!(f, "the int {int}"),
            Some(Value::DoubleValue(double)) => write!(f, "the double {double:?}"),
            Some(Value::StringValue(string)) => write!(f, "the string {string:?}"),
            Some(Value::DurationValue(nanos)) => {
                let sign = if *nanos < 0 { "-" } else { "" };
                let duration = std::time::Duration::from_nanos(nanos.unsigned_abs());
                write!(f, "the duration {sign}{}", humantime::format_duration(duration))
            }
            None => write!(f, "nothing Kapacitor can express to a function"),
        }
    }
}

impl Argument {
    /// The text of a string argument.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TABLE: &[OptionSpec] = &[
        OptionSpec { name: "flag", arguments: &[], help: "" },
        OptionSpec { name: "on", arguments: &[("state", ValueType::Bool)], help: "" },
        OptionSpec { name: "count", arguments: &[("n", ValueType::Int)], help: "" },
        OptionSpec { name: "limit", arguments: &[("value", ValueType::Double)], help: "" },
        OptionSpec { name: "name", arguments: &[("text", ValueType::String)], help: "" },
        OptionSpec { name: "timeout", arguments: &[("time", ValueType::Duration)], help: "" },
    ];

    fn call(name: &str, values: Vec<Option<Value>>) -> Result<Vec<Argument>, String> {
        let values = values.into_iter().map(|value| OptionValue { r#type: 0, value }).collect();
        let options = vec![Call { name: name.to_owned(), values }];
        let checked = check(TABLE, &InitRequest { options, ..InitRequest::default() });
        checked.map(|mut calls| calls.remove(0).arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_are_taken_where_nothing_is_lost() {
        let check = |name, value, expected| assert_eq!(call(name, vec![Some(value)]), Ok(vec![expected]));
        check("on", Value::BoolValue(true), Argument::Bool(true));
        check("count", Value::IntValue(i64::MIN), Argument::Int(i64::MIN));
        check("count", Value::DoubleValue(-3.0), Argument::Int(-3));
        check("count", Value::DoubleValue(-9_223_372_036_854_775_808.0), Argument::Int(i64::MIN));
        check("limit", Value::DoubleValue(0.5), Argument::Double(0.5));
        check("limit", Value::IntValue(42), Argument::Double(42.0));
        check("limit", Value::IntValue(1 << 60), Argument::Double(2f64.powi(60)));
        check("name", Value::StringValue("x".into()), Argument::String("x".into()));
        check("timeout", Value::DurationValue(7), Argument::Duration(7));
        assert_eq!(call("flag", vec![]), Ok(vec![]));
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        let check = |name, value: Option<Value>, expected: &str| {
            let refused = call(name, vec![value]).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
            assert!(refused.starts_with(&format!("option {name}: ")), "{refused}");
        };
        check(
            "limit",
            Some(Value::IntValue((1 << 53) + 1)),
            "value is the int 9007199254740993; accepted is double",
        );
        check("limit", Some(Value::IntValue(i64::MAX)), "more digits than a double");
        check("count", Some(Value::DoubleValue(1.5)), "n is the double 1.5; accepted is int");
        check("count", Some(Value::DoubleValue(9.3e18)), "the double 9.3e18");
        check("count", Some(Value::DoubleValue(f64::NAN)), "the double NaN");
        check("name", Some(Value::DurationValue(600_000_000_000)), "the duration 10m; accepted is string");
        check("name", Some(Value::DurationValue(1)), "write it as TICKscript");
        check("timeout", Some(Value::IntValue(10)), "time is the int 10; accepted is duration");
        check("on", None, "state is nothing Kapacitor can express");
    }

    #[test]
    fn more_calls_than_anybody_writes_are_refused() {
        let check = |count| {
            let flag = Call { name: "flag".to_owned(), values: vec![] };
            check(TABLE, &InitRequest { options: vec![flag; count], ..InitRequest::default() })
        };
        assert_eq!(check(1_000).unwrap().len(), 1_000);
        assert_eq!(check(1_001).unwrap_err().to_string(), "1001 calls of options; accepted are at most 1000");
    }

    #[test]
    fn arguments_are_values_of_fields_but_for_durations() {
        let string = Argument::String("x".to_owned());
        let numbers = [Argument::Bool(true), Argument::Int(1), Argument::Double(0.5), Argument::Duration(1)];
        let arguments = [vec![string], numbers.to_vec()].concat();
        let call = CheckedCall { spec: &TABLE[0], arguments };
        assert_eq!((call.text(0), call.text(1), call.text(9)), (Some("x"), None, None));
        let values: Vec<_> = (0..6).map(|index| call.field_value(index)).collect();
        let [bool, int] = [FieldValue::Bool(true), FieldValue::Int(1)];
        let some = [FieldValue::String("x"), bool, int, FieldValue::Double(0.5)].map(Some);
        assert_eq!(values, [&some[..], &[None, None]].concat());
    }

    #[test]
    fn unknown_names_and_wrong_counts_say_what_is_accepted() {
        assert_eq!(
            call("feild", vec![]).unwrap_err(),
            "unknown option feild; accepted are flag, on, count, limit, name, timeout"
        );
        assert_eq!(
            call("count", vec![]).unwrap_err(),
            "option count got 0 arguments; it is called as count(n int)"
        );
        assert!(call("flag", vec![None]).unwrap_err().contains("got 1 arguments; it is called as flag()"));
    }
}

//! One argument: from what came to a value of the type the table declares, where nothing is lost.

use std::fmt;
use std::time::Duration;

use crate::handler::ValueType;
use crate::proto::OptionValue;
use crate::proto::option_value::Value;

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

impl Argument {
    /// The text of a string argument.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// TICKscript's arguments come with the type declared. Those of a task defined as JSON don't:
    /// there `42.0` comes as an int, and a string that can be read as a duration as a duration.
    /// What can't be converted is an error with what to do, if it isn't plain.
    pub(super) fn convert(wanted: ValueType, came: &OptionValue) -> Result<Self, &'static str> {
        Ok(match (wanted, came.value.as_ref()) {
            (ValueType::Bool, Some(&Value::BoolValue(bool))) => Self::Bool(bool),
            (ValueType::Int, Some(&Value::IntValue(int))) => Self::Int(int),
            (ValueType::Double, Some(&Value::DoubleValue(double))) => Self::Double(double),
            (ValueType::Double, Some(&Value::IntValue(int))) => {
                Self::Double(exact_double(int).ok_or(" (it has more digits than a double)")?)
            }
            (ValueType::Int, Some(&Value::DoubleValue(double))) => Self::Int(exact_int(double).ok_or("")?),
            (ValueType::String, Some(Value::StringValue(string))) => Self::String(string.clone()),
            (ValueType::Duration, Some(&Value::DurationValue(nanos))) => Self::Duration(nanos),
            (ValueType::String, Some(Value::DurationValue(_))) => return Err(TURNED),
            _ => return Err(""),
        })
    }
}

const TURNED: &str = " (a task defined as JSON turns strings that look like durations into durations: \
                      write it as TICKscript)";

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the loss is what is looked for"
)]
/// The same number, if a double can have it.
pub(crate) fn exact_double(int: i64) -> Option<f64> {
    let double = int as f64;
    (double as i128 == i128::from(int)).then_some(double)
}

#[expect(clippy::cast_possible_truncation, reason = "in range and without a fraction")]
fn exact_int(double: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0; // 2^63
    (double.fract() == 0.0 && (-BEYOND..BEYOND).contains(&double)).then_some(double as i64)
}

/// As it is told to the user who wrote it, such as `the int 3`.
impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(bool) => write!(f, "the bool {}", if *bool { "TRUE" } else { "FALSE" }),
            Self::Int(int) => write!(f, "the int {int}"),
            Self::Double(double) => write!(f, "the double {double:?}"),
            Self::String(string) => write!(f, "the string {string:?}"),
            Self::Duration(nanos) => {
                let sign = if *nanos < 0 { "-" } else { "" };
                let duration = Duration::from_nanos(nanos.unsigned_abs());
                write!(f, "the duration {sign}{}", humantime::format_duration(duration))
            }
        }
    }
}

/// What came, whatever it was, in words for the user.
pub(super) struct Came<'a>(pub(super) &'a OptionValue);

impl fmt::Display for Came<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.0.value.clone() else {
            return f.write_str("nothing Kapacitor can express to a function");
        };
        let argument = match value {
            Value::BoolValue(bool) => Argument::Bool(bool),
            Value::IntValue(int) => Argument::Int(int),
            Value::DoubleValue(double) => Argument::Double(double),
            Value::StringValue(string) => Argument::String(string),
            Value::DurationValue(nanos) => Argument::Duration(nanos),
        };
        argument.fmt(f)
    }
}

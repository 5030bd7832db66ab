//! Why a node's options are refused, in words for the user who enabled the task. Judges nothing itself.

use super::MAX_CALLS;
use crate::handler::ValueType;

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
    #[error("unknown option {name}{} accepted are {accepted}", did_you_mean(*.closest))]
    Unknown {
        /// What came.
        name: String,
        /// The option whose name is much like it.
        closest: Option<&'static str>,
        /// The function's options.
        accepted: String,
    },
    /// An option that makes no list was called again.
    #[error("option {second} is given twice{}; give it once", earlier(.first, .second))]
    Twice {
        /// The name under which it came first.
        first: String,
        /// The name under which it came again.
        second: String,
    },
    /// Too few or too many arguments.
    #[error("option {option} got {got} arguments; it is called as {signature}")]
    Count {
        /// The option, as the script named it.
        option: String,
        /// How many came.
        got: usize,
        /// What is accepted.
        signature: String,
    },
    /// An argument of a type that can't be converted without loss.
    #[error("option {option}: {argument} is {came}; accepted is {accepted}{advice}")]
    Type {
        /// The option, as the script named it.
        option: String,
        /// The argument's name.
        argument: &'static str,
        /// What came.
        came: String,
        /// What is accepted.
        accepted: ValueType,
        /// What to do, if it isn't plain.
        advice: &'static str,
    },
}

fn did_you_mean(closest: Option<&str>) -> String {
    closest.map_or_else(|| ";".to_owned(), |name| format!("; did you mean {name}?"))
}

/// Where the other call is, if it has another name.
fn earlier(first: &str, second: &str) -> String {
    if first == second { String::new() } else { format!(", before as {first}") }
}

//! Options that another function has and this one has not: why, and what to do instead.

mod script;

use super::error::SettingsError;
use crate::aggregate::options::{self, Function, Meaning};
use crate::options::OptionError;

/// What an option is refused for that is not in the function's table.
pub(super) fn refuse(function: Function, error: OptionError) -> SettingsError {
    match error {
        OptionError::Unknown { name, closest, accepted } => match options::elsewhere(&name) {
            Some(meaning) => SettingsError::Elsewhere { option: name, reason: reason(function, meaning) },
            None => OptionError::Unknown { name, closest, accepted }.into(),
        },
        other => other.into(),
    }
}

fn reason(function: Function, meaning: Meaning) -> String {
    match (function, meaning) {
        (Function::Script, _) => script::reason(meaning).to_owned(),
        (_, Meaning::GroupByTask) => {
            "a batch comes out for each that comes in, and a batch has one group; group behind the node, such as \
             with |groupBy('tag')"
                .to_owned()
        }
        (_, Meaning::EndOfBatch) => {
            "no batch comes in, so none can end a task; use timeout, inactivityTimeout or endWhen".to_owned()
        }
        (Function::Session, _) => format!("a session's events come out as they are; {}", instead(meaning)),
        // No other option is missing anywhere.
        (Function::Aggregate { .. }, _) => format!("{function} has none; leave it out"),
    }
}

/// What a session's user does for it.
fn instead(meaning: Meaning) -> String {
    let node = match meaning {
        Meaning::Count => "count('field')",
        Meaning::Sum => "sum('field')",
        Meaning::Min => "min('field')",
        Meaning::Max => "max('field')",
        Meaning::Mean => "mean('field')",
        Meaning::Stddev => "stddev('field')",
        Meaning::First => "first('field')",
        Meaning::Last => "last('field')",
        Meaning::Distinct => "distinct('field')",
        Meaning::CountDistinct => "distinct('field')|count('distinct')",
        Meaning::Percentile => "percentile('field', 95.0)",
        Meaning::Keep => return "each has all its tags and fields, so leave it out".to_owned(),
        Meaning::Float => {
            let eval = "|eval(lambda: float(\"field\")).as('field')";
            return format!("convert them behind the node, such as with {eval}");
        }
        Meaning::PassThrough => {
            return "to have the originals at once, use what comes before the node".to_owned();
        }
        Meaning::TimeoutCode | Meaning::MaxTimeoutRetries => {
            return "change them as they come, with code, or use aggregate".to_owned();
        }
        _ => return "for one value of them all, use aggregate".to_owned(),
    };
    format!("aggregate them behind the node, such as with |{node}")
}

//! Why a script's settings are refused, in words for the user who enabled the task. Judges nothing itself.

use std::time::Duration;

use thiserror::Error;

use super::calls::Call;
use crate::aggregate::template::TemplateError;
use crate::options::{Argument, OptionError};

/// Why a script's settings are refused. Options are named as the script names them.
#[derive(Debug, Clone, PartialEq, Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("option {option}: {argument} is {came}; accepted is {accepted}")]
    Value { option: String, argument: &'static str, came: Argument, accepted: String },
    #[error(
        "option {option}: {text:?} is no template, since {error}; accepted is the name of a tag or field, \
         or a template such as '%{{host}}-%{{session}}'"
    )]
    Template { option: String, text: String, error: TemplateError },
    #[error(
        "option {option}: {} is longer than the timeout of {}; lower it or raise timeout",
        words(*.came), words(*.timeout)
    )]
    InactivityTimeout { option: String, came: i64, timeout: i64 },
    #[error(
        "option code: @script() needs it, and it is not given; accepted is a script for every point, such as \
         .code('''event.total = event.price * event.count''')"
    )]
    NoCode,
    #[error("option {option}: {came} means nothing without timeoutCode; give that too, or leave it out")]
    NothingToRetry { option: String, came: Argument },
    /// A condition that fails is only false.
    #[error(
        "option {option}: {came} means nothing without a script that can fail; give {needs} too, or leave it out"
    )]
    NothingToFail { option: String, came: Argument, needs: &'static str },
    #[error(
        "option {option}: with \"update\" nothing could ever create a task; say with startWhen which event does (and \
         with endWhen which one ends it), or use create_or_update or create"
    )]
    NothingCreates { option: String },
    #[error("option {option}: TRUE means nothing without a flush; give flushInterval too")]
    NothingToReset { option: String },
    /// Another function has it.
    #[error("option {option}: {reason}")]
    Elsewhere { option: String, reason: String },
    #[error(
        "option {option}: {came} means nothing where deadlines follow the clock; give timeoutTimestampField too, \
         such as 'time', or leave it out"
    )]
    ByTheClock { option: String, came: Argument },
    #[error(
        "option {option}: {came} means nothing for a point's own time, which is in nanoseconds; name a field of \
         ints with timeoutTimestampField, or leave it out"
    )]
    UnitOfNothing { option: String, came: Argument },
    #[error(
        "option {option}: {came} means nothing where the end of a batch ends its tasks; give endOfBatch(FALSE) too, \
         or leave it out"
    )]
    FlushInBatch { option: String, came: Argument },
    #[error(
        "option {option}: {came} would send a session's events again at each flush; give resetOnFlush(TRUE) too"
    )]
    SentAgain { option: String, came: Argument },
    /// `what` is `field` or `tag`.
    #[error("option {option}: the {what} {name:?} is given by option {other} already; choose another name")]
    Taken { option: String, what: &'static str, name: String, other: String },
    #[error(
        "option {option}: no {what} can be named \"time\", which is InfluxDB's name for a point's time; choose another"
    )]
    Time { option: String, what: &'static str },
    #[error(
        "option {option}: {name:?} is what taskId names, which is on its points anyway; choose another name"
    )]
    IdReference { option: String, name: String },
    #[error("option {option}: there is no output {name:?}; accepted is {accepted}")]
    FloatOfNothing { option: String, name: String, accepted: String },
    #[error("option {option}: the output {name:?} is always a string; accepted is {accepted}")]
    FloatOfText { option: String, name: String, accepted: String },
    #[error("option {option}: {name:?} is given twice; give it once")]
    FloatTwice { option: String, name: String },
    #[error(
        "option {option}: the tasks' points, which come out by {causes}, could overwrite the originals in InfluxDB; \
         give them a name or tag of their own with {remedies}"
    )]
    Overwriting { option: String, causes: String, remedies: &'static str },
}

impl SettingsError {
    /// For the argument of `call` at `index`.
    pub(super) fn value(call: &Call, index: usize, accepted: String) -> Self {
        let (argument, came) = match (call.spec.as_ref().arguments.get(index), call.arguments.get(index)) {
            (Some(argument), Some(came)) => (argument.0, came.clone()),
            _ => ("an argument", Argument::String(String::new())),
        };
        Self::Value { option: call.name.clone(), argument, came, accepted }
    }
}

fn words(nanos: i64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_nanos(nanos.unsigned_abs()))
}

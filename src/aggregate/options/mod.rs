//! The options of `@aggregate()`, in the order in which users are told of them. What they
//! may be given, and what holds without them, is checked and decided in `settings`.

mod table;

use self::table::OPTIONS;
use crate::options::OptionSpec;

/// A function that has options of this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `@aggregate()` on a stream.
    Aggregate,
}

/// An option, what it means, and where there is such a one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateOption {
    spec: OptionSpec,
    pub(super) meaning: Meaning,
    functions: &'static [Function],
}

impl AsRef<OptionSpec> for AggregateOption {
    fn as_ref(&self) -> &OptionSpec {
        &self.spec
    }
}

/// The options that a function has, in the table's order.
pub fn of(function: Function) -> impl Iterator<Item = &'static AggregateOption> {
    OPTIONS.iter().filter(move |option| option.functions.contains(&function))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    TaskId,
    GroupByTask,
    Count,
    Sum,
    Min,
    Max,
    Mean,
    Stddev,
    First,
    Last,
    CountDistinct,
    Distinct,
    Percentile,
    List,
    Concat,
    Duration,
    Keep,
    Float,
    MapAction,
    EndOfTask,
    Timeout,
    InactivityTimeout,
    MaxEvents,
    MaxTasks,
    MaxBytes,
    OnOverflow,
    MaxListSize,
    FlushInterval,
    ResetOnFlush,
    TimeoutFlushInterval,
    PushMapAsEventOnTimeout,
    PushPreviousMapAsEvent,
    EmitOnEnd,
    PassThrough,
    TimeoutTaskIdField,
    TagOnTimeout,
    TimeoutTags,
    ReasonTag,
    Measurement,
    PointTime,
    FlushOnStop,
    MaxRestoreAge,
    MapCountWarningThreshold,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_is_one_option_s() {
        let mut names = BTreeSet::new();
        for name in OPTIONS.iter().flat_map(|option| option.spec.names()) {
            assert!(names.insert(name.clone()), "{name} twice");
        }
        for name in ["taskId", "task_id_field", "max_key_size", "push_previous_map_as_event", "count"] {
            assert!(names.contains(name), "{name}");
        }
    }

    #[test]
    fn help_is_sentences_that_fit_in_a_table() {
        for OptionSpec { name, help, .. } in OPTIONS.iter().map(|option| option.spec) {
            assert!(help.ends_with('.') && help.len() <= 140, "{name}: {help}");
        }
    }
}

//! The options of `@aggregate()`, in the order in which users are told of them. What they
//! may be given, and what holds without them, is checked and decided in `settings`.

mod table;

use self::table::OPTIONS;
use crate::edge::Edge;
use crate::options::OptionSpec;

/// A function that has options of this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `@aggregate()`: tasks come out as points.
    Aggregate {
        /// What flows into its node.
        wants: Edge,
        /// What flows out of it.
        provides: Edge,
    },
    /// `@session()`: the events of a stream's task come out as a batch.
    Session,
}

impl Function {
    /// `@aggregate()` of streams.
    pub const STREAM: Self = Self::Aggregate { wants: Edge::Stream, provides: Edge::Stream };
    /// `@aggregateBatch()`.
    pub const BATCH: Self = Self::Aggregate { wants: Edge::Batch, provides: Edge::Batch };

    /// What flows into its node.
    pub fn wants(self) -> Edge {
        match self {
            Self::Aggregate { wants, .. } => wants,
            Self::Session => Edge::Stream,
        }
    }

    /// What flows out of it.
    pub fn provides(self) -> Edge {
        match self {
            Self::Aggregate { provides, .. } => provides,
            Self::Session => Edge::Batch,
        }
    }
}

/// An option, what it means, and where there is such a one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateOption {
    spec: OptionSpec,
    pub(super) meaning: Meaning,
    only: Only,
}

/// Which functions have an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    /// All of them.
    Everywhere,
}

impl Only {
    fn has(self, _: Function) -> bool {
        match self {
            Self::Everywhere => true,
        }
    }
}

impl AsRef<OptionSpec> for AggregateOption {
    fn as_ref(&self) -> &OptionSpec {
        &self.spec
    }
}

/// The options that a function has, in the table's order.
pub fn of(function: Function) -> impl Iterator<Item = &'static AggregateOption> {
    OPTIONS.iter().filter(move |option| option.only.has(function))
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

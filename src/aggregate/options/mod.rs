//! The options of `@aggregate()`, `@session()` and `@script()`, in the order in which users are told of them. What they
//! may be given, and what holds without them, is checked and decided in `settings`.

mod table;

use std::fmt;

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
    /// `@script()`: every point of a stream as a script leaves it.
    Script,
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
            Self::Session | Self::Script => Edge::Stream,
        }
    }

    /// What flows out of it.
    pub fn provides(self) -> Edge {
        match self {
            Self::Aggregate { provides, .. } => provides,
            Self::Session => Edge::Batch,
            Self::Script => Edge::Stream,
        }
    }
}

/// Such as `aggregate stream -> batch`. Snapshots hold it, so it stays as it is.
impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Aggregate { .. } => "aggregate",
            Self::Session => "session",
            Self::Script => "script",
        };
        write!(f, "{word} {} -> {}", self.wants(), self.provides())
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
    /// Those of which a task comes out.
    Gathering,
    /// Those of them into which streams flow.
    Streams,
    /// Those of them into which batches flow.
    Batches,
    /// Those of which a task comes out as a point.
    Points,
    /// The one of which a task comes out as its events.
    Sessions,
    /// The one of which no task comes out.
    Scripts,
    /// The one of which a batch comes out for each that came in.
    BatchForBatch,
    /// All others of which a task comes out.
    NotBatchForBatch,
}

impl Only {
    fn has(self, function: Function) -> bool {
        let gathers = function != Function::Script;
        match self {
            Self::Everywhere => true,
            Self::Gathering => gathers,
            Self::Streams => gathers && function.wants() == Edge::Stream,
            Self::Batches => gathers && function.wants() == Edge::Batch,
            Self::Points => matches!(function, Function::Aggregate { .. }),
            Self::Sessions => function == Function::Session,
            Self::Scripts => function == Function::Script,
            Self::BatchForBatch => function == Function::BATCH,
            Self::NotBatchForBatch => gathers && function != Function::BATCH,
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
    table::all().filter(move |option| option.only.has(function))
}

/// What an option of this name means where there is one.
pub(super) fn elsewhere(name: &str) -> Option<Meaning> {
    let option = table::all().find(|option| option.spec.names().any(|known| known == name));
    option.map(|option| option.meaning)
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
    Code,
    TimeoutCode,
    MaxTimeoutRetries,
    OnError,
    StartWhen,
    EndWhen,
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
    TimeoutTimestampField,
    TimestampUnit,
    MaxDelay,
    FlushOnStop,
    EndOfBatch,
    MaxRestoreAge,
    MapCountWarningThreshold,
}

#[cfg(test)]
mod tests;

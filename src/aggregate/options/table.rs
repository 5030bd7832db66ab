//! The table itself. `settings` holds the defaults to what is told of them here.

use super::{AggregateOption, Meaning, Only};
use crate::handler::ValueType;
use crate::handler::ValueType::{Bool, Double, Duration, Int, String};
use crate::options::OptionSpec;

pub(super) static OPTIONS: &[AggregateOption] = &[
    once(
        Meaning::TaskId,
        "taskId",
        &[("id", String)],
        "the group",
        "The tag or field that says which task a point belongs to, or a template such as '%{host}-%{session}'.",
    )
    .aliases(&["taskIdField"]),
    once(
        Meaning::GroupByTask,
        "groupByTask",
        ON,
        "FALSE",
        "Makes the id a dimension, so that what follows works per task. Kapacitor never forgets a group.",
    ),
    list(Meaning::Count, "count", AS, "How many events the task had, an int."),
    list(
        Meaning::Sum,
        "sum",
        FIELD_AS,
        "The sum of a field. Of ints it is an int, which stays at the limit instead of overflowing.",
    ),
    list(Meaning::Min, "min", FIELD_AS, "The smallest number of a field; an int stays an int."),
    list(Meaning::Max, "max", FIELD_AS, "The largest number of a field; an int stays an int."),
    list(Meaning::Mean, "mean", FIELD_AS, "The mean of a field's numbers, a double."),
    list(
        Meaning::Stddev,
        "stddev",
        FIELD_AS,
        "The sample standard deviation of a field's numbers, a double; absent for a single number.",
    ),
    list(Meaning::First, "first", FIELD_AS, "The value of the event with the earliest time, of any type."),
    list(Meaning::Last, "last", FIELD_AS, "The value of the event with the latest time, of any type."),
    list(
        Meaning::CountDistinct,
        "countDistinct",
        FIELD_AS,
        "How many different values a field had, an int: exact to 128, an estimate above.",
    ),
    list(
        Meaning::Distinct,
        "distinct",
        FIELD_AS,
        "The different values of a field as a JSON array, in order of first appearance.",
    ),
    list(
        Meaning::Percentile,
        "percentile",
        &[("field", String), ("p", Double), ("as", String)],
        "A percentile, p from 0.0 to 100.0, as a double: exact to 128 numbers, within 1 % above.",
    ),
    list(Meaning::List, "list", FIELD_AS, "Every value of a field as a JSON array, in order of arrival."),
    list(
        Meaning::Concat,
        "concat",
        &[("field", String), ("separator", String), ("as", String)],
        "Every value of a field in one string, in order of arrival.",
    ),
    list(
        Meaning::Duration,
        "duration",
        &[("unit", Duration), ("as", String)],
        "The time from the first event to the last in this unit, such as 1s, a double.",
    ),
    list(
        Meaning::Keep,
        "keep",
        &[("name", String)],
        "Keeps the first value of a tag (it stays a tag) or a field, or with '*' of all of them.",
    ),
    list(
        Meaning::Float,
        "float",
        AS,
        "Makes an output always a double: InfluxDB refuses a field that is an int here and a double there.",
    ),
    once(
        Meaning::MapAction,
        "mapAction",
        &[("action", String)],
        "create_or_update",
        "What an event does to an open task: create_or_update joins it, create leaves it alone.",
    ),
    once(
        Meaning::EndOfTask,
        "endOfTask",
        ON,
        "FALSE",
        "Every event ends its task. That is seldom meant: timeout, inactivityTimeout and maxEvents end tasks too.",
    ),
    once(
        Meaning::Timeout,
        "timeout",
        TIME,
        "30m",
        "How long after its creation a task ends; no event puts that off. Over 0s.",
    ),
    once(
        Meaning::InactivityTimeout,
        "inactivityTimeout",
        TIME,
        "none",
        "How long after its last event a task ends. Over 0s, at most timeout.",
    ),
    once(Meaning::MaxEvents, "maxEvents", &[("events", Int)], "none", "The task ends with so many events. From 1."),
    once(
        Meaning::MaxTasks,
        "maxTasks",
        &[("tasks", Int)],
        "1,000,000",
        "How many tasks may be open, in all groups of the node together. From 1.",
    )
    .aliases(&["maxMapSize", "maxKeySize"]),
    once(
        Meaning::MaxBytes,
        "maxBytes",
        &[("bytes", Int)],
        "256 MiB",
        "How much memory the node's tasks may take, in bytes. From 1.",
    ),
    once(
        Meaning::OnOverflow,
        "onOverflow",
        &[("action", String)],
        "evict",
        "At maxTasks or maxBytes: evict ends the oldest task, drop discards it, reject refuses the new one.",
    ),
    once(
        Meaning::MaxListSize,
        "maxListSize",
        &[("values", Int)],
        "10,000",
        "A list, concat or distinct with so many values ends the task, as does a string of 60 KiB. From 1.",
    ),
    once(
        Meaning::FlushInterval,
        "flushInterval",
        TIME,
        "none",
        "At multiples of this, each task with events since the last time sends its result so far. Over 0s.",
    ),
    once(
        Meaning::ResetOnFlush,
        "resetOnFlush",
        ON,
        "FALSE",
        "After a flush the reducers and keep start anew; the task's age and its maxEvents go on.",
    ),
    once(
        Meaning::TimeoutFlushInterval,
        "timeoutFlushInterval",
        TIME,
        "0s",
        "Tasks time out together, at multiples of this; with 0s each at its own moment.",
    ),
    once(
        Meaning::PushMapAsEventOnTimeout,
        "pushMapAsEventOnTimeout",
        ON,
        "NOT passThrough",
        "Whether a task that times out comes out. If not, it vanishes and is counted.",
    ),
    once(
        Meaning::PushPreviousMapAsEvent,
        "pushPreviousMapAsEvent",
        ON,
        "FALSE",
        "A new task ends its group's oldest one, which comes out: for tasks that follow one another.",
    ),
    once(
        Meaning::EmitOnEnd,
        "emitOnEnd",
        ON,
        "NOT passThrough",
        "Whether a task that an event has ended (endOfTask) comes out. If not, it vanishes and is counted.",
    ),
    once(
        Meaning::PassThrough,
        "passThrough",
        ON,
        "FALSE",
        "The originals go on as they came; the tasks' own points then need a measurement or tag of their own.",
    ),
    once(
        Meaning::TimeoutTaskIdField,
        "timeoutTaskIdField",
        &[("field", String)],
        "none",
        "A string field for the whole id, on the points of every reason but end and flush.",
    ),
    list(
        Meaning::TagOnTimeout,
        "tagOnTimeout",
        &[("key", String), ("value", String)],
        "A tag on the points of every reason but end and flush.",
    ),
    list(
        Meaning::TimeoutTags,
        "timeoutTags",
        &[("tag", String)],
        "Added, joined by commas, to the tag 'tags' on the points of every reason but end and flush.",
    ),
    once(
        Meaning::ReasonTag,
        "reasonTag",
        &[("key", String)],
        "none",
        "A tag that says why a task's point came out, such as timeout, max_events or flush.",
    ),
    once(
        Meaning::Measurement,
        "measurement",
        &[("name", String)],
        "the first event's",
        "The measurement of the tasks' points.",
    ),
    once(
        Meaning::PointTime,
        "pointTime",
        &[("which", String)],
        "last",
        "The time of a task's point: first or last is that of this event, emit the moment it comes out.",
    ),
    once(
        Meaning::FlushOnStop,
        "flushOnStop",
        ON,
        "pushPreviousMapAsEvent",
        "At the end of the stream the open tasks end and come out: for replays.",
    ),
    once(
        Meaning::MaxRestoreAge,
        "maxRestoreAge",
        &[("age", Duration)],
        "none",
        "The tasks of a snapshot older than this are not restored. Over 0s.",
    ),
    once(
        Meaning::MapCountWarningThreshold,
        "mapCountWarningThreshold",
        &[("tasks", Int)],
        "5,000",
        "With how many open tasks the log warns; 0 is never.",
    ),
];

type Arguments = &'static [(&'static str, ValueType)];

const AS: Arguments = &[("as", String)];
const FIELD_AS: Arguments = &[("field", String), ("as", String)];
const ON: Arguments = &[("on", Bool)];
const TIME: Arguments = &[("time", Duration)];

const fn once(
    meaning: Meaning,
    name: &'static str,
    arguments: Arguments,
    default: &'static str,
    help: &'static str,
) -> AggregateOption {
    let spec = OptionSpec::new(name, arguments, help).default(default);
    AggregateOption { spec, meaning, only: Only::Everywhere }
}

const fn list(
    meaning: Meaning,
    name: &'static str,
    arguments: Arguments,
    help: &'static str,
) -> AggregateOption {
    let spec = OptionSpec::new(name, arguments, help).repeated();
    AggregateOption { spec, meaning, only: Only::Everywhere }
}

impl AggregateOption {
    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.spec = self.spec.aliases(aliases);
        self
    }
}

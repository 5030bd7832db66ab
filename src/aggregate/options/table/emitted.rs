//! What comes out, when, and what time it is by.

use super::{ON, TIME, list, once};
use crate::aggregate::options::{AggregateOption, Meaning, Only};
use crate::handler::ValueType::{Duration, Int, String};

pub(super) static OPTIONS: &[AggregateOption] = &[
    once(
        Meaning::PushMapAsEventOnTimeout,
        "pushMapAsEventOnTimeout",
        ON,
        "NOT passThrough",
        "Whether a task that times out comes out. If not, it vanishes and is counted.",
    )
    .only(Only::Points),
    once(
        Meaning::PushMapAsEventOnTimeout,
        "pushMapAsEventOnTimeout",
        ON,
        "TRUE",
        "Whether the events of a task that times out come out. If not, they vanish, and the task is counted.",
    )
    .only(Only::Sessions),
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
        "Whether a task ended by an event (endWhen, task.end(), a restart) or its batch's end comes out. If not, it vanishes and is counted.",
    )
    .only(Only::Points),
    once(
        Meaning::EmitOnEnd,
        "emitOnEnd",
        ON,
        "TRUE",
        "Whether the events of a task that an event (endWhen, task.end(), a restart) has ended come out. If not, they vanish.",
    )
    .only(Only::Sessions),
    once(
        Meaning::PassThrough,
        "passThrough",
        ON,
        "FALSE",
        "The originals go on, as code left them; the tasks' own points then need a measurement or tag of their own.",
    )
    .only(Only::Points),
    once(
        Meaning::TimeoutTaskIdField,
        "timeoutTaskIdField",
        &[("field", String)],
        "none",
        "A string field for the whole id, on the points of every reason but end, restart, batch and flush.",
    ),
    list(
        Meaning::TagOnTimeout,
        "tagOnTimeout",
        &[("key", String), ("value", String)],
        "A tag on the points of every reason but end, restart, batch and flush.",
    ),
    list(
        Meaning::TimeoutTags,
        "timeoutTags",
        &[("tag", String)],
        "Added, joined by commas, to the tag 'tags' on the points of every reason but end, restart, batch and flush.",
    ),
    once(
        Meaning::ReasonTag,
        "reasonTag",
        &[("key", String)],
        "none",
        "A tag that says why a task came out, such as timeout, max_events or flush.",
    ),
    once(
        Meaning::Measurement,
        "measurement",
        &[("name", String)],
        "the first event's",
        "The measurement of the tasks' points.",
    )
    .only(Only::NotBatchForBatch),
    once(
        Meaning::Measurement,
        "measurement",
        &[("name", String)],
        "the batch's",
        "The measurement of every batch that comes out, originals included.",
    )
    .only(Only::BatchForBatch),
    once(
        Meaning::PointTime,
        "pointTime",
        &[("which", String)],
        "last",
        "The time of a task's point: first or last is that of this event, emit the moment it comes out.",
    )
    .only(Only::Points),
    once(
        Meaning::PointTime,
        "pointTime",
        &[("which", String)],
        "last",
        "The time a task's batch ends at (tmax): first or last is that of this event, emit the moment it comes out.",
    )
    .only(Only::Sessions),
    once(
        Meaning::TimeoutTimestampField,
        "timeoutTimestampField",
        &[("field", String)],
        "the clock",
        "The field with an event's time, an int or RFC 3339, or 'time' for the point's own: deadlines then follow the events.",
    )
    .only(Only::Streams),
    once(
        Meaning::TimeoutTimestampField,
        "timeoutTimestampField",
        &[("field", String)],
        "time",
        "The field with an event's time, an int or RFC 3339, or 'time' for the point's own: deadlines follow the events.",
    )
    .only(Only::Batches),
    once(
        Meaning::TimestampUnit,
        "timestampUnit",
        &[("unit", Duration)],
        "1ns",
        "The unit of an int in the field of timeoutTimestampField, such as 1ms. Over 0s.",
    ),
    once(
        Meaning::MaxDelay,
        "maxDelay",
        TIME,
        "0s",
        "How much out of order a group's points may come: they are held so long by the events' time, and go on in order.",
    ),
    once(
        Meaning::FlushOnStop,
        "flushOnStop",
        ON,
        "pushPreviousMapAsEvent",
        "At the end of the stream the open tasks end and come out: for replays.",
    ),
    once(
        Meaning::EndOfBatch,
        "endOfBatch",
        ON,
        "TRUE",
        "The end of a batch ends its tasks; with FALSE they go on in the group's next batch.",
    )
    .only(Only::Batches),
    once(
        Meaning::MaxRestoreAge,
        "maxRestoreAge",
        &[("age", Duration)],
        "none",
        "The tasks of a snapshot older than this are not restored. Over 0s.",
    ),
    once(
        Meaning::MaxRestoreAge,
        "maxRestoreAge",
        &[("age", Duration)],
        "none",
        "The maps of a snapshot older than this are not restored. Over 0s.",
    )
    .only(Only::Scripts),
    once(
        Meaning::MapCountWarningThreshold,
        "mapCountWarningThreshold",
        &[("tasks", Int)],
        "5,000",
        "With how many open tasks the log warns; 0 is never.",
    ),
    once(
        Meaning::MapCountWarningThreshold,
        "mapCountWarningThreshold",
        &[("tasks", Int)],
        "5,000",
        "With how many maps the log warns; 0 is never.",
    )
    .only(Only::Scripts),
];

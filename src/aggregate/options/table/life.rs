//! How long a task is open, and what is kept of it.

use super::{ON, TIME, once};
use crate::aggregate::options::{AggregateOption, Meaning, Only};
use crate::handler::ValueType::{Int, String};

pub(super) static OPTIONS: &[AggregateOption] = &[
    once(
        Meaning::MapAction,
        "mapAction",
        &[("action", String)],
        "create_or_update",
        "If an event may start a task and one is open: create_or_update joins it (startWhen: ends it, starts anew), create leaves it, update joins.",
    ),
    once(
        Meaning::EndOfTask,
        "endOfTask",
        ON,
        "FALSE",
        "Every event ends its task. That is seldom meant: endWhen says which one does.",
    ),
    once(
        Meaning::Timeout,
        "timeout",
        TIME,
        "30m",
        "How long after its creation a task ends; no event puts that off. Over 0s.",
    ),
    once(
        Meaning::Timeout,
        "timeout",
        TIME,
        "none",
        "How long after its first point a map is forgotten; no point puts that off. Over 0s.",
    )
    .only(Only::Scripts),
    once(
        Meaning::InactivityTimeout,
        "inactivityTimeout",
        TIME,
        "none",
        "How long after its last event a task ends. Over 0s, at most timeout.",
    ),
    once(
        Meaning::InactivityTimeout,
        "inactivityTimeout",
        TIME,
        "none",
        "How long after its last point a map is forgotten. Over 0s, at most timeout.",
    )
    .only(Only::Scripts),
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
        Meaning::MaxTasks,
        "maxTasks",
        &[("tasks", Int)],
        "1,000,000",
        "How many maps there may be, in all groups of the node together; the oldest is forgotten for a new one. From 1.",
    )
    .aliases(&["maxMapSize", "maxKeySize"])
    .only(Only::Scripts),
    once(
        Meaning::MaxBytes,
        "maxBytes",
        &[("bytes", Int)],
        "256 MiB",
        "How much memory the node's tasks may take, in bytes. From 1.",
    ),
    once(
        Meaning::MaxBytes,
        "maxBytes",
        &[("bytes", Int)],
        "256 MiB",
        "How much memory the node's maps may take, in bytes; above it the oldest are forgotten. From 1.",
    )
    .only(Only::Scripts),
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
        "A list, concat or distinct with so many values ends the task, as does a string or map of 60 KiB. From 1.",
    )
    .only(Only::Points),
    once(
        Meaning::MaxListSize,
        "maxListSize",
        &[("values", Int)],
        "10,000",
        "A task with so many events ends, and they come out; so does one with a map of 60 KiB. From 1.",
    )
    .only(Only::Sessions),
    once(
        Meaning::FlushInterval,
        "flushInterval",
        TIME,
        "none",
        "At multiples of this, each task with events since the last time sends its result so far. Over 0s.",
    )
    .only(Only::Points),
    once(
        Meaning::FlushInterval,
        "flushInterval",
        TIME,
        "none",
        "At multiples of this, each task sends the events it holds; resetOnFlush(TRUE) is needed too. Over 0s.",
    )
    .only(Only::Sessions),
    once(
        Meaning::ResetOnFlush,
        "resetOnFlush",
        ON,
        "FALSE",
        "After a flush map, reducers and keep start anew; the task's age and its maxEvents go on.",
    )
    .only(Only::Points),
    once(
        Meaning::ResetOnFlush,
        "resetOnFlush",
        ON,
        "FALSE",
        "After a flush a task's events are gathered anew, and its map starts anew; its age and its maxEvents go on.",
    )
    .only(Only::Sessions),
    once(
        Meaning::TimeoutFlushInterval,
        "timeoutFlushInterval",
        TIME,
        "0s",
        "Tasks time out together, at multiples of this; with 0s each at its own moment.",
    ),
];

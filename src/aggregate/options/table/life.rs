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
    )
    .only(Only::Points),
    once(
        Meaning::MaxListSize,
        "maxListSize",
        &[("values", Int)],
        "10,000",
        "A task with so many events ends, and they come out. From 1.",
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
        "After a flush the reducers and keep start anew; the task's age and its maxEvents go on.",
    )
    .only(Only::Points),
    once(
        Meaning::ResetOnFlush,
        "resetOnFlush",
        ON,
        "FALSE",
        "After a flush a task's events are gathered anew; its age and its maxEvents go on.",
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

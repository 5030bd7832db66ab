//! Scripts and conditions.

use super::{Arguments, once};
use crate::aggregate::options::{AggregateOption, Meaning, Only};
use crate::handler::ValueType::{Int, String};

const SCRIPT: Arguments = &[("script", String)];
const CONDITION: Arguments = &[("condition", String)];
const ACTION: Arguments = &[("action", String)];

pub(super) static OPTIONS: &[AggregateOption] = &[
    once(
        Meaning::Code,
        "code",
        SCRIPT,
        "none",
        "A script, in '''…''', that runs on each event before the reducers, with event, map, task, emit() and log().",
    )
    .only(Only::Points),
    once(
        Meaning::Code,
        "code",
        SCRIPT,
        "none",
        "A script, in '''…''', that runs on each event before it is gathered, with event, map, task, emit() and log().",
    )
    .only(Only::Sessions),
    once(
        Meaning::Code,
        "code",
        SCRIPT,
        "required",
        "The script, in '''…''', that runs on each point, with event, map, task, emit() and log().",
    )
    .only(Only::Scripts),
    once(
        Meaning::TimeoutCode,
        "timeoutCode",
        SCRIPT,
        "none",
        "A script that runs on the points of every reason but end, restart, batch and flush: event is that point.",
    )
    .only(Only::Points),
    once(
        Meaning::MaxTimeoutRetries,
        "maxTimeoutRetries",
        &[("retries", Int)],
        "0",
        "How often a timeoutCode that failed is tried again on its point, timeoutFlushInterval (at least 1s) apart. From 0.",
    )
    .only(Only::Points),
    once(
        Meaning::OnError,
        "onError",
        ACTION,
        "tag",
        "What failing code does: tag adds _aggregateexception to the event's tag 'tags', drop drops it, stop ends the Kapacitor task.",
    )
    .only(Only::Everywhere),
    once(
        Meaning::StartWhen,
        "startWhen",
        CONDITION,
        "none",
        "A condition such as 'event.type == \"start\"': only events for which it is true start a task.",
    ),
    once(
        Meaning::EndWhen,
        "endWhen",
        CONDITION,
        "none",
        "A condition such as 'event.status == \"done\"': an event for which it is true is its task's last.",
    ),
];

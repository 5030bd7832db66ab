//! From a TICKscript's calls to settings that later code trusts. Whatever is refused is refused here and
//! below.

mod calls;

mod names;

mod outputs;

mod scripts;

mod time;

mod overwriting;

mod elsewhere;

mod error;

#[cfg(test)]
mod tests;

use std::fmt;

use self::calls::Calls;
use self::scripts::Scripts;
use super::options::{Function, Meaning};
use super::reduce::Kind;
use super::template::Template;
use crate::edge::Edge;
use crate::proto::InitRequest;
use crate::script::{self, Source};

pub(crate) use self::error::SettingsError;

const MINUTE: i64 = 60_000_000_000;

/// What a node is to do.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "so many switches does a script have")]
pub(crate) struct Settings {
    pub(crate) function: Function,
    pub(crate) time: Time,
    /// The end of a batch ends its tasks; never on a stream.
    pub(crate) end_of_batch: bool,
    /// `None`: the Kapacitor group is the task.
    pub(crate) task_id: Option<Template>,
    pub(crate) group_by_task: bool,
    /// In the script's order.
    pub(crate) outputs: Vec<Output>,
    pub(crate) keep: Keep,
    pub(crate) code: Option<ScriptText>,
    pub(crate) timeout_code: Option<ScriptText>,
    pub(crate) start_when: Option<ScriptText>,
    pub(crate) end_when: Option<ScriptText>,
    /// How often a timeoutCode that failed is tried again.
    pub(crate) max_timeout_retries: u64,
    pub(crate) on_error: OnError,
    pub(crate) map_action: MapAction,
    pub(crate) end_of_task: bool,
    /// Durations are nanoseconds; `i64::MAX` is for ever.
    pub(crate) timeout: i64,
    pub(crate) inactivity_timeout: Option<i64>,
    /// 0: deadlines fall where they fall.
    pub(crate) timeout_flush_interval: i64,
    pub(crate) max_events: Option<u64>,
    pub(crate) max_tasks: usize,
    pub(crate) max_bytes: usize,
    pub(crate) on_overflow: OnOverflow,
    pub(crate) max_list_size: usize,
    pub(crate) flush: Option<Flush>,
    /// Whether a task that times out comes out; always with `push_previous`.
    pub(crate) push_on_timeout: bool,
    pub(crate) push_previous: bool,
    /// Whether a task that an event ended comes out.
    pub(crate) emit_on_end: bool,
    pub(crate) pass_through: bool,
    pub(crate) flush_on_stop: bool,
    pub(crate) timeout_task_id_field: Option<String>,
    pub(crate) tags_on_timeout: Vec<(String, String)>,
    /// Comma-joined.
    pub(crate) timeout_tags: Option<String>,
    pub(crate) reason_tag: Option<String>,
    pub(crate) measurement: Option<String>,
    pub(crate) point_time: PointTime,
    pub(crate) max_restore_age: Option<i64>,
    /// 0: never.
    pub(crate) warning_threshold: u64,
}

impl Settings {
    /// What the calls in `request` say.
    pub(crate) fn new(function: Function, request: &InitRequest) -> Result<Self, SettingsError> {
        let calls = Calls::check(function, request)?;
        let task_id = calls.template(Meaning::TaskId)?;
        names::check(&calls, task_id.as_ref())?;
        let gathers = function != Function::Script;
        let pass_through = calls.switch(Meaning::PassThrough).unwrap_or(!gathers);
        let push_previous = calls.switch(Meaning::PushPreviousMapAsEvent).unwrap_or(false);
        let push_on_timeout = calls.switch(Meaning::PushMapAsEventOnTimeout).unwrap_or(!pass_through);
        let end_of_batch =
            function.wants() == Edge::Batch && calls.switch(Meaning::EndOfBatch).unwrap_or(true);
        let (timeout, inactivity_timeout) = timeouts(&calls, function)?;
        let Scripts { code, timeout_code, start_when, end_when, max_timeout_retries, on_error, map_action } =
            scripts::of(&calls, function)?;
        // No task of a script's comes out.
        let overflow = if gathers { OnOverflow::Evict } else { OnOverflow::Drop };
        let settings = Self {
            function,
            time: time::of(&calls, function)?,
            end_of_batch,
            group_by_task: calls.switch(Meaning::GroupByTask).unwrap_or(false),
            outputs: outputs::of(&calls)?,
            keep: keep(&calls, task_id.as_ref()),
            task_id,
            code,
            timeout_code,
            start_when,
            end_when,
            max_timeout_retries,
            on_error,
            map_action,
            end_of_task: calls.switch(Meaning::EndOfTask).unwrap_or(false),
            timeout,
            inactivity_timeout,
            timeout_flush_interval: calls.duration(Meaning::TimeoutFlushInterval, 0)?.unwrap_or(0),
            max_events: calls.count(Meaning::MaxEvents, 1)?,
            max_tasks: calls.size(Meaning::MaxTasks)?.unwrap_or(1_000_000),
            max_bytes: calls.size(Meaning::MaxBytes)?.unwrap_or(256 << 20),
            on_overflow: calls.word(Meaning::OnOverflow)?.unwrap_or(overflow),
            max_list_size: calls.size(Meaning::MaxListSize)?.unwrap_or(10_000),
            flush: time::flush(&calls, function, end_of_batch)?,
            push_on_timeout: push_on_timeout || push_previous,
            push_previous,
            emit_on_end: calls.switch(Meaning::EmitOnEnd).unwrap_or(!pass_through),
            pass_through,
            flush_on_stop: calls.switch(Meaning::FlushOnStop).unwrap_or(push_previous),
            timeout_task_id_field: calls.name(Meaning::TimeoutTaskIdField),
            tags_on_timeout: tags_on_timeout(&calls),
            timeout_tags: timeout_tags(&calls),
            reason_tag: calls.name(Meaning::ReasonTag),
            measurement: calls.name(Meaning::Measurement),
            point_time: calls.word(Meaning::PointTime)?.unwrap_or(PointTime::Last),
            max_restore_age: calls.duration(Meaning::MaxRestoreAge, 1)?,
            warning_threshold: calls.count(Meaning::MapCountWarningThreshold, 0)?.unwrap_or(5_000),
        };
        overwriting::check(&calls, &settings)?;
        Ok(settings)
    }
}

impl Settings {
    /// The scripts that there are.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let all = [
            (script::Part::Code, &self.code),
            (script::Part::TimeoutCode, &self.timeout_code),
            (script::Part::StartWhen, &self.start_when),
            (script::Part::EndWhen, &self.end_when),
        ];
        let source = |(part, script): (_, &Option<ScriptText>)| {
            let ScriptText { option, text } = script.clone()?;
            Some(Source { part, option, text })
        };
        all.into_iter().filter_map(source).collect()
    }

    /// Whether a task ends with its event of this number, by `endOfTask` or `maxEvents`.
    pub(crate) fn is_last(&self, events: u64) -> bool {
        self.end_of_task || self.max_events.is_some_and(|max| events >= max)
    }

    /// Whether an event can make a task hold more than it did.
    pub(crate) fn can_grow(&self) -> bool {
        self.function == Function::Session
            || self.code.is_some()
            || !self.keep.is_nothing()
            || self.outputs.iter().any(|output| output.kind.can_grow())
    }
}

fn keep(calls: &Calls, task_id: Option<&Template>) -> Keep {
    let names: Vec<_> = calls.all(Meaning::Keep).filter_map(|call| call.text(0)).collect();
    if names.contains(&"*") {
        return Keep::All;
    }
    let is_new = |name: &&str| !task_id.is_some_and(|id| id.names.iter().any(|known| known == name));
    Keep::Names(names.into_iter().filter(is_new).map(str::to_owned).collect())
}

/// `timeout`, which a script's map has for ever, and `inactivityTimeout`.
fn timeouts(calls: &Calls, function: Function) -> Result<(i64, Option<i64>), SettingsError> {
    let default = if function == Function::Script { i64::MAX } else { 30 * MINUTE };
    let timeout = calls.duration(Meaning::Timeout, 1)?.unwrap_or(default);
    let inactivity = calls.duration(Meaning::InactivityTimeout, 1)?;
    match (calls.get(Meaning::InactivityTimeout), inactivity) {
        (Some(call), Some(came)) if came > timeout => {
            Err(SettingsError::InactivityTimeout { option: call.name.clone(), came, timeout })
        }
        _ => Ok((timeout, inactivity)),
    }
}

fn tags_on_timeout(calls: &Calls) -> Vec<(String, String)> {
    let tag = |call: &calls::Call| Some((call.text(0)?.to_owned(), call.text(1)?.to_owned()));
    calls.all(Meaning::TagOnTimeout).filter_map(tag).collect()
}

fn timeout_tags(calls: &Calls) -> Option<String> {
    let tags: Vec<_> = calls.all(Meaning::TimeoutTags).filter_map(|call| call.text(0)).collect();
    (!tags.is_empty()).then(|| tags.join(","))
}

/// What deadlines follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Time {
    /// The daemon's clock.
    Clock,
    /// The events' own times.
    Events {
        reference: Reference,
        /// How much later than others of its group a point may come, in nanoseconds.
        max_delay: i64,
    },
}

/// Where an event's time for deadlines is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// It is the point's own.
    Own,
    /// A field: an int in units of so many nanoseconds, or an RFC 3339 text.
    Field { name: String, unit: i64 },
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("the points' own"),
            Self::Field { name, .. } => write!(f, "{name:?}"),
        }
    }
}

/// A field of the emitted point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    /// Its name.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The field or tag that is reduced; none for `count` and `duration`.
    pub(crate) field: Option<String>,
    /// Always a double.
    pub(crate) float: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keep {
    /// In the script's order; perhaps none. Never one that the id refers to.
    Names(Vec<String>),
    All,
}

impl Keep {
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Names(names) if names.is_empty())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapAction {
    CreateOrUpdate,
    Create,
    Update,
}

/// What a script that fails does to its event, or to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    Tag,
    Drop,
    Stop,
}

/// A script as the node's call has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScriptText {
    /// The option as it was called.
    pub(crate) option: String,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnOverflow {
    Evict,
    Drop,
    Reject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flush {
    pub(crate) interval: i64,
    pub(crate) reset: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PointTime {
    First,
    Last,
    Emit,
}

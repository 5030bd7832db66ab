//! Whether originals that are passed through and the tasks' own points could have one name and the same tags
//! and time: InfluxDB would take the later one for a correction of the other.

use super::calls::Calls;
use super::error::SettingsError;
use super::{Keep, MapAction, OnOverflow, Settings};
use crate::aggregate::options::{Function, Meaning};
use crate::aggregate::reduce::Kind;

pub(super) fn check(calls: &Calls, settings: &Settings) -> Result<(), SettingsError> {
    let Some(call) = calls.get(Meaning::PassThrough) else { return Ok(()) };
    let causes = causes(settings);
    if !settings.pass_through || causes.is_empty() || is_told_apart(settings) {
        return Ok(());
    }
    let remedies = match (is_named_alone(settings), has_untagged_reason(settings)) {
        (true, true) => "measurement or reasonTag",
        (true, false) => "measurement, reasonTag or tagOnTimeout",
        (false, true) => "reasonTag",
        (false, false) => "reasonTag or tagOnTimeout",
    };
    Err(SettingsError::Overwriting { option: call.name.clone(), causes: causes.join(", "), remedies })
}

/// The options by which a task's points can come out.
fn causes(settings: &Settings) -> Vec<&'static str> {
    let causes = [
        ("pushPreviousMapAsEvent", settings.push_previous),
        ("pushMapAsEventOnTimeout", settings.push_on_timeout && !settings.push_previous),
        ("emitOnEnd", comes_out_at_end(settings)),
        ("maxEvents", settings.max_events.is_some()),
        ("flushInterval", settings.flush.is_some()),
        ("flushOnStop", settings.flush_on_stop),
        ("onOverflow evict", settings.on_overflow == OnOverflow::Evict),
        ("maxListSize", has_text(settings)),
    ];
    causes.into_iter().filter_map(|(cause, holds)| holds.then_some(cause)).collect()
}

/// Whether a task can hold text, a list or a map that grows until it ends the task.
fn has_text(settings: &Settings) -> bool {
    let is_text = |kind: &Kind| {
        matches!(kind, Kind::List | Kind::Concat { .. } | Kind::Distinct | Kind::First | Kind::Last)
    };
    settings.outputs.iter().any(|output| is_text(&output.kind))
        || settings.keep != Keep::Names(vec![])
        || settings.code.is_some()
}

fn is_told_apart(settings: &Settings) -> bool {
    let tagged = !settings.tags_on_timeout.is_empty() || settings.timeout_tags.is_some();
    (settings.measurement.is_some() && is_named_alone(settings))
        || settings.reason_tag.is_some()
        || (tagged && !has_untagged_reason(settings))
}

/// Whether `measurement` names the tasks' points, but not the originals: those of one batch are named together.
fn is_named_alone(settings: &Settings) -> bool {
    settings.function != Function::BATCH
}

/// The reasons `end`, `restart`, `batch` and `flush` get no timeout tags.
fn has_untagged_reason(settings: &Settings) -> bool {
    comes_out_at_end(settings) || settings.flush.is_some()
}

/// With code a task ends when that says so, and with `startWhen` when the next one starts.
fn comes_out_at_end(settings: &Settings) -> bool {
    let ends_at_event = settings.end_of_task
        || settings.end_when.is_some()
        || settings.code.is_some()
        || (settings.start_when.is_some() && settings.map_action == MapAction::CreateOrUpdate);
    settings.emit_on_end && (ends_at_event || settings.end_of_batch)
}

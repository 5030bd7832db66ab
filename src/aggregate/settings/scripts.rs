//! Scripts and conditions as texts, and what means nothing without one. Compiles none of them.

use super::calls::Calls;
use super::error::SettingsError;
use super::{MapAction, OnError, ScriptText};
use crate::aggregate::options::{Function, Meaning};

pub(super) struct Scripts {
    pub(super) code: Option<ScriptText>,
    pub(super) timeout_code: Option<ScriptText>,
    pub(super) start_when: Option<ScriptText>,
    pub(super) end_when: Option<ScriptText>,
    pub(super) max_timeout_retries: u64,
    pub(super) on_error: OnError,
    pub(super) map_action: MapAction,
}

pub(super) fn of(calls: &Calls, function: Function) -> Result<Scripts, SettingsError> {
    let scripts = Scripts {
        code: text(calls, Meaning::Code)?,
        timeout_code: text(calls, Meaning::TimeoutCode)?,
        start_when: text(calls, Meaning::StartWhen)?,
        end_when: text(calls, Meaning::EndWhen)?,
        max_timeout_retries: calls.count(Meaning::MaxTimeoutRetries, 0)?.unwrap_or(0),
        on_error: calls.word(Meaning::OnError)?.unwrap_or(OnError::Tag),
        map_action: calls.word(Meaning::MapAction)?.unwrap_or(MapAction::CreateOrUpdate),
    };
    scripts.check(calls, function)?;
    Ok(scripts)
}

/// A source in which there is something.
fn text(calls: &Calls, meaning: Meaning) -> Result<Option<ScriptText>, SettingsError> {
    let Some(call) = calls.get(meaning) else { return Ok(None) };
    let text = call.text(0).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(SettingsError::value(call, 0, "one that is not empty".to_owned()));
    }
    Ok(Some(ScriptText { option: call.name.clone(), text: text.to_owned() }))
}

impl Scripts {
    fn check(&self, calls: &Calls, function: Function) -> Result<(), SettingsError> {
        if function == Function::Script && self.code.is_none() {
            return Err(SettingsError::NoCode);
        }
        if self.timeout_code.is_none() {
            let refuse = |option, came| SettingsError::NothingToRetry { option, came };
            calls.absent(Meaning::MaxTimeoutRetries, refuse)?;
        }
        if self.code.is_none() && self.timeout_code.is_none() {
            let needs = if function == Function::Session { "code" } else { "code or timeoutCode" };
            calls.absent(Meaning::OnError, |option, came| SettingsError::NothingToFail {
                option,
                came,
                needs,
            })?;
        }
        match calls.get(Meaning::MapAction) {
            Some(call) if self.map_action == MapAction::Update && self.start_when.is_none() => {
                Err(SettingsError::NothingCreates { option: call.name.clone() })
            }
            _ => Ok(()),
        }
    }
}

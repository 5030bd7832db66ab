//! The names a script gives to fields and tags: none is empty, none is given twice, none is the id's.

use std::collections::BTreeMap;

use super::calls::{Call, Calls};
use super::error::SettingsError;
use crate::aggregate::options::Meaning;
use crate::aggregate::template::Template;

/// The arguments that must say something.
const NAMES: [&str; 6] = ["field", "as", "name", "key", "value", "tag"];

/// What InfluxDB calls a point's time; it drops points that have a tag or field of this name.
const TIME: &str = "time";

/// The tag that `timeoutTags` sets.
const TAGS: &str = "tags";

pub(super) fn check(calls: &Calls, task_id: Option<&Template>) -> Result<(), SettingsError> {
    let mut fields = Taken::new("field", task_id);
    let mut tags = Taken::new("tag", task_id);
    for call in calls.iter() {
        not_empty(call)?;
        if let Some(name) = field(call) {
            fields.take(name, call)?;
        }
        if let Some(name) = tag(call) {
            tags.take(name, call)?;
        }
    }
    Ok(())
}

fn not_empty(call: &Call) -> Result<(), SettingsError> {
    let names = call.spec.as_ref().arguments.iter().map(|argument| argument.0);
    let is_empty = |(index, name)| NAMES.contains(&name) && call.text(index) == Some("");
    match names.enumerate().position(is_empty) {
        Some(index) => Err(SettingsError::value(call, index, "one that is not empty".to_owned())),
        None => Ok(()),
    }
}

/// The field that a call puts on the task's points; for `keep` it may be a tag.
fn field(call: &Call) -> Option<&str> {
    match call.spec.meaning {
        Meaning::Keep | Meaning::TimeoutTaskIdField => call.text(0),
        Meaning::Float => None,
        _ => call.argument("as")?.as_str(),
    }
}

/// The tag that a call puts on the task's points.
fn tag(call: &Call) -> Option<&str> {
    match call.spec.meaning {
        Meaning::ReasonTag | Meaning::TagOnTimeout => call.text(0),
        Meaning::TimeoutTags => Some(TAGS),
        _ => None,
    }
}

/// The names taken so far, each with the call that took it.
struct Taken<'a> {
    what: &'static str,
    id: &'a [String],
    calls: BTreeMap<&'a str, &'a Call>,
}

impl<'a> Taken<'a> {
    fn new(what: &'static str, task_id: Option<&'a Template>) -> Self {
        Self { what, id: task_id.map_or(&[], |id| &id.names), calls: BTreeMap::new() }
    }

    fn take(&mut self, name: &'a str, call: &'a Call) -> Result<(), SettingsError> {
        let (option, owned) = (call.name.clone(), name.to_owned());
        if name == TIME {
            return Err(SettingsError::Time { option, what: self.what });
        }
        // To keep what the id keeps anyway does no harm.
        if call.spec.meaning != Meaning::Keep && self.id.iter().any(|reference| reference == name) {
            return Err(SettingsError::IdReference { option, name: owned });
        }
        match self.calls.insert(name, call) {
            // Every call of it adds to the same tag.
            Some(first)
                if (first.spec.meaning, call.spec.meaning)
                    != (Meaning::TimeoutTags, Meaning::TimeoutTags) =>
            {
                let (what, other) = (self.what, first.name.clone());
                Err(SettingsError::Taken { option, what, name: owned, other })
            }
            _ => Ok(()),
        }
    }
}

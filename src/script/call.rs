//! What a script is called with, and what it leaves.

use super::state::State;
use crate::value::Value;

/// What a call is about. `map` is moved in and out.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub(crate) event: Event,
    pub(crate) state: State,
    pub(crate) task: TaskView,
    /// `event.cancel()`.
    pub(crate) is_cancelled: bool,
    /// What the script emitted, in its order.
    pub(crate) emitted: Vec<Emitted>,
}

impl Call {
    /// Forgets what the last call left, but for the state and the task.
    pub(crate) fn clear(&mut self) {
        self.is_cancelled = false;
        self.emitted.clear();
    }
}

/// The event, or for timeoutCode the finished point.
#[derive(Debug, Default)]
pub(crate) struct Event {}

impl Event {
    /// `body` is a point's message, or only its tags and fields; `found` what it has of `Scripts::event_names`: of
    /// each the tag and the field.
    pub(crate) fn fill<'a>(
        &mut self,
        _name: Option<&[u8]>,
        _time: i64,
        _body: &[u8],
        _found: impl Iterator<Item = (Option<&'a [u8]>, Option<Value<'a>>)>,
    ) {
    }

    /// The names of tags that can't be changed.
    pub(crate) fn set_dimensions<'a>(&mut self, _names: impl Iterator<Item = &'a [u8]>) {}

    /// Likewise more of them.
    pub(crate) fn add_dimensions<'a>(&mut self, _names: impl Iterator<Item = &'a [u8]>) {}

    /// Whether a script has changed it.
    pub(crate) fn is_changed(&self) -> bool {
        false
    }

    /// Adds `text` to the tag `tags`, behind a comma if there is something, unless it is among them.
    pub(crate) fn add_to_tags(&mut self, _text: &str) {}

    /// Appends the body with what the script changed. `fit` has the last word about a field that was set: as it is,
    /// as another value, or not at all.
    pub(crate) fn write(
        &self,
        _out: &mut Vec<u8>,
        _fit: impl for<'v> FnMut(&[u8], Value<'v>) -> Option<Value<'v>>,
    ) {
    }
}

/// What a script did to a tag or a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    Field(Option<Scalar>),
    Tag(Option<String>),
}

/// A value that a field can hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Text(String),
    Int(i64),
    Double(f64),
    Bool(bool),
}

impl Scalar {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text.as_bytes()),
            Self::Int(int) => Value::Int(*int),
            Self::Double(double) => Value::Double(*double),
            Self::Bool(bool) => Value::Bool(*bool),
        }
    }
}

/// A point that a script emitted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Emitted {
    /// Fields, at least one, flat.
    Fields(Vec<(String, Scalar)>),
    /// The event as it was then: its message as [`Event::write`] has it, without `fit`.
    Event(Vec<u8>),
}

/// What a script sees of its task, and sets.
#[derive(Debug, Default)]
pub(crate) struct TaskView {
    /// The whole id.
    pub(crate) id: Vec<u8>,
    pub(crate) count: u64,
    pub(crate) created: i64,
    pub(crate) last: i64,
    pub(crate) is_restored: bool,
    /// Only for timeoutCode.
    pub(crate) reason: Option<&'static str>,
    /// In nanoseconds; of `timeout` `i64::MAX` is none.
    pub(crate) timeout: i64,
    pub(crate) inactivity_timeout: Option<i64>,
    /// A script has set one of the two.
    pub(crate) has_set_timeouts: bool,
    /// `task.end()`.
    pub(crate) ends: bool,
}

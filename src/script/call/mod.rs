//! What a script is called with, and what it leaves.

mod event;

use super::state::State;
use crate::value::Value;

pub(crate) use event::Event;
pub(super) use event::Sought;

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
    /// The event as it was then: its message as [`Event::write`] has it.
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

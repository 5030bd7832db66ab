//! The scripts of a node: compiled once, run on one event after the other, in bounds. The language is Rhai's;
//! nothing outside of this module knows.
//!
//! A call: its caller fills [`Call`], has [`Scripts::run`] run a part on it, and takes from it what the script left.

// Filled in with the next commits.
#![allow(dead_code, unused_imports)]

mod call;

mod state;

mod plain;

use std::fmt;
use std::time::Duration;

pub(crate) use call::{Call, Change, Emitted, Event, Scalar, TaskView};
pub(crate) use plain::Look;
pub(crate) use state::{Keys, State};

use crate::handler::UnixNanos;

/// What a script may use up in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many operations of the engine, about as many as there are expressions and statements to evaluate.
    pub operations: u64,
    /// How long.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { operations: 100_000, time: Duration::from_millis(50) }
    }
}

/// The scripts that a node can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Code,
    TimeoutCode,
    StartWhen,
    EndWhen,
}

/// A script as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) part: Part,
    /// The option as it was called, such as `end_when`.
    pub(crate) option: String,
    pub(crate) text: String,
}

/// Why a script can't be used: where, the line with a caret, and what would mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CompileError(pub(crate) String);

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CompileError {}

/// Why a call did not come to its end. It has been logged and counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The message.
    Script(String),
    /// It was not run: the script has used up its budget too often of late.
    BackedOff,
}

/// What scripts have come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Calls that failed, conditions too.
    pub(crate) failed: u64,
    /// Calls that were not made.
    pub(crate) backed_off: u64,
}

/// The compiled scripts of one node.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    call: Box<Call>,
    keys: Keys,
}

impl Scripts {
    /// Compiles all of a node's scripts. None at all is fine.
    pub(crate) fn compile(_sources: &[Source], _budget: Budget) -> Result<Self, CompileError> {
        Ok(Self::default())
    }

    /// Whether there is such a script.
    pub(crate) fn has(&self, _part: Part) -> bool {
        false
    }

    /// The names of tags and fields that scripts read of events, as far as they stand in the source. Their places in
    /// this list are the slots of [`Event::fill`] and of [`Look`].
    pub(crate) fn event_names(&self) -> &[String] {
        &[]
    }

    /// Names of map entries.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether a script may set tags: [`Event::set_dimensions`] is needed then.
    pub(crate) fn sets_tags(&self) -> bool {
        false
    }

    /// What the next call is about, or what the last one left.
    pub(crate) fn call(&mut self) -> &mut Call {
        &mut self.call
    }

    /// Runs code or timeoutCode on what `call` was filled with.
    pub(crate) fn run(&mut self, _part: Part, _now: UnixNanos) -> Result<(), Failed> {
        Ok(())
    }

    /// Whether a condition holds; one that fails does not. A plain comparison is answered with `look` alone; for
    /// others `fill` fills the call.
    pub(crate) fn holds(
        &mut self,
        _part: Part,
        _now: UnixNanos,
        _look: &impl Look,
        _fill: impl FnOnce(&mut Call),
    ) -> bool {
        false
    }

    /// What has come of the calls so far.
    pub(crate) fn counts(&self) -> Counts {
        Counts::default()
    }
}

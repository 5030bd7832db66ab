//! The scripts of a node: compiled once, run on one event after the other, in bounds. The language is Rhai's;
//! nothing outside of this module knows.
//!
//! A call: its caller fills [`Call`], has [`Scripts::run`] run a part on it, and takes from it what the script left.

mod compiled;

mod call;

mod state;

mod plain;

mod names;

mod lexer;

mod engine;

#[expect(clippy::unnecessary_box_returns, reason = "the engine's errors are boxed")]
#[expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over")]
mod library;

#[expect(clippy::unnecessary_box_returns, reason = "the engine's errors are boxed")]
mod running;

mod values;

mod back_off;

mod draw;

mod words;

mod log;

#[cfg(test)]
pub(super) mod tests;

use std::fmt;
use std::time::Duration;

#[cfg(test)]
use call::TaskView;
pub(crate) use call::{Call, Emitted, Event, Scalar};
pub(crate) use compiled::Scripts;
pub(crate) use plain::Look;
pub(crate) use state::{Keys, State};

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

impl Part {
    fn is_condition(self) -> bool {
        matches!(self, Self::StartWhen | Self::EndWhen)
    }

    /// Where it stands among all parts.
    fn index(self) -> usize {
        match self {
            Self::Code => 0,
            Self::TimeoutCode => 1,
            Self::StartWhen => 2,
            Self::EndWhen => 3,
        }
    }
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
    /// The message; empty if it wasn't logged and nobody wants it, see [`Scripts::be_terse`].
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

//! The workbench: what tries a function without Kapacitor, and looks at what Kapacitor says to one. Knows the
//! library as any of its users does.

mod when;

mod terminal;

mod line;

pub(crate) mod tick;

mod run;

mod timeline;

pub(crate) mod tap;

use thiserror::Error;

pub(crate) use run::{RunArgs, run};
pub(crate) use timeline::{TimelineArgs, timeline};

/// What was asked for makes no sense, in words that say what would: exit code 64.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

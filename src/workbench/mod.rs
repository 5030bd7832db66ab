//! The workbench: what tries a function without Kapacitor, and looks at what Kapacitor says to one. Knows the
//! library as any of its users does.

#![cfg_attr(not(test), allow(dead_code, reason = "until all of it is used"))]

mod when;

mod line;

pub(crate) mod tick;

mod run;

mod timeline;

pub(crate) mod tap;

use thiserror::Error;

pub(crate) use run::{RunArgs, run};

/// What was asked for makes no sense, in words that say what would: exit code 64.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

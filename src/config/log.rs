//! What is logged, and in which form. Writes no log itself.

use std::fmt;

use clap::ValueEnum;

use super::value::{OneOf, Word};

/// What is logged, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogConfig {
    /// The least severe events that are logged (default info).
    pub level: LogLevel,
    /// The form of a log line (default text).
    pub format: LogFormat,
}

/// How severe an event must be to be logged; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogLevel {
    /// What ended or could not begin.
    Error,
    /// What will go wrong unless somebody acts.
    Warn,
    /// The life of the daemon and its connections.
    #[default]
    Info,
    /// The life of each task.
    Debug,
    /// Every message.
    Trace,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// For people: time, level, text, fields.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// The command line's, else the file's, else the default.
pub(super) fn choose<T: Default>(line: Option<T>, file: Option<OneOf<T>>) -> T {
    line.or(file.map(|OneOf(word)| word)).unwrap_or_default()
}

impl Word for LogLevel {
    const ALL: &'static [Self] = &[Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];
}

impl Word for LogFormat {
    const ALL: &'static [Self] = &[Self::Text, Self::Json];
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        })
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

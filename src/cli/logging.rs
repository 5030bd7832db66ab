//! Sends the log to stderr as configured. What is logged is said where it happens.

use std::env;
use std::io::{self, IsTerminal};

use kapacitor_udfd::config::{LogConfig, LogFormat, LogLevel};
use tracing::level_filters::LevelFilter;

/// For the whole process; to be called once.
pub(super) fn start(config: LogConfig) {
    let log = tracing_subscriber::fmt()
        .with_max_level(filter(config.level))
        .with_writer(io::stderr)
        .with_ansi(wants_colour())
        // It would tell of a closed stderr on stderr, and panic.
        .log_internal_errors(false);
    match config.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// See <https://no-color.org>.
fn wants_colour() -> bool {
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

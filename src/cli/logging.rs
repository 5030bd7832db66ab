//! Sends the log to stderr as configured. What is logged is said where it happens.

use std::env;
use std::io::{self, IsTerminal};

use kapacitor_udfd::config::{LogConfig, LogFormat, LogLevel};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

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

/// For who tries a function at a terminal: warnings, and what scripts say with `log()`.
pub(super) fn of_a_trial() {
    let shown = Targets::new().with_default(LevelFilter::WARN).with_target(SCRIPTS, LevelFilter::INFO);
    let log = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(wants_colour())
        .with_target(false)
        .without_time()
        .log_internal_errors(false);
    tracing_subscriber::registry().with(log.with_filter(shown)).init();
}

/// The module that `log()` logs from.
const SCRIPTS: &str = "kapacitor_udfd::script";

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

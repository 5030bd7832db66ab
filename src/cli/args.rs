//! The arguments and their help. Says what can be given, not what it means.

use std::path::{self, PathBuf};

use clap::{Args as ClapArgs, Parser, ValueEnum};
use kapacitor_udfd::config::{LogFormat, LogLevel, Overrides, SocketOverride};

/// Serves user defined functions to InfluxData Kapacitor over Unix sockets
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(super) struct Args {
    /// What to do
    // Not clap's subcommands: all share the options, which clap would not merge from before and after.
    #[arg(value_enum, default_value_t = Command::Serve)]
    pub(super) command: Command,

    /// The configuration (TOML); without it the defaults are served
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    #[command(flatten)]
    pub(super) options: Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Command {
    /// Serve the functions until SIGINT or SIGTERM
    Serve,
    /// Validate the configuration and show what would be served
    Check,
    /// Print what belongs in kapacitor.conf
    KapacitorConf,
}

/// What wins over the configuration file.
#[derive(Debug, ClapArgs)]
pub(super) struct Options {
    /// The directory of sockets with a relative path and of those without one
    #[arg(long, value_name = "DIR", value_parser = absolute)]
    socket_dir: Option<PathBuf>,

    /// The socket of one function; may be repeated; a relative path is taken under the socket directory
    #[arg(long = "socket", value_name = "NAME=PATH")]
    sockets: Vec<SocketOverride>,

    /// The least severe events to log
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<LogLevel>,

    /// The form of a log line
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

const EXIT_CODES: &str = "\
Exit codes: 0 after a graceful shutdown, 1 for a failure at run time, 64 for wrong usage or configuration.
The first SIGINT or SIGTERM shuts down gracefully, a second one at once (130 or 143).";

impl From<Options> for Overrides {
    fn from(options: Options) -> Self {
        let Options { socket_dir, sockets, log_level, log_format } = options;
        Self { socket_dir, sockets, log_level, log_format }
    }
}

/// On the command line, unlike in a file, a relative directory means one of the shell's.
fn absolute(dir: &str) -> Result<PathBuf, String> {
    path::absolute(dir).map_err(|error| format!("{error}; give a directory"))
}

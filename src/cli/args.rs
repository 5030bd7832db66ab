//! The arguments and their help. Says what can be given, not what it means.

use std::path::{self, PathBuf};

use crate::bench::BenchArgs;
use crate::workbench::{RunArgs, TimelineArgs};
use clap::error::ErrorKind;
use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand};
use kapacitor_udfd::config::{LogFormat, LogLevel, Overrides, SocketOverride};

/// Serves user defined functions to InfluxData Kapacitor over Unix sockets
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the functions until SIGINT or SIGTERM (the default)
    Serve(Options),
    /// Validate the configuration and show what would be served; warn of groups unknown on this machine
    Check(Options),
    /// Print what belongs in kapacitor.conf
    KapacitorConf(Options),
    /// Print the options that a TICKscript can give to the functions
    Describe(DescribeArgs),
    Bench(BenchArgs),
    Run(RunArgs),
    Timeline(TimelineArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct DescribeArgs {
    /// The name of a function that is served; without it all of them
    #[arg(value_name = "FUNCTION")]
    pub(super) function: Option<String>,

    /// Print Markdown tables, as in the README
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Print {"functions": [{"name", "handler", "wants", "provides", "options": [{"name", "aliases",
    /// "arguments": [{"name", "type"}], "default", "repeats", "help"}]}]}; default is null or words
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) options: Options,
}

/// For whom `describe` prints.
#[derive(Debug, Clone, Copy)]
pub(super) enum Format {
    Text,
    Markdown,
    Json,
}

impl DescribeArgs {
    pub(super) fn format(&self) -> Format {
        match (self.markdown, self.json) {
            (true, _) => Format::Markdown,
            (_, true) => Format::Json,
            _ => Format::Text,
        }
    }
}

/// Which configuration, and what wins over it.
#[derive(Debug, Default, ClapArgs)]
pub(super) struct Options {
    /// The configuration (TOML); without it the defaults are served
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The directory of sockets for which the file gives a relative path or none; itself relative to
    /// the current directory
    #[arg(long, value_name = "DIR", value_parser = directory)]
    socket_dir: Option<PathBuf>,

    /// The socket of one function, relative to the current directory; may be repeated
    #[arg(long = "socket", value_name = "NAME=PATH", value_parser = socket)]
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

impl Args {
    /// The command, with the options that stand before it and after it put together.
    pub(super) fn into_command(self) -> Result<Command, clap::Error> {
        let before = self.options;
        Ok(match self.command.unwrap_or(Command::Serve(Options::default())) {
            Command::Serve(after) => Command::Serve(after.behind(before)),
            Command::Check(after) => Command::Check(after.behind(before)),
            Command::KapacitorConf(after) => Command::KapacitorConf(after.behind(before)),
            Command::Describe(args) => {
                let options = args.options.behind(before);
                Command::Describe(DescribeArgs { options, ..args })
            }
            command @ (Command::Bench(_) | Command::Run(_) | Command::Timeline(_))
                if before.is_any_given() =>
            {
                let name = match command {
                    Command::Bench(_) => "bench",
                    Command::Run(_) => "run",
                    _ => "timeline",
                };
                let words = format!(
                    "{name} takes its options behind its name; those of the daemon mean nothing to it"
                );
                return Err(Self::command().error(ErrorKind::ArgumentConflict, words));
            }
            Command::Bench(args) => match args.conflict() {
                Some(words) => return Err(Self::command().error(ErrorKind::ArgumentConflict, words)),
                None => Command::Bench(args),
            },
            Command::Run(args) => Command::Run(args),
            Command::Timeline(args) => Command::Timeline(args),
        })
    }
}

impl Options {
    fn is_any_given(&self) -> bool {
        let Self { config, socket_dir, sockets, log_level, log_format } = self;
        config.is_some()
            || socket_dir.is_some()
            || !sockets.is_empty()
            || log_level.is_some()
            || log_format.is_some()
    }

    /// The later of two options wins, as it does anywhere on a command line.
    fn behind(self, before: Self) -> Self {
        Self {
            config: self.config.or(before.config),
            socket_dir: self.socket_dir.or(before.socket_dir),
            sockets: before.sockets.into_iter().chain(self.sockets).collect(),
            log_level: self.log_level.or(before.log_level),
            log_format: self.log_format.or(before.log_format),
        }
    }

    /// The configuration file, and what is said over it.
    pub(super) fn into_parts(self) -> (Option<PathBuf>, Overrides) {
        let Self { config, socket_dir, sockets, log_level, log_format } = self;
        (config, Overrides { socket_dir, sockets, log_level, log_format })
    }
}

/// On the command line, unlike in a file, a relative path means one of the shell's, as in any command.
fn directory(given: &str) -> Result<PathBuf, String> {
    path::absolute(given).map_err(|error| format!("{error}; give a directory"))
}

fn socket(given: &str) -> Result<SocketOverride, String> {
    let given = given.parse::<SocketOverride>().map_err(|error| error.to_string())?;
    let path = path::absolute(given.path).map_err(|error| format!("{error}; give an absolute path"))?;
    Ok(SocketOverride { path, ..given })
}

//! The command line: from arguments to an exit code. What the daemon does is the library's.

mod args;
mod check;
mod describe;
pub(crate) mod examples;
mod kapacitor_conf;
mod logging;
pub(crate) mod open_files;
pub(crate) mod output;
mod serve;
mod shell;
pub(crate) mod signals;
mod welcome;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use kapacitor_udfd::agent::install_panic_hook;
use kapacitor_udfd::config::{Config, ConfigError, Overrides};

use self::args::{Args, Command, DescribeArgs, Options};
use self::describe::NoSuchFunction;
use crate::bench;
use crate::workbench::{self, Usage, tap};

/// Wrong usage or configuration: `EX_USAGE` of sysexits.h. A service manager should not retry.
const USAGE: u8 = 64;
/// It was right, but did not work out: a socket in use, for one.
const FAILURE: u8 = 1;

pub(crate) fn main() -> ExitCode {
    let command = match Args::try_parse().and_then(Args::into_command) {
        Ok(command) => command,
        Err(error) => return not_parsed(&error),
    };
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            output::error(&format!("error: {error:#}\n"));
            let is_usage = error.is::<ConfigError>() || error.is::<NoSuchFunction>() || error.is::<Usage>();
            ExitCode::from(if is_usage { USAGE } else { FAILURE })
        }
    }
}

/// Help and version come this way too, and are no failure.
fn not_parsed(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match (error.use_stderr(), printed) {
        (true, _) => ExitCode::from(USAGE),
        (false, Ok(())) => ExitCode::SUCCESS,
        (false, Err(_)) => ExitCode::from(FAILURE),
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(options) => serve::run(load(options)?)?,
        Command::Check(options) => check(&load(options)?)?,
        Command::KapacitorConf(options) => output::print(&kapacitor_conf::block(&load(options)?))?,
        Command::Describe(args) => describe(args)?,
        Command::Bench(args) => return bench::run(args),
        Command::Run(args) => {
            let config = workbench_config(args.input.config.as_deref())?;
            return workbench::run(&args, &config);
        }
        Command::Timeline(args) => {
            let config = workbench_config(args.input.config.as_deref())?;
            workbench::timeline(&args, &config)?;
        }
        Command::Tap(args) => return tap::run(args),
        Command::Completions(args) => output::print(&shell::completions(&args, Args::command()))?,
        Command::Man(args) => output::print(&shell::man(&args, Args::command())?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(config: &Config) -> anyhow::Result<()> {
    output::error(&check::warnings(config));
    output::print(&check::summary(config))
}

fn describe(args: DescribeArgs) -> anyhow::Result<()> {
    let (format, function) = (args.format(), args.function);
    output::print(&describe::describe(&load(args.options)?, function.as_deref(), format)?)
}

/// The functions of this configuration, or the defaults, for who tries one; what it logs goes to the terminal.
fn workbench_config(file: Option<&Path>) -> Result<Config, ConfigError> {
    logging::of_a_trial();
    install_panic_hook();
    Config::load(file, &Overrides::default())
}

fn load(options: Options) -> Result<Config, ConfigError> {
    let (file, overrides) = options.into_parts();
    Config::load(file.as_deref(), &overrides)
}

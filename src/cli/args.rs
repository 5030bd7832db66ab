//! The arguments and their help. Says what can be given, not what it means.

use std::path::{self, PathBuf};

use super::examples;
use super::shell::{CompletionsArgs, ManArgs};
use crate::bench::BenchArgs;
use crate::workbench::tap::TapArgs;
use crate::workbench::{RunArgs, TimelineArgs};
use clap::error::ErrorKind;
use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueHint};
use kapacitor_udfd::config::{LogFormat, LogLevel, Overrides, SocketOverride};

/// Serves user defined functions to InfluxData Kapacitor over Unix sockets
#[derive(Debug, Parser)]
#[command(version, after_help = examples::MAIN)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,
}

/// In the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Run(RunArgs),
    Timeline(TimelineArgs),
    /// Print the options that a TICKscript can give to the functions
    #[command(after_help = examples::DESCRIBE)]
    Describe(DescribeArgs),
    /// Serve the functions until SIGINT or SIGTERM (the default)
    #[command(after_help = examples::SERVE)]
    Serve(Options),
    /// Validate the configuration and show what would be served; warn of groups unknown on this machine
    #[command(after_help = examples::CHECK)]
    Check(Options),
    /// Print what belongs in kapacitor.conf
    #[command(after_help = examples::KAPACITOR_CONF)]
    KapacitorConf(Options),
    Tap(TapArgs),
    Bench(BenchArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct DescribeArgs {
    /// The name of a function that is served; without it all of them
    #[arg(value_name = "FUNCTION", value_hint = ValueHint::Other)]
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
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,

    /// The directory of sockets for which the file gives a relative path or none; itself relative to
    /// the current directory
    #[arg(long, value_name = "DIR", value_parser = directory, value_hint = ValueHint::DirPath)]
    socket_dir: Option<PathBuf>,

    /// The socket of one function, relative to the current directory; may be repeated
    #[arg(long = "socket", value_name = "NAME=PATH", value_parser = socket, value_hint = ValueHint::Other)]
    sockets: Vec<SocketOverride>,

    /// The least severe events to log
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<LogLevel>,

    /// The form of a log line
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

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
            alone => return alone.alone(&before),
        })
    }
}

impl Command {
    /// A command that no option of the daemon means anything to: itself, if nothing is wrong about it.
    fn alone(self, before: &Options) -> Result<Self, clap::Error> {
        let (name, conflict) = match &self {
            Self::Bench(args) => ("bench", args.conflict()),
            Self::Run(_) => ("run", None),
            Self::Timeline(_) => ("timeline", None),
            Self::Tap(args) => ("tap", args.conflict()),
            Self::Completions(_) => ("completions", None),
            Self::Man(_) => ("man", None),
            Self::Serve(_) | Self::Check(_) | Self::KapacitorConf(_) | Self::Describe(_) => return Ok(self),
        };
        let misplaced = before.is_any_given().then(|| {
            format!("{name} takes its options behind its name; those of the daemon mean nothing to it")
        });
        match misplaced.or(conflict) {
            Some(words) => Err(Args::command().error(ErrorKind::ArgumentConflict, words)),
            None => Ok(self),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of each command in a line as a shell has them: quotes, and `|`, `>` and `;` between commands.
    fn commands(line: &str) -> Vec<Vec<String>> {
        let (mut commands, mut word, mut quote) = (vec![Vec::new()], None::<String>, None);
        for c in line.chars().chain([' ']) {
            match (c, quote) {
                (c, Some(open)) if c == open => quote = None,
                ('\'' | '"', None) => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (' ' | '|' | '>' | ';', None) => {
                    commands.last_mut().unwrap().extend(word.take());
                    if c != ' ' {
                        commands.push(Vec::new());
                    }
                }
                (c, _) => word.get_or_insert_default().push(c),
            }
        }
        assert_eq!(quote, None, "{line}");
        for words in &mut commands {
            words.drain(..usize::from(words.first().is_some_and(|word| word == "do")));
        }
        commands
    }

    #[test]
    fn every_command_has_examples_that_are_accepted() {
        let whole = Args::command();
        for command in whole.get_subcommands().chain([&whole]) {
            let name = command.get_name();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let (_, examples) = help.split_once(examples::HEADING).unwrap_or_else(|| panic!("{name}: none"));
            let examples = examples.replace("\\\n", "");
            let lines = examples.lines().map(str::trim).filter(|line| !line.starts_with('#'));
            let ours = lines.map(|line| {
                let mut ours = commands(&line.replace("$page", "run"));
                ours.retain(|words| words.first().is_some_and(|word| word == "kapacitor-udfd"));
                assert!(!ours.is_empty(), "{name}: {line}");
                ours
            });
            let ours = ours.collect::<Vec<_>>().concat();
            assert!(
                name == "kapacitor-udfd" || ours.iter().any(|words| words[1..].contains(&name.to_owned()))
            );
            for words in ours {
                let parsed = Args::try_parse_from(&words).and_then(Args::into_command);
                assert!(parsed.is_ok(), "{name}: {words:?}: {}", parsed.unwrap_err());
            }
        }
    }

    #[test]
    fn examples_are_narrow() {
        let whole = Args::command();
        for command in whole.get_subcommands().chain([&whole]) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let (_, examples) = help.split_once(examples::HEADING).unwrap();
            let wide = examples.lines().find(|line| line.chars().count() > 90);
            assert_eq!(wide, None, "{}", command.get_name());
        }
    }

    #[test]
    fn the_arguments_are_sound() {
        Args::command().debug_assert();
    }
}

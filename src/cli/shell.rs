//! `completions` and `man`: the command line's own description, for shells and for `man`. Made from the arguments, so
//! that it can't be wrong.

use clap::{Args as ClapArgs, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::examples;

/// Print a script that lets a shell complete commands and options
#[derive(Debug, ClapArgs)]
#[command(after_help = examples::COMPLETIONS)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print a manual page, as roff
#[derive(Debug, ClapArgs)]
#[command(after_help = examples::MAN)]
pub(super) struct ManArgs {
    /// The command it is about; without it the whole
    #[arg(value_name = "COMMAND", value_parser = COMMANDS)]
    command: Option<String>,
}

const NAME: &str = "kapacitor-udfd";

/// Those that have a page. Spelt out, since the commands' own arguments are not known to one of them.
const COMMANDS: [&str; 10] =
    ["run", "timeline", "describe", "serve", "check", "kapacitor-conf", "tap", "bench", "completions", "man"];

pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, NAME, &mut script);
    let script = String::from_utf8_lossy(&script);
    match args.shell {
        // clap_complete sets one of these names and asks for the other where the program's has a hyphen
        // (https://github.com/clap-rs/clap/issues/6421): nothing behind a command would be completed.
        Shell::Bash => script.replace("kapacitor__subcmd__udfd__", "kapacitor__udfd__"),
        _ => script.into_owned(),
    }
}

/// The page, of a command that is known.
pub(super) fn man(args: &ManArgs, mut whole: Command) -> anyhow::Result<String> {
    // It has no page.
    whole = whole.disable_help_subcommand(true);
    whole.build();
    let command = args.command.as_deref().and_then(|name| whole.find_subcommand(name)).unwrap_or(&whole);
    let more = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let is_whole = args.command.is_none();
    let source = format!("{NAME} {}", whole.get_version().unwrap_or_default());
    let man = Man::new(command.clone()).manual("Kapacitor UDFs").source(source);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if is_whole {
        man.render_subcommands_section(&mut page)?;
    }
    after(&more).to_writer(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// What stands behind the options in `--help`: examples, line by line as they are, and what is said before them.
fn after(text: &str) -> Roff {
    let mut roff = Roff::default();
    let (before, examples) = text.split_once(examples::HEADING).unwrap_or((text, ""));
    if !before.trim().is_empty() {
        roff.control("SH", ["NOTES"]).text([roman(before.trim())]);
    }
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in examples.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}

//! What README.md and examples/README.md show of a terminal is so: every command behind a `$` in their blocks of `console` is
//! run by a shell in the project's directory, and prints what stands below it, to the word.
//!
//! * What a command writes to stdout and to stderr stands in order, each for itself; how the two mix is not looked at.
//! * A command goes on in the next line while a quote is open, and behind a `\` or a `|`.
//! * `cargo run --release --` is the program that the tests were built with.
//! * A file that a command writes with `-o` must be there already, and the same.
//! * How long something `took` is another number each time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::daemon::{stderr, stdout};

const DOCUMENTS: [(&str, &str); 2] = [
    ("README.md", include_str!("../../../README.md")),
    ("examples/README.md", include_str!("../../../examples/README.md")),
];

/// A command and what stands below it.
struct Shown {
    /// Where it is.
    place: String,
    command: String,
    output: Vec<&'static str>,
}

#[test]
fn every_command_prints_what_stands_below_it() {
    let commands: Vec<_> = DOCUMENTS.iter().flat_map(|(name, text)| commands(name, text)).collect();
    let wrong: Vec<_> = commands.iter().filter_map(|shown| check(shown).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let ours = commands.iter().filter(|shown| shown.command.contains("kapacitor-udfd ")).count();
    assert!(ours >= 20, "{ours} commands of ours are shown");
}

fn commands(name: &str, text: &'static str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = vec![];
    let (mut inside, mut open) = (false, false);
    // Blocks without a `$` show other things.
    let mut before = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if line == "```console" || inside && line == "```" {
            inside = !inside;
            before = commands.len();
            assert!(!open, "{name}:{number}: the command goes on");
        } else if let Some(shown) = commands.last_mut().filter(|_| inside && open) {
            shown.command.extend(["\n", line]);
            open = goes_on(&shown.command);
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            let command = command.replacen("cargo run --release -- ", "kapacitor-udfd ", 1);
            open = goes_on(&command);
            commands.push(Shown { place: format!("{name}:{number}"), command, output: vec![] });
        } else if let Some(shown) = commands[before..].last_mut().filter(|_| inside) {
            shown.output.push(line);
        }
    }
    commands
}

/// Whether a shell would wait for more.
fn goes_on(command: &str) -> bool {
    let quotes = command.replace("\\\"", "").matches('"').count();
    quotes % 2 == 1 || command.ends_with(['\\', '|'])
}

fn check(shown: &Shown) -> Result<(), String> {
    let Shown { place, command, output: expected } = shown;
    let written = TempDir::new().unwrap();
    let (command, file) = elsewhere(command, written.path());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_BIN_EXE_kapacitor-udfd")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(&command)
        .current_dir(root)
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("COLUMNS");
    let output = shell.stdin(Stdio::null()).output().unwrap();
    let (out, err) = (stdout(&output), stderr(&output));
    let [shown, out_lines, err_lines] =
        [expected.clone(), out.lines().collect(), err.lines().collect()].map(|lines| timeless(&lines));
    if !mixed(&shown, &out_lines, &err_lines) {
        return Err(format!(
            "{place}: $ {command}\n{out}{err}is what it prints, and not\n{}",
            expected.join("\n")
        ));
    }
    match file {
        Some((new, old)) if fs::read(&new).unwrap() != fs::read(root.join(&old)).unwrap_or_default() => {
            Err(format!("{place}: {old} is not what this command writes: write it anew"))
        }
        _ => Ok(()),
    }
}

/// The lines without the figures of how long it took.
fn timeless(lines: &[&str]) -> Vec<String> {
    let is_figure = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    let timeless = |line: &&str| match line.strip_prefix("took ") {
        Some(figures) => figures.replace(is_figure, ""),
        None => (*line).to_owned(),
    };
    lines.iter().map(timeless).collect()
}

/// The command, writing to another directory; and which file that is, and in place of which.
fn elsewhere(command: &str, directory: &Path) -> (String, Option<(PathBuf, String)>) {
    let Some((before, behind)) = command.split_once(" -o ") else { return (command.to_owned(), None) };
    let (file, rest) = behind.split_once(' ').unwrap_or((behind, ""));
    let new = directory.join(Path::new(file).file_name().expect("a file"));
    (format!("{before} -o {} {rest}", new.display()), Some((new, file.to_owned())))
}

/// Whether all these lines are those of `out` and those of `err`, each in their order and none left.
fn mixed(lines: &[String], out: &[String], err: &[String]) -> bool {
    if lines.len() != out.len() + err.len() {
        return false;
    }
    // Which numbers of lines of `out` may have been shown so far; the others were of `err`.
    let mut taken = vec![0];
    for (number, line) in lines.iter().enumerate() {
        let next = taken.iter().flat_map(|&of_out| {
            let is_out = out.get(of_out) == Some(line);
            let is_err = err.get(number - of_out) == Some(line);
            [is_out.then_some(of_out + 1), is_err.then_some(of_out)]
        });
        let mut next: Vec<usize> = next.flatten().collect();
        next.sort_unstable();
        next.dedup();
        taken = next;
    }
    !taken.is_empty()
}

#[test]
fn mixed_lines_are_known() {
    let mixed = |lines: &str, out: &str, err: &str| {
        let [lines, out, err] =
            [lines, out, err].map(|text| timeless(&text.split_terminator(' ').collect::<Vec<_>>()));
        super::console::mixed(&lines, &out, &err)
    };
    assert!(
        mixed("", "", "") && mixed("a b", "a b", "") && mixed("a b", "b", "a") && mixed("a a b", "a b", "a")
    );
    assert!(
        !mixed("a b", "b a", "")
            && !mixed("a", "a", "b")
            && !mixed("a b", "a", "")
            && !mixed("a c", "a", "b")
    );
}

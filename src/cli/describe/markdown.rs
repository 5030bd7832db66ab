//! For a document: the tables in the README.

use std::fmt::Write;

use kapacitor_udfd::options::OptionSpec;

use super::Described;

/// The tables of several functions, each under a heading.
pub(super) fn chapters(functions: &[Described<'_>]) -> String {
    let chapter = |it: &Described<'_>| format!("### `@{}()`\n\n{}", it.function.name, table(&it.options));
    functions.iter().map(chapter).collect::<Vec<_>>().join("\n")
}

pub(super) fn table(options: &[&OptionSpec]) -> String {
    let mut table = "| option | default | what it does |\n|---|---|---|\n".to_owned();
    for spec in options {
        let (option, default, help) = (option(spec), cell(spec.default), cell(spec.help));
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {option} | {default} | {help} |");
    }
    table
}

/// How it is called, and its aliases in brackets.
fn option(spec: &OptionSpec) -> String {
    let aliases: Vec<_> = spec.aliases.iter().map(|alias| format!("`{alias}`")).collect();
    let aliases = if aliases.is_empty() { String::new() } else { format!(" [{}]", aliases.join(", ")) };
    cell(&format!("`.{}`{aliases}", spec.signature()))
}

/// A bar would begin the next cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

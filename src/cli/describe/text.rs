//! For a terminal: a paragraph an option.

use std::fmt::Write;

use kapacitor_udfd::config::FunctionConfig;
use kapacitor_udfd::options::OptionSpec;

use super::Described;

/// How wide lines may be: what people read without effort, and what fits beside another window.
const WIDTH: usize = 100;

const INDENT: &str = "      ";

pub(super) fn of(functions: &[Described<'_>]) -> String {
    functions.iter().map(function).collect::<Vec<_>>().join("\n")
}

fn function(Described { function, options }: &Described<'_>) -> String {
    let FunctionConfig { name, handler, wants, provides, .. } = function;
    let mut text = format!("@{name}(): {handler}, {wants} -> {provides}\n");
    for spec in options {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  .{}\n", spec.signature());
        wrap(&mut text, spec.help);
        wrap(&mut text, &facts(spec));
    }
    text
}

fn facts(spec: &OptionSpec) -> String {
    let mut facts = Vec::new();
    if !spec.default.is_empty() {
        facts.push(format!("Default: {}.", spec.default));
    }
    if spec.repeats {
        facts.push("Can be repeated.".to_owned());
    }
    let others: Vec<_> = spec.names().skip(1).collect();
    if !others.is_empty() {
        facts.push(format!("Also {}.", others.join(", ")));
    }
    facts.join(" ")
}

/// Adds `words`, indented, in lines as long as they may be.
fn wrap(text: &mut String, words: &str) {
    let mut line = String::new();
    for word in words.split_whitespace() {
        if !line.is_empty() && INDENT.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{INDENT}{line}");
            line.clear();
        }
        let space = if line.is_empty() { "" } else { " " };
        let _ = write!(line, "{space}{word}");
    }
    if !line.is_empty() {
        let _ = writeln!(text, "{INDENT}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fill_lines_to_the_width() {
        let wrapped = |words: &str| {
            let mut text = String::new();
            wrap(&mut text, words);
            text
        };
        assert_eq!(wrapped(""), "");
        assert_eq!(wrapped("one  word"), "      one word\n");
        let full = ["x".repeat(50), "é".repeat(43)].join(" ");
        assert_eq!(wrapped(&full), format!("      {full}\n"));
        assert_eq!(wrapped(&format!("{full} y")), format!("      {full}\n      y\n"));
        let long = "x".repeat(120);
        assert_eq!(wrapped(&format!("a {long} b")), format!("      a\n      {long}\n      b\n"));
    }
}

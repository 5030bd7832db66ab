//! The workbench as newcomers meet it: the bundled data, and the commands that the documents show on it.

mod bundled;
mod console;
mod examples;
mod live;
mod run;

#[path = "../../../examples/data/generator/mod.rs"]
mod generator;

use crate::daemon::{run, stderr, stdout};

/// What `run` prints with these arguments, in the order of the lines' text.
#[track_caller]
fn printed(arguments: &[&str]) -> Vec<String> {
    let output = run([&["run"], arguments].concat());
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
    sorted(stdout(&output).lines().map(normal))
}

fn sorted(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort();
    lines
}

/// A line without spaces in its names and values, with its fields in order and its doubles as they are shortest.
#[track_caller]
fn normal(line: &str) -> String {
    let words: Vec<_> = line.split(' ').collect();
    let [series, fields, time] = words[..] else { panic!("{line:?} is no series, fields and time") };
    let field = |field: &str| match field.split_once('=') {
        Some((name, value)) => {
            value.parse::<f64>().map_or(field.to_owned(), |value| format!("{name}={value}"))
        }
        None => panic!("{field:?} is no field"),
    };
    format!("{series} {} {time}", sorted(fields.split(',').map(field)).join(","))
}

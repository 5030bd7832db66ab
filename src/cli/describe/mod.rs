//! `describe`: which options the functions have, for people, documents and programs. What it says comes
//! from the table by which Kapacitor is told and a script is checked.

mod text;

mod markdown;

mod json;

use kapacitor_udfd::builtin;
use kapacitor_udfd::config::{Config, FunctionConfig};
use kapacitor_udfd::options::OptionSpec;
use thiserror::Error;

use super::args::Format;

/// A function that is served, and its options.
struct Described<'a> {
    function: &'a FunctionConfig,
    options: Vec<&'static OptionSpec>,
}

/// Nothing in the configuration has this name.
#[derive(Debug, Error)]
#[error("no function `{name}` is served; accepted are {}", .known.join(", "))]
pub(super) struct NoSuchFunction {
    name: String,
    known: Vec<String>,
}

/// What there is to say of the function `name`, or without one of all.
pub(super) fn describe(config: &Config, name: Option<&str>, format: Format) -> anyhow::Result<String> {
    let chosen = config.functions.iter().filter(|function| name.is_none_or(|name| name == function.name));
    let chosen: Vec<_> =
        chosen.map(|function| Described { function, options: builtin::options(function) }).collect();
    match (format, name, chosen.as_slice()) {
        (_, Some(name), []) => {
            let known = config.functions.iter().map(|function| function.name.clone()).collect();
            Err(NoSuchFunction { name: name.to_owned(), known }.into())
        }
        (Format::Text, _, chosen) => Ok(text::of(chosen)),
        (Format::Markdown, Some(_), [only]) => Ok(markdown::table(&only.options)),
        (Format::Markdown, _, chosen) => Ok(markdown::chapters(chosen)),
        (Format::Json, _, chosen) => Ok(json::of(chosen)?),
    }
}

//! For programs. Its keys are told in the help and stay as they are.

use std::borrow::Cow;

use kapacitor_udfd::config::FunctionConfig;
use kapacitor_udfd::options::OptionSpec;
use serde::Serialize;

use super::Described;

#[derive(Serialize)]
struct Document<'a> {
    functions: Vec<Function<'a>>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    handler: String,
    wants: String,
    provides: String,
    options: Vec<Choice>,
}

/// An option.
#[derive(Serialize)]
struct Choice {
    name: &'static str,
    /// In both styles.
    aliases: Vec<Cow<'static, str>>,
    arguments: Vec<Argument>,
    default: Option<&'static str>,
    repeats: bool,
    help: &'static str,
}

#[derive(Serialize)]
struct Argument {
    name: &'static str,
    r#type: String,
}

pub(super) fn of(functions: &[Described<'_>]) -> serde_json::Result<String> {
    let functions = functions.iter().map(function).collect();
    Ok(serde_json::to_string_pretty(&Document { functions })? + "\n")
}

fn function<'a>(Described { function, options }: &Described<'a>) -> Function<'a> {
    let FunctionConfig { name, handler, wants, provides, .. } = function;
    Function {
        name,
        handler: handler.to_string(),
        wants: wants.to_string(),
        provides: provides.to_string(),
        options: options.iter().map(|spec| choice(spec)).collect(),
    }
}

fn choice(spec: &OptionSpec) -> Choice {
    let arguments = spec.arguments.iter();
    Choice {
        name: spec.name,
        aliases: spec.names().skip(1).collect(),
        arguments: arguments.map(|&(name, of)| Argument { name, r#type: of.to_string() }).collect(),
        default: (!spec.default.is_empty()).then_some(spec.default),
        repeats: spec.repeats,
        help: spec.help,
    }
}

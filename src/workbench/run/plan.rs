//! From arguments to what is run: which node, of which function, with what going through it. All that is wrong with
//! them is told here, before anything runs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use kapacitor_udfd::builtin;
use kapacitor_udfd::config::{Config, FunctionConfig};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto;
use tracing::subscriber::NoSubscriber;

use super::args::InputArgs;
use super::clock::{Pace, unix_now};
use super::replay;
use crate::cli::output;
use crate::workbench::Usage;
use crate::workbench::tick::{self, Node, Note, TickError};

/// What is to be run, checked.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(super) input: &'a InputArgs,
    pub(super) config: &'a Config,
    pub(super) function: &'a FunctionConfig,
    pub(super) goes_in: GoesIn,
    /// As it was written; none where a recording says it all.
    pub(super) node: Option<Node>,
}

/// What goes through the node.
#[derive(Debug, Clone)]
pub(super) enum GoesIn {
    /// Lines of these files, with this before them.
    Lines { files: Vec<String>, init: proto::InitRequest },
    /// What Kapacitor sent on a connection, perhaps with other options.
    Recording { file: PathBuf, connection: u32, options: Option<Vec<proto::Option>> },
}

/// What Kapacitor would call the task.
const TASK: &str = "run";

impl<'a> Plan<'a> {
    /// What the arguments say.
    pub(crate) fn new(input: &'a InputArgs, config: &'a Config) -> anyhow::Result<Self> {
        match &input.replay {
            Some(file) => Self::replay(file.clone(), input, config),
            None => Self::lines(input, config),
        }
    }

    /// The name of the function.
    pub(crate) fn function(&self) -> &str {
        &self.function.name
    }

    /// The node as it was written, or what stands for it.
    pub(crate) fn title(&self) -> String {
        self.node.as_ref().map_or_else(|| format!("@{}()", self.function.name), Node::shown)
    }

    /// Whether the function has tasks that can be observed.
    pub(crate) fn has_tasks(&self) -> bool {
        builtin::has_tasks(self.function)
    }

    /// Whether somebody may be waiting for each point: it comes while they look.
    pub(super) fn is_live(&self) -> bool {
        let reads_stdin = |files: &[String]| files.iter().any(|file| file == "-");
        self.input.clock != Pace::Event
            || matches!(&self.goes_in, GoesIn::Lines { files, .. } if reads_stdin(files))
    }

    /// The words for options that the function refuses.
    pub(super) fn refused(&self, words: &str) -> Usage {
        match &self.node {
            Some(node) => Usage(node.refused(words).to_string()),
            None => Usage(format!("the function refuses the recording's options: {words}")),
        }
    }

    fn lines(input: &'a InputArgs, config: &'a Config) -> anyhow::Result<Self> {
        let (node, files) = node_and_files(input)?;
        for note in node.notes().iter().filter(|note| !is_heeded(note, input)) {
            output::error(&format!("note: {note}\n"));
        }
        let function = checked(&node, config)?;
        if input.group_by.iter().any(|name| name.trim().is_empty()) {
            return Err(Usage(
                "--group-by names a tag that is empty; accepted are names of tags and *".to_owned(),
            )
            .into());
        }
        match (function.wants, input.window) {
            (Edge::Batch, None) => {
                let words =
                    format!("@{}() takes batches: give --window, such as --window 10s", function.name);
                return Err(Usage(words).into());
            }
            (Edge::Stream, Some(_)) => {
                let words = format!("@{}() takes a stream, and --window makes batches", function.name);
                return Err(Usage(words).into());
            }
            _ => {}
        }
        let options = node.calls.iter().map(|call| call.option.clone()).collect();
        let init = proto::InitRequest { options, task_id: TASK.to_owned(), node_id: node.id.clone() };
        taken(function, &init).map_err(|words| Usage(node.refused(&words).to_string()))?;
        Ok(Self { input, config, function, goes_in: GoesIn::Lines { files, init }, node: Some(node) })
    }

    fn replay(file: PathBuf, input: &'a InputArgs, config: &'a Config) -> anyhow::Result<Self> {
        if let [_, file, ..] = input.positional.as_slice() {
            let words = format!("--replay plays a recording and reads no files; got {file}");
            return Err(Usage(words).into());
        }
        let (conversation, init) = replay::chosen(&file, input.connection)?;
        let connection = conversation.connection;
        let (node, function) = match input.positional.first() {
            None => (None, of_node(&init.node_id, config)?),
            Some(text) => {
                let node = tick::node(text, "NODE").map_err(usage)?;
                let function = checked(&node, config)?;
                (Some(node), function)
            }
        };
        let calls = |node: &Node| node.calls.iter().map(|call| call.option.clone()).collect();
        let options = node.as_ref().map(calls);
        Ok(Self { input, config, function, goes_in: GoesIn::Recording { file, connection, options }, node })
    }
}

/// The node, and the files that go through it.
fn node_and_files(input: &InputArgs) -> anyhow::Result<(Node, Vec<String>)> {
    let (node, files) = match (&input.tick, input.positional.split_first()) {
        (Some(_), Some((node, _))) if node.trim_start().starts_with('@') => {
            return Err(Usage(format!("with --tick the node comes from the script; leave {node} out")).into());
        }
        (Some(file), _) => {
            let name = file.display().to_string();
            let script = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
            let which = input.node.as_deref().unwrap_or_default();
            (tick::node_of_script(&script, &name, which), input.positional.clone())
        }
        (None, Some((file, _))) if !file.contains('@') && Path::new(file).is_file() => {
            let words = format!(
                "give a node before the files, such as \"@aggregate().taskId('user_id').timeout(10s)\"; {file} is a file"
            );
            return Err(Usage(words).into());
        }
        (None, Some((node, files))) => (tick::node(node, "NODE"), files.to_vec()),
        (None, None) => {
            let words = "give a node, such as \"@aggregate().taskId('user_id').timeout(10s)\", or --tick FILE --node NAME";
            return Err(Usage(words.to_owned()).into());
        }
    };
    let files = if files.is_empty() { vec!["-".to_owned()] } else { files };
    Ok((node.map_err(usage)?, files))
}

/// The node's function, which takes what the node gives it, as far as Kapacitor would look at that.
fn checked<'c>(node: &Node, config: &'c Config) -> anyhow::Result<&'c FunctionConfig> {
    let function = config.functions.iter().find(|function| function.name == node.function);
    let known = || config.functions.iter().map(|function| function.name.as_str());
    let function = function.ok_or_else(|| usage(node.unknown(known())))?;
    node.check(&builtin::handler(function).info()).map_err(usage)?;
    Ok(function)
}

/// The function that Kapacitor has named a node after, with a number behind its name.
fn of_node<'c>(node: &str, config: &'c Config) -> Result<&'c FunctionConfig, Usage> {
    let is_its = |function: &&FunctionConfig| {
        let number = node.strip_prefix(function.name.as_str());
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let function = config.functions.iter().filter(is_its).max_by_key(|function| function.name.len());
    function.ok_or_else(|| {
        let accepted = names(config);
        Usage(format!(
            "the recording's node is {node}, and there is no such function; give a NODE of one of {accepted}, or --config"
        ))
    })
}

fn names(config: &Config) -> String {
    config.functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Whether the function takes what Init says: it is asked once before anything runs, and what it logs is for when it
/// is asked in earnest.
fn taken(function: &FunctionConfig, init: &proto::InitRequest) -> Result<(), String> {
    tracing::subscriber::with_default(NoSubscriber::default(), || {
        let mut handler = builtin::handler(function);
        handler.init(unix_now(), init).map_err(|error| error.to_string())
    })
}

/// Whether what the note advises is done.
fn is_heeded(note: &Note, input: &InputArgs) -> bool {
    match note {
        Note::GroupBy(_) => !input.group_by.is_empty(),
        Note::ByMeasurement => input.by_measurement,
        Note::Window(_) => input.window.is_some(),
        Note::Other(_) => false,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn usage(error: TickError) -> Usage {
    Usage(error.to_string())
}

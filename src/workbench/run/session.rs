//! One run: a thread that feeds, one that is the function, and what comes out handed to who takes it. Shared by `run`
//! and `timeline`.

use std::cell::RefCell;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use kapacitor_udfd::aggregate::Observer;
use kapacitor_udfd::builtin;
use kapacitor_udfd::config::{Config, FunctionConfig};
use kapacitor_udfd::connection::AtEnd;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::Handler;
use kapacitor_udfd::proto;

use super::answers::{Answers, Ended, Sink};
use super::args::{End, InputArgs};
use super::clock::Clock;
use super::feed::{Fed, Feed};
use super::groups::Grouping;
use super::input::Input;
use super::node;
use super::progress::Progress;
use super::windows::Windows;
use super::wire::Wire;
use crate::cli::output;
use crate::workbench::Usage;
use crate::workbench::line::Source;
use crate::workbench::tick::{self, Node};

/// What is to be run, checked.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    input: &'a InputArgs,
    config: &'a Config,
    function: &'a FunctionConfig,
    node: Node,
    files: Vec<String>,
}

impl<'a> Plan<'a> {
    /// What the arguments say.
    pub(crate) fn new(input: &'a InputArgs, config: &'a Config) -> anyhow::Result<Self> {
        let (node, files) = node_and_files(input)?;
        for note in node.notes() {
            output::error(&format!("note: {note}\n"));
        }
        let known =
            || config.functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>().join(", ");
        let function = config.functions.iter().find(|function| function.name == node.function);
        let function = function.ok_or_else(|| {
            Usage(format!("there is no function `{}`; accepted are {}", node.function, known()))
        })?;
        node.check(&builtin::handler(function).info()).map_err(|error| Usage(error.to_string()))?;
        match (function.wants, input.window) {
            (Edge::Batch, None) => {
                let name = &function.name;
                return Err(Usage(format!(
                    "@{name}() takes batches: give --window, for example --window 10s"
                ))
                .into());
            }
            (Edge::Stream, Some(_)) => {
                let name = &function.name;
                return Err(Usage(format!(
                    "@{name}() takes a stream: --window is for functions that take batches"
                ))
                .into());
            }
            _ => {}
        }
        Ok(Self { input, config, function, node, files })
    }

    /// The name of the function.
    pub(crate) fn function(&self) -> &str {
        &self.function.name
    }

    /// What goes into the function.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Whether the function has tasks that can be observed.
    pub(crate) fn has_tasks(&self) -> bool {
        builtin::has_tasks(self.function)
    }

    /// Puts it all through, and hands on what comes out. The second is `None` if nobody read to the end.
    pub(crate) fn run(
        self,
        observer: Option<Box<dyn Observer>>,
        sink: &mut impl Sink,
    ) -> anyhow::Result<Option<Fed>> {
        let handler = self.handler(observer);
        let (ours, theirs) = UnixStream::pair().context("cannot make a socket pair")?;
        let at_end = match self.input.end {
            End::Wait => AtEnd::Wait,
            End::Stop => AtEnd::Stop,
        };
        let function = node::serve(handler, theirs, self.config.limits.clone(), at_end)?;
        let progress = Progress::new(&self.files);
        let fed = self.feed(ours.try_clone().context("cannot clone a socket")?, progress.clone())?;
        let ended = Answers::new(ours).all(sink);
        progress.finish();
        if ended? == Ended::Enough {
            // Who feeds may be waiting for stdin; nobody waits for that.
            return Ok(None);
        }
        function.join().map_err(|_| anyhow!("the function's thread panicked"))??;
        wait_for(&fed).map(Some)
    }

    fn handler(&self, observer: Option<Box<dyn Observer>>) -> Box<dyn Handler> {
        let handler = observer.and_then(|observer| builtin::observed(self.function, observer));
        handler.unwrap_or_else(|| builtin::handler(self.function))
    }

    /// Feeds from a thread of its own. What has been fed comes at the end.
    fn feed(&self, socket: UnixStream, progress: Progress) -> anyhow::Result<Receiver<anyhow::Result<Fed>>> {
        let input = self.input;
        let init = proto::InitRequest {
            options: self.node.calls.iter().map(|call| call.option.clone()).collect(),
            task_id: "run".to_owned(),
            node_id: self.node.id.clone(),
        };
        let clock = Clock::new(input.clock);
        let grouping = Grouping::new(&input.group_by, input.by_measurement);
        let windows =
            input.window.map(|window| Windows::new(i64::try_from(window.as_nanos()).unwrap_or(i64::MAX)));
        let unit = input.precision.nanos();
        let files = self.files.clone();
        let (sender, receiver) = mpsc::channel();
        let work = move || {
            let wire = Rc::new(RefCell::new(Wire::new(socket, clock, init)));
            let mut feed = Feed::new(Rc::clone(&wire), grouping, windows, unit);
            let mut all = || {
                for file in &files {
                    let input = Input::open(file, Rc::clone(&wire), progress.clone())?;
                    let name = if file == "-" { "stdin" } else { file };
                    let mut source = Source::new(name, input);
                    feed.source(&mut source).with_context(|| format!("cannot read {name}"))?;
                }
                Ok(())
            };
            let read = all();
            // Also what came before something can't be read comes to its end.
            let finished = feed.finish().context("the function's connection broke");
            let _ = sender.send(read.and(finished));
        };
        thread::Builder::new().name("feed".to_owned()).spawn(work).context("cannot start a thread")?;
        Ok(receiver)
    }
}

/// The one who feeds ends right after the function, unless it waits for input that the function does not.
fn wait_for(fed: &Receiver<anyhow::Result<Fed>>) -> anyhow::Result<Fed> {
    match fed.recv_timeout(Duration::from_secs(1)) {
        Ok(fed) => fed,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Err(anyhow!("the function ended before its input did"))
        }
    }
}

/// The node, and the files that go through it.
fn node_and_files(input: &InputArgs) -> anyhow::Result<(Node, Vec<String>)> {
    let (node, files) = match (&input.tick, &input.node, input.positional.split_first()) {
        (Some(file), Some(which), _) => {
            let name = file.display().to_string();
            let script = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
            (tick::node_of_script(&script, &name, which), input.positional.clone())
        }
        (_, _, Some((node, files))) => (tick::node(node, "NODE"), files.to_vec()),
        (_, _, None) => {
            let words = "give a node, for example \"@aggregate().taskId('user_id').timeout(10s)\", or --tick FILE --node NAME";
            return Err(Usage(words.to_owned()).into());
        }
    };
    let files = if files.is_empty() { vec!["-".to_owned()] } else { files };
    Ok((node.map_err(|error| Usage(error.to_string()))?, files))
}

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
use kapacitor_udfd::connection::AtEnd;
use kapacitor_udfd::handler::Handler;

use super::answers::{Answers, Ended, Refused, Sink};
use super::args::{End, InputArgs};
use super::clock::Clock;
use super::feed::{Fed, Feed};
use super::groups::Grouping;
use super::input::Input;
use super::plan::{GoesIn, Plan};
use super::progress::Progress;
use super::windows::Windows;
use super::wire::Wire;
use super::{node, replay};
use crate::workbench::line::Source;

/// How long the one who feeds may take to end behind the function.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Plan<'_> {
    /// Puts it all through, and hands on what comes out. What has been fed; `None` if nobody read to the end.
    pub(crate) fn run(
        &self,
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
        let progress = match &self.goes_in {
            GoesIn::Lines { files, .. } => Progress::new(files),
            GoesIn::Recording { .. } => Progress::hidden(),
        };
        let fed = self.feed(ours.try_clone().context("cannot clone a socket")?, progress.clone())?;
        let ended = Answers::new(ours).all(sink);
        progress.finish();
        let ended = ended.map_err(|error| match error.downcast::<Refused>() {
            Ok(Refused(words)) => self.refused(&words).into(),
            Err(error) => error,
        })?;
        if ended == Ended::Enough {
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
        let input = Feeding::of(self.input);
        let goes_in = self.goes_in.clone();
        let (sender, receiver) = mpsc::channel();
        let work = move || {
            let fed = match goes_in {
                GoesIn::Lines { files, init } => {
                    let wire = Wire::new(socket, input.clock, Some(init));
                    let wire = Rc::new(RefCell::new(wire));
                    let feed = Feed::new(
                        Rc::clone(&wire),
                        input.grouping,
                        input.windows,
                        input.unit,
                        progress.clone(),
                    );
                    lines(feed, &files, &wire, &progress)
                }
                GoesIn::Recording { file, connection, options } => {
                    let mut wire = Wire::new(socket, input.clock, None);
                    replay::play(&file, connection, options.as_deref(), &mut wire)
                }
            };
            // Who has enough does not listen any more.
            let _ = sender.send(fed);
        };
        thread::Builder::new().name("feed".to_owned()).spawn(work).context("cannot start a thread")?;
        Ok(receiver)
    }
}

/// What the one who feeds has to know of the arguments.
struct Feeding {
    clock: Clock,
    grouping: Grouping,
    windows: Option<Windows>,
    unit: i64,
}

impl Feeding {
    fn of(input: &InputArgs) -> Self {
        let window = input.window.map(|window| i64::try_from(window.as_nanos()).unwrap_or(i64::MAX));
        Self {
            clock: Clock::new(input.clock),
            grouping: Grouping::new(&input.group_by, input.by_measurement),
            windows: window.map(Windows::new),
            unit: input.precision.nanos(),
        }
    }
}

/// Feeds the lines of these files.
fn lines(
    mut feed: Feed,
    files: &[String],
    wire: &Rc<RefCell<Wire>>,
    progress: &Progress,
) -> anyhow::Result<Fed> {
    let mut all = || {
        for file in files {
            let input = Input::open(file, Rc::clone(wire), progress.clone())?;
            let name = if file == "-" { "stdin" } else { file };
            let mut source = Source::new(name, input).in_units_of(feed.unit());
            feed.source(&mut source).with_context(|| format!("cannot read {name}"))?;
        }
        Ok(())
    };
    let read = all();
    // What came before something that can't be read comes to its end too.
    let finished = feed.finish().context("the function's connection broke");
    read.and(finished)
}

/// The one who feeds ends right after the function, unless it waits for input that the function does not.
fn wait_for(fed: &Receiver<anyhow::Result<Fed>>) -> anyhow::Result<Fed> {
    match fed.recv_timeout(LAST_WORDS) {
        Ok(fed) => fed,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Err(anyhow!("the function ended before its input did"))
        }
    }
}

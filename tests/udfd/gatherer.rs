//! A function that gathers points by their tag `id` until a timeout or the end of the stream, and gets
//! wrong what a test wants it to get wrong. No more than `bench` needs to be tried on.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use kapacitor_udfd::agent::Outbox;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{InitRequest, Point};
use kapacitor_udfd::server::{Function, Server};
use kapacitor_udfd::wire::point::PointView;
use prost::Message;
use tempfile::TempDir;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    None,
    /// The first task that ends is forgotten.
    Loses,
    /// The first task that ends comes twice.
    Repeats,
    /// The id is another tag.
    Renames,
    /// The count is a string.
    Spells,
    /// A snapshot takes so long, and so does taking it back.
    Dawdles(Duration),
    /// A task less comes back from a snapshot.
    Forgets,
}

/// A socket with the function behind it, until it is dropped.
pub(crate) struct Gatherer {
    dir: TempDir,
}

impl Gatherer {
    pub(crate) fn serve(slip: Slip) -> Self {
        Self::of(move || Tasks::new(slip))
    }

    /// Of handlers that `make` gives.
    pub(crate) fn of<H: Handler>(make: impl Fn() -> H + Send + Sync + 'static) -> Self {
        let gatherer = Self { dir: tempfile::tempdir().unwrap() };
        let socket = gatherer.socket();
        let (listening, ready) = std::sync::mpsc::channel();
        // The thread outlives the test, not the process.
        thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::UnixListener::bind(socket).unwrap();
                let function = Function::new("gather", move |_| make());
                listening.send(()).unwrap();
                Server::new(Limits::default()).function(function, listener).run(std::future::pending()).await;
            });
        });
        ready.recv().unwrap();
        gatherer
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("gather.sock")
    }
}

struct Tasks {
    slip: Slip,
    timeout: UnixNanos,
    /// By id: the first point, its field `events` counting.
    open: BTreeMap<String, Point>,
    deadlines: VecDeque<(UnixNanos, String)>,
}

impl Tasks {
    fn new(slip: Slip) -> Self {
        Self { slip, timeout: i64::MAX, open: BTreeMap::new(), deadlines: VecDeque::new() }
    }

    fn end(&mut self, id: &str, out: &mut Outbox) -> Result<(), HandlerError> {
        let Some(mut point) = self.open.remove(id) else { return Ok(()) };
        match self.slip {
            Slip::Loses => {
                self.slip = Slip::None;
                return Ok(());
            }
            Slip::Repeats => {
                self.slip = Slip::None;
                out.point(&point)?;
            }
            Slip::Renames => drop(point.tags.insert("id".to_owned(), "somebody".to_owned())),
            Slip::Spells => {
                point.fields_int.remove("events");
                point.fields_string.insert("events".to_owned(), "three".to_owned());
            }
            _ => {}
        }
        Ok(out.point(&point)?)
    }

    fn dawdle(&self) {
        if let Slip::Dawdles(time) = self.slip {
            thread::sleep(time);
        }
    }
}

impl Handler for Tasks {
    fn info(&self) -> Info {
        Info::new(Edge::Stream, Edge::Stream)
    }

    fn init(&mut self, _: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        if let Some(timeout) = request.options.iter().find(|option| option.name == "timeout") {
            let Some(Value::DurationValue(timeout)) = timeout.values[0].value else { panic!("{timeout:?}") };
            self.timeout = timeout;
        }
        Ok(())
    }

    fn point(&mut self, now: UnixNanos, point: PointView<'_>, _: &mut Outbox) -> Result<(), HandlerError> {
        let id = point.tag("id")?.unwrap().to_owned();
        if !self.open.contains_key(&id) {
            self.deadlines.push_back((now.saturating_add(self.timeout), id.clone()));
            self.open.insert(id.clone(), point.to_point()?);
        }
        *self.open.get_mut(&id).unwrap().fields_int.entry("events".to_owned()).or_default() += 1;
        Ok(())
    }

    fn next_deadline(&self) -> Option<UnixNanos> {
        self.deadlines.front().map(|(deadline, _)| *deadline)
    }

    fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), HandlerError> {
        while let Some((_, id)) = self.deadlines.pop_front_if(|(deadline, _)| *deadline <= now) {
            self.end(&id, out)?;
            if out.is_full() {
                break;
            }
        }
        Ok(())
    }

    fn snapshot(&mut self, _: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        self.dawdle();
        Ok(self.open.values().flat_map(Message::encode_length_delimited_to_vec).collect())
    }

    fn restore(&mut self, now: UnixNanos, mut snapshot: &[u8]) -> Result<(), HandlerError> {
        self.dawdle();
        while !snapshot.is_empty() {
            let point = Point::decode_length_delimited(&mut snapshot)?;
            let id = point.tags["id"].clone();
            self.deadlines.push_back((now.saturating_add(self.timeout), id.clone()));
            self.open.insert(id, point);
        }
        if self.slip == Slip::Forgets {
            self.open.pop_first();
        }
        Ok(())
    }

    fn stop(&mut self, _: UnixNanos, _: StopReason, out: &mut Outbox) -> Result<Progress, HandlerError> {
        for id in self.open.keys().cloned().collect::<Vec<_>>() {
            self.end(&id, out)?;
        }
        Ok(Progress::Done)
    }
}

//! Functions written with the library and served by the test itself: a sink that tells what
//! reaches it, and handlers that misbehave.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use kapacitor_udfd::agent::Outbox;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{BeginBatch, EndBatch, InitRequest, Point};
use kapacitor_udfd::server::{Function, Server};
use kapacitor_udfd::wire::batch::{BeginBatchView, EndBatchView};
use kapacitor_udfd::wire::point::PointView;
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use crate::kapacitord::PATIENCE;

/// A server in a thread of its own. Stopped when dropped.
pub struct Functions {
    shutdown: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Functions {
    /// Listens when it returns, on a socket in `dir` for each function.
    pub fn serve(dir: &Path, functions: Vec<Function>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap();
        let server = {
            let _inside = runtime.enter();
            functions.into_iter().fold(Server::new(Limits::default()), |server, function| {
                let socket = dir.join(format!("{}.sock", function.name()));
                server.function(function, UnixListener::bind(socket).unwrap())
            })
        };
        let shutdown = CancellationToken::new();
        let told = shutdown.clone();
        let thread = thread::spawn(move || runtime.block_on(server.run(told.cancelled())));
        Self { shutdown, thread: Some(thread) }
    }
}

impl Drop for Functions {
    fn drop(&mut self) {
        self.shutdown.cancel();
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            ended.unwrap().unwrap();
        }
    }
}

/// What a sink gets, in order.
pub struct Sink<T> {
    seen: Receiver<T>,
}

/// A whole batch.
#[derive(Debug, Default)]
pub struct SeenBatch {
    pub begin: BeginBatch,
    pub points: Vec<Point>,
    pub end: EndBatch,
}

impl<T> Sink<T> {
    #[track_caller]
    pub fn next(&self) -> T {
        self.seen.recv_timeout(PATIENCE).expect("something reaches the sink in time")
    }

    /// What has come and was not taken yet.
    pub fn drain(&self) -> Vec<T> {
        self.seen.try_iter().collect()
    }
}

impl Sink<Point> {
    /// The next point must be this one, as `line` shows it.
    #[track_caller]
    pub fn expect(&self, expected: &str) {
        assert_eq!(line(&self.next()), expected);
    }
}

/// A point in line protocol, with everything in order of names and all doubles with their point.
pub fn line(point: &Point) -> String {
    let mut line = point.name.clone();
    for (name, value) in &point.tags {
        // Writing to a String cannot fail.
        let _ = write!(line, ",{name}={value}");
    }
    let mut fields: Vec<_> = point.fields_double.iter().map(|(n, v)| format!("{n}={v:?}")).collect();
    fields.extend(point.fields_int.iter().map(|(n, v)| format!("{n}={v}i")));
    fields.extend(point.fields_string.iter().map(|(n, v)| format!("{n}={v:?}")));
    fields.extend(point.fields_bool.iter().map(|(n, v)| format!("{n}={v}")));
    fields.sort();
    format!("{line} {} {}", fields.join(","), point.time)
}

/// `@sink()`: what reaches it goes on, and is told to the test.
pub fn sink() -> (Function, Sink<Point>) {
    let (tell, seen) = mpsc::channel();
    let on_point = move |point: PointView<'_>, out: &mut Outbox| {
        // Nobody listens once the test is over.
        let _ = tell.send(point.to_point()?);
        Ok(out.forward(point)?)
    };
    (on_points("sink", on_point), Sink { seen })
}

/// `@sinkBatch()`: likewise for batches.
pub fn sink_batch() -> (Function, Sink<SeenBatch>) {
    let (tell, seen) = mpsc::channel();
    let make = move |_| BatchSink { open: SeenBatch::default(), tell: tell.clone() };
    (Function::new("sinkBatch", make), Sink { seen })
}

/// A function without options or state that calls `f` for each point.
pub fn on_points(
    name: &str,
    f: impl FnMut(PointView<'_>, &mut Outbox) -> Result<(), HandlerError> + Clone + Send + Sync + 'static,
) -> Function {
    Function::new(name, move |_| OnPoints(f.clone()))
}

struct OnPoints<F>(F);

impl<F> Handler for OnPoints<F>
where
    F: FnMut(PointView<'_>, &mut Outbox) -> Result<(), HandlerError> + Send + 'static,
{
    fn info(&self) -> Info {
        Info::new(Edge::Stream, Edge::Stream)
    }

    fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn point(&mut self, _: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        (self.0)(point, out)
    }
}

/// `@counter()`: numbers the points, and keeps count over its snapshots, each of which is told to the
/// test.
pub fn counter() -> (Function, Sink<i64>) {
    let (tell, seen) = mpsc::channel();
    (Function::new("counter", move |_| Counter { count: 0, tell: tell.clone() }), Sink { seen })
}

struct Counter {
    count: i64,
    tell: mpsc::Sender<i64>,
}

impl Handler for Counter {
    fn info(&self) -> Info {
        Info::new(Edge::Stream, Edge::Stream)
    }

    fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn snapshot(&mut self, _: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        // Nobody listens once the test is over.
        let _ = self.tell.send(self.count);
        Ok(self.count.to_le_bytes().to_vec())
    }

    fn restore(&mut self, _: UnixNanos, snapshot: &[u8]) -> Result<(), HandlerError> {
        self.count = i64::from_le_bytes(snapshot.try_into()?);
        Ok(())
    }

    fn point(&mut self, _: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        self.count += 1;
        let mut point = point.to_point()?;
        point.fields_int.insert("count".to_owned(), self.count);
        Ok(out.point(&point)?)
    }
}

/// `@hoard()`: keeps every point until the stream has ended.
pub fn hoard() -> Function {
    Function::new("hoard", |_| Hoard(VecDeque::new()))
}

struct Hoard(VecDeque<Point>);

impl Handler for Hoard {
    fn info(&self) -> Info {
        Info::new(Edge::Stream, Edge::Stream)
    }

    fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn point(&mut self, _: UnixNanos, point: PointView<'_>, _: &mut Outbox) -> Result<(), HandlerError> {
        self.0.push_back(point.to_point()?);
        Ok(())
    }

    fn stop(&mut self, _: UnixNanos, _: StopReason, out: &mut Outbox) -> Result<Progress, HandlerError> {
        while !out.is_full() {
            let Some(point) = self.0.pop_front() else { return Ok(Progress::Done) };
            out.point(&point)?;
        }
        Ok(Progress::More)
    }
}

struct BatchSink {
    open: SeenBatch,
    tell: mpsc::Sender<SeenBatch>,
}

impl Handler for BatchSink {
    fn info(&self) -> Info {
        Info::new(Edge::Batch, Edge::Batch)
    }

    fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn begin_batch(
        &mut self,
        _: UnixNanos,
        begin: BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        self.open = SeenBatch { begin: begin.to_begin()?, ..SeenBatch::default() };
        Ok(out.forward(begin)?)
    }

    fn point(&mut self, _: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        self.open.points.push(point.to_point()?);
        Ok(out.forward(point)?)
    }

    fn end_batch(
        &mut self,
        _: UnixNanos,
        end: EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        self.open.end = end.to_end()?;
        // Nobody listens once the test is over.
        let _ = self.tell.send(std::mem::take(&mut self.open));
        Ok(out.forward(end)?)
    }
}

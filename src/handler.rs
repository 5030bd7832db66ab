//! What a user defined function is: the one trait its author writes. A handler knows neither
//! socket nor clock: it is called with a request and the time, and puts what it answers into an
//! outbox.

use std::collections::BTreeMap;

use crate::agent::Outbox;
use crate::edge::Edge;
use crate::proto::{self, InitRequest};
use crate::wire::batch::{BeginBatchView, EndBatchView};
use crate::wire::point::PointView;

pub use crate::proto::ValueType;

/// Nanoseconds since 1970.
pub type UnixNanos = i64;

/// Why a handler can't go on. Any error converts into it, and so do `&str` and `String`.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// A user defined function, one value a connection: Kapacitor dials a connection for each node of
/// each task, so a handler's state belongs to one node of one Kapacitor task.
///
/// Methods are called one at a time and must not block: while one runs, nothing else happens on
/// its connection, and a stalled function stalls the whole of kapacitord. Keepalives are answered
/// for the handler, also while it is busy (up to [`Limits::max_handler_time`] in one call).
///
/// An error from `begin_batch`, `point`, `end_batch`, `snapshot` or `on_deadline`, and a panic
/// anywhere, ends the connection: the Kapacitor task stops with the error's text, until it is
/// enabled anew by hand. For one bad point, count it and go on instead.
///
/// `now` is the time of the turn in which the call happens: Unix time at the connection's start
/// plus what a monotonic clock has counted since. It never runs backwards.
///
/// [`Limits::max_handler_time`]: crate::limits::Limits::max_handler_time
pub trait Handler: Send + 'static {
    /// What the function wants and provides, and its options. Must not depend on state: Kapacitor
    /// asks once, when it starts, on a connection of its own.
    fn info(&self) -> Info;

    /// A Kapacitor task starts. An error refuses it, and its text is shown to the user who enabled
    /// the task: say which option, what came, what is accepted.
    fn init(&mut self, now: UnixNanos, request: &InitRequest) -> Result<(), HandlerError>;

    /// The handler's state, as bytes that `restore` understands. May be empty. More than
    /// [`Limits::max_snapshot`] bytes are not kept.
    ///
    /// [`Limits::max_snapshot`]: crate::limits::Limits::max_snapshot
    fn snapshot(&mut self, now: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        let _ = now;
        Ok(Vec::new())
    }

    /// Takes back what `snapshot` gave, perhaps from an older version of the handler. Called
    /// before any data. An error keeps the Kapacitor task from starting, every time it is tried,
    /// until its snapshot is deleted: prefer to start empty.
    fn restore(&mut self, now: UnixNanos, snapshot: &[u8]) -> Result<(), HandlerError> {
        let _ = (now, snapshot);
        Ok(())
    }

    /// A batch begins; only for functions that want batches.
    fn begin_batch(
        &mut self,
        now: UnixNanos,
        begin: BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        let _ = (now, begin, out);
        Ok(())
    }

    /// A point of the stream, or of the batch that is open.
    fn point(&mut self, now: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError>;

    /// How many points it wants to be called with at once, if so many have come: 1 for
    /// [`point`](Self::point), more for [`points`](Self::points), at most 16. Asked once, after Init. With
    /// more than 1 a single point, too, comes by `points`.
    ///
    /// For a handler whose state is larger than the processor's caches: it can look for all of them before
    /// it waits for the first. And for one that may have to leave points for later.
    fn points_at_once(&self) -> usize {
        1
    }

    /// Some points in a row, which have come together; as if `point` were called with each. How many of
    /// them it has taken, from the front.
    ///
    /// Fewer than all, perhaps none, only if [`Outbox::is_full`]: what a point brings out may be more than
    /// should be held at once. The rest comes again once what was sent has left, before anything that came
    /// after it; only `on_deadline` may be called in between.
    fn points(
        &mut self,
        now: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<usize, HandlerError> {
        points.iter().try_for_each(|point| self.point(now, *point, out))?;
        Ok(points.len())
    }

    /// The open batch ends; only for functions that want batches.
    fn end_batch(
        &mut self,
        now: UnixNanos,
        end: EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        let _ = (now, end, out);
        Ok(())
    }

    /// When `on_deadline` wants to be called, if at all. Asked after every turn; must be cheap.
    fn next_deadline(&self) -> Option<UnixNanos> {
        None
    }

    /// The deadline has come. Whoever has much to send stops when [`Outbox::is_full`] and keeps
    /// `next_deadline` in the past: the call comes again once the outbox is emptied.
    fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), HandlerError> {
        let _ = (now, out);
        Ok(())
    }

    /// A connection ends in good order; what is sent here still arrives when the stream has ended,
    /// and perhaps when the daemon shuts down. The last call, unless its answer is [`Progress::More`].
    fn stop(
        &mut self,
        now: UnixNanos,
        reason: StopReason,
        out: &mut Outbox,
    ) -> Result<Progress, HandlerError> {
        let _ = (now, reason, out);
        Ok(Progress::Done)
    }
}

/// Whether a call has done all there was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left.
    Done,
    /// The outbox was full: the call is to come again once it is emptied.
    More,
}

/// Why a connection ends in good order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Kapacitor has sent all there is: a replay is over, a task is disabled.
    EndOfStream,
    /// The daemon shuts down.
    Shutdown,
}

/// What a function tells Kapacitor about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// What must flow into its node.
    pub wants: Edge,
    /// What flows out of it.
    pub provides: Edge,
    /// Its options by the name a TICKscript uses, each with the types of its arguments; none for
    /// a flag. The match is exact: there are no optional arguments.
    pub options: BTreeMap<String, Vec<ValueType>>,
}

impl Info {
    /// A function without options.
    pub fn new(wants: Edge, provides: Edge) -> Self {
        Self { wants, provides, options: BTreeMap::new() }
    }

    /// The same with one option more.
    #[must_use]
    pub fn option(mut self, name: &str, arguments: &[ValueType]) -> Self {
        self.options.insert(name.to_owned(), arguments.to_vec());
        self
    }

    pub(crate) fn to_response(&self) -> proto::InfoResponse {
        let option = |(name, types): (&String, &Vec<ValueType>)| {
            let value_types = types.iter().map(|&value_type| value_type.into()).collect();
            (name.clone(), proto::OptionInfo { value_types })
        };
        proto::InfoResponse {
            wants: wire_edge(self.wants).into(),
            provides: wire_edge(self.provides).into(),
            options: self.options.iter().map(option).collect(),
        }
    }
}

fn wire_edge(edge: Edge) -> proto::EdgeType {
    match edge {
        Edge::Stream => proto::EdgeType::Stream,
        Edge::Batch => proto::EdgeType::Batch,
    }
}

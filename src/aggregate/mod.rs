//! `@aggregate()`, `@session()` and `@script()`: events that share a task id are gathered until the task ends, then
//! come out as one point or one batch. The handler itself, which only passes on what it is called with.
//!
//! From a point to what comes out of it: `names` reads what the options mention, `identity` finds the id,
//! `taking` the task, `scripting` has scripts say their part, `event` is what the event does to the task, `tasks` and `deadlines` keep what is open, `reduce` what
//! events have come to and `events` those of a session, `emit` writes the point of a task that ends, `output` sends
//! it or a session, `emitted` what scripts emit; `set_aside` is timeoutCode. `node` holds all of it. `timers` sees to time by the clock, `event_time` and `waiting` by the events, `batches` to those
//! that flow in.

mod names;

mod template;

mod identity;

pub mod options;

mod settings;

mod node;

mod reading;

mod taking;

mod event;

mod room;

mod timers;

mod ending;

mod halt;

mod task;

mod tasks;

mod index;

mod slots;

mod short;

mod deadlines;

mod timeline;

mod held;

mod reference;

mod event_time;

mod waiting;

mod batches;

mod output;

mod group;

mod groups;

mod origins;

mod reduce;

mod kept;

mod events;

mod dress;

mod emit;

mod emitted;

mod scripting;

mod set_aside;

mod head;

mod types;

mod counters;

mod warnings;

mod snapshot;

mod observer;

use std::time::Duration;

use tracing::{Level, debug, enabled, info, warn};

pub use counters::{ByReason, Counters};
pub use ending::Reason;
pub use observer::{EARLIEST, Observer, Output, Seen, Sight, announced};

use crate::agent::Outbox;
use crate::edge::Edge;
use crate::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use crate::options as table;
use crate::proto::InitRequest;
use crate::script::Budget;
use crate::script::Scripts;
use crate::wire::batch::{BeginBatchView, EndBatchView};
use crate::wire::point::PointView;
use node::Node;
use observer::Observed;
use options::Function;
use settings::{Settings, Time};

/// How often the counters are logged at debug.
const TELL: UnixNanos = 60_000_000_000;

/// A handler that gathers points into tasks.
#[derive(Debug)]
pub struct Aggregate {
    function: Function,
    budget: Budget,
    /// `None` before Init.
    node: Option<Node>,
    /// Until Init; then it is the node's.
    observed: Option<Observed>,
    /// When the counters are logged next, if they are.
    tell: Option<UnixNanos>,
}

impl Aggregate {
    /// A handler for this function.
    pub fn new(function: Function) -> Self {
        Self::with_budget(function, Budget::default())
    }

    /// A handler whose scripts may use up so much in each call.
    pub fn with_budget(function: Function, budget: Budget) -> Self {
        Self { function, budget, node: None, observed: None, tell: None }
    }

    /// The same, with somebody who sees what becomes of tasks. Each output is announced by a keepalive then: see
    /// [`announced`].
    #[must_use]
    pub fn observed_by(mut self, observer: Box<dyn Observer>) -> Self {
        self.observed = Some(Observed::new(observer));
        self
    }

    /// What it has seen since Init.
    pub fn counters(&self) -> Counters {
        self.node.as_ref().map(Node::counters).unwrap_or_default()
    }

    /// How many tasks are open.
    pub fn open_tasks(&self) -> usize {
        self.node.as_ref().map_or(0, Node::open)
    }

    /// What its state takes, all in, in bytes: what `maxBytes` bounds.
    pub fn state_bytes(&self) -> usize {
        self.node.as_ref().map_or(0, Node::bytes)
    }

    /// The node, which is told what the clock says.
    fn node(&mut self, now: UnixNanos) -> Result<&mut Node, HandlerError> {
        let node = self.node.as_mut().ok_or("called before init")?;
        node.clock = now;
        Ok(node)
    }
}

impl Handler for Aggregate {
    fn info(&self) -> Info {
        table::describe(options::of(self.function), self.function.wants(), self.function.provides())
    }

    fn init(&mut self, now: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        let settings = Settings::new(self.function, request)?;
        match &settings.time {
            // Its maps don't come out, and it has no other time.
            Time::Clock if self.function == Function::Script => {}
            Time::Clock => info!(
                "deadlines follow the clock: a recording that is replayed fast expires nothing; \
                 timeoutTimestampField('time') has them follow the points' times"
            ),
            Time::Events { reference, max_delay } => {
                let has_delay = *max_delay > 0;
                let max_delay = humantime::format_duration(Duration::from_nanos(max_delay.unsigned_abs()));
                info!(timestamps = %reference, %max_delay, "deadlines follow the events' times");
                if self.function.wants() == Edge::Batch && !settings.end_of_batch && !has_delay {
                    warn!(
                        "endOfBatch(FALSE) without maxDelay: between two batches the clock ends tasks; a maxDelay longer than from \
                         one batch to the next keeps them"
                    );
                }
            }
        }
        if settings.end_of_task {
            warn!(
                "endOfTask: every event ends its task, which is seldom meant; endWhen says which event does"
            );
        }
        self.tell = enabled!(Level::DEBUG).then(|| now.saturating_add(TELL));
        let mut scripts = Scripts::compile(&settings.sources(), self.budget)?;
        if settings.on_error != settings::OnError::Stop {
            scripts.be_terse();
        }
        let mut node = Node::new(settings, scripts, now);
        node.observed = self.observed.take();
        self.node = Some(node);
        Ok(())
    }

    fn snapshot(&mut self, now: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        Ok(self.node(now)?.snapshot(now))
    }

    fn restore(&mut self, now: UnixNanos, snapshot: &[u8]) -> Result<(), HandlerError> {
        let node = self.node(now)?;
        node.restore(now, snapshot);
        node.see_restored();
        Ok(())
    }

    fn begin_batch(
        &mut self,
        now: UnixNanos,
        begin: BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        Ok(self.node(now)?.begin_batch(now, &begin, out)?)
    }

    #[inline]
    fn point(&mut self, now: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        Ok(self.node(now)?.whole_point(now, point, out)?)
    }

    fn points_at_once(&self) -> usize {
        node::AT_ONCE
    }

    fn points(
        &mut self,
        now: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<usize, HandlerError> {
        Ok(self.node(now)?.points(now, points, out)?)
    }

    fn end_batch(
        &mut self,
        now: UnixNanos,
        end: EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        Ok(self.node(now)?.end_batch(now, &end, out)?)
    }

    fn next_deadline(&self) -> Option<UnixNanos> {
        let node = self.node.as_ref()?.next_deadline();
        node.into_iter().chain(self.tell).min()
    }

    fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), HandlerError> {
        if self.tell.is_some_and(|tell| tell <= now) {
            self.tell = Some(now.saturating_add(TELL));
            if let Some(node) = &self.node {
                debug!("so far: {}", node.tell());
            }
        }
        Ok(self.node(now)?.on_deadline(now, out)?)
    }

    fn stop(
        &mut self,
        now: UnixNanos,
        reason: StopReason,
        out: &mut Outbox,
    ) -> Result<Progress, HandlerError> {
        // At a shutdown of the daemon the state is in Kapacitor's hands: what came out now would come out
        // once more after the restore.
        match reason {
            StopReason::EndOfStream => Ok(self.node(now)?.stop(now, out)?),
            StopReason::Shutdown => Ok(Progress::Done),
        }
    }
}

/// However the connection ends, what its node has seen is told.
impl Drop for Aggregate {
    fn drop(&mut self) {
        if let Some(node) = &mut self.node {
            info!("at the end: {}", node.tell());
            node.see_last();
        }
    }
}

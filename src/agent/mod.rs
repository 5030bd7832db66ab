//! One connection's conversation with Kapacitor, without the connection: requests and the time
//! go in, responses come out of the outbox. No I/O, no clock, nothing asynchronous.

mod data;
mod fault;
mod outbox;
mod outgoing;
mod snapshot;
mod state;

use std::sync::Arc;

use tracing::{Span, info, warn};

pub use fault::{Fault, ProtocolError, install_panic_hook};
pub use outbox::Outbox;
pub use outgoing::{Batch, Delivery, Forward, SendError};

use crate::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use crate::limits::Limits;
use crate::proto;
use crate::wire::frame::{self, Frame};
use crate::wire::request::{self, Request};
use data::MAX_AT_ONCE;
use snapshot::Stored;
use state::State;

/// The conversation of one connection.
pub struct Agent {
    handler: Box<dyn Handler>,
    info: Info,
    state: State,
    /// How many points the handler is called with at the most.
    at_once: usize,
    limits: Arc<Limits>,
    outbox: Outbox,
    /// The peer has begun a batch and not ended it.
    batch_open: bool,
    task: Option<KapacitorTask>,
    counters: Counters,
    /// For requests that have to be encoded anew.
    scratch: Vec<u8>,
}

/// Whose node a connection serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KapacitorTask {
    /// The Kapacitor task.
    pub task: String,
    /// The node in it, such as `mirror2`.
    pub node: String,
}

/// What a connection has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Points received.
    pub points: u64,
    /// Batches whose end was received.
    pub batches: u64,
    /// Snapshots given to Kapacitor.
    pub snapshots: u64,
    /// Snapshots that were too large and were replaced by an empty one.
    pub snapshots_too_large: u64,
    /// Stored snapshots that were not this daemon's and were left unused.
    pub snapshots_foreign: u64,
}

/// What became of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A frame, or some, of so many bytes was taken and answered.
    Took {
        /// Their length; 0 if the handler took none of the points that came, since the outbox is full. They
        /// are still there for the next step, once the outbox is emptied.
        bytes: usize,
        /// The time in the request, if it was a keepalive.
        keepalive: Option<UnixNanos>,
    },
    /// There is no whole frame.
    NeedMore,
    /// The next request may take the handler long. Nothing was taken: whoever calls should see to it
    /// that nobody else has to wait, and call [`Agent::step_aside`].
    MayTakeLong,
}

impl Step {
    fn took(bytes: usize) -> Self {
        Self::Took { bytes, keepalive: None }
    }
}

impl Agent {
    /// The conversation of a connection that the handler `make` gives serves.
    pub fn new(make: impl FnOnce() -> Box<dyn Handler>, limits: Arc<Limits>) -> Result<Self, Fault> {
        let (handler, info) = fault::catch("info", || {
            let handler = make();
            let info = handler.info();
            Ok((handler, info))
        })?;
        Ok(Self {
            outbox: Outbox::new(info.provides),
            handler,
            info,
            state: State::new(),
            at_once: 1,
            limits,
            batch_open: false,
            task: None,
            counters: Counters::default(),
            scratch: Vec::new(),
        })
    }

    /// Takes one request from the front of `input`, if a whole one is there, and answers it; or some points
    /// in a row, for a handler that wants them so.
    #[inline]
    pub fn step(&mut self, now: UnixNanos, input: &[u8]) -> Result<Step, Fault> {
        let Some(frame) = frame::find(input, self.limits.max_frame)? else { return Ok(Step::NeedMore) };
        let bytes = frame.bytes().len();
        if let Some(point) = request::point(frame) {
            if self.at_once > 1 {
                return self.points(now, point, input);
            }
            return self.point(now, point, bytes);
        }
        if request::may_take_long(frame) {
            return Ok(Step::MayTakeLong);
        }
        self.take(now, frame)
    }

    /// As [`step`](Self::step), also for a request that may take long.
    pub fn step_aside(&mut self, now: UnixNanos, input: &[u8]) -> Result<Step, Fault> {
        match frame::find(input, self.limits.max_frame)? {
            Some(frame) => self.take(now, frame),
            None => Ok(Step::NeedMore),
        }
    }

    /// The stream is at its end; `rest` is what no frame was found in.
    pub fn end_of_stream(&mut self, now: UnixNanos, rest: &[u8]) -> Result<Progress, Fault> {
        frame::finish(rest)?;
        self.stop(now, StopReason::EndOfStream)
    }

    /// The conversation ends in good order. To be called again, with the outbox emptied, as long as
    /// there is more to send.
    pub fn stop(&mut self, now: UnixNanos, reason: StopReason) -> Result<Progress, Fault> {
        if !self.state.is_initialised() {
            return Ok(Progress::Done);
        }
        self.outbox.give_up_open();
        let before = self.outbox.mark();
        let progress = self.call("stop", |handler, out| handler.stop(now, reason, out))?;
        if reason == StopReason::Shutdown && !self.state.is_running() {
            // A Restore may be on its way.
            self.outbox.rewind(before);
        }
        Ok(progress)
    }

    /// When `on_deadline` is to be called.
    pub fn next_deadline(&self) -> Result<Option<UnixNanos>, Fault> {
        if self.state.is_running() {
            return fault::catch("next_deadline", || Ok(self.handler.next_deadline()));
        }
        Ok(self.state.deadline())
    }

    /// The deadline has come. `partial`: the beginning of a request is there, and the rest of it is
    /// still to come.
    pub fn on_deadline(&mut self, now: UnixNanos, partial: bool) -> Result<(), Fault> {
        self.state.time(now, partial);
        if self.state.is_running() && self.next_deadline()?.is_some_and(|due| due <= now) {
            self.call("on_deadline", |handler, out| handler.on_deadline(now, out))?;
        }
        Ok(())
    }

    /// What was taken from the outbox so far has been handed on.
    pub fn flushed(&mut self, now: impl FnOnce() -> UnixNanos) {
        self.state.flushed(now);
    }

    /// Whether the conversation is over without either side having said so: after a refusal.
    pub fn is_over(&self, now: UnixNanos) -> bool {
        self.state.is_over(now)
    }

    /// Gives up the handler. Its destructor may panic like any of its methods.
    pub fn close(self) -> Result<(), Fault> {
        let handler = self.handler;
        fault::catch("drop", move || {
            drop(handler);
            Ok(())
        })
    }

    /// Whether [`deliver`](Self::deliver) may be called now.
    pub fn takes_deliveries(&self) -> bool {
        self.state.is_running()
    }

    /// Sends what somebody outside the handler's methods gave to a sender.
    pub fn deliver(&mut self, delivery: &Delivery) -> Result<(), SendError> {
        match delivery {
            Delivery::Point(point) => self.outbox.point(point),
            Delivery::Batch(batch) => self.outbox.batch(batch),
        }
    }

    /// Tells Kapacitor why the connection ends, which stops the Kapacitor task.
    pub fn report(&mut self, fault: &Fault) {
        self.outbox.respond(&proto::ErrorResponse { error: fault.to_string() });
    }

    /// What is to be written to Kapacitor.
    pub(crate) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Takes what is ready to be written to Kapacitor, if anything is.
    pub fn take_output(&mut self) -> Option<bytes::Bytes> {
        self.outbox.take()
    }

    /// Whose node this is; `None` before Init.
    pub fn task(&self) -> Option<&KapacitorTask> {
        self.task.as_ref()
    }

    /// What has been seen so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn take(&mut self, now: UnixNanos, frame: Frame<'_>) -> Result<Step, Fault> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let request = Request::parse(frame, &mut scratch)?;
        let step = self.request(now, request, frame.bytes().len())?;
        self.scratch = scratch;
        Ok(step)
    }

    /// Takes a request that has come in so many bytes.
    fn request(&mut self, now: UnixNanos, request: Request<'_>, bytes: usize) -> Result<Step, Fault> {
        match request {
            Request::Point(point) => return self.point(now, point, bytes),
            Request::Begin(begin) => {
                self.enter_begin()?;
                self.data("begin_batch", |handler, out| handler.begin_batch(now, begin, out))?;
            }
            Request::End(end) => {
                self.enter_end()?;
                self.data("end_batch", |handler, out| handler.end_batch(now, end, out))?;
            }
            Request::Keepalive(proto::KeepaliveRequest { time }) => {
                self.outbox.respond(&proto::KeepaliveResponse { time });
                return Ok(Step::Took { bytes, keepalive: Some(time) });
            }
            Request::Info => self.outbox.respond(&self.info.to_response()),
            Request::Init(request) => self.init(now, &request)?,
            Request::Snapshot => self.snapshot(now)?,
            Request::Restore(request) => self.restore(now, &request.snapshot)?,
        }
        Ok(Step::took(bytes))
    }

    fn init(&mut self, now: UnixNanos, request: &proto::InitRequest) -> Result<(), Fault> {
        self.state.may_init()?;
        Span::current().record("task", &request.task_id).record("node", &request.node_id);
        self.task = Some(KapacitorTask { task: request.task_id.clone(), node: request.node_id.clone() });
        let answer = match self.call("init", |handler, _| handler.init(now, request)) {
            Ok(()) => {
                self.at_once = self.call("points_at_once", |handler, _| Ok(handler.points_at_once()))?;
                self.at_once = self.at_once.clamp(1, MAX_AT_ONCE);
                self.state.accept();
                proto::InitResponse { success: true, error: String::new() }
            }
            Err(Fault::Handler { error, .. }) => {
                info!(%error, "init refused");
                self.state.refuse(now);
                proto::InitResponse { success: false, error: error.to_string() }
            }
            Err(fault) => return Err(fault),
        };
        self.outbox.respond(&answer);
        Ok(())
    }

    fn snapshot(&mut self, now: UnixNanos) -> Result<(), Fault> {
        let state = if self.state.is_initialised() {
            self.call("snapshot", |handler, _| handler.snapshot(now))?
        } else {
            Vec::new()
        };
        let max = self.limits.max_snapshot;
        let snapshot = if state.len() > max {
            self.counters.snapshots_too_large += 1;
            warn!(
                bytes = state.len(),
                max, "snapshot over limits.max_snapshot: after a restart this node starts empty"
            );
            snapshot::too_large()
        } else {
            snapshot::seal(state)
        };
        self.counters.snapshots += 1;
        self.outbox.respond(&proto::SnapshotResponse { snapshot });
        Ok(())
    }

    fn restore(&mut self, now: UnixNanos, stored: &[u8]) -> Result<(), Fault> {
        self.state.must_be_initialised("restore")?;
        let restored = match snapshot::open(stored) {
            Stored::State(state) => self.call("restore", |handler, _| handler.restore(now, state)),
            Stored::TooLarge => {
                warn!("the last snapshot was over limits.max_snapshot and was not kept: starting empty");
                Ok(())
            }
            Stored::Foreign => {
                self.counters.snapshots_foreign += 1;
                warn!(bytes = stored.len(), "the stored snapshot is none of this daemon's: starting empty");
                Ok(())
            }
        };
        let answer = match restored {
            Ok(()) => {
                self.state.restored();
                proto::RestoreResponse { success: true, error: String::new() }
            }
            Err(Fault::Handler { error, .. }) => {
                warn!(%error, "restore refused");
                self.state.refuse(now);
                proto::RestoreResponse { success: false, error: error.to_string() }
            }
            Err(fault) => return Err(fault),
        };
        self.outbox.respond(&answer);
        Ok(())
    }

    #[inline]
    fn call<R>(
        &mut self,
        name: &'static str,
        call: impl FnOnce(&mut dyn Handler, &mut Outbox) -> Result<R, HandlerError>,
    ) -> Result<R, Fault> {
        fault::catch(name, || call(self.handler.as_mut(), &mut self.outbox))
    }
}

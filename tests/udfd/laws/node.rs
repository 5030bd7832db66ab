//! A node of `@aggregate()` by itself, inside its agent: what it sends, what it counts and what its state
//! takes. Knows no test framework, as the laws that use it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kapacitor_udfd::agent::{Agent, Outbox, Step};
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::aggregate::{Aggregate, Counters};
use kapacitor_udfd::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{self, InitRequest, request, response};
use kapacitor_udfd::wire::batch::{BeginBatchView, EndBatchView};
use kapacitor_udfd::wire::frame;
use kapacitor_udfd::wire::point::PointView;
use prost::Message;

/// How often a handler may ask for the same moment, since it works in slices.
const PATIENCE: usize = 10_000;

/// A handler that has been given away, and can be looked at all the same.
#[derive(Clone)]
pub struct Shared {
    aggregate: Arc<Mutex<Aggregate>>,
    one_by_one: bool,
}

impl Shared {
    pub fn new(function: Function) -> Self {
        Self { aggregate: Arc::new(Mutex::new(Aggregate::new(function))), one_by_one: false }
    }
}

pub struct Node {
    agent: Agent,
    seen: Shared,
    pub now: i64,
    /// The most that was sent before the outbox was emptied.
    pub largest: usize,
}

impl Node {
    pub fn new(options: Vec<proto::Option>) -> Self {
        Self::begin(options, 0)
    }

    pub fn begin(options: Vec<proto::Option>, now: i64) -> Self {
        Self::start(Shared::new(Function::STREAM), options, now, vec![])
    }

    pub fn of(function: Function, options: Vec<proto::Option>, now: i64) -> Self {
        Self::start(Shared::new(function), options, now, vec![])
    }

    /// One that gets each point in a call of its own, however many come at once.
    pub fn one_by_one(options: Vec<proto::Option>, now: i64) -> Self {
        Self::start(Shared { one_by_one: true, ..Shared::new(Function::STREAM) }, options, now, vec![])
    }

    /// With a snapshot as [`snapshot`](Self::snapshot) gives it.
    pub fn restored(options: Vec<proto::Option>, now: i64, snapshot: &[u8]) -> Self {
        Self::restored_of(Function::STREAM, options, now, snapshot)
    }

    pub fn restored_of(function: Function, options: Vec<proto::Option>, now: i64, snapshot: &[u8]) -> Self {
        Self::start(Shared::new(function), options, now, [&[1], snapshot].concat())
    }

    fn start(seen: Shared, options: Vec<proto::Option>, now: i64, snapshot: Vec<u8>) -> Self {
        let handler = Box::new(seen.clone());
        let agent = Agent::new(|| handler, Limits::default().into()).unwrap();
        let mut node = Self { agent, seen, now, largest: 0 };
        let init = InitRequest { options, task_id: "cpu_alert".into(), node_id: "aggregate2".into() };
        let answer = node.answer(request::Message::Init(init));
        assert!(matches!(&answer, response::Message::Init(answer) if answer.success), "{answer:?}");
        let answer = node.answer(request::Message::Restore(proto::RestoreRequest { snapshot }));
        assert!(matches!(&answer, response::Message::Restore(answer) if answer.success), "{answer:?}");
        node
    }

    /// A request comes; the bytes sent in return.
    pub fn take(&mut self, frame: &[u8]) -> Vec<u8> {
        let (sent, steps) = self.take_all(frame);
        assert_eq!(steps, 1);
        sent
    }

    /// Requests come at once; the bytes sent in return, and in how many steps they were taken.
    pub fn take_all(&mut self, mut input: &[u8]) -> (Vec<u8>, usize) {
        let (mut sent, mut steps) = (vec![], 0);
        while !input.is_empty() {
            let step = match self.agent.step(self.now, input) {
                Ok(Step::MayTakeLong) => self.agent.step_aside(self.now, input),
                step => step,
            };
            let Ok(Step::Took { bytes, .. }) = step else { panic!("{step:?}") };
            input = &input[bytes..];
            if bytes > 0 {
                steps += 1;
                continue;
            }
            let emptied = self.sent();
            assert!(!emptied.is_empty(), "points are left, but nothing was sent");
            sent.extend(emptied);
        }
        sent.extend(self.sent());
        (sent, steps)
    }

    /// Time passes, and timers are looked at as long as they want to be; what comes out.
    pub fn until(&mut self, now: i64) -> Vec<u8> {
        self.now = now;
        let mut sent = vec![];
        for _ in 0..PATIENCE {
            if self.next_deadline().is_none_or(|due| due > now) {
                return sent;
            }
            sent.extend(self.on_deadline());
        }
        panic!("next_deadline stays where it is");
    }

    /// Timers are looked at once, for as long as the outbox has room.
    pub fn on_deadline(&mut self) -> Vec<u8> {
        self.agent.on_deadline(self.now, false).unwrap();
        self.sent()
    }

    pub fn next_deadline(&self) -> Option<i64> {
        self.agent.next_deadline().unwrap()
    }

    /// The stream is at its end.
    pub fn end(&mut self) -> Vec<u8> {
        let mut sent = vec![];
        loop {
            let progress = self.agent.stop(self.now, StopReason::EndOfStream).unwrap();
            sent.extend(self.sent());
            if progress == Progress::Done {
                return sent;
            }
        }
    }

    /// What the handler gives to be kept.
    pub fn snapshot(&mut self) -> Vec<u8> {
        match self.answer(request::Message::Snapshot(proto::SnapshotRequest {})) {
            response::Message::Snapshot(answer) => answer.snapshot[1..].to_vec(),
            other => panic!("{other:?}"),
        }
    }

    pub fn counters(&self) -> Counters {
        self.seen.lock().counters()
    }

    pub fn open_tasks(&self) -> usize {
        self.seen.lock().open_tasks()
    }

    pub fn state_bytes(&self) -> usize {
        self.seen.lock().state_bytes()
    }

    fn answer(&mut self, request: request::Message) -> response::Message {
        let request = proto::Request { message: Some(request) };
        let sent = self.take(&request.encode_length_delimited_to_vec());
        let response = proto::Response::decode_length_delimited(&*sent).unwrap();
        response.message.unwrap()
    }

    fn sent(&mut self) -> Vec<u8> {
        let sent: Vec<u8> = self.agent.take_output().into_iter().flatten().collect();
        self.largest = self.largest.max(sent.len());
        sent
    }
}

/// The messages in `sent`, undecoded.
pub fn messages(mut sent: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = vec![];
    while let Some(frame) = frame::find(sent, usize::MAX).unwrap() {
        messages.push(frame.message().to_vec());
        sent = &sent[frame.bytes().len()..];
    }
    assert!(sent.is_empty(), "only whole frames");
    messages
}

impl Shared {
    /// After a panic in a call, too.
    pub fn lock(&self) -> MutexGuard<'_, Aggregate> {
        self.aggregate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for Shared {
    fn info(&self) -> Info {
        self.lock().info()
    }

    fn init(&mut self, now: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        self.lock().init(now, request)
    }

    fn snapshot(&mut self, now: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        self.lock().snapshot(now)
    }

    fn restore(&mut self, now: UnixNanos, snapshot: &[u8]) -> Result<(), HandlerError> {
        self.lock().restore(now, snapshot)
    }

    fn begin_batch(
        &mut self,
        now: UnixNanos,
        begin: BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        self.lock().begin_batch(now, begin, out)
    }

    fn point(&mut self, now: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        self.lock().point(now, point, out)
    }

    fn points_at_once(&self) -> usize {
        if self.one_by_one { 1 } else { self.lock().points_at_once() }
    }

    fn points(
        &mut self,
        now: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<usize, HandlerError> {
        assert!(!self.one_by_one);
        self.lock().points(now, points, out)
    }

    fn end_batch(
        &mut self,
        now: UnixNanos,
        end: EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        self.lock().end_batch(now, end, out)
    }

    fn next_deadline(&self) -> Option<UnixNanos> {
        self.lock().next_deadline()
    }

    fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), HandlerError> {
        self.lock().on_deadline(now, out)
    }

    fn stop(
        &mut self,
        now: UnixNanos,
        reason: StopReason,
        out: &mut Outbox,
    ) -> Result<Progress, HandlerError> {
        self.lock().stop(now, reason, out)
    }
}

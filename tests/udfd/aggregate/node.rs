//! A node by itself, inside its agent: what it sends, what it counts and what its state takes.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kapacitor_udfd::agent::{Agent, Step};
use kapacitor_udfd::aggregate::{Aggregate, Counters};
use kapacitor_udfd::handler::{Progress, StopReason};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{self, Point, response::Message as R};
use kapacitor_udfd::wire::frame;
use prost::Message;

use super::handler::shared;
use super::raw::Raw;
use crate::support::*;

pub struct Node {
    agent: Agent,
    aggregate: Arc<Mutex<Aggregate>>,
    pub now: i64,
}

impl Node {
    pub fn new(options: Vec<proto::Option>) -> Self {
        Self::begin(options, 0)
    }

    pub fn begin(options: Vec<proto::Option>, now: i64) -> Self {
        Self::start(options, now, vec![])
    }

    /// With a snapshot as [`snapshot`](Self::snapshot) gives it.
    pub fn restored(options: Vec<proto::Option>, now: i64, snapshot: &[u8]) -> Self {
        Self::start(options, now, [&[1], snapshot].concat())
    }

    fn start(options: Vec<proto::Option>, now: i64, snapshot: Vec<u8>) -> Self {
        let (handler, aggregate) = shared();
        let agent = Agent::new(|| handler, Limits::default().into()).unwrap();
        let mut node = Self { agent, aggregate, now };
        let answer = node.answer(init_request(options));
        assert!(matches!(&answer, R::Init(answer) if answer.success), "{answer:?}");
        let answer = node.answer(proto::RestoreRequest { snapshot });
        assert!(matches!(&answer, R::Restore(answer) if answer.success), "{answer:?}");
        node
    }

    /// A request comes; the bytes sent in return.
    pub fn take(&mut self, frame: &[u8]) -> Bytes {
        let step = match self.agent.step(self.now, frame) {
            Ok(Step::MayTakeLong) => self.agent.step_aside(self.now, frame),
            step => step,
        };
        assert!(matches!(step, Ok(Step::Took { bytes, .. }) if bytes == frame.len()), "{step:?}");
        self.agent.take_output().unwrap_or_default()
    }

    pub fn raw(&mut self, point: &Raw) -> Bytes {
        self.take(&point.frame())
    }

    /// Time passes, and timers are looked at as long as they want to be; what comes out.
    pub fn until(&mut self, now: i64) -> Vec<u8> {
        self.now = now;
        let mut sent = vec![];
        while self.agent.next_deadline().unwrap().is_some_and(|due| due <= now) {
            self.agent.on_deadline(now, false).unwrap();
            sent.extend(self.agent.take_output().unwrap_or_default());
        }
        sent
    }

    pub fn next_deadline(&self) -> Option<i64> {
        self.agent.next_deadline().unwrap()
    }

    /// The stream is at its end.
    pub fn end(&mut self) -> Vec<u8> {
        let mut sent = vec![];
        loop {
            let progress = self.agent.stop(self.now, StopReason::EndOfStream).unwrap();
            sent.extend(self.agent.take_output().unwrap_or_default());
            if progress == Progress::Done {
                return sent;
            }
        }
    }

    /// What the handler gives to be kept.
    pub fn snapshot(&mut self) -> Vec<u8> {
        let answer = self.answer(proto::SnapshotRequest {});
        let R::Snapshot(answer) = answer else { panic!("{answer:?}") };
        answer.snapshot[1..].to_vec()
    }

    pub fn counters(&self) -> Counters {
        self.aggregate.lock().unwrap().counters()
    }

    pub fn open_tasks(&self) -> usize {
        self.aggregate.lock().unwrap().open_tasks()
    }

    pub fn state_bytes(&self) -> usize {
        self.aggregate.lock().unwrap().state_bytes()
    }

    fn answer(&mut self, request: impl Into<Requested>) -> R {
        let sent = self.take(&frame_of(request));
        let response = proto::Response::decode_length_delimited(sent).unwrap();
        response.message.unwrap()
    }
}

/// The messages of the points in `sent`, undecoded.
pub fn bodies(mut sent: &[u8]) -> Vec<Vec<u8>> {
    let mut bodies = vec![];
    while let Some(frame) = frame::find(sent, usize::MAX).unwrap() {
        bodies.push(frame.message().to_vec());
        sent = &sent[frame.bytes().len()..];
    }
    assert!(sent.is_empty(), "only whole frames");
    bodies
}

/// The points in `sent`.
pub fn points(sent: &[u8]) -> Vec<Point> {
    let point = |body: Vec<u8>| match proto::Response::decode(&*body).unwrap().message {
        Some(R::Point(point)) => point,
        other => panic!("{other:?}"),
    };
    bodies(sent).into_iter().map(point).collect()
}

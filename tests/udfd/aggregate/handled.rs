//! A handler in its agent, and what it sends.

use kapacitor_udfd::agent::{Agent, Step as Took};
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::handler::{Progress, StopReason};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{self, BeginBatch, Point, response::Message as R};
use kapacitor_udfd::wire::{frame, response};
use prost::Message;

use super::handler::{Seen, handler};
use super::model::{Batch, Sent, Told};
use super::scenario::Came;
use crate::support::*;

/// How often a handler may ask for the same moment. A full outbox is one reason to ask again.
pub const PATIENCE: usize = 1_000;

/// What is wrong, in words.
pub type Wrong = String;

/// What comes from a handler.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are of the large one")]
pub enum Heard {
    Sent(Sent),
    Keepalive,
    Snapshot,
}

impl Heard {
    pub fn group(&self) -> &str {
        match self {
            Self::Sent(sent) => sent.group(),
            Self::Keepalive | Self::Snapshot => "",
        }
    }
}

/// A handler in its agent, initialised and restored.
pub struct Handled {
    function: Function,
    agent: Agent,
    pub seen: Seen,
    /// What handlers before the last restart have counted.
    before: Told,
}

impl Handled {
    pub fn start(function: Function, options: &[proto::Option], now: i64) -> Result<Self, Wrong> {
        Self::restored(function, options, now, vec![])
    }

    fn restored(
        function: Function,
        options: &[proto::Option],
        now: i64,
        snapshot: Vec<u8>,
    ) -> Result<Self, Wrong> {
        let (handler, seen) = handler(function);
        let agent = Agent::new(|| handler, Limits::default().into()).map_err(|fault| fault.to_string())?;
        let mut this = Self { function, agent, seen, before: Told::new() };
        match this.answer(now, init_request(options.to_vec()))? {
            R::Init(answer) if answer.success => {}
            R::Init(answer) => return Err(answer.error),
            answer => return Err(format!("{answer:?}")),
        }
        // Without one, timers would wait for a second to see whether one comes.
        match this.answer(now, proto::RestoreRequest { snapshot })? {
            R::Restore(answer) if answer.success => Ok(this),
            answer => Err(format!("{answer:?}")),
        }
    }

    /// Another one, which goes on from this one's snapshot.
    pub fn restart(&mut self, now: i64, back: i64, options: &[proto::Option]) -> Result<Self, Wrong> {
        let R::Snapshot(answer) = self.answer(now, proto::SnapshotRequest {})? else {
            return Err("no snapshot".to_owned());
        };
        let before = self.told();
        Ok(Self { before, ..Self::restored(self.function, options, back, answer.snapshot)? })
    }

    /// What has been counted.
    pub fn told(&self) -> Told {
        let mut sum = self.before.clone();
        for (name, count) in self.seen.counted() {
            *sum.entry(name).or_default() += count;
        }
        sum.retain(|_, count| *count > 0);
        sum
    }

    pub fn next_deadline(&self) -> Result<Option<i64>, Wrong> {
        self.agent.next_deadline().map_err(|fault| fault.to_string())
    }

    /// The frames sent in return for those in `input`.
    pub fn take(&mut self, now: i64, mut input: &[u8]) -> Result<Vec<Vec<u8>>, Wrong> {
        let mut frames = vec![];
        while !input.is_empty() {
            let took = match self.agent.step(now, input) {
                Ok(Took::MayTakeLong) => self.agent.step_aside(now, input),
                took => took,
            };
            match took {
                // Points are left, for the outbox is full.
                Ok(Took::Took { bytes: 0, .. }) => frames.extend(self.sent()),
                Ok(Took::Took { bytes, .. }) => input = &input[bytes..],
                took => return Err(format!("{took:?}")),
            }
        }
        frames.extend(self.sent());
        Ok(frames)
    }

    /// Timers are looked at, until a batch is not cut in two.
    pub fn on_deadline(&mut self, now: i64) -> Result<Vec<Vec<u8>>, Wrong> {
        let mut frames = vec![];
        for _ in 0..PATIENCE {
            self.agent.on_deadline(now, false).map_err(|fault| fault.to_string())?;
            frames.extend(self.sent());
            let is_begin = |frame: &&Vec<u8>| matches!(message(frame), R::Begin(_));
            let is_end = |frame: &&Vec<u8>| matches!(message(frame), R::End(_));
            if frames.iter().filter(is_begin).count() == frames.iter().filter(is_end).count() {
                return Ok(frames);
            }
        }
        Err("a batch does not end".to_owned())
    }

    /// All that is sent at the end, an outbox at a time.
    pub fn stop(&mut self, now: i64, reason: StopReason) -> Result<Vec<Vec<u8>>, Wrong> {
        let mut frames = vec![];
        for _ in 0..PATIENCE {
            let progress = self.agent.stop(now, reason).map_err(|fault| fault.to_string())?;
            frames.extend(self.sent());
            if progress == Progress::Done {
                return Ok(frames);
            }
        }
        Err("there is always more to send at the end".to_owned())
    }

    fn answer(&mut self, now: i64, request: impl Into<Requested>) -> Result<R, Wrong> {
        let frames = self.take(now, &frame_of(request))?;
        let [answer] = &frames[..] else { return Err(format!("{} answers", frames.len())) };
        Ok(message(answer))
    }

    fn sent(&mut self) -> Vec<Vec<u8>> {
        let sent = self.agent.take_output().unwrap_or_default();
        let (mut rest, mut frames) = (&sent[..], vec![]);
        while !rest.is_empty() {
            let frame = frame::find(rest, usize::MAX).unwrap().expect("only whole frames").bytes();
            frames.push(frame.to_vec());
            rest = &rest[frame.len()..];
        }
        frames
    }
}

fn message(frame: &[u8]) -> R {
    let response = proto::Response::decode_length_delimited(frame).unwrap();
    response.message.expect("never a response without a message")
}

/// What is sent, put together from its frames.
pub fn heard(frames: &[Vec<u8>]) -> Result<Vec<Heard>, Wrong> {
    let (mut heard, mut open) = (vec![], None::<(BeginBatch, Vec<Point>)>);
    for frame in frames {
        let message = message(frame);
        match (message, open.take()) {
            (R::Begin(begin), None) => open = Some((begin, vec![])),
            (R::Point(point), None) => heard.push(Heard::Sent(Sent::Point(point))),
            (R::Point(point), Some((begin, mut points))) => {
                points.push(point);
                open = Some((begin, points));
            }
            (R::End(end), Some((begin, points))) => {
                heard.push(Heard::Sent(Sent::Batch(Batch { begin, points, end })));
            }
            (R::Keepalive(_), None) => heard.push(Heard::Keepalive),
            (R::Snapshot(_), None) => heard.push(Heard::Snapshot),
            (other, open) => return Err(format!("not asked for: {other:?}, and open is {open:?}")),
        }
    }
    match open {
        None => Ok(heard),
        Some(open) => Err(format!("a batch does not end: {open:?}")),
    }
}

pub fn frame_of_what_came(came: &Came) -> Vec<u8> {
    match came {
        Came::Point(point) => point_frame(point),
        Came::Keepalive => frame_of(proto::KeepaliveRequest { time: 7 }),
        Came::Snapshot => frame_of(proto::SnapshotRequest {}),
        Came::Begin(begin) => frame_of((**begin).clone()),
        Came::End(end) => frame_of((**end).clone()),
    }
}

/// Not through prost, which leaves out the sign of a -0.0.
fn point_frame(point: &Point) -> Vec<u8> {
    let mut frame = bytes::BytesMut::new();
    response::write_point(point, &mut frame);
    frame.to_vec()
}

//! The reading half of a connection: counts and checks what comes, tells the sender of answers it
//! waits for, and gives up when nothing gets on any more.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use kapacitor_udfd::proto::response::Message as Answer;
use kapacitor_udfd::proto::{self, EndBatch};
use kapacitor_udfd::wire::frame::Frame;
use prost::Message as _;

use super::batches::{self, Batches};
use super::clock::Clock;
use super::gathering::Gathering;
use super::order::{self, Order};
use super::silence::Silence;
use super::{session, stamp};
use crate::frames::{Filled, Frames};

/// What the sender waits for.
#[derive(Debug)]
pub(super) enum Event {
    Keepalive {
        time: i64,
        at: Instant,
    },
    Snapshot(Box<Taken>),
    /// As many points have come as are expected.
    Complete,
}

/// A snapshot.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) bytes: Vec<u8>,
    pub(super) at: Instant,
    /// The longest time without any response while it was waited for.
    pub(super) silence: Duration,
    /// What had come before it, if that is looked into.
    pub(super) gathering: Option<Gathering>,
}

/// What the sender says of itself.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Grows as long as the sender gets on, or waits because it is told to.
    pub(super) steps: AtomicU64,
    pub(super) snapshot_asked: AtomicBool,
    pub(super) half_closed: AtomicBool,
}

/// What is to be checked on one connection.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) clock: Clock,
    pub(super) order: order::Rule,
    pub(super) batches: batches::Rule,
    /// No more points than these are waited for.
    pub(super) complete: Option<u64>,
    /// What has to become of points with ids; it says what is waited for, too.
    pub(super) gathering: Option<Gathering>,
    pub(super) arrivals: Arrivals,
    pub(super) timeout: Duration,
}

/// What is noted the time of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrivals {
    Unnoted,
    OfPoints,
    /// When they have ended, and by their first points.
    OfBatches,
}

/// How the stream ended.
#[derive(Debug)]
pub(super) enum End {
    /// The function closed it.
    Closed,
    /// Inside a frame, after so many bytes of it.
    Truncated(usize),
    /// The function answered with an error.
    Error(String),
    /// Nothing got on for the timeout.
    Stalled,
    /// What came makes no sense, or the socket failed.
    Broken(String),
}

/// What a connection got.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) order: Order,
    pub(super) batches: Batches,
    pub(super) gathering: Option<Gathering>,
    pub(super) bytes: u64,
    /// When each point came, and its time; as `Check::arrivals` has it.
    pub(super) arrivals: Vec<(Instant, i64)>,
    pub(super) end: End,
    pub(super) ended: Instant,
}

/// Reads to the end.
pub(super) fn receive(
    mut frames: Frames,
    check: Check,
    events: Sender<Event>,
    progress: &Arc<Progress>,
) -> Received {
    let mut receiver = Receiver::new(check, events, Arc::clone(progress));
    let end = loop {
        match receiver.turn(&mut frames) {
            Ok(None) => {}
            Ok(Some(end)) => break end,
            Err(error) => break End::Broken(format!("{error:#}")),
        }
    };
    // A sender that is blocked in a write has to notice.
    let _ = frames.socket().shutdown(Shutdown::Both);
    receiver.received.end = end;
    receiver.received.ended = Instant::now();
    receiver.received
}

#[derive(Debug)]
struct Receiver {
    complete: Option<u64>,
    arrivals: Arrivals,
    timeout: Duration,
    events: Sender<Event>,
    progress: Arc<Progress>,
    received: Received,
    /// The sender knows that all has come.
    told: bool,
    silence: Silence,
    /// Everything that shows that the function gets on.
    signs: u64,
    seen: (u64, u64),
    quiet_since: Option<Instant>,
}

impl Receiver {
    fn new(check: Check, events: Sender<Event>, progress: Arc<Progress>) -> Self {
        let Check { clock, order, batches, complete, gathering, arrivals, timeout } = check;
        let now = Instant::now();
        let received = Received {
            order: Order::new(order, clock),
            batches: Batches::new(batches),
            gathering,
            bytes: 0,
            arrivals: Vec::new(),
            end: End::Closed,
            ended: now,
        };
        let (signs, seen, quiet_since) = (0, (0, 0), None);
        let silence = Silence::new(now);
        let told = false;
        Self {
            complete,
            arrivals,
            timeout,
            events,
            progress,
            received,
            told,
            silence,
            signs,
            seen,
            quiet_since,
        }
    }

    /// Reads once and takes all that came.
    fn turn(&mut self, frames: &mut Frames) -> anyhow::Result<Option<End>> {
        match frames.fill().or_else(reset_is_end)? {
            Filled::Bytes(bytes) => self.received.bytes += bytes as u64,
            Filled::Nothing => return Ok(self.stalled().then_some(End::Stalled)),
            Filled::EndOfStream if frames.rest() > 0 => return Ok(Some(End::Truncated(frames.rest()))),
            Filled::EndOfStream => return Ok(Some(End::Closed)),
        }
        let at = Instant::now();
        self.silence.watch(self.progress.snapshot_asked.load(Relaxed));
        let before = (self.signs, self.received.order.points);
        while let Some(frame) = frames.next()? {
            self.silence.broken(at);
            if let Some(end) = self.take(frame, at)? {
                return Ok(Some(end));
            }
        }
        self.after_points(before.1);
        let idle = (self.signs, self.received.order.points) == before && self.stalled();
        let hopeless = || End::Broken("gave up: too many points are missing or out of order".to_owned());
        Ok(if idle { Some(End::Stalled) } else { self.received.order.hopeless().then(hopeless) })
    }

    #[inline]
    fn take(&mut self, frame: Frame<'_>, at: Instant) -> anyhow::Result<Option<End>> {
        let Some(time) = stamp::of_point(frame.message()) else { return self.other(frame.message(), at) };
        if let Some(gathering) = &mut self.received.gathering {
            gathering.take_frame(frame)?;
        }
        self.point(time, at);
        Ok(None)
    }

    #[inline]
    fn point(&mut self, time: i64, at: Instant) {
        self.received.order.take(time);
        self.received.batches.point(time);
        if self.arrivals == Arrivals::OfPoints {
            self.received.arrivals.push((at, time));
        }
    }

    fn after_points(&mut self, before: u64) {
        let points = self.received.order.points;
        self.signs += u64::from(points > before);
        let complete = || match &self.received.gathering {
            Some(gathering) => gathering.is_complete(),
            None => self.complete.is_some_and(|goal| goal <= points),
        };
        if !self.told && complete() {
            self.told = true;
            // The sender may be done already.
            let _ = self.events.send(Event::Complete);
        }
    }

    /// Whatever is no point of the usual shape.
    fn other(&mut self, message: &[u8], at: Instant) -> anyhow::Result<Option<End>> {
        let answer = proto::Response::decode(message)?.message;
        let Some(answer) = answer else {
            let empty = "got a response without a message: it would bring kapacitord down";
            return Ok(Some(End::Broken(empty.to_owned())));
        };
        let keepalive = matches!(answer, Answer::Keepalive(_));
        self.signs += u64::from(!keepalive || !self.progress.half_closed.load(Relaxed));
        match answer {
            Answer::Point(point) => {
                if let Some(gathering) = &mut self.received.gathering {
                    gathering.take_point(&point);
                }
                self.point(point.time, at);
            }
            Answer::Begin(begin) => self.received.batches.begin(self.received.order.points, begin),
            Answer::End(end) => self.end(&end, at),
            Answer::Keepalive(answer) => drop(self.events.send(Event::Keepalive { time: answer.time, at })),
            Answer::Snapshot(answer) => self.snapshot(answer.snapshot, at),
            Answer::Error(error) => return Ok(Some(End::Error(error.error))),
            other => {
                return Ok(Some(End::Broken(format!("got {} nobody asked for", session::name(&other)))));
            }
        }
        Ok(None)
    }

    fn end(&mut self, end: &EndBatch, at: Instant) {
        let first = self.received.batches.end(self.received.order.next(), end);
        if let Some(gathering) = &mut self.received.gathering {
            gathering.end(end);
        }
        if self.arrivals == Arrivals::OfBatches {
            self.received.arrivals.extend(first.map(|time| (at, time)));
        }
    }

    fn snapshot(&mut self, bytes: Vec<u8>, at: Instant) {
        self.progress.snapshot_asked.store(false, Relaxed);
        self.silence.watch(false);
        let gathering = self.received.gathering.clone();
        let silence = self.silence.longest;
        let taken = Taken { bytes, at, silence, gathering };
        drop(self.events.send(Event::Snapshot(Box::new(taken))));
    }

    /// Whether neither side has got on for the timeout.
    fn stalled(&mut self) -> bool {
        let seen = (self.signs, self.progress.steps.load(Relaxed));
        if std::mem::replace(&mut self.seen, seen) != seen {
            self.quiet_since = None;
        }
        let since = *self.quiet_since.get_or_insert_with(Instant::now);
        since.elapsed() >= self.timeout
    }
}

/// A peer that closes while something of ours is unread resets the connection; what it said before
/// has been read.
fn reset_is_end(error: io::Error) -> io::Result<Filled> {
    if error.kind() == io::ErrorKind::ConnectionReset { Ok(Filled::EndOfStream) } else { Err(error) }
}

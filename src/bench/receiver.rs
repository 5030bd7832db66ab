//! The reading half of a connection: counts and checks what comes, tells the sender of answers it
//! waits for, and gives up when nothing gets on any more.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use kapacitor_udfd::proto;
use kapacitor_udfd::proto::response::Message as Answer;
use prost::Message as _;

use super::frames::{Filled, Frames};
use super::order::Order;
use super::{session, stamp};

/// What the sender waits for.
#[derive(Debug)]
pub(super) enum Event {
    Keepalive {
        time: i64,
        at: Instant,
    },
    Snapshot {
        snapshot: Vec<u8>,
        at: Instant,
    },
    /// As many points have come as are expected.
    Complete,
}

/// What the sender says of itself.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Grows as long as the sender gets on, or waits because it is told to.
    pub(super) steps: AtomicU64,
    pub(super) half_closed: AtomicBool,
}

/// What is to be checked on one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    /// Each of so many points must come back.
    pub(super) mirrored: Option<u64>,
    /// No more points than these are waited for.
    pub(super) complete: Option<u64>,
    /// The function says that it provides batches.
    pub(super) batches: bool,
    /// The size of the batches sent, if they are mirrored.
    pub(super) batch: u64,
    /// Note when each point came.
    pub(super) arrivals: bool,
    pub(super) timeout: Duration,
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
    pub(super) batches: u64,
    pub(super) bytes: u64,
    /// When each point came, and its time; only for `Check::arrivals`.
    pub(super) arrivals: Vec<(Instant, i64)>,
    /// The first thing wrong about batches.
    pub(super) batch_fault: Option<String>,
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
    check: Check,
    events: Sender<Event>,
    progress: Arc<Progress>,
    received: Received,
    batch_open: bool,
    /// Everything that shows that the function gets on.
    signs: u64,
    seen: (u64, u64),
    quiet_since: Option<Instant>,
}

impl Receiver {
    fn new(check: Check, events: Sender<Event>, progress: Arc<Progress>) -> Self {
        let received = Received {
            order: Order::new(check.mirrored),
            batches: 0,
            bytes: 0,
            arrivals: Vec::new(),
            batch_fault: None,
            end: End::Closed,
            ended: Instant::now(),
        };
        let (batch_open, signs, seen, quiet_since) = (false, 0, (0, 0), None);
        Self { check, events, progress, received, batch_open, signs, seen, quiet_since }
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
        let before = (self.signs, self.received.order.points);
        while let Some(message) = frames.next()? {
            match stamp::of_point(message) {
                Some(time) => self.point(time, at),
                None => {
                    if let Some(end) = self.other(message, at)? {
                        return Ok(Some(end));
                    }
                }
            }
        }
        self.after_points(before.1);
        let idle = (self.signs, self.received.order.points) == before && self.stalled();
        let hopeless = || End::Broken("gave up: too many points are missing or out of order".to_owned());
        Ok(if idle { Some(End::Stalled) } else { self.received.order.hopeless().then(hopeless) })
    }

    #[inline]
    fn point(&mut self, time: i64, at: Instant) {
        self.received.order.take(time);
        if self.check.batches && !self.batch_open {
            self.batch_fault(|_| "a point outside a batch".to_owned());
        }
        if self.check.arrivals {
            self.received.arrivals.push((at, time));
        }
    }

    fn after_points(&mut self, before: u64) {
        let points = self.received.order.points;
        if points > before {
            self.signs += 1;
            let complete = |goal| before < goal && goal <= points;
            if self.check.complete.is_some_and(complete) {
                // The sender may be done already.
                let _ = self.events.send(Event::Complete);
            }
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
            Answer::Point(point) => self.point(point.time, at),
            Answer::Begin(_) => self.begin(),
            Answer::End(_) => self.end(),
            Answer::Keepalive(answer) => drop(self.events.send(Event::Keepalive { time: answer.time, at })),
            Answer::Snapshot(answer) => {
                drop(self.events.send(Event::Snapshot { snapshot: answer.snapshot, at }));
            }
            Answer::Error(error) => return Ok(Some(End::Error(error.error))),
            other => {
                return Ok(Some(End::Broken(format!("got {} nobody asked for", session::name(&other)))));
            }
        }
        Ok(None)
    }

    fn begin(&mut self) {
        if !self.check.batches {
            self.batch_fault(|_| "a BeginBatch, though the function says it provides a stream".to_owned());
        }
        if std::mem::replace(&mut self.batch_open, true) {
            self.batch_fault(|order| format!("a BeginBatch inside a batch, after {} points", order.points));
        }
    }

    fn end(&mut self) {
        self.received.batches += 1;
        if !std::mem::replace(&mut self.batch_open, false) {
            self.batch_fault(|_| {
                "an EndBatch without a BeginBatch: it would bring kapacitord down".to_owned()
            });
        }
        if let Some(sent) = self.check.mirrored.filter(|_| self.check.batch > 0) {
            let next = self.received.order.next();
            if !next.is_multiple_of(self.check.batch) && next != sent {
                self.batch_fault(|_| format!("an EndBatch amid a batch, before point {next}"));
            }
        }
    }

    #[cold]
    fn batch_fault(&mut self, fault: impl FnOnce(&Order) -> String) {
        if self.received.batch_fault.is_none() {
            self.received.batch_fault = Some(fault(&self.received.order));
        }
    }

    /// Whether neither side has got on for the timeout.
    fn stalled(&mut self) -> bool {
        let seen = (self.signs, self.progress.steps.load(Relaxed));
        if std::mem::replace(&mut self.seen, seen) != seen {
            self.quiet_since = None;
        }
        let since = *self.quiet_since.get_or_insert_with(Instant::now);
        since.elapsed() >= self.check.timeout
    }
}

/// A peer that closes while something of ours is unread resets the connection; what it said before
/// has been read.
fn reset_is_end(error: io::Error) -> io::Result<Filled> {
    if error.kind() == io::ErrorKind::ConnectionReset { Ok(Filled::EndOfStream) } else { Err(error) }
}

//! The writing half of a connection: data at its pace, keepalives in between, and the half-close.

mod linger;

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use kapacitor_udfd::wire::varint;

use super::block::{Block, FrameEnd};
use super::gate::Gate;
use super::gathering::Gathering;
use super::keepalive::Keepalives;
use super::plan::{Plan, Writes};
use super::receiver::{Event, Progress};

/// Frames between two looks at the clock: those of one bulk write, or of many small ones.
const BULK_FRAMES: usize = 1024;
const SMALL_FRAMES: usize = 64;

/// How long a paced sender sleeps at least: no millisecond is worth more than one write.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// Why sending ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendFault {
    #[error("can't write: {0}")]
    Io(#[from] io::Error),
    /// The receiver knows why.
    #[error("the function ended the connection")]
    Gone,
    #[error("no SnapshotResponse within {0:?} (--timeout)")]
    NoSnapshot(Duration),
}

/// What a connection has sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) points: u64,
    pub(super) batches: u64,
    /// Of data, without keepalives and the like.
    pub(super) bytes: u64,
    pub(super) started: Instant,
    /// When the last point had been written.
    pub(super) data_ended: Option<Instant>,
    /// When it was known that the function had worked off all data, if the connection lingered.
    pub(super) consumed: Option<Instant>,
    pub(super) half_closed: Option<Instant>,
    /// How many points had been written when; only for `--deadlines`.
    pub(super) moments: Vec<(u64, Instant)>,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) fault: Option<SendFault>,
}

#[derive(Debug)]
pub(super) struct Snapshot {
    /// Emptied when it is given back.
    pub(super) bytes: Vec<u8>,
    pub(super) size: usize,
    pub(super) took: Duration,
    pub(super) silence: Duration,
    pub(super) gathering: Option<Gathering>,
}

/// What a connection has to do beside what the plan says for all.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) points: u64,
    /// Whether a snapshot is asked for.
    pub(super) snapshot: bool,
    /// How long it is kept open after its last point.
    pub(super) hold: Duration,
    pub(super) gates: Gates,
}

/// Where a connection waits for the others.
#[derive(Debug)]
pub(super) struct Gates {
    /// When its data has been worked off.
    pub(super) loaded: Gate,
    /// Before the half-close.
    pub(super) open: Gate,
}

#[derive(Debug)]
pub(super) struct Sender<'a> {
    plan: &'a Plan,
    socket: UnixStream,
    events: Receiver<Event>,
    progress: Arc<Progress>,
    keepalives: Keepalives,
    complete: bool,
    /// When the snapshot was asked for.
    asked: Instant,
    sent: Sent,
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        socket: UnixStream,
        events: Receiver<Event>,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Self> {
        let started = Instant::now();
        let sent = Sent {
            points: 0,
            batches: 0,
            bytes: 0,
            started,
            data_ended: None,
            consumed: None,
            half_closed: None,
            moments: Vec::new(),
            snapshot: None,
            fault: None,
        };
        let keepalives = Keepalives::new(plan.keepalive, started)?;
        Ok(Self { plan, socket, events, progress, keepalives, complete: false, asked: started, sent })
    }

    /// Does its job to the end.
    pub(super) fn run(mut self, job: Job) -> (Sent, Keepalives) {
        if let Err(fault) = self.send(job) {
            self.sent.fault = Some(fault);
        }
        // What came while the end was read.
        while let Ok(event) = self.events.recv() {
            self.take(event);
        }
        (self.sent, self.keepalives)
    }

    fn send(&mut self, job: Job) -> Result<(), SendFault> {
        self.data(job.points)?;
        let ended = Instant::now();
        self.sent.data_ended = Some(ended);
        if self.plan.lingers() {
            self.linger(ended, job)?;
        }
        self.progress.half_closed.store(true, Relaxed);
        self.socket.shutdown(Shutdown::Write)?;
        self.sent.half_closed = Some(Instant::now());
        Ok(())
    }

    fn data(&mut self, points: u64) -> Result<(), SendFault> {
        let shape = self.plan.shape;
        let usual = Block::usual_points(shape);
        let mut block = Block::new(shape, 0, usual.min(points));
        self.sent.started = Instant::now();
        self.keepalives.watch(self.plan.deadlines.map(|timeout| self.sent.started + timeout));
        while self.sent.points < points {
            let first = self.sent.points;
            let next = usual.min(points - first);
            if next == block.points() {
                block.move_to(first);
            } else {
                block = Block::new(shape, first, next);
            }
            self.block(&block, first)?;
        }
        self.sent.batches = self.plan.batches(points);
        Ok(())
    }

    /// Writes a block, as much at once as pace and clock allow.
    fn block(&mut self, block: &Block, first: u64) -> Result<(), SendFault> {
        let mut left = block.frames();
        let mut from = 0;
        while !left.is_empty() {
            self.drain();
            let now = Instant::now();
            self.keepalive_if_due(now)?;
            let length = self.allowed(left, first, now)?;
            let (frames, rest) = left.split_at(length);
            from = self.write(block.bytes(), from, frames)?;
            left = rest;
            let Some(end) = frames.last() else { continue };
            self.sent.points = first + end.points;
            self.progress.steps.fetch_add(1, Relaxed);
            if self.plan.deadlines.is_some() {
                self.sent.moments.push((self.sent.points, Instant::now()));
            }
        }
        Ok(())
    }

    /// How many of these frames may be written now. Sleeps if it is none.
    fn allowed(&mut self, frames: &[FrameEnd], first: u64, now: Instant) -> Result<usize, SendFault> {
        let most = match self.plan.writes {
            Writes::Bulk => BULK_FRAMES,
            Writes::Kapacitor => SMALL_FRAMES,
        };
        let most = most.min(frames.len());
        let Some(rate) = self.plan.rate else { return Ok(most) };
        let due = now.duration_since(self.sent.started).as_secs_f64() * rate;
        // The first point is due at once.
        let due = frames.partition_point(|end| super::real(first + end.points) <= due + 1.0);
        if due == 0 {
            let next =
                Duration::try_from_secs_f64(super::real(self.sent.points) / rate).unwrap_or(Duration::MAX);
            let until = now.max(self.sent.started + next).max(now + SHORTEST_SLEEP);
            self.wait(Some(until), true, |_| false)?;
        }
        Ok(due.min(most))
    }

    /// Writes frames that begin at `from`; where they end.
    fn write(&mut self, bytes: &[u8], from: usize, frames: &[FrameEnd]) -> Result<usize, SendFault> {
        let end = frames.last().map_or(from, |end| end.at);
        if self.plan.writes == Writes::Bulk {
            self.socket.write_all(bytes.get(from..end).unwrap_or_default())?;
        } else {
            let mut from = from;
            for frame in frames {
                self.write_as_kapacitor(bytes.get(from..frame.at).unwrap_or_default())?;
                from = frame.at;
            }
        }
        self.sent.bytes += (end - from) as u64;
        Ok(end)
    }

    fn write_as_kapacitor(&mut self, frame: &[u8]) -> io::Result<()> {
        let header = varint::read(frame).ok().flatten().map_or(0, |(_, header)| header);
        let (header, body) = frame.split_at(header.min(frame.len()));
        self.socket.write_all(header)?;
        self.socket.write_all(body)
    }
}

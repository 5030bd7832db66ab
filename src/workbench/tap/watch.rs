//! Looks at the bytes of one direction as they go by, and hands on what is seen of them. Never waits.

use std::sync::Arc;
use std::time::SystemTime;

use kapacitor_udfd::wire::frame;

use super::decode::kind_at;
use super::frames::{LeftOut, Splitter};
use super::message::Kind;
use super::recorder::Recorder;
use super::recording::{Direction, Record, What};
use super::room::Room;
use super::screen::{Screen, Seen, Sight};

/// What is larger is shown by its size alone: nobody reads it. A state may have hundreds of MiB.
const SHOWN: usize = 1 << 20;

/// What may be held of frames that are not whole yet, over all connections. Attack: each begins a frame of 1 MiB.
const HELD: usize = 64 << 20;

/// Where what is seen goes: the same for all connections.
#[derive(Debug)]
pub(super) struct Eyes {
    screen: Screen,
    recorder: Option<Recorder>,
    /// What to show; all if empty.
    only: Vec<Kind>,
    room: Room,
}

/// One connection, looked at.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    eyes: Arc<Eyes>,
    connection: u32,
}

/// One direction of it.
#[derive(Debug)]
pub(super) struct WatchedWay {
    watch: Watch,
    direction: Direction,
    splitter: Splitter,
    /// What is taken of the room.
    held: usize,
}

impl Eyes {
    pub(super) fn new(screen: Screen, recorder: Option<Recorder>, only: Vec<Kind>) -> Self {
        Self { screen, recorder, only, room: Room::new(HELD) }
    }

    fn shows(&self, kind: Option<Kind>) -> bool {
        // What is of no kind is shown as what can't be read.
        self.only.is_empty() || kind.is_none_or(|kind| self.only.contains(&kind))
    }
}

impl Watch {
    /// A connection was accepted.
    pub(super) fn open(eyes: Arc<Eyes>, connection: u32) -> Self {
        let watch = Self { eyes, connection };
        watch.tell(What::Opened, Sight::Opened);
        watch
    }

    pub(super) fn number(&self) -> u32 {
        self.connection
    }

    pub(super) fn way(&self, direction: Direction) -> WatchedWay {
        WatchedWay { watch: self.clone(), direction, splitter: Splitter::default(), held: 0 }
    }

    /// Nothing of the connection is open any more.
    pub(super) fn close(&self) {
        self.tell(What::Closed, Sight::Closed);
    }

    /// What happens to the connection itself is shown unless only messages were asked for.
    fn tell(&self, what: What<&[u8]>, sight: Sight) {
        let at = now();
        self.record(at, what);
        if self.eyes.only.is_empty() {
            self.show(at, sight, 0);
        }
    }

    fn record(&self, at: i64, what: What<&[u8]>) {
        if let Some(recorder) = &self.eyes.recorder {
            recorder.record(&Record { connection: self.connection, at, what });
        }
    }

    fn show(&self, at: i64, what: Sight, messages: u64) {
        self.eyes.screen.show(Seen { connection: self.connection, at, what }, messages);
    }
}

impl WatchedWay {
    /// These bytes are about to go on.
    pub(super) fn see(&mut self, bytes: &[u8]) {
        let at = now();
        self.watch.record(at, What::Bytes(self.direction, bytes));
        if !self.watch.eyes.screen.has_ended() {
            self.splitter.push(bytes);
            self.show_frames(at);
            self.hold();
        }
    }

    /// No more comes this way.
    pub(super) fn end(&mut self) {
        let bytes = self.splitter.unfinished();
        if bytes > 0 {
            // Of whatever kind it was to be, it is what went wrong.
            self.watch.show(now(), Sight::Unfinished(self.direction, bytes), 1);
        }
        self.watch.tell(What::Ended(self.direction), Sight::Ended(self.direction));
    }

    fn show_frames(&mut self, at: i64) {
        let (mut shown, mut messages) = (Vec::new(), 0);
        loop {
            if let Some(left_out) = self.splitter.leave_out(SHOWN) {
                self.show_all(at, &mut shown, &mut messages);
                self.show_left_out(at, &left_out);
            }
            match self.splitter.next() {
                Some(Ok(bytes)) if self.is_shown(message(&bytes)) => {
                    shown.extend_from_slice(&bytes);
                    messages += 1;
                }
                Some(Ok(_)) => {}
                Some(Err(why)) => {
                    self.show_all(at, &mut shown, &mut messages);
                    // What is no frame is of no use to anybody here.
                    self.splitter.rest();
                    return self.watch.show(at, Sight::Lost(self.direction, why), 1);
                }
                None => return self.show_all(at, &mut shown, &mut messages),
            }
        }
    }

    fn show_all(&self, at: i64, shown: &mut Vec<u8>, messages: &mut u64) {
        let (shown, messages) = (std::mem::take(shown), std::mem::take(messages));
        if messages > 0 {
            self.watch.show(at, Sight::Frames(self.direction, shown), messages);
        }
    }

    fn show_left_out(&self, at: i64, left_out: &LeftOut) {
        if self.is_shown(&left_out.start) {
            let kind = kind_at(&left_out.start, self.direction);
            self.watch.show(at, Sight::Large(self.direction, kind, left_out.bytes), 1);
        }
    }

    fn is_shown(&self, message: &[u8]) -> bool {
        self.watch.eyes.shows(kind_at(message, self.direction))
    }

    /// Keeps the account of what is held. A frame for which there is no room goes unseen.
    fn hold(&mut self) {
        let room = &self.watch.eyes.room;
        let held = self.splitter.held();
        if held <= self.held {
            room.give(self.held - held);
            self.held = held;
        } else if room.take(held - self.held) {
            self.held = held;
        } else if let Some(left_out) = self.splitter.leave_out(0) {
            room.give(self.held);
            self.held = 0;
            self.show_left_out(now(), &left_out);
        }
        // What is not even a kind yet is too little to count.
    }
}

impl Drop for WatchedWay {
    fn drop(&mut self) {
        self.watch.eyes.room.give(self.held);
    }
}

fn message(bytes: &[u8]) -> &[u8] {
    frame::find(bytes, usize::MAX).ok().flatten().map_or(&[], |frame| frame.message())
}

/// Nanoseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

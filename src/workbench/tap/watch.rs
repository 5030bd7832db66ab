//! Looks at the bytes of one direction as they go by, and hands on what is seen of them. Never waits.

use std::sync::Arc;
use std::time::SystemTime;

use kapacitor_udfd::wire::frame;

use super::frames::Splitter;
use super::message::{Kind, kind};
use super::recorder::Recorder;
use super::recording::{Direction, Record, What};
use super::room::Room;
use super::screen::{Screen, Seen, Sight};

/// What may be held of frames that are not whole yet, over all connections. Attack: each begins a frame of 64 MiB.
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
    fn tell(&self, what: What<'_>, sight: Sight) {
        let at = now();
        self.record(at, what);
        if self.eyes.only.is_empty() {
            self.show(at, sight, 0);
        }
    }

    fn record(&self, at: i64, what: What<'_>) {
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
        self.watch.tell(What::Ended(self.direction), Sight::Ended(self.direction));
    }

    fn show_frames(&mut self, at: i64) {
        let mut shown = Vec::new();
        let mut messages = 0;
        let mut lost = None;
        while let Some(found) = self.splitter.next() {
            match found {
                Ok(bytes) if self.is_shown(&bytes) => {
                    shown.extend_from_slice(&bytes);
                    messages += 1;
                }
                Ok(_) => {}
                Err(why) => {
                    // What is no frame is of no use to anybody here.
                    self.splitter.rest();
                    lost = Some(why);
                }
            }
        }
        if messages > 0 {
            self.watch.show(at, Sight::Frames(self.direction, shown), messages);
        }
        if let Some(why) = lost {
            self.watch.show(at, Sight::Lost(self.direction, why), 1);
        }
    }

    fn is_shown(&self, bytes: &[u8]) -> bool {
        let frame = frame::find(bytes, usize::MAX).ok().flatten();
        self.watch.eyes.shows(frame.and_then(|frame| kind(frame.message(), self.direction)))
    }

    /// Keeps the account of what is held. A frame for which there is no room goes unseen.
    fn hold(&mut self) {
        let room = &self.watch.eyes.room;
        let held = self.splitter.held();
        if held <= self.held {
            room.give(self.held - held);
        } else if !room.take(held - self.held) && self.splitter.leave_out() {
            room.give(self.held);
            self.held = 0;
            return self.watch.eyes.screen.leave_out(1);
        }
        self.held = held;
    }
}

impl Drop for WatchedWay {
    fn drop(&mut self) {
        self.watch.eyes.room.give(self.held);
    }
}

/// Nanoseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

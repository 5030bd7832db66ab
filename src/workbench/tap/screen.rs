//! Shows what is seen, on stdout, on a thread of its own: a stdout that is slow holds nobody up. What it does not take
//! in time is left out, and counted.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};

use super::frames::NoFrames;
use super::message::Kind;
use super::notes::{Notes, Written, in_background};
use super::recording::Direction;
use super::room::Room;
use super::sheet::{Form, Sheet};

/// What may wait for stdout.
const WAITING: usize = 16 << 20;
/// What an item takes besides its frames, while it waits.
const OVERHEAD: usize = 128;

/// Where to show things.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    sender: Sender<Seen>,
    room: Room,
    /// Messages that found no room since the last that did.
    left_out: Arc<AtomicU64>,
    /// Nothing more is shown.
    ended: Arc<AtomicBool>,
}

/// Something seen, on its way to stdout.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) connection: u32,
    pub(super) at: i64,
    pub(super) what: Sight,
}

#[derive(Debug)]
pub(super) enum Sight {
    Opened,
    /// Whole frames, one after the other.
    Frames(Direction, Vec<u8>),
    /// A frame of so many bytes, too large to be shown.
    Large(Direction, Option<Kind>, usize),
    /// There were so many bytes of a frame when the direction ended.
    Unfinished(Direction, usize),
    /// From here on no frame is found.
    Lost(Direction, NoFrames),
    Ended(Direction),
    Closed,
    /// So many messages were not shown.
    LeftOut(u64),
}

impl Screen {
    pub(super) fn start(form: Form, notes: Notes) -> (Self, Written) {
        let (sender, seen) = mpsc::channel();
        let screen = Self {
            sender,
            room: Room::new(WAITING),
            left_out: Arc::new(AtomicU64::new(0)),
            ended: Arc::new(AtomicBool::new(false)),
        };
        let (room, left_out) = (screen.room.clone(), Arc::clone(&screen.left_out));
        let ended = Arc::clone(&screen.ended);
        let written = in_background(move || {
            if let Err(error) = show_all(Sheet::new(form), &seen, &room, &left_out) {
                ended.store(true, Ordering::Relaxed);
                notes.say(no_more(&error));
            }
        });
        (screen, written)
    }

    /// Whether there is no use in showing anything.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Shows it as soon as stdout takes it, if there is room until then. `messages`: how many it is.
    pub(super) fn show(&self, seen: Seen, messages: u64) {
        if self.has_ended() {
            return;
        }
        if !self.room.take(seen.cost()) {
            self.leave_out(messages);
            return;
        }
        // That the thread is gone shows in `ended`.
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            let _ = self.sender.send(Seen { what: Sight::LeftOut(left_out), ..seen });
        }
        let _ = self.sender.send(seen);
    }

    /// Counts messages that can't be shown.
    pub(super) fn leave_out(&self, messages: u64) {
        self.left_out.fetch_add(messages, Ordering::Relaxed);
    }
}

impl Seen {
    fn cost(&self) -> usize {
        match &self.what {
            Sight::Frames(_, frames) => OVERHEAD + frames.capacity(),
            // It comes with what has found room.
            Sight::LeftOut(_) => 0,
            _ => OVERHEAD,
        }
    }
}

fn no_more(error: &io::Error) -> String {
    const GOES_ON: &str = "nothing more is shown; the tap goes on, and SIGINT or SIGTERM end it";
    match error.kind() {
        ErrorKind::BrokenPipe => format!("stdout is closed: {GOES_ON}"),
        _ => format!("cannot write to stdout: {error}; {GOES_ON}"),
    }
}

/// Writes until nobody sends any more. Whatever is there is out before it waits.
fn show_all(sheet: Sheet, seen: &Receiver<Seen>, room: &Room, left_out: &AtomicU64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, io::stdout());
    let mut last = 0;
    loop {
        let next = match seen.try_recv() {
            Err(TryRecvError::Empty) => {
                show_left_out(sheet, last, left_out, &mut out)?;
                out.flush()?;
                seen.recv().ok()
            }
            other => other.ok(),
        };
        let Some(next) = next else {
            show_left_out(sheet, last, left_out, &mut out)?;
            return out.flush();
        };
        last = next.at;
        sheet.write(&next, &mut out)?;
        room.give(next.cost());
    }
}

fn show_left_out(sheet: Sheet, at: i64, left_out: &AtomicU64, out: &mut impl Write) -> io::Result<()> {
    let messages = left_out.swap(0, Ordering::Relaxed);
    if messages == 0 {
        return Ok(());
    }
    sheet.write(&Seen { connection: 0, at, what: Sight::LeftOut(messages) }, out)
}

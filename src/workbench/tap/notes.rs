//! What the operator is told, on stderr, without anybody waiting for it: stderr may be a pipe that nobody reads.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use crate::cli::output;

/// So many lines may wait; what is said beyond that is not said.
const WAITING: usize = 256;

/// Where lines go. Clones go to the same place.
#[derive(Debug, Clone)]
pub(super) struct Notes(SyncSender<String>);

/// Ends when all that was said is written.
pub(super) struct Written(Receiver<()>);

pub(super) fn start() -> (Notes, Written) {
    let (sender, lines) = mpsc::sync_channel::<String>(WAITING);
    (Notes(sender), in_background(move || lines.iter().for_each(|line| output::error(&line))))
}

impl Notes {
    /// Says a line.
    pub(super) fn say(&self, line: impl Into<String>) {
        // Nobody reads them: there is nobody to tell.
        let _ = self.0.try_send(line.into() + "\n");
    }
}

impl Written {
    /// Waits for it, but not for ever. Whether it has come to its end.
    pub(super) fn wait(self, at_most: Duration) -> bool {
        // The thread's end drops its side.
        matches!(self.0.recv_timeout(at_most), Err(RecvTimeoutError::Disconnected))
    }
}

/// A thread that does this, and what tells that it is done. It may hang at what it writes to: it is left alone then.
pub(super) fn in_background(work: impl FnOnce() + Send + 'static) -> Written {
    let (alive, done) = mpsc::channel::<()>();
    thread::spawn(move || {
        work();
        drop(alive);
    });
    Written(done)
}

//! Hands what is seen to the recording, on a thread of its own: a disk that is slow holds nobody up. A recording
//! never has a hole; where it can't go on, it ends.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::time::Duration;

use super::notes::{Notes, Written, in_background};
use super::recording::{Record, RecordingError, What, Writer};
use super::room::Room;

/// What may wait for the disk.
const WAITING: usize = 64 << 20;
/// What an entry takes besides its bytes, while it waits.
const OVERHEAD: usize = 64;

/// Where entries go.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    sender: Sender<Owned>,
    room: Room,
    /// Nothing more is recorded.
    ended: Arc<AtomicBool>,
    notes: Notes,
    path: PathBuf,
}

/// The file that is being written.
pub(super) struct Recording {
    written: Written,
    ended: Arc<AtomicBool>,
    path: PathBuf,
}

/// What is on its way.
type Owned = Record<Box<[u8]>>;

impl Recorder {
    /// Creates the file.
    pub(super) fn start(path: &Path, notes: &Notes) -> Result<(Self, Recording), RecordingError> {
        let writer = Writer::create(path)?;
        let (sender, entries) = mpsc::channel();
        let (room, ended) = (Room::new(WAITING), Arc::new(AtomicBool::new(false)));
        let (notes, path) = (notes.clone(), path.to_owned());
        let recorder = Self { sender, room, ended, notes, path };
        let Self { room, ended, notes, path, .. } = recorder.clone();
        let written = in_background(move || {
            if let Err((writer, error)) = write_all(writer, &entries, &room) {
                ended.store(true, Ordering::Relaxed);
                writer.cut_off();
                notes.say(format!("recording to {} stopped: {error}; {GOES_ON}", path.display()));
            }
        });
        let recording =
            Recording { written, ended: Arc::clone(&recorder.ended), path: recorder.path.clone() };
        Ok((recorder, recording))
    }

    pub(super) fn record(&self, record: &Record<&[u8]>) {
        if self.ended.load(Ordering::Relaxed) {
            return;
        }
        let entry = record.map(Box::from);
        if self.room.take(cost(&entry)) {
            // The thread has met an error, and says so.
            let _ = self.sender.send(entry);
        } else if !self.ended.swap(true, Ordering::Relaxed) {
            let (path, mib) = (self.path.display(), WAITING >> 20);
            self.notes
                .say(format!("recording to {path} stopped: the disk is slow, {mib} MiB wait; {GOES_ON}"));
        }
    }
}

const GOES_ON: &str = "all up to there is in it, and the tap goes on without";

impl Recording {
    /// Waits until all is written, but not for ever. Whether it is, and the recording did not end before.
    pub(super) fn finish(self, at_most: Duration, notes: &Notes) -> bool {
        let written = self.written.wait(at_most);
        if !written {
            let path = self.path.display();
            notes.say(format!("the recording {path} lacks its end: the disk did not take it in time"));
        }
        written && !self.ended.load(Ordering::Relaxed)
    }
}

/// What it takes while it waits.
fn cost(entry: &Owned) -> usize {
    OVERHEAD + if let What::Bytes(_, bytes) = &entry.what { bytes.len() } else { 0 }
}

/// Writes until nobody sends any more. Whatever is there is in the file before it waits.
fn write_all(
    mut writer: Writer<File>,
    entries: &Receiver<Owned>,
    room: &Room,
) -> Result<(), (Writer<File>, io::Error)> {
    loop {
        let entry = match entries.try_recv() {
            Ok(entry) => entry,
            Err(TryRecvError::Disconnected) => return writer.flush().map_err(|error| (writer, error)),
            Err(TryRecvError::Empty) => {
                if let Err(error) = writer.flush() {
                    return Err((writer, error));
                }
                match entries.recv() {
                    Ok(entry) => entry,
                    Err(_) => return Ok(()),
                }
            }
        };
        let written = writer.write(&entry);
        room.give(cost(&entry));
        if let Err(error) = written {
            return Err((writer, error));
        }
    }
}

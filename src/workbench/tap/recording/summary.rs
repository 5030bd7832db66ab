//! Which conversations are in a recording. Reads messages only as far as it takes to tell them apart.

use std::collections::BTreeMap;
use std::path::Path;

use kapacitor_udfd::proto::InitRequest;
use kapacitor_udfd::wire::frame;
use kapacitor_udfd::wire::request::Request;

use super::{Direction, Entry, Event, Reader, RecordingError};

/// What is in a recording.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// In the order in which they began.
    pub(crate) conversations: Vec<Conversation>,
    /// Where the file breaks off inside an entry, if it does.
    pub(crate) cut: Option<u64>,
}

/// One connection of Kapacitor's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversation {
    pub(crate) connection: u32,
    /// When it began, in nanoseconds since 1970.
    pub(crate) opened: i64,
    /// When the last of it came.
    pub(crate) last: i64,
    /// Which node of which task it is, with its options; none where Kapacitor only asks what the function is.
    pub(crate) init: Option<InitRequest>,
    /// Points that Kapacitor sent.
    pub(crate) points: u64,
    /// Points that the function sent.
    pub(crate) answers: u64,
    /// Batches that Kapacitor sent.
    pub(crate) batches: u64,
    /// Whether Kapacitor gave a state back before the data.
    pub(crate) restored: bool,
    /// Bytes that are no frames, both ways.
    pub(crate) unreadable: u64,
}

/// Reads the recording through.
pub(crate) fn conversations(path: &Path) -> Result<Summary, RecordingError> {
    let mut reader = Reader::open(path)?;
    let mut found = BTreeMap::new();
    for entry in reader.by_ref() {
        let entry = entry?;
        let conversation =
            found.entry(entry.connection).or_insert_with(|| Conversation::new(entry.connection, entry.at));
        conversation.see(&entry);
    }
    Ok(Summary { conversations: found.into_values().collect(), cut: reader.cut() })
}

impl Conversation {
    fn new(connection: u32, opened: i64) -> Self {
        let (init, points, answers, batches, restored, unreadable) = (None, 0, 0, 0, false, 0);
        Self { connection, opened, last: opened, init, points, answers, batches, restored, unreadable }
    }

    fn see(&mut self, entry: &Entry) {
        self.last = entry.at;
        match &entry.event {
            Event::Frame { direction, bytes } => self.see_frame(*direction, bytes),
            Event::NoFrame { bytes, .. } => self.unreadable += bytes.len() as u64,
            Event::Opened | Event::Ended { .. } | Event::Closed => {}
        }
    }

    fn see_frame(&mut self, direction: Direction, bytes: &[u8]) {
        let Ok(Some(frame)) = frame::find(bytes, usize::MAX) else { return };
        let mut scratch = Vec::new();
        // Data has the same numbers both ways. What else a function says is no request, or one that doesn't matter.
        match (direction, Request::parse(frame, &mut scratch)) {
            (Direction::ToFunction, Ok(Request::Point(_))) => self.points += 1,
            (Direction::ToKapacitor, Ok(Request::Point(_))) => self.answers += 1,
            (Direction::ToFunction, Ok(Request::Begin(_))) => self.batches += 1,
            (Direction::ToFunction, Ok(Request::Restore(_))) => self.restored = true,
            (Direction::ToFunction, Ok(Request::Init(init))) => self.init = Some(init),
            _ => {}
        }
    }
}

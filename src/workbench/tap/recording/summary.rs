//! Which conversations are in a recording. Reads messages only as far as it takes to tell them apart.

use std::collections::BTreeMap;
use std::path::Path;

use kapacitor_udfd::proto::InitRequest;
use kapacitor_udfd::wire::frame;
use kapacitor_udfd::wire::request::Request;

use super::{Direction, Event, Reader, RecordingError};

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
    /// Which node of which task it is, with its options; none where Kapacitor only asks what the function is.
    pub(crate) init: Option<InitRequest>,
    /// Points that Kapacitor sent.
    pub(crate) points: u64,
    /// Whether Kapacitor gave a state back before the data.
    pub(crate) restored: bool,
}

/// Reads the recording through.
pub(crate) fn conversations(path: &Path) -> Result<Summary, RecordingError> {
    let mut reader = Reader::open(path)?;
    let mut found = BTreeMap::new();
    for entry in reader.by_ref() {
        let entry = entry?;
        let conversation =
            found.entry(entry.connection).or_insert_with(|| Conversation::new(entry.connection, entry.at));
        conversation.see(&entry.event);
    }
    Ok(Summary { conversations: found.into_values().collect(), cut: reader.cut() })
}

impl Conversation {
    fn new(connection: u32, opened: i64) -> Self {
        Self { connection, opened, init: None, points: 0, restored: false }
    }

    fn see(&mut self, event: &Event) {
        let Event::Frame { direction: Direction::ToFunction, bytes } = event else { return };
        let Ok(Some(frame)) = frame::find(bytes, usize::MAX) else { return };
        match Request::parse(frame, &mut Vec::new()) {
            Ok(Request::Point(_)) => self.points += 1,
            Ok(Request::Restore(_)) => self.restored = true,
            Ok(Request::Init(init)) => self.init = Some(init),
            _ => {}
        }
    }
}

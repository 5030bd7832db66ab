//! Batches from a stream, as `|window().period(D).every(D).align()` makes them. Knows nothing of who takes them.

use std::collections::{BTreeMap, HashMap};
use std::io;

use bytes::BytesMut;
use kapacitor_udfd::proto::request::Message;
use kapacitor_udfd::proto::{BeginBatch, EndBatch};

use super::wire::Wire;

/// The window that is open, for all groups.
#[derive(Debug)]
pub(super) struct Windows {
    length: i64,
    /// Behind its last moment.
    end: Option<i64>,
    batches: Vec<Batch>,
    /// Where a group's is among them.
    places: HashMap<Vec<u8>, usize>,
}

/// A group's points in it.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) name: String,
    pub(super) group: Vec<u8>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) by_name: bool,
    pub(super) frames: BytesMut,
    pub(super) points: i64,
}

impl Windows {
    pub(super) fn new(length: i64) -> Self {
        Self { length, end: None, batches: Vec::new(), places: HashMap::new() }
    }

    /// Whether the window that is open is over with a point of this time.
    pub(super) fn is_over(&self, time: i64) -> bool {
        self.end.is_some_and(|end| time >= end)
    }

    /// The group's batch for a point of this time. One that is late is in the window that is open.
    pub(super) fn batch(
        &mut self,
        time: i64,
        group: &[u8],
        new: impl FnOnce() -> Batch,
    ) -> Option<&mut Batch> {
        if self.end.is_none() {
            let begin = time.saturating_sub(time.rem_euclid(self.length));
            self.end = Some(begin.saturating_add(self.length));
        }
        if let Some(&place) = self.places.get(group) {
            return self.batches.get_mut(place);
        }
        self.places.insert(group.to_vec(), self.batches.len());
        self.batches.push(new());
        self.batches.last_mut()
    }

    /// The window ends: its batches go out.
    pub(super) fn close(&mut self, wire: &mut Wire) -> io::Result<()> {
        let Some(tmax) = self.end.take() else { return Ok(()) };
        self.places.clear();
        for batch in self.batches.drain(..) {
            wire.at(tmax)?;
            let Batch { name, group, tags, by_name, frames, points } = batch;
            let group = String::from_utf8_lossy(&group).into_owned();
            let begin = BeginBatch {
                name: name.clone(),
                group: group.clone(),
                tags: tags.clone(),
                size: points,
                by_name,
            };
            wire.request(Message::Begin(begin));
            wire.frames().extend_from_slice(&frames);
            wire.request(Message::End(EndBatch { name, group, tmax, tags, by_name }));
        }
        Ok(())
    }
}

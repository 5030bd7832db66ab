//! Points on their way to their tasks: several are read ahead, so that what they need is on its way too.

use std::sync::Arc;

use smallvec::SmallVec;

use super::halt::Halt;
use super::identity;
use super::names::Event;
use super::node::{AT_ONCE, Node};
use crate::handler::Progress;
use crate::wire::point::PointView;

/// What was read of a point.
#[derive(Clone, Copy)]
pub(super) struct Read<'a, 'p> {
    /// `None`: it can't be read.
    pub(super) event: Option<&'a Event<'p>>,
    pub(super) id: &'a identity::Found,
    /// Its Kapacitor group.
    pub(super) key: &'a [u8],
    /// Of group and id.
    pub(super) hash: u32,
    pub(super) place: &'a Place,
}

/// What is known of points from elsewhere than from themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// The group that they are of, and its bytes.
    pub(super) group: Option<(u32, Arc<[u8]>)>,
    /// Measurement, database and retention policy.
    pub(super) origin: Option<u32>,
}

impl Place {
    #[inline]
    fn key<'a>(&'a self, point: &PointView<'a>) -> &'a [u8] {
        match &self.group {
            Some((_, key)) => key,
            None => point.group(),
        }
    }
}

impl Node {
    /// Has `take` see to one point after the other, all of them read beforehand, until it can't go on. How many
    /// it has seen to.
    pub(super) fn each(
        &mut self,
        points: &[PointView<'_>],
        place: &Place,
        mut take: impl FnMut(&mut Self, &PointView<'_>, Read<'_, '_>) -> Result<Progress, Halt>,
    ) -> Result<usize, Halt> {
        let mut ids = std::mem::take(&mut self.ids);
        ids.resize_with(points.len().max(ids.len()), identity::Found::default);
        let mut hashes = SmallVec::<[u32; AT_ONCE]>::new();
        let mut events = SmallVec::<[Option<Event<'_>>; AT_ONCE]>::new();
        for (point, id) in points.iter().zip(&mut ids) {
            let event = self.names.read(point).ok();
            id.is_whole = event.as_ref().is_some_and(|event| self.identity.find(event, id));
            hashes.push(self.tasks.hash(place.key(point), id.text()));
            events.push(event);
        }
        self.tasks.warm(&hashes);
        let mut taken = 0;
        for (((point, event), id), hash) in points.iter().zip(&events).zip(&ids).zip(hashes) {
            let read = Read { event: event.as_ref(), id, key: place.key(point), hash, place };
            if take(self, point, read)? == Progress::More {
                break;
            }
            taken += 1;
        }
        self.ids = ids;
        if self.tasks.len() == 0
            && self.groups.give_back()
            && let Some(time) = &mut self.event_time
        {
            time.forget_groups();
        }
        Ok(taken)
    }
}

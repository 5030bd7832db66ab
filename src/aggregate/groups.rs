//! What points of a Kapacitor group share, kept once for all its tasks: dimensions, their tags, and which
//! times its points came out with. Knows nothing of what tasks hold.

use std::collections::VecDeque;

use ahash::RandomState;
use hashbrown::HashTable;
use slab::Slab;

use super::group::Group;
use super::settings::{Settings, Time};
use super::timeline::Timeline;
use crate::wire::WireError;
use crate::wire::batch::BeginBatchView;
use crate::wire::point::PointView;

/// How many groups without an open task are remembered, so that points of theirs that come out one after
/// the other don't get equal times. Attack: groups are made by tags, whose values others choose.
const MAX_IDLE: usize = 10_000;

/// And how many bytes of them, as a part of `maxBytes` at the most: tasks have to have room beside them.
const MAX_IDLE_BYTES: usize = 4 << 20;
const PART: usize = 16;

/// The groups that have open tasks, and some that had.
#[derive(Debug, Default)]
pub(super) struct Groups {
    slots: Slab<Group>,
    index: HashTable<u32>,
    /// Tags' values are chosen by others.
    hasher: RandomState,
    /// Groups in the order in which they became idle, with when; some are busy again.
    idle: VecDeque<(u32, u64)>,
    /// How many of them are idle still, and how much they take.
    idle_count: usize,
    idle_bytes: usize,
    max_idle_bytes: usize,
    idle_serial: u64,
    bytes: usize,
    /// Each has a time of its own.
    has_timelines: bool,
}

impl Groups {
    /// Those of a node that has this to do.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            max_idle_bytes: (settings.max_bytes / PART).min(MAX_IDLE_BYTES),
            has_timelines: settings.time != Time::Clock,
            ..Self::default()
        }
    }

    /// The number of the group `point` belongs to; it is read from the point when it is new.
    pub(super) fn of(&mut self, point: &PointView<'_>) -> Result<u32, WireError> {
        if let Some(known) = self.find(point.group()) {
            return Ok(known);
        }
        let number = self.add(Group::read(point)?);
        self.rest(number);
        Ok(number)
    }

    /// Likewise that of a batch.
    pub(super) fn of_batch(&mut self, begin: &BeginBatchView<'_>) -> u32 {
        if let Some(known) = self.find(begin.group()) {
            return known;
        }
        let number = self.add(Group::of_batch(begin));
        self.rest(number);
        number
    }

    /// A group that is not known yet and may have no task for now. To be followed by
    /// [`settle`](Self::settle), once it may be forgotten.
    #[expect(clippy::cast_possible_truncation, reason = "no more groups than tasks and idle ones, all u32")]
    pub(super) fn add(&mut self, mut group: Group) -> u32 {
        // There may be as many groups as tasks.
        group.dimensions.shrink_to_fit();
        group.tags.shrink_to_fit();
        if !self.has_timelines {
            group.timeline = None;
        } else if group.timeline.is_none() {
            group.timeline = Some(Box::new(Timeline::new()));
        }
        let hash = self.hasher.hash_one(&group.key);
        self.bytes += group.bytes();
        self.idle_count += 1;
        self.idle_bytes += group.bytes();
        let number = self.slots.insert(group) as u32;
        let Self { slots, hasher, .. } = self;
        self.index.insert_unique(hash, number, |&number| hasher.hash_one(key(slots, number)));
        number
    }

    /// Groups that have been added and have no task may be forgotten from now on.
    pub(super) fn settle(&mut self) {
        let idle: Vec<u32> =
            self.iter().filter(|(_, group)| group.open == 0).map(|(number, _)| number).collect();
        for number in idle {
            self.rest(number);
        }
    }

    pub(super) fn get(&self, number: u32) -> Option<&Group> {
        self.slots.get(number as usize)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Group> {
        self.slots.get_mut(number as usize)
    }

    /// The time of a group, where it has one of its own.
    #[inline]
    pub(super) fn timeline(&self, number: u32) -> Option<&Timeline> {
        self.slots.get(number as usize)?.timeline.as_deref()
    }

    #[inline]
    pub(super) fn timeline_mut(&mut self, number: u32) -> Option<&mut Timeline> {
        self.slots.get_mut(number as usize)?.timeline.as_deref_mut()
    }

    #[inline]
    pub(super) fn key(&self, number: u32) -> &[u8] {
        key(&self.slots, number)
    }

    /// The number of the group with these bytes.
    pub(super) fn find(&self, key_bytes: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(key_bytes);
        self.index.find(hash, |&number| key(&self.slots, number) == key_bytes).copied()
    }

    /// A task of the group opens, or something else that it must not be forgotten for begins.
    pub(super) fn opened(&mut self, number: u32) {
        if let Some(group) = self.slots.get_mut(number as usize) {
            if group.open == 0 {
                self.idle_count -= 1;
                self.idle_bytes -= group.bytes();
            }
            group.open += 1;
        }
    }

    /// That is over.
    pub(super) fn closed(&mut self, number: u32) {
        let Some(group) = self.slots.get_mut(number as usize) else { return };
        group.open -= 1;
        if group.open == 0 {
            if let Some(timeline) = &mut group.timeline {
                timeline.shrink();
            }
            self.idle_count += 1;
            self.idle_bytes += group.bytes();
            self.rest(number);
        }
    }

    /// Gives the memory of what were many groups back, if all are idle. `true`: those that are remembered have
    /// other numbers now.
    pub(super) fn give_back(&mut self) -> bool {
        if self.slots.capacity() <= 2 * MAX_IDLE || self.idle_count < self.slots.len() {
            return false;
        }
        let Self { mut slots, idle, max_idle_bytes, has_timelines, .. } = std::mem::take(self);
        (self.max_idle_bytes, self.has_timelines) = (max_idle_bytes, has_timelines);
        for (number, since) in idle {
            if is_idle_since(&slots, number, since)
                && let Some(group) = slots.try_remove(number as usize)
            {
                let number = self.add(group);
                self.rest(number);
            }
        }
        true
    }

    /// Every group with its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Group)> {
        #[expect(clippy::cast_possible_truncation, reason = "numbers of groups are u32")]
        self.slots.iter().map(|(number, group)| (number as u32, group))
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// What is kept of groups, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The group has no open task. The one for which that has held longest is forgotten, if there are many;
    /// never this one, which may be about to have a task, however large it is.
    fn rest(&mut self, number: u32) {
        self.idle_serial += 1;
        if let Some(group) = self.slots.get_mut(number as usize) {
            group.idle_since = self.idle_serial;
        }
        self.idle.push_back((number, self.idle_serial));
        if self.idle.len() > 2 * MAX_IDLE {
            let slots = &self.slots;
            self.idle.retain(|&(number, since)| is_idle_since(slots, number, since));
        }
        while self.idle_count > 1
            && (self.idle_count > MAX_IDLE || self.idle_bytes > self.max_idle_bytes)
            && let Some((number, since)) = self.idle.pop_front()
        {
            if is_idle_since(&self.slots, number, since) {
                self.forget(number);
            }
        }
    }

    fn forget(&mut self, number: u32) {
        let hash = self.hasher.hash_one(self.key(number));
        if let Ok(entry) = self.index.find_entry(hash, |&known| known == number) {
            entry.remove();
        }
        if let Some(group) = self.slots.try_remove(number as usize) {
            self.bytes -= group.bytes();
            self.idle_bytes -= group.bytes();
            self.idle_count -= 1;
        }
    }
}

fn key(groups: &Slab<Group>, number: u32) -> &[u8] {
    groups.get(number as usize).map_or(&[], |group| &group.key)
}

fn is_idle_since(groups: &Slab<Group>, number: u32, since: u64) -> bool {
    groups.get(number as usize).is_some_and(|group| group.open == 0 && group.idle_since == since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_were_many_groups_give_their_memory_back() {
        let mut groups = Groups { max_idle_bytes: usize::MAX, ..Groups::default() };
        let key = |n: u64| n.to_string().into_bytes();
        let numbers: Vec<u32> = (0..100_000)
            .map(|n| {
                let mut group = Group::new(&key(n));
                group.times.run = Some((0, n.cast_signed()));
                let number = groups.add(group);
                groups.opened(number);
                number
            })
            .collect();
        for number in numbers {
            groups.closed(number);
        }
        let (bytes, len) = (groups.bytes(), groups.len());
        assert_eq!(len, MAX_IDLE);
        assert!(groups.give_back());
        assert!(groups.slots.capacity() <= 2 * MAX_IDLE && groups.idle.capacity() <= 2 * MAX_IDLE);
        assert_eq!((groups.bytes(), groups.len(), groups.idle_bytes), (bytes, len, bytes));
        assert_eq!(groups.find(&key(89_999)), None);
        for n in [90_000, 99_999] {
            let group = groups.find(&key(n)).and_then(|number| groups.get(number)).unwrap();
            assert_eq!(group.times.run, Some((0, n.cast_signed())));
        }
    }
}

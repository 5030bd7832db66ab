//! What points of a Kapacitor group share, kept once for all its tasks: dimensions, their tags, and which
//! times its points came out with. Knows nothing of what tasks hold.

use std::collections::{BTreeMap, VecDeque};

use ahash::RandomState;
use hashbrown::HashTable;
use slab::Slab;

use super::reduce::heap;
use super::settings::{PointTime, Settings, Time};
use super::timeline::Timeline;
use crate::handler::UnixNanos;
use crate::wire::WireError;
use crate::wire::batch::BeginBatchView;
use crate::wire::entry::{EntryKind, bytes};
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

/// A Kapacitor group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) key: Box<[u8]>,
    pub(super) dimensions: Vec<Box<[u8]>>,
    /// Those of the dimensions, by name.
    pub(super) tags: Vec<Tag>,
    pub(super) by_name: bool,
    /// The dimensions are in the order of their bytes, as Kapacitor sends them.
    is_sorted: bool,
    pub(super) times: Times,
    /// Open tasks, in the order of their creation.
    pub(super) tasks: Ends,
    pub(super) open: usize,
    idle_since: u64,
    /// Where deadlines follow the events.
    timeline: Option<Box<Timeline>>,
}

/// A tag's name and value.
type Tag = (Box<[u8]>, Box<[u8]>);

/// The first and the last of a chain of tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) oldest: Option<u32>,
    pub(super) newest: Option<u32>,
}

/// The times of a group's points as they came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// What the first and the last point of the current run came out with.
    pub(super) run: Option<(UnixNanos, UnixNanos)>,
}

impl Times {
    /// The time of the next point, whose own is `own`: `InfluxDB` keeps one of two points that have the same
    /// one. Points in a row with equal times are moved 1 ns apart; what comes out at its moment never goes
    /// back.
    pub(super) fn next(&mut self, own: UnixNanos, point_time: PointTime) -> UnixNanos {
        let (start, last) = match self.run {
            Some((start, last)) if point_time == PointTime::Emit && own <= last => {
                (start, last.saturating_add(1))
            }
            Some((start, last)) if (start..=last).contains(&own) => (start, last.saturating_add(1)),
            _ => (own, own),
        };
        self.run = Some((start, last));
        last
    }
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

impl Group {
    /// A group without dimensions.
    pub(super) fn new(key: &[u8]) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    /// That of a batch: its tags are the dimensions.
    fn of_batch(begin: &BeginBatchView<'_>) -> Self {
        let mut group = Self::new(begin.group());
        group.by_name = begin.by_name();
        let tags = begin.tags();
        group.dimensions = tags.keys().map(|&name| name.into()).collect();
        let tags = tags.into_iter().filter(|(_, value)| !value.is_empty());
        group.tags = tags.map(|(name, value)| (name.into(), value.into())).collect();
        group.sort();
        group
    }

    fn read(point: &PointView<'_>) -> Result<Self, WireError> {
        let mut group = Self::new(point.group());
        group.by_name = point.by_name();
        group.dimensions = point.dimension_bytes().map(Box::from).collect();
        group.sort();
        let mut tags = BTreeMap::<&[u8], &[u8]>::new();
        for entry in point.entries() {
            let entry = entry?;
            if entry.kind == EntryKind::Tag && group.is_dimension(entry.key) {
                tags.insert(entry.key, entry.value.map_or(&[], bytes));
            }
        }
        // An empty tag is none to Kapacitor.
        let tags = tags.into_iter().filter(|(_, value)| !value.is_empty());
        group.tags = tags.map(|(name, value)| (name.into(), value.into())).collect();
        Ok(group)
    }

    /// Makes dimensions and tags ready to be looked for, in whatever order they came: there are as many as whoever
    /// sends the points likes.
    pub(super) fn sort(&mut self) {
        self.is_sorted = self.dimensions.is_sorted();
        self.tags.sort_unstable();
    }

    /// Its time as a snapshot had it.
    pub(super) fn set_timeline(&mut self, timeline: Timeline) {
        self.timeline = Some(Box::new(timeline));
    }

    pub(super) fn timeline_mut(&mut self) -> Option<&mut Timeline> {
        self.timeline.as_deref_mut()
    }

    /// Every dimension with its tag, in the order of their names; one that the group lacks is empty, as in
    /// Kapacitor's own batches.
    pub(super) fn all_tags(&self) -> BTreeMap<&[u8], &[u8]> {
        let mut all: BTreeMap<&[u8], &[u8]> = self.dimensions.iter().map(|name| (&**name, &[][..])).collect();
        all.extend(self.tags.iter().map(|(name, value)| (&**name, &**value)));
        all
    }

    /// The tag of one of the dimensions, if the group has it.
    pub(super) fn tag(&self, name: &[u8]) -> Option<&[u8]> {
        let at = self.tags.binary_search_by(|(tag, _)| (**tag).cmp(name)).ok()?;
        self.tags.get(at).map(|(_, value)| &**value)
    }

    pub(super) fn is_dimension(&self, name: &[u8]) -> bool {
        if self.is_sorted {
            return self.dimensions.binary_search_by(|dimension| (**dimension).cmp(name)).is_ok();
        }
        self.dimensions.iter().any(|dimension| **dimension == *name)
    }

    /// In memory, with its places in the table and the index.
    fn bytes(&self) -> usize {
        const PLACES: usize = size_of::<Group>() + size_of::<u64>() + 2 * size_of::<u32>();
        let text = |text: &[u8]| heap::block(text.len());
        let dimensions: usize = self.dimensions.iter().map(|name| text(name)).sum();
        let tags: usize = self.tags.iter().map(|(name, value)| text(name) + text(value)).sum();
        let lists = heap::block(size_of_val(&*self.dimensions)) + heap::block(size_of_val(&*self.tags));
        let timeline = if self.timeline.is_some() { heap::boxed::<Timeline>() } else { 0 };
        PLACES + text(&self.key) + lists + dimensions + tags + timeline
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

//! One Kapacitor group: what its points have in common.

use std::collections::BTreeMap;

use super::deadlines::Deadlines;
use super::settings::PointTime;
use super::timeline::Timeline;
use crate::handler::UnixNanos;
use crate::heap;
use crate::wire::WireError;
use crate::wire::batch::BeginBatchView;
use crate::wire::entry::{EntryKind, bytes};
use crate::wire::point::PointView;

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
    pub(super) idle_since: u64,
    /// Where deadlines follow the events.
    pub(super) timeline: Option<Box<Timeline>>,
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
    /// A point that goes on as it is has this time: what comes of it has another one.
    pub(super) fn reserve(&mut self, time: UnixNanos, point_time: PointTime) {
        let is_within = |(start, last): (UnixNanos, UnixNanos)| {
            time <= last && (start <= time || point_time == PointTime::Emit)
        };
        if !self.run.is_some_and(is_within) {
            self.run = Some((time, time));
        }
    }

    /// Whether no other point has come out since the one with this time.
    pub(super) fn is_last(&self, time: UnixNanos) -> bool {
        self.run.is_some_and(|(_, last)| last == time)
    }

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

impl Group {
    /// A group without dimensions.
    pub(super) fn new(key: &[u8]) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    /// That of a batch: its tags are the dimensions.
    pub(super) fn of_batch(begin: &BeginBatchView<'_>) -> Self {
        let mut group = Self::new(begin.group());
        group.by_name = begin.by_name();
        let tags = begin.tags();
        group.dimensions = tags.keys().map(|&name| name.into()).collect();
        let tags = tags.into_iter().filter(|(_, value)| !value.is_empty());
        group.tags = tags.map(|(name, value)| (name.into(), value.into())).collect();
        group.sort();
        group
    }

    pub(super) fn read(point: &PointView<'_>) -> Result<Self, WireError> {
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
    pub(super) fn bytes(&self) -> usize {
        const PLACES: usize = size_of::<Group>() + size_of::<u64>() + 2 * size_of::<u32>();
        let text = |text: &[u8]| heap::block(text.len());
        let dimensions: usize = self.dimensions.iter().map(|name| text(name)).sum();
        let tags: usize = self.tags.iter().map(|(name, value)| text(name) + text(value)).sum();
        let lists = heap::block(size_of_val(&*self.dimensions)) + heap::block(size_of_val(&*self.tags));
        let timeline = if self.timeline.is_some() { heap::boxed::<Timeline>() + Deadlines::BYTES } else { 0 };
        PLACES + text(&self.key) + lists + dimensions + tags + timeline
    }
}

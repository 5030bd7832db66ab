//! The table of open tasks: found by group and id, in the order of their creation, with their deadlines.
//! Knows what a task is made of, not when it ends or what comes out of it.

use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;

use ahash::RandomState;
use smallvec::SmallVec;

use super::deadlines::{Deadlines, Places};
use super::group::Ends;
use super::groups::Groups;
use super::index::Index;
use super::reduce::Reducer;
use super::short::same;
use super::slots::Slots;
use super::task::{NOBODY, Neighbours, Task};
use crate::handler::UnixNanos;
use crate::script::State;

/// The open tasks.
#[derive(Debug)]
pub(super) struct Tasks {
    slots: Slots<Task>,
    index: Index,
    /// Random: ids are chosen by others, who must not be able to make them collide.
    hasher: RandomState,
    /// Those by the clock; in event time each group has its own.
    pub(super) deadlines: Deadlines,
    places: Places,
    order: Ends,
    /// The number of the next task to be created.
    serial: u64,
    /// What the tasks hold outside the table, in bytes.
    heap_bytes: usize,
}

impl Tasks {
    /// What one task takes in the table, in bytes, less what it holds outside of it.
    pub(super) const BYTES: usize = size_of::<Task>() + Deadlines::BYTES + Index::BYTES;

    /// An empty table.
    pub(super) fn new() -> Self {
        Self {
            slots: Slots::default(),
            index: Index::default(),
            hasher: RandomState::new(),
            deadlines: Deadlines::default(),
            places: Places::default(),
            order: Ends::default(),
            serial: 0,
            heap_bytes: 0,
        }
    }

    /// What all of them take, in bytes.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.len() * Self::BYTES + self.heap_bytes
    }

    /// What tasks hold outside the table has grown, or shrunk.
    #[inline]
    pub(super) fn grown(&mut self, bytes: isize) {
        self.heap_bytes = self.heap_bytes.saturating_add_signed(bytes);
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The open task of a group and an id.
    #[inline]
    pub(super) fn find(&self, groups: &Groups, group: &[u8], id: &[u8]) -> Option<u32> {
        self.find_hashed(self.hash(group, id), groups, group, id)
    }

    /// Likewise, by [`hash`](Self::hash).
    #[inline]
    pub(super) fn find_hashed(&self, hash: u32, groups: &Groups, group: &[u8], id: &[u8]) -> Option<u32> {
        self.index.find(hash, |number| {
            let task = self.slots.get(number);
            task.is_some_and(|task| same(task.id.text(), id) && same(groups.key(task.group), group))
        })
    }

    /// Adds a task that is not there, behind all others. `due`: when to look at it.
    pub(super) fn add(&mut self, task: Task, due: UnixNanos, groups: &mut Groups) -> u32 {
        let hash = self.hash(groups.key(task.group), task.id.text());
        let group = task.group;
        self.heap_bytes += task.heap_bytes();
        let number = self.slots.insert(task);
        self.index.insert(hash, number);
        let Self { deadlines, places, serial, .. } = self;
        of_group(deadlines, groups, group).insert(places, number, *serial, due);
        self.serial += 1;
        groups.opened(group);
        self.chain(number, group, groups);
        number
    }

    /// Removes a task.
    pub(super) fn remove(&mut self, number: u32, groups: &mut Groups) -> Option<Task> {
        let task = self.slots.remove(number)?;
        self.index.remove(self.hash(groups.key(task.group), task.id.text()), number);
        let Self { deadlines, places, .. } = self;
        of_group(deadlines, groups, task.group).remove(places, number);
        debug_assert!(self.heap_bytes >= task.heap_bytes(), "more was held than was counted");
        self.heap_bytes = self.heap_bytes.saturating_sub(task.heap_bytes());
        self.unchain(&task, groups);
        groups.closed(task.group);
        if self.len() == 0 {
            debug_assert_eq!(self.heap_bytes, 0, "nothing is held and something counted");
            self.give_back();
        }
        Some(task)
    }

    /// A task is due at another moment than it was known to be.
    pub(super) fn put_off(&mut self, number: u32, due: UnixNanos, groups: &mut Groups) {
        let Some(task) = self.slots.get(number) else { return };
        of_group(&mut self.deadlines, groups, task.group).put_off(&mut self.places, number, due);
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Task> {
        self.slots.get(number)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Task> {
        self.slots.get_mut(number)
    }

    /// The task that was created first, of all that are open.
    pub(super) fn oldest(&self) -> Option<u32> {
        self.order.oldest
    }

    /// The one created next.
    pub(super) fn after(&self, number: u32) -> Option<u32> {
        let newer = self.get(number)?.neighbours.newer;
        (newer != NOBODY).then_some(newer)
    }

    /// The one created before.
    pub(super) fn before(&self, number: u32) -> Option<u32> {
        let older = self.get(number)?.neighbours.older;
        (older != NOBODY).then_some(older)
    }

    /// Those created before and behind a task, of its group.
    pub(super) fn group_neighbours(&self, number: u32) -> (Option<u32>, Option<u32>) {
        self.get(number).map_or((None, None), |task| task.group_neighbours.both())
    }

    /// The task that was created last, of all that are open.
    pub(super) fn newest(&self) -> Option<u32> {
        self.order.newest
    }

    /// All of them, in the order of their creation.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Task)> {
        std::iter::successors(self.oldest(), |&number| self.after(number))
            .filter_map(|number| Some((number, self.get(number)?)))
    }

    /// Has the tasks with these hashes in the processor's caches when they are looked for. With a million
    /// tasks each look is several misses, one after the other; here those of all the hashes are under way at
    /// once.
    pub(super) fn warm(&self, hashes: &[u32]) {
        // So many stay in the caches by themselves.
        const FEW: usize = 4_096;
        if self.len() < FEW {
            return;
        }
        let numbers: SmallVec<[Option<u32>; 16]> =
            hashes.iter().map(|&hash| self.index.find(hash, |_| true)).collect();
        let tasks = numbers.into_iter().flatten().filter_map(|number| self.get(number));
        // A byte of each of its cache lines, and of its map's.
        let touched = tasks.map(|task| {
            let reducers = task.reducers.last().map_or(0, Reducer::touch);
            let map = task.state().map_or(0, State::touch);
            task.id.text().len() as u64 ^ task.events.get() ^ u64::from(task.group) ^ reducers ^ map
        });
        black_box(touched.fold(0, |all, one| all ^ one));
    }

    #[expect(clippy::cast_possible_truncation, reason = "as much of the hash as the index keeps")]
    #[inline]
    pub(super) fn hash(&self, group: &[u8], id: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(group);
        hasher.write(id);
        hasher.finish() as u32
    }

    /// Puts a task behind all others, and behind those of its group.
    fn chain(&mut self, number: u32, group: u32, groups: &mut Groups) {
        let older = self.order.newest.replace(number);
        self.order.oldest.get_or_insert(number);
        self.link(older, Some(number), |task| &mut task.neighbours);
        if let Some(group) = groups.get_mut(group) {
            let older = group.tasks.newest.replace(number);
            group.tasks.oldest.get_or_insert(number);
            self.link(older, Some(number), |task| &mut task.group_neighbours);
        }
    }

    /// Takes a task that is no more out of both chains.
    fn unchain(&mut self, task: &Task, groups: &mut Groups) {
        let (older, newer) = task.neighbours.both();
        self.order.without(older, newer);
        self.link(older, newer, |task| &mut task.neighbours);
        if let Some(group) = groups.get_mut(task.group) {
            let (older, newer) = task.group_neighbours.both();
            group.tasks.without(older, newer);
            self.link(older, newer, |task| &mut task.group_neighbours);
        }
    }

    fn link(&mut self, older: Option<u32>, newer: Option<u32>, of: impl Fn(&mut Task) -> &mut Neighbours) {
        if let Some(task) = older.and_then(|older| self.slots.get_mut(older)) {
            of(task).newer = newer.unwrap_or(NOBODY);
        }
        if let Some(task) = newer.and_then(|newer| self.slots.get_mut(newer)) {
            of(task).older = older.unwrap_or(NOBODY);
        }
    }

    /// Gives the memory of what were many tasks back. Nobody looks at it before there are many again.
    fn give_back(&mut self) {
        if self.slots.is_roomy() {
            self.slots = Slots::default();
            self.index = Index::default();
            self.deadlines = Deadlines::default();
            self.places = Places::default();
        }
    }
}

/// The deadlines that a task of this group is among.
fn of_group<'a>(clock: &'a mut Deadlines, groups: &'a mut Groups, group: u32) -> &'a mut Deadlines {
    match groups.timeline_mut(group) {
        Some(timeline) => &mut timeline.deadlines,
        None => clock,
    }
}

impl Ends {
    /// Without the task that stood between these two.
    fn without(&mut self, older: Option<u32>, newer: Option<u32>) {
        if older.is_none() {
            self.oldest = newer;
        }
        if newer.is_none() {
            self.newest = older;
        }
    }
}

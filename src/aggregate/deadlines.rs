//! When tasks end by themselves: a heap with one entry a task, whose place is known, so that an ended
//! task's entry leaves with it. Knows numbers of tasks and moments, nothing of what they stand for.

use crate::handler::UnixNanos;

/// Children of a node. Four lie in two cache lines; the tree is half as deep as a binary one.
const ARITY: usize = 4;

/// The place of a task without a deadline.
const NOWHERE: u32 = u32::MAX;

/// The deadlines of tasks that share a time: the clock's, or that of their group.
///
/// A deadline that moves to a later moment, as one does with each event when there is an
/// `inactivityTimeout`, leaves the heap alone: [`first`](Self::first) gives the moment that was known, and
/// whoever finds that the task's real one is later puts it off then. One that moves to an earlier moment is
/// moved at once.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: Vec<Entry>,
}

/// For each task the place of its deadline among those that it is with.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<u32>);

impl Places {
    fn of(&self, task: u32) -> Option<usize> {
        let place = *self.0.get(task as usize)?;
        (place != NOWHERE).then_some(place as usize)
    }

    fn set(&mut self, task: u32, place: u32) {
        if let Some(known) = self.0.get_mut(task as usize) {
            *known = place;
        }
    }

    fn make_room(&mut self, task: u32) {
        if self.0.len() <= task as usize {
            self.0.resize(task as usize + 1, NOWHERE);
        }
    }
}

/// In the order in which they are due; of those due at once, in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: UnixNanos,
    /// Tasks are numbered as they are created.
    serial: u64,
    task: u32,
}

impl Deadlines {
    /// What one deadline takes.
    pub(super) const BYTES: usize = size_of::<Entry>() + size_of::<u32>();

    /// The task that is due first, and the moment it was last known to be due.
    #[inline]
    pub(super) fn first(&self) -> Option<(UnixNanos, u32)> {
        self.heap.first().map(|entry| (entry.due, entry.task))
    }

    /// A task that has no deadline yet gets one.
    pub(super) fn insert(&mut self, places: &mut Places, task: u32, serial: u64, due: UnixNanos) {
        places.make_room(task);
        let end = self.heap.len();
        if end == 0 {
            // There may be as many of these as tasks, each with one deadline.
            self.heap.reserve_exact(1);
        }
        self.heap.push(Entry { due, serial, task });
        self.rise(places, end);
    }

    /// The moment at which a task was last known to be due.
    pub(super) fn due(&self, places: &Places, task: u32) -> Option<UnixNanos> {
        Some(self.heap.get(places.of(task)?)?.due)
    }

    /// The task is due at another moment than it was.
    pub(super) fn put_off(&mut self, places: &mut Places, task: u32, due: UnixNanos) {
        let Some(place) = places.of(task) else { return };
        if let Some(entry) = self.heap.get_mut(place) {
            let was = std::mem::replace(&mut entry.due, due);
            if due < was { self.rise(places, place) } else { self.sink(places, place) }
        }
    }

    /// The task is no more.
    pub(super) fn remove(&mut self, places: &mut Places, task: u32) {
        let Some(place) = places.of(task) else { return };
        self.heap.swap_remove(place);
        places.set(task, NOWHERE);
        if place < self.heap.len() {
            self.rise(places, place);
            self.sink(places, place);
        }
    }

    /// Gives memory back that is more than a few deadlines take.
    pub(super) fn shrink(&mut self) {
        self.heap.shrink_to(4);
    }

    /// Moves the entry at `at` up to where it belongs. It is known there even if it did not move.
    fn rise(&mut self, places: &mut Places, mut at: usize) {
        let Some(&entry) = self.heap.get(at) else { return };
        while at > 0 {
            let above = (at - 1) / ARITY;
            let Some(&parent) = self.heap.get(above).filter(|parent| entry < **parent) else { break };
            self.put(places, at, parent);
            at = above;
        }
        self.put(places, at, entry);
    }

    /// Moves the entry at `at` down to where it belongs.
    fn sink(&mut self, places: &mut Places, mut at: usize) {
        let Some(&entry) = self.heap.get(at) else { return };
        loop {
            let first = at * ARITY + 1;
            let children = self.heap.get(first..self.heap.len().min(first + ARITY)).unwrap_or_default();
            let least = children.iter().copied().enumerate().min_by_key(|&(_, child)| child);
            let Some((index, child)) = least.filter(|&(_, child)| child < entry) else { break };
            self.put(places, at, child);
            at = first + index;
        }
        self.put(places, at, entry);
    }

    #[expect(clippy::cast_possible_truncation, reason = "there is an entry a task, and tasks are u32")]
    fn put(&mut self, places: &mut Places, at: usize, entry: Entry) {
        if let Some(known) = self.heap.get_mut(at) {
            *known = entry;
        }
        places.set(entry.task, at as u32);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Act {
        Insert(UnixNanos),
        PutOff(usize, UnixNanos),
        Remove(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            3 => (0..50i64).prop_map(Act::Insert),
            2 => (any::<usize>(), 0..50i64).prop_map(|(task, due)| Act::PutOff(task, due)),
            1 => any::<usize>().prop_map(Act::Remove),
        ]
    }

    proptest! {
        /// Against a plain list: the first is the least, each place is known.
        #[test]
        fn the_first_is_the_least_whatever_happens(acts in proptest::collection::vec(act(), 1..200)) {
            let (mut deadlines, mut places) = (Deadlines::default(), Places::default());
            let mut list: Vec<(UnixNanos, u64, u32)> = vec![];
            for (serial, act) in acts.into_iter().enumerate() {
                match act {
                    Act::Insert(due) => {
                        // The numbers of ended tasks are used again.
                        let task = (0..1_000).find(|task| list.iter().all(|entry| entry.2 != *task)).unwrap();
                        list.push((due, serial as u64, task));
                        deadlines.insert(&mut places, task, serial as u64, due);
                    }
                    Act::PutOff(index, due) if !list.is_empty() => {
                        let index = index % list.len();
                        list[index].0 = due;
                        deadlines.put_off(&mut places, list[index].2, due);
                    }
                    Act::Remove(index) if !list.is_empty() => {
                        let (_, _, task) = list.remove(index % list.len());
                        deadlines.remove(&mut places, task);
                        deadlines.remove(&mut places, task);
                    }
                    _ => {}
                }
                let least = list.iter().min().map(|&(due, _, task)| (due, task));
                prop_assert_eq!(deadlines.first(), least);
                prop_assert_eq!(deadlines.heap.len(), list.len());
                for (place, entry) in deadlines.heap.iter().enumerate() {
                    prop_assert_eq!(places.of(entry.task), Some(place));
                }
            }
        }
    }
}

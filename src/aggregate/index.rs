//! Where tasks are found by a hash: one flat table, so that a look is one cache line. Knows hashes and numbers
//! of tasks; what is hashed, and whether a task is the one that is looked for, is the caller's.

/// What a place of the table holds when nobody is there.
const NOBODY: u32 = u32::MAX;

/// The table is at most so full, in eighths: beyond that, runs of places that are taken grow long.
const FULL: usize = 6;

/// The smallest table.
const SMALLEST: usize = 16;

/// A table with linear probing.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// As many as a power of two, or none.
    places: Vec<Place>,
    taken: usize,
}

/// Enough of the hash to tell most other tasks from the one that is looked for, and to grow without a look
/// at any.
#[derive(Debug, Clone, Copy)]
struct Place {
    hash: u32,
    task: u32,
}

const EMPTY: Place = Place { hash: 0, task: NOBODY };

impl Index {
    /// What a task takes, in bytes: the table is between three and six eighths full.
    pub(super) const BYTES: usize = 2 * size_of::<Place>();

    /// The task with this hash for which `is_it` holds.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        // There is always an empty place, so that this ends.
        while let Some(place) = self.places.get(at).filter(|place| place.task != NOBODY) {
            if place.hash == hash && is_it(place.task) {
                return Some(place.task);
            }
            at = self.next(at);
        }
        None
    }

    /// Adds a task, which is not there yet.
    pub(super) fn insert(&mut self, hash: u32, task: u32) {
        if (self.taken + 1) * 8 > self.places.len() * FULL {
            self.grow();
        }
        self.put(Place { hash, task });
        self.taken += 1;
    }

    /// Removes a task that was added with this hash.
    pub(super) fn remove(&mut self, hash: u32, task: u32) {
        let mut at = self.home(hash);
        while let Some(place) = self.places.get(at).filter(|place| place.task != NOBODY) {
            if place.task == task {
                self.close(at);
                self.taken -= 1;
                return;
            }
            at = self.next(at);
        }
    }

    /// Empties a place, and moves those behind it up that would not be found any more.
    fn close(&mut self, mut hole: usize) {
        let mut at = self.next(hole);
        while let Some(&place) = self.places.get(at).filter(|place| place.task != NOBODY) {
            let from_home = at.wrapping_sub(self.home(place.hash)) & self.mask();
            if from_home >= at.wrapping_sub(hole) & self.mask() {
                self.set(hole, place);
                hole = at;
            }
            at = self.next(at);
        }
        self.set(hole, EMPTY);
    }

    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(SMALLEST);
        let old = std::mem::replace(&mut self.places, vec![EMPTY; size]);
        for place in old.into_iter().filter(|place| place.task != NOBODY) {
            self.put(place);
        }
    }

    fn put(&mut self, place: Place) {
        let mut at = self.home(place.hash);
        while self.places.get(at).is_some_and(|place| place.task != NOBODY) {
            at = self.next(at);
        }
        self.set(at, place);
    }

    fn set(&mut self, at: usize, place: Place) {
        if let Some(known) = self.places.get_mut(at) {
            *known = place;
        }
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        hash as usize & self.mask()
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & self.mask()
    }

    #[inline]
    fn mask(&self) -> usize {
        self.places.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few hashes, so that runs are long and wrap around the table's end.
        #[test]
        fn what_was_added_and_not_removed_is_found(acts in proptest::collection::vec((any::<bool>(), 0..40u32), 1..300)) {
            let hash = |task: u32| if task.is_multiple_of(3) { u32::MAX - task % 7 } else { task % 5 };
            let (mut index, mut known) = (Index::default(), std::collections::BTreeSet::new());
            for (add, task) in acts {
                if add && known.insert(task) {
                    index.insert(hash(task), task);
                } else if !add {
                    known.remove(&task);
                    index.remove(hash(task), task);
                }
                for task in 0..40 {
                    let found = index.find(hash(task), |other| other == task);
                    prop_assert_eq!(found, known.contains(&task).then_some(task));
                }
                prop_assert_eq!(index.taken, known.len());
            }
        }
    }
}

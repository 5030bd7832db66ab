//! A task's map as scripts see it, and as memory holds it: small, since tasks are many, and without the
//! engine's types.

mod keys;

mod value;

mod place;

mod edit;

mod fields;

mod packed;

#[cfg(test)]
mod tests;

use thin_vec::ThinVec;

pub(crate) use keys::Keys;

pub(super) use edit::{At, MAX_DEPTH, MAX_WEIGHT, Refused};
pub(super) use place::{Held, Path, Step};
pub(super) use value::{Entry, StateValue};

/// A map. Entries stand in the order in which they were made.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct State {
    entries: ThinVec<Entry>,
    /// What it takes as text.
    text: u32,
    /// What it takes in memory.
    heap: u32,
}

impl Clone for State {
    /// A copy has no room to grow.
    fn clone(&self) -> Self {
        let entries = self.entries.clone();
        let heap = edit::saturated(value::map_heap(&entries));
        Self { entries, text: self.text, heap }
    }
}

impl State {
    /// Whether it has no entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A byte of what an event touches, so that those of several maps are on their way at once.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        self.entries.last().map_or(0, |entry| u64::from(entry.key()))
    }

    /// What it holds outside the value itself, in bytes. Known, not counted anew.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.heap as usize
    }

    /// What it would take as text or in memory, whichever is more. Known, not counted anew.
    pub(crate) fn weight(&self) -> usize {
        self.text().max(self.heap_bytes())
    }

    fn text(&self) -> usize {
        self.text as usize
    }

    /// The list or the map at `path`.
    #[inline]
    pub(super) fn held(&self, path: &[Step]) -> Option<Held<'_>> {
        place::find(&self.entries, path)
    }
}

//! A task's map as scripts see it, and as memory holds it.

use crate::pack::{Damaged, Reader};
use crate::value::Value;

/// The names of map entries that stand in the source, so that a task holds a number for each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {}

/// A map.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {}

impl State {
    /// Whether it has no entries.
    pub(crate) fn is_empty(&self) -> bool {
        true
    }

    /// What it holds outside the value itself, in bytes. Known, not counted anew.
    pub(crate) fn heap_bytes(&self) -> usize {
        0
    }

    /// What it would take as text or in memory, whichever is more. Known, not counted anew.
    pub(crate) fn weight(&self) -> usize {
        0
    }

    /// Each value with its name: nested maps flattened with `.`, lists as JSON. Doubles may be NaN or infinite.
    pub(crate) fn fields(&self, _keys: &Keys, _each: impl FnMut(&[u8], Value<'_>)) {}

    /// Appends it.
    pub(crate) fn write(&self, _keys: &Keys, _out: &mut Vec<u8>) {}

    /// Reads what [`Self::write`] wrote, perhaps with other keys.
    pub(crate) fn read(_keys: &Keys, _from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self::default())
    }
}

//! Conditions that are a plain comparison: these need no engine.

use super::state::State;
use crate::value::Value;

/// Where a plain condition looks things up. Slots are those of `Scripts::event_names`.
pub(crate) trait Look {
    fn tag(&self, slot: usize) -> Option<&[u8]>;
    fn field(&self, slot: usize) -> Option<Value<'_>>;
    /// `task.count`.
    fn count(&self) -> u64;
}

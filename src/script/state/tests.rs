//! Maps by themselves.

use super::value::map_cost;
use super::*;

impl State {
    /// What is known is what it is.
    pub(in crate::script) fn check(&self, keys: &Keys) {
        let cost = map_cost(&self.entries, keys);
        assert_eq!((self.text(), self.heap_bytes()), (cost.text, cost.heap));
    }
}

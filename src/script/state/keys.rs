//! The names of map entries that stand in the source, as numbers.

use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashTable;

/// The names of map entries that stand in the source, so that a task holds a number for each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    names: Vec<Box<str>>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Keys {
    /// Each name once.
    pub(in crate::script) fn new(names: impl IntoIterator<Item = Box<str>>) -> Self {
        let mut table = Table { names: names.into_iter().collect(), ..Table::default() };
        let Table { names, numbers, hasher } = &mut table;
        for (number, name) in (0..).zip(names.iter()) {
            let again = |number: &u32| {
                let name = usize::try_from(*number).ok().and_then(|number| names.get(number));
                hasher.hash_one(name.map_or("", |name| name))
            };
            numbers.insert_unique(hasher.hash_one(&**name), number, again);
        }
        Self(Arc::new(table))
    }

    /// The name that a number stands for.
    pub(in crate::script) fn name(&self, key: u32) -> &str {
        let name = usize::try_from(key).ok().and_then(|key| self.0.names.get(key));
        name.map_or("", |name| name)
    }

    /// The number of a name.
    pub(in crate::script) fn find(&self, name: &str) -> Option<u32> {
        let Table { numbers, hasher, .. } = &*self.0;
        numbers.find(hasher.hash_one(name), |key| self.name(*key) == name).copied()
    }

    pub(in crate::script) fn names(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..).zip(self.0.names.iter().map(|name| &**name))
    }
}

//! The first values of tags and fields that `keep` names, as entries of the point that will carry them.

use ahash::RandomState;
use hashbrown::{HashMap, HashTable};

use super::reduce::Tally;
use crate::heap;
use crate::value::Value;
use crate::wire::entry::{Entries, Entry, EntryKind};
use crate::wire::{WireError, fields, patch};

/// From so many names on they are looked up in a table.
const MANY: usize = 8;

/// What one task keeps.
#[derive(Debug, Default, Clone)]
pub(super) struct Kept {
    /// Entries of a point's maps, one for each name.
    body: Vec<u8>,
    count: u32,
    /// Where in `body` each name's entry begins, once there are many.
    index: Option<Box<HashTable<u32>>>,
}

/// An event's values that were not kept yet, by name.
type New<'a> = HashMap<&'a [u8], Entry<'a>, RandomState>;

impl Kept {
    /// Keeps what `entries` has of the names that `wanted` picks and that are not kept yet.
    pub(super) fn take<'a>(
        &mut self,
        mut entries: Entries<'a>,
        wanted: impl Fn(&[u8]) -> bool,
        hasher: &RandomState,
        tally: &mut Tally,
    ) -> Result<(), WireError> {
        let mut new: Option<New<'a>> = None;
        while let Some(next) =
            entries.next_wanted(|key| (wanted(key) && !self.has(key, hasher)).then_some(()))
        {
            let ((), entry) = next?;
            if entry.kind == EntryKind::Tag && entry.is_empty() {
                continue;
            }
            let new = new.get_or_insert_with(|| HashMap::with_hasher(hasher.clone()));
            let known = new.entry(entry.key).or_insert_with(|| entry.clone());
            // Tags come before all kinds of fields: a field wins over a tag of its name.
            if entry.kind >= known.kind {
                *known = entry;
            }
        }
        let before = self.heap_bytes();
        // In the point's order: the same points make the same state.
        let mut new: Vec<_> = new.iter().flat_map(HashMap::values).collect();
        new.sort_unstable_by_key(|entry| entry.range.start);
        for entry in new {
            self.add(entry, hasher, tally);
        }
        tally.grown += signed(self.heap_bytes()) - signed(before);
        Ok(())
    }

    fn add(&mut self, entry: &Entry<'_>, hasher: &RandomState, tally: &mut Tally) {
        match Value::of(entry) {
            Value::Double(double) if !double.is_finite() => {
                tally.not_finite += 1;
                return;
            }
            Value::Text(text) => tally.longest_text = tally.longest_text.max(text.len()),
            _ => {}
        }
        self.push(entry.key, entry.kind, entry.value_or_zero(), hasher);
    }

    /// Adds an entry of a name that is not kept yet.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a task's entries are far below 4 GiB: each text of 60 KiB ends it"
    )]
    pub(super) fn push(
        &mut self,
        key: &[u8],
        kind: EntryKind,
        value: fields::Value<'_>,
        hasher: &RandomState,
    ) {
        let start = self.body.len() as u32;
        patch::write_entry(key, kind, value, &mut self.body);
        self.count += 1;
        let body = &self.body;
        match &mut self.index {
            Some(index) => {
                let hash = |&at: &u32| hasher.hash_one(key_at(body, at));
                index.insert_unique(hasher.hash_one(key), start, hash);
            }
            None if self.count as usize > MANY => self.index = Some(Box::new(index(body, hasher))),
            None => {}
        }
    }

    fn has(&self, key: &[u8], hasher: &RandomState) -> bool {
        match &self.index {
            Some(index) => index.find(hasher.hash_one(key), |&at| key_at(&self.body, at) == key).is_some(),
            None => self.entries().any(|entry| entry.key == key),
        }
    }

    /// How many values.
    pub(super) fn len(&self) -> u32 {
        self.count
    }

    /// What is kept.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        Entries::new(&self.body).flatten()
    }

    /// What is held outside the value itself, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let index = self.index.as_ref();
        let table =
            index.map_or(0, |index| heap::boxed::<HashTable<u32>>() + heap::block(index.allocation_size()));
        heap::block(self.body.capacity()) + table
    }
}

fn index(body: &[u8], hasher: &RandomState) -> HashTable<u32> {
    let mut index = HashTable::new();
    for entry in Entries::new(body).flatten() {
        #[expect(clippy::cast_possible_truncation, reason = "see `push`")]
        let start = entry.range.start as u32;
        let hash = |&at: &u32| hasher.hash_one(key_at(body, at));
        index.insert_unique(hasher.hash_one(entry.key), start, hash);
    }
    index
}

fn key_at(body: &[u8], at: u32) -> &[u8] {
    let entry = body.get(at as usize..).map(Entries::new).and_then(|mut entries| entries.next());
    entry.and_then(Result::ok).map_or(&[], |entry| entry.key)
}

fn signed(bytes: usize) -> isize {
    bytes.cast_signed()
}

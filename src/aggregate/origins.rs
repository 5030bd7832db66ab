//! Where tasks' first events came from: measurement, database, retention policy. Kept once for all tasks
//! that share them, ready to be written.

use ahash::RandomState;
use hashbrown::HashTable;
use slab::Slab;

use crate::heap;
use crate::wire::point::{self, PointView};
use crate::wire::point_writer;

/// The origins of the open tasks.
#[derive(Debug, Default)]
pub(super) struct Origins {
    slots: Slab<Counted>,
    index: HashTable<u32>,
    /// Measurements are chosen by others.
    hasher: RandomState,
    bytes: usize,
    /// An origin that is looked for, encoded.
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Counted {
    /// The fields of a point's message that tell it.
    encoded: Box<[u8]>,
    tasks: usize,
}

impl Origins {
    /// The number of a point's origin, which has one task more now.
    pub(super) fn of(&mut self, point: &PointView<'_>) -> u32 {
        let [name, database, retention_policy] = point.origin_bytes();
        self.take(name, database, retention_policy)
    }

    /// Likewise of an origin in its parts.
    pub(super) fn take(&mut self, name: &[u8], database: &[u8], retention_policy: &[u8]) -> u32 {
        self.scratch.clear();
        point_writer::text(point::number::NAME, name, &mut self.scratch);
        point_writer::text(point::number::DATABASE, database, &mut self.scratch);
        point_writer::text(point::number::RETENTION_POLICY, retention_policy, &mut self.scratch);
        let number = self.number();
        self.hold(number);
        number
    }

    /// One task more has this origin, which is given back.
    pub(super) fn hold(&mut self, number: u32) -> u32 {
        if let Some(origin) = self.slots.get_mut(number as usize) {
            origin.tasks += 1;
        }
        number
    }

    /// A task with this origin is no more.
    pub(super) fn release(&mut self, number: u32) {
        let Some(origin) = self.slots.get_mut(number as usize) else { return };
        origin.tasks -= 1;
        if origin.tasks > 0 {
            return;
        }
        let hash = self.hasher.hash_one(&origin.encoded);
        if let Ok(entry) = self.index.find_entry(hash, |&known| known == number) {
            entry.remove();
        }
        if let Some(origin) = self.slots.try_remove(number as usize) {
            self.bytes -= bytes(&origin.encoded);
        }
    }

    /// The fields of a point's message that tell the origin.
    pub(super) fn encoded(&self, number: u32) -> &[u8] {
        encoded(&self.slots, number)
    }

    /// Every origin by its number: measurement, database, retention policy.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (u32, [&[u8]; 3])> {
        #[expect(clippy::cast_possible_truncation, reason = "numbers of origins are u32")]
        self.slots.iter().map(|(number, origin)| (number as u32, point::origin_bytes(&origin.encoded)))
    }

    /// What is kept of origins, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    #[expect(clippy::cast_possible_truncation, reason = "no more origins than tasks, which are u32")]
    fn number(&mut self) -> u32 {
        let hash = self.hasher.hash_one(&*self.scratch);
        let Self { slots, hasher, scratch, .. } = self;
        if let Some(&number) = self.index.find(hash, |&number| encoded(slots, number) == *scratch) {
            return number;
        }
        self.bytes += bytes(scratch);
        let number = slots.insert(Counted { encoded: scratch.as_slice().into(), tasks: 0 }) as u32;
        self.index.insert_unique(hash, number, |&number| hasher.hash_one(encoded(slots, number)));
        number
    }
}

/// What an origin takes, with its places in the table and the index.
fn bytes(encoded: &[u8]) -> usize {
    const PLACES: usize = size_of::<Counted>() + size_of::<u64>() + 2 * size_of::<u32>();
    PLACES + heap::block(encoded.len())
}

fn encoded(slots: &Slab<Counted>, number: u32) -> &[u8] {
    slots.get(number as usize).map_or(&[], |origin| &origin.encoded)
}

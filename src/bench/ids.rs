//! Ids for functions that gather points: which point has which, and what they look like. All is
//! calculated, so that ten million ids take no memory here.
//!
//! Points go round the groups (`user`) in turn. Within a group they go through its ids in an order that is
//! random and different in each round: a function that keeps a task an id meets them in no order that
//! its memory or the processor could have guessed.

use super::plan::Shape;
use super::shuffle::{SCATTER, inverse, shuffled};

/// The tag's name.
pub(super) const TAG: &str = "id";
/// How long an id is.
pub(super) const LEN: usize = 16;

/// Ids are scattered, so that they look like those of sessions and not like numbers.
const GATHER: u64 = inverse(SCATTER);

impl Shape {
    /// The number of the id that this point has; below `self.ids`.
    #[inline]
    pub(super) fn id(&self, number: u64) -> u64 {
        let key = self.key(number);
        // How many points of this key there are before.
        let nth = match self.batch {
            0 | 1 => number / self.keys,
            batch => number / (batch * self.keys) * batch + number % batch,
        };
        let each = (self.ids / self.keys).max(1);
        let round = nth / each;
        shuffled(nth % each, each, key ^ (round << 32)) * self.keys + key
    }

    /// How many different ids the first so many points have.
    pub(super) fn distinct_ids(&self, points: u64) -> u64 {
        let batch = self.batch.max(1);
        let whole = points / (batch * self.keys) * batch;
        let rest = points % (batch * self.keys);
        let of_key = |key: u64| whole + rest.saturating_sub(key * batch).min(batch);
        (0..self.keys).map(|key| of_key(key).min(self.ids / self.keys)).sum()
    }
}

/// An id as the tag's value: always of the same length, so that one can replace another.
#[inline]
pub(super) fn text(id: u64) -> [u8; LEN] {
    let scattered = (id + 1).wrapping_mul(SCATTER);
    let mut text = [0; LEN];
    if let Some((high, low)) = text.split_first_chunk_mut::<8>() {
        *high = hexadecimal(scattered >> 32);
        low.copy_from_slice(&hexadecimal(scattered & 0xffff_ffff));
    }
    text
}

/// The number of the id with this text; any number if no id has it.
pub(super) fn of_text(text: &str) -> Option<u64> {
    let scattered = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == LEN)?;
    scattered.wrapping_mul(GATHER).checked_sub(1)
}

/// Eight digits, all at once: this happens for each point.
#[inline]
fn hexadecimal(number: u64) -> [u8; 8] {
    let apart = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let apart = (apart | apart << 8) & 0x00ff_00ff_00ff_00ff;
    let apart = (apart | apart << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = (apart + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (apart + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bench::clock::Clock;

    #[test]
    fn texts_are_read_back() {
        for id in [0, 1, 15, 1000, 99_999_999, u64::from(u32::MAX)] {
            let text = String::from_utf8(text(id).to_vec()).unwrap();
            assert_eq!(text, format!("{:016x}", (id + 1).wrapping_mul(SCATTER)));
            assert_eq!(of_text(&text), Some(id));
        }
        assert_eq!((of_text("12"), of_text("not hexadecimal!"), of_text("")), (None, None, None));
    }

    #[test]
    fn each_id_comes_once_a_round_and_always_in_its_group() {
        for (keys, ids) in [(1, 1), (1, 7), (5, 5), (10, 1000), (3, 300_000)] {
            for batch in [0, 1, 10] {
                let shape = Shape { keys, ids, tags: 3, fields: 4, batch, clock: Clock::PLAIN };
                let rounds = if ids > 1000 { 2 } else { 5 };
                for round in 0..rounds {
                    // A round is over for all groups together only where it is made of whole batches.
                    let (from, to) = (round * ids, (round + 1) * ids);
                    if !(ids / keys).is_multiple_of(batch.max(1)) {
                        continue;
                    }
                    let found: BTreeSet<u64> = (from..to).map(|number| shape.id(number)).collect();
                    assert_eq!(shape.distinct_ids(to), ids);
                    assert_eq!((found.len() as u64, found.last()), (ids, Some(&(ids - 1))), "{shape:?}");
                }
                let some = ids / 3 + 1;
                let found: BTreeSet<u64> = (0..some).map(|number| shape.id(number)).collect();
                assert_eq!(found.len() as u64, shape.distinct_ids(some), "{shape:?}");
                assert!((0..2 * ids).all(|number| shape.id(number) % keys == shape.key(number)));
            }
        }
    }

    /// Neighbours in one round are none in the next.
    #[test]
    fn rounds_differ_and_have_no_pattern() {
        let shape = Shape { keys: 100, ids: 100_000, tags: 3, fields: 4, batch: 0, clock: Clock::PLAIN };
        let place = |round: u64| {
            let mut places = vec![0; 100_000];
            for n in 0..100_000 {
                places[usize::try_from(shape.id(round * 100_000 + n)).unwrap()] = n;
            }
            places
        };
        let (first, second) = (place(0), place(1));
        let mut order: Vec<usize> = (0..100_000).collect();
        order.sort_by_key(|&id| second[id]);
        let near = order.windows(2).filter(|ids| first[ids[0]].abs_diff(first[ids[1]]) < 500).count();
        // By chance one in a hundred.
        assert!((500..2000).contains(&near), "{near} of 100,000");
    }
}

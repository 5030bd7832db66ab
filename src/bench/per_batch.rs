//! Checks a function that gathers the points of each batch: it sends a batch for each one it gets, and what
//! that says of an id adds up to the points of this id in the one it got.

use std::collections::HashMap;

use kapacitor_udfd::proto::EndBatch;

use super::ids;
use super::order::Odd;
use super::plan::Shape;
use super::points::{KEY, key_text};

/// The batches a connection got.
#[derive(Debug, Clone)]
pub(super) struct PerBatch {
    shape: Shape,
    sent: u64,
    /// Batches that have ended.
    ended: u64,
    /// By id, in the batch that is open.
    counts: HashMap<u64, i64>,
    wrong: Odd,
}

impl PerBatch {
    /// Of a connection that sends so many points.
    pub(super) fn new(shape: Shape, sent: u64) -> Self {
        Self { shape, sent, ended: 0, counts: HashMap::new(), wrong: Odd::default() }
    }

    /// A point with this id has come, into which so many went.
    #[inline]
    pub(super) fn take(&mut self, id: Option<&str>, count: Option<i64>) {
        if let Some((id, count)) = id.and_then(ids::of_text).zip(count) {
            let sum = self.counts.entry(id).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// The batch has ended.
    pub(super) fn end(&mut self, end: &EndBatch) {
        let number = self.ended;
        self.ended += 1;
        let size = self.shape.batch.max(1);
        let first = number.saturating_mul(size);
        let beyond = first.saturating_add(size).min(self.sent);
        let Some(last) = beyond.checked_sub(1).filter(|last| first <= *last) else {
            self.counts.clear();
            return self.wrong.note(|| format!("batch {number}, where no more were sent"));
        };
        for point in first..beyond {
            let missing = self.counts.entry(self.shape.id(point)).or_default();
            *missing = missing.saturating_sub(1);
        }
        let off = self.counts.drain().filter(|(_, over)| *over != 0).min();
        if let Some((id, over)) = off {
            let (id, what) = (ids::text(id), if over < 0 { "few" } else { "many" });
            let id = String::from_utf8_lossy(&id);
            let by = over.unsigned_abs();
            return self.wrong.note(|| format!("batch {number} with {by} too {what} of id {id}"));
        }
        let key = key_text(self.shape.key(last));
        if end.tags.get(KEY) != Some(&key) {
            return self
                .wrong
                .note(|| format!("batch {number} with the tags {:?}, not {KEY}={key}", end.tags));
        }
        let tmax = self.shape.clock.latest(last);
        if end.tmax != tmax {
            self.wrong.note(|| format!("batch {number} that ends at {}, not {tmax}", end.tmax));
        }
    }

    /// What was wrong, in words.
    pub(super) fn faults(&self) -> Vec<String> {
        let expected = self.sent.div_ceil(self.shape.batch.max(1));
        let mut faults = Vec::new();
        if self.wrong.count > 0 {
            let Odd { count, first } = &self.wrong;
            faults.push(format!("{count} wrong of the batches received, the first: {first}"));
        }
        if self.ended != expected {
            faults.push(format!("{} batches received, {expected} expected", self.ended));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::clock::Clock;

    const SHAPE: Shape = Shape { keys: 2, ids: 6, tags: 3, fields: 4, batch: 10, clock: Clock::PLAIN };

    /// What comes back for 35 points in batches of ten, with `change` made to the counts and the end of one.
    fn check(change: impl Fn(&mut Vec<(u64, i64)>, &mut EndBatch), faults: &[&str]) {
        let mut batches = PerBatch::new(SHAPE, 35);
        for batch in 0..4u64 {
            let numbers = batch * 10..(batch * 10 + 10).min(35);
            let mut counts: Vec<_> = numbers.clone().map(|number| (SHAPE.id(number), 1)).collect();
            let mut end = SHAPE.end(numbers.end - 1);
            if batch == 2 {
                change(&mut counts, &mut end);
            }
            for (id, count) in counts {
                batches.take(Some(std::str::from_utf8(&ids::text(id)).unwrap()), Some(count));
            }
            batches.end(&end);
        }
        assert_eq!(batches.faults(), faults);
    }

    #[test]
    fn what_does_not_add_up_is_named() {
        let id = SHAPE.id(20);
        let wrong = |first: &str| format!("1 wrong of the batches received, the first: batch 2 {first}");
        let text = String::from_utf8(ids::text(id).to_vec()).unwrap();
        check(|_, _| {}, &[]);
        check(|counts, _| counts[0].1 = 0, &[&wrong(&format!("with 1 too few of id {text}"))]);
        check(|counts, _| counts[0].1 = 3, &[&wrong(&format!("with 2 too many of id {text}"))]);
        check(|_, end| end.tmax -= 1, &[&wrong("that ends at 1600000000000000028, not 1600000000000000029")]);
        check(|_, end| end.tags.clear(), &[&wrong("with the tags {}, not user=u00000000")]);
    }

    #[test]
    fn there_are_as_many_as_were_sent() {
        let mut batches = PerBatch::new(SHAPE, 0);
        batches.end(&EndBatch::default());
        let beyond = "1 wrong of the batches received, the first: batch 0, where no more were sent";
        assert_eq!(batches.faults(), [beyond, "1 batches received, 0 expected"]);
        assert_eq!(PerBatch::new(SHAPE, 35).faults(), ["0 batches received, 4 expected"]);
    }
}

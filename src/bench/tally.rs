//! Checks a function that gathers points: what it sends says how many points went into it, and for
//! each id that must add up to the points that were sent with it.

use super::ids;
use super::order::points;
use super::plan::Shape;

/// What a connection got, for each id.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    shape: Shape,
    /// The integer field that says how many points went in.
    field: String,
    counts: Vec<i64>,
    sum: i64,
    goal: i64,
    foreign: u64,
    uncounted: u64,
}

/// Which ids don't add up.
#[derive(Debug, Default)]
struct Off {
    /// Not all points sent with them came back.
    short: Sum,
    /// More came back than were sent.
    over: Sum,
    /// The first of either.
    first: String,
}

/// So many ids, and by how many points they are wrong.
#[derive(Debug, Default)]
struct Sum {
    ids: u64,
    points: u64,
}

impl Tally {
    /// Of a connection that sends so many points.
    pub(super) fn new(shape: Shape, field: &str, sent: u64) -> Self {
        Self {
            shape,
            field: field.to_owned(),
            counts: vec![0; usize::try_from(shape.ids).unwrap_or_default()],
            sum: 0,
            goal: sent.cast_signed(),
            foreign: 0,
            uncounted: 0,
        }
    }

    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// A point with this id has come, into which so many went.
    #[inline]
    pub(super) fn take(&mut self, id: Option<&str>, count: Option<i64>) {
        let place = id.and_then(ids::of_text).and_then(|id| usize::try_from(id).ok());
        let Some(sum) = place.and_then(|place| self.counts.get_mut(place)) else {
            self.foreign += 1;
            return;
        };
        let Some(count) = count else {
            self.uncounted += 1;
            return;
        };
        *sum = sum.saturating_add(count);
        self.sum = self.sum.saturating_add(count);
    }

    /// How many points went into what came.
    pub(super) fn sum(&self) -> i64 {
        self.sum
    }

    /// Whether all is there, as far as the sum can say.
    pub(super) fn is_complete(&self) -> bool {
        self.sum >= self.goal
    }

    /// What was wrong, in words. Takes a while: each point's id is calculated once more.
    pub(super) fn faults(&self) -> Vec<String> {
        let Off { short, over, first } = self.off();
        let ids = |count| if count == 1 { "1 id".to_owned() } else { format!("{count} ids") };
        let mut faults = Vec::new();
        for (Sum { ids: count, points: more }, what) in [(short, "too few"), (over, "too many")] {
            if count > 0 {
                let (field, ids, points) = (&self.field, ids(count), points(more));
                faults.push(format!("{points} {what} by the field {field} of {ids}, the first: {first}"));
            }
        }
        let odd = [(self.foreign, "an id that was sent"), (self.uncounted, "an integer in the field")];
        let odd = odd.into_iter().filter(|&(count, _)| count > 0);
        faults.extend(odd.map(|(count, what)| format!("{} received without {what}", points(count))));
        faults
    }

    fn off(&self) -> Off {
        let mut missing: Vec<i64> = self.counts.iter().map(|count| count.saturating_neg()).collect();
        for number in 0..self.goal.unsigned_abs() {
            let place = usize::try_from(self.shape.id(number)).unwrap_or(usize::MAX);
            if let Some(missing) = missing.get_mut(place) {
                *missing = missing.saturating_add(1);
            }
        }
        let mut off = Off::default();
        for (id, missing) in (0..).zip(missing).filter(|&(_, missing)| missing != 0) {
            let sum = if missing > 0 { &mut off.short } else { &mut off.over };
            sum.ids += 1;
            sum.points = sum.points.saturating_add(missing.unsigned_abs());
            if off.first.is_empty() {
                off.first = String::from_utf8_lossy(&ids::text(id)).into_owned();
            }
        }
        off
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::clock::Clock;

    const SHAPE: Shape = Shape { keys: 2, ids: 10, tags: 3, fields: 4, batch: 0, clock: Clock::PLAIN };

    /// `change` is what one id has more than it should.
    fn check(change: i64, more: &[(Option<&str>, Option<i64>)], words: &str) {
        let mut tally = Tally::new(SHAPE, "events", 34);
        let id = |id| String::from_utf8(ids::text(id).to_vec()).unwrap();
        for number in 0..34 {
            tally.take(Some(&id(SHAPE.id(number))), Some(1));
        }
        assert!(tally.is_complete());
        if change != 0 {
            tally.take(Some(&id(7)), Some(change));
        }
        for &(id, count) in more {
            tally.take(id, count);
        }
        assert_eq!(tally.faults().join("; "), words);
        assert_eq!(tally.sum(), 34 + change);
    }

    #[test]
    fn what_does_not_add_up_is_named() {
        let id = String::from_utf8(ids::text(7).to_vec()).unwrap();
        check(0, &[], "");
        check(-1, &[], &format!("1 point too few by the field events of 1 id, the first: {id}"));
        check(3, &[], &format!("3 points too many by the field events of 1 id, the first: {id}"));
        let strange = "0123456789abcdef";
        check(
            0,
            &[(None, Some(1)), (Some(strange), Some(1)), (Some(&id), None)],
            "2 points received without an id that was sent; 1 point received without an integer in the field",
        );
    }

    #[test]
    fn it_is_incomplete_until_all_are_there() {
        let mut tally = Tally::new(SHAPE, "events", 10);
        for number in 0..10 {
            assert!(!tally.is_complete());
            tally.take(Some(std::str::from_utf8(&ids::text(number)).unwrap()), Some(1));
        }
        assert!(tally.is_complete());
    }
}

//! Checks that points come back as they should: each once and in order, or at least with times
//! that do not fall.

use std::collections::BTreeMap;

use super::clock::Clock;

/// Ranges of missing points kept, to tell a late point from one that came twice. A server that
/// does worse than this is not worth the memory.
const MAX_GAPS: usize = 100_000;

/// What is asked of the times that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Those of so many points, each once, in order.
    Mirror(u64),
    NotFalling,
    /// Nothing: tasks end in another order than their points came.
    Free,
}

/// Points a connection got back, by what their times say.
#[derive(Debug)]
pub(super) struct Order {
    rule: Rule,
    clock: Clock,
    /// The point that should come next.
    next: u64,
    last: i64,
    /// Points passed over so far: from, up to and without.
    gaps: BTreeMap<u64, u64>,
    too_many_gaps: bool,
    pub(super) points: u64,
    disordered: Odd,
    twice: Odd,
    foreign: Odd,
}

/// How often something happened, and how it went the first time.
#[derive(Debug, Default, Clone)]
pub(super) struct Odd {
    pub(super) count: u64,
    pub(super) first: String,
}

impl Odd {
    pub(super) fn note(&mut self, first: impl FnOnce() -> String) {
        self.count += 1;
        if self.count == 1 {
            self.first = first();
        }
    }
}

/// What was wrong, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) missing: u64,
    pub(super) out_of_order: u64,
    pub(super) twice: u64,
    pub(super) foreign: u64,
}

impl Order {
    pub(super) fn new(rule: Rule, clock: Clock) -> Self {
        Self {
            rule,
            clock,
            next: 0,
            last: i64::MIN,
            gaps: BTreeMap::new(),
            too_many_gaps: false,
            points: 0,
            disordered: Odd::default(),
            twice: Odd::default(),
            foreign: Odd::default(),
        }
    }

    /// A point with this time has come.
    #[inline]
    pub(super) fn take(&mut self, time: i64) {
        self.points += 1;
        match self.rule {
            Rule::Mirror(sent) if self.next < sent && time == self.clock.time(self.next) => self.next += 1,
            Rule::Mirror(sent) => self.unexpected(time, sent),
            Rule::Free => {}
            Rule::NotFalling if time >= self.last => self.last = time,
            Rule::NotFalling => {
                let last = self.last;
                self.disordered.note(|| format!("time {time} after {last}"));
            }
        }
    }

    /// Whether there is no use in going on.
    pub(super) fn hopeless(&self) -> bool {
        self.too_many_gaps
    }

    /// The number of the point that should come next, when all are expected.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn wrong(&self) -> Wrong {
        let skipped: u64 = self.gaps.iter().map(|(from, to)| to - from).sum();
        let unsent = if let Rule::Mirror(sent) = self.rule { sent - self.next } else { 0 };
        Wrong {
            missing: skipped + unsent,
            out_of_order: self.disordered.count,
            twice: self.twice.count,
            foreign: self.foreign.count,
        }
    }

    /// What was wrong, in words.
    pub(super) fn faults(&self) -> Vec<String> {
        let wrong = self.wrong();
        let first_missing = self.gaps.keys().next().copied().unwrap_or(self.next);
        let missing = Odd { count: wrong.missing, first: format!("point {first_missing}") };
        let kinds = [
            (&missing, "missing"),
            (&self.disordered, "out of order"),
            (&self.twice, "received twice"),
            (&self.foreign, "received that were not sent"),
        ];
        let found = kinds.into_iter().filter(|(odd, _)| odd.count > 0);
        found.map(|(odd, what)| format!("{} {what}, the first: {}", points(odd.count), odd.first)).collect()
    }

    #[cold]
    fn unexpected(&mut self, time: i64, sent: u64) {
        match self.clock.number(time, sent) {
            None => self.foreign.note(|| format!("a point with time {time}")),
            Some(number) if number >= self.next => {
                self.gaps.insert(self.next, number);
                self.next = number + 1;
                self.too_many_gaps |= self.gaps.len() > MAX_GAPS;
            }
            Some(number) if self.fill_gap(number) => {
                let before = self.next.saturating_sub(1);
                self.disordered.note(|| format!("point {number}, after point {before}"));
            }
            Some(number) => self.twice.note(|| format!("point {number}")),
        }
    }

    /// Takes a point out of the missing ones, if it is one of them.
    fn fill_gap(&mut self, number: u64) -> bool {
        let Some((&from, &to)) = self.gaps.range(..=number).next_back().filter(|&(_, &to)| number < to)
        else {
            return false;
        };
        self.gaps.remove(&from);
        for (from, to) in [(from, number), (number + 1, to)] {
            if from < to {
                self.gaps.insert(from, to);
            }
        }
        true
    }
}

/// A number of points, in words.
pub(super) fn points(count: u64) -> String {
    if count == 1 { "1 point".to_owned() } else { format!("{count} points") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(numbers: &[u64], expected: Wrong, words: &str) {
        let mut order = Order::new(Rule::Mirror(10), Clock::PLAIN);
        for &number in numbers {
            order.take(Clock::PLAIN.time(number));
        }
        assert_eq!(order.wrong(), expected, "{numbers:?}");
        assert_eq!(order.faults().join("; "), words, "{numbers:?}");
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let right = Wrong::default();
        check(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], right, "");
        check(
            &[0, 1, 2, 4, 5, 6, 7, 8, 9],
            Wrong { missing: 1, ..right },
            "1 point missing, the first: point 3",
        );
        check(&[0, 1], Wrong { missing: 8, ..right }, "8 points missing, the first: point 2");
        check(
            &[0, 1, 3, 2, 4, 5, 6, 7, 8, 9],
            Wrong { out_of_order: 1, ..right },
            "1 point out of order, the first: point 2, after point 3",
        );
        check(
            &[0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9],
            Wrong { twice: 2, ..right },
            "2 points received twice, the first: point 2",
        );
        check(
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            Wrong { foreign: 1, ..right },
            "1 point received that were not sent, the first: a point with time 1600000000000000010",
        );
        check(
            &[9, 5, 6, 4, 5],
            Wrong { missing: 6, out_of_order: 3, twice: 1, ..right },
            "6 points missing, the first: point 0; 3 points out of order, the first: point 5, after point 9; \
             1 point received twice, the first: point 5",
        );
    }

    #[test]
    fn without_a_mirror_times_must_not_fall() {
        let mut order = Order::new(Rule::NotFalling, Clock::PLAIN);
        for time in [-5, -5, 7, 100, 7, 100] {
            order.take(time);
        }
        assert_eq!(order.wrong(), Wrong { out_of_order: 1, ..Wrong::default() });
        assert_eq!(order.faults(), ["1 point out of order, the first: time 7 after 100"]);
    }
}

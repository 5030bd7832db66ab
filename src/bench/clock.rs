//! Which time each point carries, and which point a time is of.

use std::time::Duration;

use super::shuffle::{shuffled, unshuffled};
use super::stamp::BASE;

/// The times of one connection's points. All is calculated: no time is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Nanoseconds from one time to the next.
    step: u64,
    /// Points go through times out of order in stretches of so many.
    stretch: u64,
}

impl Clock {
    /// A nanosecond a point, in order.
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self { step: 1, stretch: 1 };

    /// `jitter`: how far the time of a point may lie before one that was sent earlier.
    pub(super) fn new(step: Duration, jitter: Duration) -> Self {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let step = nanos(step).max(1);
        Self { step, stretch: (nanos(jitter) / step).saturating_add(1) }
    }

    /// The time of the point with this number.
    #[inline]
    pub(super) fn time(self, number: u64) -> i64 {
        self.at(if self.stretch == 1 { number } else { self.shuffled(number) })
    }

    /// The latest time that a point up to this number may have.
    pub(super) fn latest(self, number: u64) -> i64 {
        self.at((number - number % self.stretch).saturating_add(self.stretch - 1))
    }

    /// The number of the point with this time, if one of so many has it.
    #[inline]
    pub(super) fn number(self, time: i64, sent: u64) -> Option<u64> {
        let offset = u64::try_from(time.checked_sub(BASE)?).ok()?;
        let place = if self.step == 1 { offset } else { offset / self.step };
        let number = if self.stretch == 1 { place } else { self.unshuffled(place) };
        (number < sent && place * self.step == offset).then_some(number)
    }

    fn at(self, place: u64) -> i64 {
        BASE.saturating_add_unsigned(place.saturating_mul(self.step))
    }

    fn shuffled(self, number: u64) -> u64 {
        let (stretch, place) = (number / self.stretch, number % self.stretch);
        stretch * self.stretch + shuffled(place, self.stretch, stretch)
    }

    fn unshuffled(self, place: u64) -> u64 {
        let (stretch, place) = (place / self.stretch, place % self.stretch);
        stretch * self.stretch + unshuffled(place, self.stretch, stretch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_further_back_than_the_jitter_and_each_is_found_again() {
        let nanos = Duration::from_nanos;
        for (step, jitter) in [(1, 0), (1, 100), (1000, 0), (1000, 1000), (1000, 31_999), (7, 1_000_000)] {
            let clock = Clock::new(nanos(step), nanos(jitter));
            let mut newest = i64::MIN;
            let mut furthest = 0;
            for number in 0..2500 {
                let time = clock.time(number);
                assert_eq!(clock.number(time, 2500), Some(number));
                assert_eq!(clock.number(time, number), None, "not sent yet");
                assert!(time <= clock.latest(number) && clock.latest(number) <= clock.latest(number + 1));
                newest = newest.max(time);
                furthest = furthest.max(newest - time);
            }
            let jitter = i64::try_from(jitter).unwrap();
            assert!(furthest <= jitter && furthest >= jitter / 2, "{step} {jitter}: {furthest}");
            for foreign in [BASE - 1, i64::MIN, i64::MAX] {
                assert_eq!(clock.number(foreign, 2500), None, "{foreign}");
            }
        }
        assert_eq!(Clock::new(nanos(10), nanos(0)).number(BASE + 15, 100), None);
    }
}

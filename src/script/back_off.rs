//! When a script is not run any more for a while: one that always uses up its budget would keep everything else
//! waiting, all of kapacitord too.

use std::time::Duration;

use crate::handler::UnixNanos;

const SECOND: UnixNanos = 1_000_000_000;

/// So many calls in a row that used up their budget.
const IN_A_ROW: u32 = 20;

/// So much time in such calls, over half of all the time that passes.
const MOST_TIME: UnixNanos = SECOND;

const FIRST_REST: UnixNanos = 10 * SECOND;
const LONGEST_REST: UnixNanos = 300 * SECOND;

/// How a script has been doing.
#[derive(Debug, Default)]
pub(super) struct BackOff {
    in_a_row: u32,
    /// Calls in a row that came through since its last rest.
    well: u32,
    /// Time spent in calls that used up their budget, less half of the time that has passed.
    spent: UnixNanos,
    seen: UnixNanos,
    /// Its rest, from when to when.
    until: Option<(UnixNanos, UnixNanos)>,
    /// How long its last rest was, or half of that for each call that came through since; 0 after many.
    rest: UnixNanos,
}

impl BackOff {
    /// Whether it may be run now.
    #[inline]
    pub(super) fn admits(&self, now: UnixNanos) -> bool {
        // A clock that was set back brings no end, ever.
        self.until.is_none_or(|(since, until)| now >= until || now < since)
    }

    /// It came to its end, well or not, within its budget.
    #[inline]
    pub(super) fn came_through(&mut self) {
        self.in_a_row = 0;
        if self.rest > 0 {
            self.recover();
        }
    }

    #[cold]
    fn recover(&mut self) {
        self.until = None;
        self.well += 1;
        self.rest = if self.well < IN_A_ROW { (self.rest / 2).max(1) } else { 0 };
    }

    /// It used up its budget. How long it rests, if it does.
    pub(super) fn used_up(&mut self, now: UnixNanos, took: Duration) -> Option<Duration> {
        if now < self.seen {
            // The clock was set back: what it said before counts for nothing.
            (self.spent, self.seen) = (0, now);
        }
        let passed = now.saturating_sub(self.seen);
        let took = UnixNanos::try_from(took.as_nanos()).unwrap_or(UnixNanos::MAX);
        self.spent = (self.spent - passed / 2).max(0).saturating_add(took);
        self.seen = now;
        self.in_a_row += 1;
        self.well = 0;
        // The first after a rest, which tells whether anything is better.
        let is_first = self.until.take().is_some();
        if !is_first && self.in_a_row < IN_A_ROW && self.spent < MOST_TIME {
            return None;
        }
        self.rest = (2 * self.rest).clamp(FIRST_REST, LONGEST_REST);
        self.until = Some((now, now.saturating_add(self.rest)));
        (self.in_a_row, self.spent) = (0, 0);
        Some(Duration::from_nanos(self.rest.unsigned_abs()))
    }
}

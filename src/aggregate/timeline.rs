//! The time of one Kapacitor group as its events tell it: how far it has come, and what lies ahead. Knows
//! moments, tasks by number and waiting points as bytes; what they mean is `event_time`'s.

use super::deadlines::Deadlines;
use super::held::Held;
use super::timers::multiple_from;
use crate::handler::UnixNanos;

/// What one group's events say of time.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The latest time an event had.
    pub(super) newest: i64,
    /// When the last point came, by the clock.
    pub(super) arrived: UnixNanos,
    /// How far the group has been worked off: what lies before has happened.
    pub(super) reached: i64,
    /// Its tasks' timers.
    pub(super) deadlines: Deadlines,
    /// Points that wait for earlier ones.
    pub(super) held: Held,
    /// Points have come since those that wait were looked at.
    pub(super) is_owed: bool,
    /// When results so far come out, if an event has come since they last did.
    pub(super) tick: Option<i64>,
    /// The tick at hand, and the tasks that it has still to look at, from the first to the last.
    pub(super) flushing: Option<(i64, (u32, u32))>,
}

/// What can lie ahead of a group; of one moment in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ahead {
    /// The tick at hand has more tasks to look at.
    Flushing,
    /// A point has waited long enough.
    Point,
    /// A task's timer, as it was last known.
    Timer(u32),
    /// Results so far come out.
    Tick,
}

impl Timeline {
    /// Of a group of which no event has come.
    pub(super) fn new() -> Self {
        Self {
            newest: i64::MIN,
            arrived: UnixNanos::MIN,
            reached: i64::MIN,
            deadlines: Deadlines::default(),
            held: Held::default(),
            is_owed: false,
            tick: None,
            flushing: None,
        }
    }

    /// No event of the group that is still to come should be earlier.
    #[inline]
    pub(super) fn watermark(&self, max_delay: i64) -> i64 {
        self.newest.saturating_sub(max_delay)
    }

    /// What lies ahead but for points that wait: the first, and its moment.
    #[inline]
    pub(super) fn timer(&self) -> Option<(i64, Ahead)> {
        if let Some((tick, _)) = self.flushing {
            return Some((tick.min(self.reached.saturating_sub(1)), Ahead::Flushing));
        }
        let timer = self.deadlines.first().map(|(due, task)| (due, Ahead::Timer(task)));
        let tick = self.tick.map(|tick| (tick, Ahead::Tick));
        timer.into_iter().chain(tick).min()
    }

    /// The first of all that lies ahead, and its moment.
    #[inline]
    pub(super) fn first(&self) -> Option<(i64, Ahead)> {
        let point = self.held.first().map(|time| (time, Ahead::Point));
        self.timer().into_iter().chain(point).min()
    }

    /// When results so far come out for an event at this moment.
    pub(super) fn tick_after(&self, moment: i64, interval: i64) -> i64 {
        multiple_from(moment.max(self.reached), interval)
    }

    /// When the clock brings about what lies at a moment, if no more points come: time goes on as it did with the
    /// last one, as far behind as points may be. Strictly past the moment, as with points, but for those that wait.
    #[inline]
    pub(super) fn by_clock(&self, (moment, ahead): (i64, Ahead), max_delay: i64) -> UnixNanos {
        let remaining = moment.saturating_sub(self.newest);
        let due = self.arrived.saturating_add(remaining).saturating_add(max_delay);
        if ahead == Ahead::Point { due } else { due.saturating_add(1) }
    }

    /// Gives memory back that much has taken which is gone.
    pub(super) fn shrink(&mut self) {
        self.deadlines.shrink();
        self.held.shrink();
    }
}

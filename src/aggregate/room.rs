//! What happens at `maxTasks` and `maxBytes`: which tasks make room, and which points are refused.

use super::ending::Reason;
use super::halt::Halt;
use super::node::Node;
use super::settings::OnOverflow;
use super::tasks::Tasks;
use super::timers::take_one;
use crate::agent::Outbox;
use crate::handler::UnixNanos;

/// How many tasks at the most make room for one point. More have to only after a restore with lower
/// limits; the timers see to the rest.
const ROOM_AT_ONCE: usize = 100;

impl Node {
    /// `false`: there is no room for another task.
    pub(super) fn make_room(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<bool, Halt> {
        for _ in 0..ROOM_AT_ONCE {
            if self.has_room() {
                return Ok(true);
            }
            if self.set_aside.len() > 0 {
                self.give_one_up(out)?;
                continue;
            }
            let Some(oldest) = self.tasks.oldest() else { return Ok(true) };
            if self.settings.on_overflow == OnOverflow::Reject && self.over(oldest, now).is_none() {
                return Ok(false);
            }
            self.overflow(oldest, now, out)?;
        }
        Ok(true)
    }

    /// What its state takes, in bytes, less points that are too many to wait: they go on, and no task has to go for
    /// them.
    #[inline]
    fn settled_bytes(&self) -> usize {
        self.bytes() - self.excess()
    }

    fn has_room(&self) -> bool {
        self.open() < self.settings.max_tasks
            && self.settled_bytes() + Tasks::BYTES <= self.settings.max_bytes
    }

    /// With `reject`, an open task gets no event that adds to a state that is over its bound.
    pub(super) fn is_closed_to_growth(&self, number: u32) -> bool {
        self.settings.on_overflow == OnOverflow::Reject
            && self.settled_bytes() > self.settings.max_bytes
            && self.settings.can_grow()
            && self.tasks.get(number).is_some_and(|task| !self.settings.is_last(task.events.get() + 1))
    }

    /// An event may have made lists longer than there is room for.
    pub(super) fn stay_within_bytes(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), Halt> {
        while self.settled_bytes() > self.settings.max_bytes
            && self.settings.on_overflow != OnOverflow::Reject
            && !out.is_full()
            && self.open() > 0
        {
            self.overflow_oldest(now, out)?;
        }
        Ok(())
    }

    /// What has been there for longest goes to make room: a point that is set aside, whose task is over, before tasks
    /// that are open.
    fn overflow_oldest(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), Halt> {
        match self.tasks.oldest() {
            Some(oldest) if self.set_aside.len() == 0 => self.overflow(oldest, now, out),
            _ => self.give_one_up(out),
        }
    }

    /// A task goes to make room.
    fn overflow(&mut self, number: u32, now: UnixNanos, out: &mut Outbox) -> Result<(), Halt> {
        match self.over(number, now) {
            Some(reason) => self.end(number, reason, now, out),
            None if self.settings.on_overflow == OnOverflow::Drop => {
                self.counters.dropped += 1;
                self.see_end(number, Reason::Evicted, now, false);
                self.remove(number);
                Ok(())
            }
            None => self.end(number, Reason::Evicted, now, out),
        }
    }

    /// A snapshot may hold more than the limits of the options it is restored with.
    pub(super) fn is_over_limits(&self) -> bool {
        self.settings.on_overflow != OnOverflow::Reject
            && (self.open() > self.settings.max_tasks
                || self.settled_bytes() > self.settings.max_bytes && self.open() > 0)
    }

    /// Comes back within the limits, a slice at a time.
    pub(super) fn shrink(&mut self, now: UnixNanos, slice: &mut usize, out: &mut Outbox) -> Result<(), Halt> {
        while self.is_over_limits() && take_one(slice, out) {
            self.overflow_oldest(now, out)?;
        }
        Ok(())
    }
}

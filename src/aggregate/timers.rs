//! What happens when no event comes: deadlines, flushes, the end of the stream. Each in slices, so that
//! what comes in between is not kept waiting.

use super::ending::Reason;
use super::halt::Halt;
use super::node::Node;
use super::reduce::Reducer;
use super::settings::{Flush, Settings};
use super::task::{Flags, Gathered, Lifetime, Task};
use crate::agent::Outbox;
use crate::handler::{Progress, UnixNanos};

/// How many tasks are looked at in one call: some milliseconds, after which input that has come meanwhile
/// has its turn.
const SLICE: usize = 4_096;

/// The moments at which results so far come out.
#[derive(Debug)]
pub(super) struct Flushing {
    flush: Flush,
    /// The next moment.
    next: UnixNanos,
    /// The tasks that the flush at hand has still to look at, from the first to the last. Tasks created since
    /// its moment are behind the last: they have theirs.
    rest: Option<(u32, u32)>,
}

impl Flushing {
    pub(super) fn new(flush: Flush, now: UnixNanos) -> Self {
        Self { next: multiple_after(now, flush.interval), flush, rest: None }
    }

    /// No task was open until now, so a moment that has passed unseen (for a second after Init nobody looks at
    /// timers) had nothing to flush, and what comes now is not due before the next.
    pub(super) fn skip_until(&mut self, now: UnixNanos) {
        if self.next < now {
            self.next = multiple_after(now, self.flush.interval);
        }
    }
}

impl Settings {
    /// `timeout` and `inactivityTimeout` of a task, for which a script may have set them.
    #[inline]
    pub(super) fn timeouts(&self, own: Option<&Lifetime>) -> (i64, Option<i64>) {
        match own {
            None => (self.timeout, self.inactivity_timeout),
            Some(own) => {
                let inactivity_timeout = own.inactivity_timeout.or(self.inactivity_timeout);
                (own.timeout.unwrap_or(self.timeout), inactivity_timeout)
            }
        }
    }

    /// When a task is over, and why then.
    #[inline]
    pub(super) fn deadline(&self, task: &Task) -> (UnixNanos, Reason) {
        let (timeout, inactivity_timeout) = self.timeouts(task.lifetime());
        let timeout = task.created.saturating_add(timeout);
        match inactivity_timeout.map(|time| task.active.saturating_add(time)) {
            Some(inactive) if inactive < timeout => (inactive, Reason::Inactivity),
            _ => (timeout, Reason::Timeout),
        }
    }

    /// When the timer ends it, if no event does before.
    #[inline]
    pub(super) fn timer(&self, task: &Task) -> UnixNanos {
        let (due, _) = self.deadline(task);
        match self.timeout_flush_interval {
            0 => due,
            interval => multiple_from(due, interval),
        }
    }
}

impl Node {
    /// When [`on_deadline`](Self::on_deadline) has something to do.
    pub(super) fn next_deadline(&self) -> Option<UnixNanos> {
        if self.is_batch_begun() {
            return None;
        }
        if self.is_over_limits() || self.has_leftovers() || self.excess() > 0 {
            return Some(UnixNanos::MIN);
        }
        let again = self.set_aside.next_due();
        if let Some(time) = &self.event_time {
            return time.next_deadline().into_iter().chain(again).min();
        }
        let task = self.tasks.deadlines.first().map(|(due, _)| due);
        let flush = self.flushing.as_ref().map(|flushing| match flushing.rest {
            Some(_) => UnixNanos::MIN,
            None => flushing.next,
        });
        // With no task open there is nothing to flush; the first one skips what has gone by.
        let flush = flush.filter(|_| self.tasks.len() > 0);
        task.into_iter().chain(flush).chain(again).min()
    }

    /// Ends what is over, then lets results so far out.
    pub(super) fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), Halt> {
        let mut slice = SLICE;
        if self.is_batch_begun() {
            return Ok(());
        }
        if self.event_time.is_some() {
            self.end_leftovers(now, &mut slice, out)?;
            self.let_first_go(now, &mut slice, out)?;
            self.shrink(now, &mut slice, out)?;
            self.idle(now, &mut slice, out)?;
            return self.try_again(now, &mut slice, out);
        }
        self.begin_flush(now);
        self.shrink(now, &mut slice, out)?;
        if self.expire(now, &mut slice, out)? == Progress::Done {
            self.flush(now, &mut slice, out)?;
        }
        self.try_again(now, &mut slice, out)
    }

    /// The stream has ended: what is open comes out, if it is to.
    pub(super) fn stop(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<Progress, Halt> {
        if self.has_leftovers() {
            self.end_leftovers(now, &mut { usize::MAX }, out)?;
            if self.has_leftovers() {
                return Ok(Progress::More);
            }
        }
        if self.event_time.is_some() && self.finish(now, out)? == Progress::More {
            return Ok(Progress::More);
        }
        while self.settings.flush_on_stop
            && let Some(oldest) = self.tasks.oldest()
        {
            if out.is_full() {
                return Ok(Progress::More);
            }
            self.end(oldest, self.over(oldest, now).unwrap_or(Reason::Stop), now, out)?;
        }
        self.give_all_up(out)
    }

    fn expire(&mut self, now: UnixNanos, slice: &mut usize, out: &mut Outbox) -> Result<Progress, Halt> {
        while let Some((known, number)) = self.tasks.deadlines.first().filter(|&(due, _)| due <= now) {
            if !take_one(slice, out) {
                return Ok(Progress::More);
            }
            let Some(task) = self.tasks.get(number) else { break };
            let due = self.settings.timer(task);
            let (_, reason) = self.settings.deadline(task);
            if due == known {
                self.end(number, reason, now, out)?;
            } else {
                // Events have come since. Also if it is over by now, others may have been over before.
                self.tasks.put_off(number, due, &mut self.groups);
            }
        }
        Ok(Progress::Done)
    }

    /// Its moment has come: the tasks there are now are to be looked at, once those that are over have ended.
    fn begin_flush(&mut self, now: UnixNanos) {
        if let Some(flushing) = &mut self.flushing
            && flushing.rest.is_none()
            && flushing.next <= now
            && let Some(all) = self.tasks.oldest().zip(self.tasks.newest())
        {
            flushing.next = multiple_after(now, flushing.flush.interval);
            flushing.rest = Some(all);
        }
    }

    fn flush(&mut self, now: UnixNanos, slice: &mut usize, out: &mut Outbox) -> Result<(), Halt> {
        while let Some((number, _)) = self.flushing.as_ref().and_then(|flushing| flushing.rest) {
            if !take_one(slice, out) {
                break;
            }
            if self.tasks.get(number).is_some_and(Task::is_dirty) {
                self.emit(number, Reason::Flush, now, out)?;
                self.flushed(number);
            }
            self.step_over(number);
        }
        Ok(())
    }

    /// A task is looked at by the flush at hand, or about to be no more: if it is at an end of what the flush has
    /// still to look at, it leaves that.
    pub(super) fn step_over(&mut self, number: u32) {
        if let Some(flushing) = &mut self.flushing
            && let Some(rest) = flushing.rest
        {
            let ends = || (self.tasks.before(number), self.tasks.after(number));
            flushing.rest = without(rest, number, ends);
        } else if self.event_time.is_some() && self.settings.flush.is_some() {
            self.step_over_in_group(number);
        }
    }

    pub(super) fn flushed(&mut self, number: u32) {
        let Some(task) = self.tasks.get_mut(number) else { return };
        task.flags.set(Flags::DIRTY, false);
        if self.settings.flush.is_none_or(|flush| !flush.reset) {
            return;
        }
        let map = task.reset_map();
        let gathered = task.gathered.take().as_deref().map_or(0, Gathered::boxed_bytes);
        let held: usize = task.reducers.iter().map(Reducer::heap_bytes).sum();
        for (reducer, output) in task.reducers.iter_mut().zip(&self.settings.outputs) {
            *reducer = output.kind.start();
        }
        self.tasks.grown(-(map + gathered + held).cast_signed());
    }
}

/// One task less to look at in this call; `false` if it is time to return.
pub(super) fn take_one(slice: &mut usize, out: &Outbox) -> bool {
    if *slice == 0 || out.is_full() {
        return false;
    }
    *slice -= 1;
    true
}

/// The first and the last of a chain of tasks without this one, if it is one of them; `neighbours` are those
/// before and behind it.
#[inline]
pub(super) fn without(
    (first, last): (u32, u32),
    number: u32,
    neighbours: impl FnOnce() -> (Option<u32>, Option<u32>),
) -> Option<(u32, u32)> {
    match (first == number, last == number) {
        (true, true) => None,
        (true, false) => neighbours().1.map(|after| (after, last)),
        (false, true) => neighbours().0.map(|before| (first, before)),
        (false, false) => Some((first, last)),
    }
}

/// `time` if it is a multiple of `interval`, else the first one after it.
pub(super) fn multiple_from(time: UnixNanos, interval: i64) -> UnixNanos {
    if time.rem_euclid(interval) == 0 { time } else { multiple_after(time, interval) }
}

/// The first multiple of `interval` after `time`.
fn multiple_after(time: UnixNanos, interval: i64) -> UnixNanos {
    time.saturating_add(interval - time.rem_euclid(interval))
}

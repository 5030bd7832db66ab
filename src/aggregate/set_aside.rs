//! timeoutCode: what it does to the finished point of a task, and points that are set aside since it failed, to be
//! tried again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::emit::measurement;
use super::ending::Reason;
use super::halt::Halt;
use super::node::Node;
use super::observer::Of;
use super::output::{Sent, Whose};
use super::scripting::{fill_task, set_dimensions, timeouts_of};
use super::settings::{PointTime, Settings};
use super::task::Task;
use super::timers::take_one;
use crate::agent::Outbox;
use crate::edge::Edge;
use crate::handler::{Progress, UnixNanos};
use crate::heap;
use crate::script::{Failed, Part};

/// A failed timeoutCode is tried again after this time at the earliest.
const RETRY: UnixNanos = 1_000_000_000;

/// When timeoutCode has taken this long, what else is due has its turn: a thousand tasks can be due at once, and none
/// of them need send anything.
const REST_AFTER: Duration = Duration::from_millis(20);

/// Why a point that was set aside is given up.
const WHY_UP: &str = "timeoutCode has failed on a task's point, and can't be tried again: the stream has ended, or there \
                      is no room";

/// The finished point of a task that is no more.
#[derive(Debug)]
pub(super) struct Finished {
    /// Its group is kept `opened` and its origin held.
    pub(super) task: Task,
    pub(super) reason: Reason,
    pub(super) time: i64,
    /// Others of its group may have come out since it was written.
    pub(super) is_late: bool,
    /// What the emitter has written.
    pub(super) body: Vec<u8>,
}

/// A point that is set aside.
#[derive(Debug)]
pub(super) struct Aside {
    pub(super) finished: Finished,
    /// When it is tried again, by the clock.
    pub(super) due: UnixNanos,
    /// How often still.
    pub(super) left: u64,
}

/// Those of a node, in the order in which they are due.
#[derive(Debug, Default)]
pub(super) struct SetAside {
    points: VecDeque<Box<Aside>>,
    bytes: usize,
}

impl Aside {
    fn bytes(&self) -> usize {
        let Finished { task, body, .. } = &self.finished;
        heap::boxed::<Self>() + heap::block(body.capacity()) + task.heap_bytes()
    }
}

impl SetAside {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// What they take, in bytes.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Each is tried again after the same time: who comes last is due last.
    pub(super) fn push(&mut self, aside: Aside) {
        self.bytes += aside.bytes();
        let at = self.points.partition_point(|other| other.due <= aside.due);
        self.points.insert(at, Box::new(aside));
    }

    /// The one that has waited longest.
    pub(super) fn pop(&mut self) -> Option<Aside> {
        let aside = self.points.pop_front()?;
        self.bytes -= aside.bytes();
        if self.points.is_empty() {
            self.points = VecDeque::new();
        }
        Some(*aside)
    }

    fn pop_due(&mut self, now: UnixNanos) -> Option<Aside> {
        if self.next_due().is_some_and(|due| due <= now) { self.pop() } else { None }
    }

    /// When the first one is tried again.
    pub(super) fn next_due(&self) -> Option<UnixNanos> {
        self.points.front().map(|aside| aside.due)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Aside> {
        self.points.iter().map(|aside| &**aside)
    }
}

/// What came of timeoutCode.
enum Outcome {
    /// All that there is has gone out.
    Out,
    Failed(Failed),
}

impl Settings {
    /// How long after it failed timeoutCode is tried again.
    pub(super) fn retry_interval(&self) -> UnixNanos {
        self.timeout_flush_interval.max(RETRY)
    }
}

impl Node {
    /// A task ends, and timeoutCode has its say on its point.
    pub(super) fn end_with_code(
        &mut self,
        number: u32,
        reason: Reason,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        let Some(time) = self.write(number, reason, now) else {
            self.remove(number);
            return Ok(());
        };
        let body = std::mem::take(self.emitter.body_mut());
        let Some(group) = self.tasks.get(number).map(|task| task.group) else { return Ok(()) };
        self.groups.opened(group);
        let Some(task) = self.take_out(number) else { return Ok(()) };
        let mut finished = Finished { task, reason, time, is_late: false, body };
        match self.run_timeout_code(&mut finished, out)? {
            Outcome::Out => self.let_go(&finished.task),
            Outcome::Failed(_) if self.settings.max_timeout_retries > 0 => {
                self.counters.set_aside += 1;
                finished.body.shrink_to_fit();
                finished.is_late = true;
                let due = self.clock.saturating_add(self.settings.retry_interval());
                self.set_aside.push(Aside { finished, due, left: self.settings.max_timeout_retries });
            }
            Outcome::Failed(failed) => self.give_up(&finished, failed, out)?,
        }
        Ok(())
    }

    /// Tries timeoutCode again on points that are set aside.
    pub(super) fn try_again(
        &mut self,
        now: UnixNanos,
        slice: &mut usize,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        while self.set_aside.next_due().is_some_and(|due| due <= now)
            && take_one(slice, out)
            && let Some(mut aside) = self.set_aside.pop_due(now)
        {
            match self.run_timeout_code(&mut aside.finished, out)? {
                Outcome::Out => self.let_go(&aside.finished.task),
                // That was no try.
                Outcome::Failed(Failed::BackedOff) => {
                    aside.due = now.saturating_add(self.settings.retry_interval());
                    self.set_aside.push(aside);
                }
                Outcome::Failed(_) if aside.left > 1 => {
                    aside.left -= 1;
                    aside.due = now.saturating_add(self.settings.retry_interval());
                    self.set_aside.push(aside);
                }
                Outcome::Failed(failed) => self.give_up(&aside.finished, failed, out)?,
            }
        }
        Ok(())
    }

    /// Points that are set aside go out as they are to when nothing helps: the stream has ended, or there is no room.
    pub(super) fn give_all_up(&mut self, out: &mut Outbox) -> Result<Progress, Halt> {
        while self.set_aside.len() > 0 {
            if out.is_full() {
                return Ok(Progress::More);
            }
            self.give_one_up(out)?;
        }
        Ok(Progress::Done)
    }

    /// Likewise the one that has waited longest.
    pub(super) fn give_one_up(&mut self, out: &mut Outbox) -> Result<(), Halt> {
        let Some(aside) = self.set_aside.pop() else { return Ok(()) };
        let failed = Failed::Script(WHY_UP.to_owned());
        self.fill_finished(&aside.finished);
        self.give_up(&aside.finished, failed, out)
    }

    /// Has the call about a finished point, as it was before any timeoutCode.
    fn fill_finished(&mut self, finished: &Finished) {
        let Self { scripts, names, slots, groups, identity, settings, origins, .. } = self;
        let Finished { task, reason, time, body, .. } = finished;
        let call = scripts.call();
        call.clear();
        let Some(group) = groups.get(task.group) else { return };
        let Ok(seen) = names.read_entries(body, *time) else { return };
        let found = slots.iter().map(|&name| (seen.tag(name), seen.field(name)));
        let name = measurement(settings, origins.encoded(task.origin));
        call.event.fill(Some(name), *time, body, found);
        fill_task(call, identity, group, task, timeouts_of(settings, task.scripted.as_deref()));
        call.task.reason = Some(reason.word());
        set_dimensions(call, group);
        if settings.group_by_task {
            call.event.add_dimensions(identity.names().map(str::as_bytes));
        }
    }

    /// Runs timeoutCode on a finished point, and sends what comes of it.
    fn run_timeout_code(&mut self, finished: &mut Finished, out: &mut Outbox) -> Result<Outcome, Halt> {
        self.fill_finished(finished);
        let call = self.scripts.call();
        if let Some(scripted) = &mut finished.task.scripted {
            call.state = std::mem::take(&mut scripted.state);
        }
        let started = Instant::now();
        let failed = self.scripts.run(Part::TimeoutCode, self.clock).err();
        self.spent += started.elapsed();
        if self.spent > REST_AFTER {
            self.spent = Duration::ZERO;
            out.rest();
        }
        let state = std::mem::take(&mut self.scripts.call().state);
        if let Some(scripted) = &mut finished.task.scripted {
            scripted.state = state;
        }
        if let Some(failed) = failed {
            return Ok(Outcome::Failed(failed));
        }
        self.send_finished(finished, out)?;
        Ok(Outcome::Out)
    }

    /// A point whose timeoutCode has failed, which is what the call at hand is about, goes out as `onError` says.
    fn give_up(&mut self, finished: &Finished, failed: Failed, out: &mut Outbox) -> Result<(), Halt> {
        self.failed(finished.task.group, failed)?;
        self.send_finished(finished, out)?;
        self.let_go(&finished.task);
        Ok(())
    }

    /// What the call at hand has made of a finished point goes out, what it has emitted first.
    fn send_finished(&mut self, finished: &Finished, out: &mut Outbox) -> Result<(), Halt> {
        let Finished { task, reason, time, is_late, body } = finished;
        let call = self.scripts.call();
        let emitted = std::mem::take(&mut call.emitted);
        let is_cancelled = call.is_cancelled;
        let name = measurement(&self.settings, self.origins.encoded(task.origin)).to_vec();
        let mut written = Vec::with_capacity(body.len() + 64);
        call.event.write(&mut written);
        let is_changed = call.event.is_changed();
        let mut time = *time;
        if *is_late && let Some(group) = self.groups.get_mut(task.group) {
            let own = match self.settings.point_time {
                PointTime::Emit if self.event_time.is_none() => self.clock,
                _ => time,
            };
            if own != time || !group.times.is_last(time) {
                time = group.times.next(own, self.settings.point_time);
            }
        }
        let sent_at = self.send_emitted_at_end(&emitted, task, (&name, time), out)?;
        if is_cancelled {
            self.counters.cancelled_tasks += 1;
            return Ok(());
        }
        self.emitter.set_body(&written);
        // Other points may have given a field another type since it was written.
        if is_changed || *is_late {
            self.emitter.refit(&self.settings, &mut self.counters);
        }
        self.emitter.complete(task.events.get());
        if sent_at != finished.time && self.settings.function.provides() == Edge::Stream {
            self.emitter.set_time(sent_at);
        }
        self.counters.out.add(*reason);
        self.see_output(Of::Finished(task, *reason, self.clock), out);
        self.send(&Sent { group: task.group, name: &name, time: sent_at, whose: Whose::Ended(task) }, out)
    }

    /// Nothing is left of a task.
    fn let_go(&mut self, task: &Task) {
        self.origins.release(task.origin);
        self.groups.closed(task.group);
    }
}

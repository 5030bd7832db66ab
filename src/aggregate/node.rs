//! One node's state, and what an event does to it: which task takes it, which tasks make room for it,
//! whether it ends one. What happens when no event comes is `timers`'s, or `event_time`'s.

use std::time::Duration;

use ahash::RandomState;

use super::batches::OpenBatch;
use super::counters::{Counters, Told};
use super::emit::Emitter;
use super::ending::Reason;
use super::event_time::EventTime;
use super::groups::Groups;
use super::halt::Halt;
use super::identity::{self, Identity};
use super::names::Names;
use super::observer::{Observed, Of};
use super::origins::Origins;
use super::reading::{Place, Read};
use super::set_aside::SetAside;
use super::settings::{Settings, Time};
use super::task::Task;
use super::tasks::Tasks;
use super::timers::Flushing;
use super::warnings::Warnings;
use crate::agent::Outbox;
use crate::handler::{Progress, UnixNanos};
use crate::script::{Counts, Part, Scripts};
use crate::wire::WireError;
use crate::wire::point::PointView;

/// How many points are looked at at once.
pub(super) const AT_ONCE: usize = 16;

/// One node of one Kapacitor task.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) settings: Settings,
    pub(super) identity: Identity,
    pub(super) names: Names,
    pub(super) scripts: Scripts,
    /// The indices in `names` of what scripts read, in their order.
    pub(super) slots: Vec<usize>,
    /// For each output, what it reduces.
    pub(super) inputs: Vec<Option<usize>>,
    pub(super) tasks: Tasks,
    pub(super) groups: Groups,
    pub(super) origins: Origins,
    pub(super) emitter: Emitter,
    pub(super) counters: Counters,
    /// Where deadlines follow events.
    pub(super) event_time: Option<EventTime>,
    /// The end of a batch ends its tasks; not any more once the stream has ended.
    pub(super) ends_with_batch: bool,
    /// The batch that flows in.
    pub(super) batch: Option<Box<OpenBatch>>,
    /// What there is to do may wait until a full outbox is emptied.
    pub(super) is_patient: bool,
    /// What the clock says in the call at hand, wherever groups are in their own time.
    pub(super) clock: UnixNanos,
    /// Finished points whose timeoutCode is tried again.
    pub(super) set_aside: SetAside,
    /// How long timeoutCode has run since what else is due has had its turn.
    pub(super) spent: Duration,
    /// A point as code left it.
    pub(super) changed: Vec<u8>,
    /// Points on their way into a batch.
    pub(super) frames: Vec<u8>,
    /// Results so far that come out by the clock.
    pub(super) flushing: Option<Flushing>,
    /// For the names that tasks keep.
    pub(super) hasher: RandomState,
    /// The ids of the points at hand.
    pub(super) ids: Vec<identity::Found>,
    pub(super) warnings: Warnings,
    /// Who sees what becomes of tasks.
    pub(super) observed: Option<Observed>,
}

/// What time it is for a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// By the clock.
    pub(super) now: UnixNanos,
    /// By the time that deadlines follow: the clock's too, or the event's.
    pub(super) event: i64,
}

impl Moment {
    fn by_clock(now: UnixNanos) -> Self {
        Self { now, event: now }
    }
}

impl Node {
    pub(super) fn new(settings: Settings, scripts: Scripts, now: UnixNanos) -> Self {
        let mut names = Names::default();
        let identity = Identity::new(settings.task_id.clone(), &mut names);
        let inputs = settings.outputs.iter().map(|output| output.field.as_ref().map(|name| names.want(name)));
        let inputs = inputs.collect();
        let slots = scripts.event_names().iter().map(|name| names.want(name)).collect();
        Self {
            scripts,
            slots,
            inputs,
            emitter: Emitter::new(&settings, &identity),
            identity,
            names,
            tasks: Tasks::new(),
            groups: Groups::new(&settings),
            origins: Origins::default(),
            counters: Counters::default(),
            event_time: EventTime::new(&settings.time),
            ends_with_batch: settings.end_of_batch,
            batch: None,
            is_patient: true,
            clock: now,
            set_aside: SetAside::default(),
            spent: Duration::ZERO,
            changed: Vec::new(),
            frames: Vec::new(),
            flushing: settings
                .flush
                .filter(|_| settings.time == Time::Clock)
                .map(|flush| Flushing::new(flush, now)),
            hasher: RandomState::new(),
            ids: Vec::new(),
            warnings: Warnings::default(),
            observed: None,
            settings,
        }
    }

    /// Points come, one after the other. How many of them were taken: fewer than all if the outbox is full.
    pub(super) fn points(
        &mut self,
        now: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<usize, Halt> {
        match &self.event_time {
            None => self.each(points, &Place::default(), |node, point, read| {
                node.point(Moment::by_clock(now), point, read, out)?;
                Ok(Progress::Done)
            }),
            Some(time) => {
                let (max_delay, waits) = (time.max_delay, time.max_delay > 0 || time.holds_points());
                self.set_at_hand(true);
                let taken = if waits {
                    self.hold(max_delay, now, points, out)
                } else {
                    self.advance_with(now, points, out)
                }?;
                self.let_part_out(out)?;
                self.set_at_hand(false);
                Ok(taken)
            }
        }
    }

    /// A point comes that is taken however full the outbox is.
    pub(super) fn whole_point(
        &mut self,
        now: UnixNanos,
        point: PointView<'_>,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        self.is_patient = false;
        self.points(now, &[point], out)?;
        self.is_patient = true;
        Ok(())
    }

    /// A point is taken. What it makes come out goes before it, what it ends behind it.
    pub(super) fn point(
        &mut self,
        moment: Moment,
        point: &PointView<'_>,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        self.counters.points += 1;
        let Some((task, event)) = self.take(moment, point, read, out)? else {
            return self.pass_on(point, read.place, out);
        };
        self.counters.events += 1;
        self.see_event(task, event.time, moment.event);
        let ends = if self.scripts.has(Part::Code) {
            self.run_code(task, moment, (point, event, read.place), out)?
        } else {
            let ends = self.update(task, moment.event, point, event);
            self.pass_on(point, read.place, out)?;
            self.or_end_when(task, ends, moment.now, (point, event, read.place))
        };
        if let Some(reason) = ends {
            self.end(task, reason, moment.now, out)?;
        }
        self.warnings.many(moment.now, self.open(), self.settings.warning_threshold);
        self.stay_within_bytes(moment.now, out)
    }

    /// An original goes on, if originals do.
    #[inline]
    pub(super) fn pass_on(
        &mut self,
        point: &PointView<'_>,
        place: &Place,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        if self.settings.pass_through {
            self.see_output(Of::Passed, out);
            self.pass(point, place, out)?;
            self.counters.passed += 1;
        }
        Ok(())
    }

    /// How many tasks there are, with those that have ended and whose timeoutCode is tried again.
    #[inline]
    pub(super) fn open(&self) -> usize {
        self.tasks.len() + self.set_aside.len()
    }

    /// What it has seen, and what is open.
    pub(super) fn tell(&self) -> Told {
        Told { counters: self.counters(), open: self.open(), bytes: self.bytes() }
    }

    /// What it has seen.
    pub(super) fn counters(&self) -> Counters {
        let Counts { failed, backed_off } = self.scripts.counts();
        Counters { failed, backed_off, ..self.counters }
    }

    /// The state of the node, all in, in bytes.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        let held = self.event_time.as_ref().map_or(0, EventTime::bytes)
            + self.batch.as_ref().map_or(0, |batch| batch.bytes());
        self.tasks.bytes()
            + self.set_aside.bytes()
            + self.groups.bytes()
            + self.origins.bytes()
            + self.emitter.types.bytes()
            + held
    }

    /// Why a task is over, if its deadline has passed: it ends for that reason, whoever notices first.
    #[inline]
    pub(super) fn over(&self, number: u32, now: UnixNanos) -> Option<Reason> {
        let task = self.tasks.get(number)?;
        let (due, reason) = self.settings.deadline(task);
        (due < self.time_of(task.group, now)).then_some(reason)
    }

    /// How late it is for the tasks of a group.
    #[inline]
    pub(super) fn time_of(&self, group: u32, now: UnixNanos) -> i64 {
        match &self.event_time {
            None => now,
            Some(time) => time.of(group, &self.groups),
        }
    }

    /// The group that a point is of.
    #[inline]
    pub(super) fn group_of(&mut self, point: &PointView<'_>, place: &Place) -> Result<u32, WireError> {
        match &place.group {
            Some((group, _)) => Ok(*group),
            None => self.groups.of(point),
        }
    }

    /// A task ends, and comes out if its reason lets it.
    pub(super) fn end(
        &mut self,
        number: u32,
        reason: Reason,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        let comes_out = reason.comes_out(&self.settings);
        self.see_end(number, reason, now, comes_out);
        if !comes_out {
            self.counters.vanished.add(reason);
        } else if reason.is_timeout() && self.scripts.has(Part::TimeoutCode) {
            return self.end_with_code(number, reason, now, out);
        } else {
            self.emit(number, reason, now, out)?;
        }
        self.remove(number);
        Ok(())
    }

    /// A task is no more.
    pub(super) fn remove(&mut self, number: u32) {
        if let Some(task) = self.take_out(number) {
            self.origins.release(task.origin);
        }
    }

    /// Likewise; its origin is still held.
    pub(super) fn take_out(&mut self, number: u32) -> Option<Task> {
        self.step_over(number);
        self.tasks.remove(number, &mut self.groups)
    }
}

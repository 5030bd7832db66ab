//! Deadlines that follow the events' own times: each Kapacitor group goes by what its events say, however fast
//! or late they come. What `timers` is for the clock.

use super::deadlines::{Deadlines, Places};
use super::ending::Reason;
use super::groups::Groups;
use super::halt::Halt;
use super::held::{Spare, Waiting};
use super::node::{Moment, Node};
use super::reading::Read;
use super::reference::Stamp;
use super::settings::Time;
use super::task::Task;
use super::timeline::Ahead;
use super::timers::{take_one, without};
use crate::agent::Outbox;
use crate::handler::{Progress, UnixNanos};
use crate::script::Part;
use crate::wire::point::PointView;

/// What a node knows of time whose deadlines follow events.
#[derive(Debug)]
pub(super) struct EventTime {
    pub(super) stamp: Stamp,
    /// How much later than others of its group a point may come.
    pub(super) max_delay: i64,
    /// The latest time of all groups' events.
    pub(super) newest: i64,
    /// The groups that something lies ahead of: when the clock brings it about if no more points come.
    pub(super) idle: Deadlines,
    pub(super) places: Places,
    /// What points that wait take, in bytes.
    pub(super) held: usize,
    /// The number of the next point to wait.
    pub(super) serial: u64,
    /// The group and the time of the point that is being taken.
    pub(super) taking: Option<(u32, i64)>,
    /// Groups that points have come for since those that waited were looked at.
    pub(super) owed: Vec<u32>,
    /// Points that need not wait any more, by group.
    pub(super) ready: Vec<(u32, Waiting)>,
    /// The group of the point that began to wait last.
    pub(super) last: Option<u32>,
    pub(super) spare: Spare,
}

impl EventTime {
    pub(super) fn new(time: &Time) -> Option<Self> {
        let Time::Events { reference, max_delay } = time else { return None };
        Some(Self {
            stamp: Stamp::new(reference),
            max_delay: *max_delay,
            newest: i64::MIN,
            idle: Deadlines::default(),
            places: Places::default(),
            held: 0,
            serial: 0,
            taking: None,
            owed: Vec::new(),
            ready: Vec::new(),
            last: None,
            spare: Spare::default(),
        })
    }

    /// When the clock has something to bring about.
    pub(super) fn next_deadline(&self) -> Option<UnixNanos> {
        self.idle.first().map(|(due, _)| due)
    }

    /// What points that wait take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.held
    }

    /// How late it is for the tasks of a group.
    #[inline]
    pub(super) fn of(&self, group: u32, groups: &Groups) -> i64 {
        let reached = groups.timeline(group).map_or(i64::MIN, |timeline| timeline.reached);
        match self.taking {
            Some((taking, time)) if taking == group => reached.max(time),
            _ => reached,
        }
    }

    /// Whether points wait.
    pub(super) fn holds_points(&self) -> bool {
        self.held > 0
    }

    /// Groups have other numbers now, and nothing lies ahead of any.
    pub(super) fn forget_groups(&mut self) {
        (self.idle, self.places) = (Deadlines::default(), Places::default());
    }
}

impl Node {
    /// Points come that wait for no others: with each its group's time goes on.
    pub(super) fn advance_with(
        &mut self,
        now: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<usize, Halt> {
        let place = self.place();
        self.each(points, &place, |node, point, read| {
            let Ok(group) = node.group_of(point, &place) else {
                // No task can take it.
                node.point(Moment { now, event: point.time() }, point, read, out)?;
                return Ok(Progress::Done);
            };
            let Some(arrival) = node.arrive(now, group, point) else { return Ok(Progress::Done) };
            if node.advance(group, arrival.watermark, out)? == Progress::More {
                return Ok(Progress::More);
            }
            node.count(&arrival);
            node.take_at(now, (group, arrival.time), point, read, out)?;
            if arrival.is_late || node.scripts.has(Part::Code) {
                // It may have made its task older than it was, and code may have set a deadline that lies behind.
                node.advance(group, arrival.watermark, out)?;
            }
            node.schedule(group);
            Ok(Progress::Done)
        })
    }

    pub(super) fn count(&mut self, arrival: &Arrival) {
        self.counters.late += u64::from(arrival.is_late);
        self.counters.no_time += u64::from(arrival.is_makeshift);
    }

    /// A point is taken at the time that it tells in its group.
    #[inline]
    pub(super) fn take_at(
        &mut self,
        now: UnixNanos,
        (group, event): (u32, i64),
        point: &PointView<'_>,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        if let Some(clock) = &mut self.event_time {
            clock.taking = Some((group, event));
        }
        let taken = self.point(Moment { now, event }, point, read, out);
        if let Some(clock) = &mut self.event_time {
            clock.taking = None;
        }
        taken
    }

    /// A point of the group has come, which tells how late it is.
    pub(super) fn arrive(&mut self, now: UnixNanos, group: u32, point: &PointView<'_>) -> Option<Arrival> {
        let clock = self.event_time.as_mut()?;
        let timeline = self.groups.timeline_mut(group)?;
        let stamped = clock.stamp.of(point);
        let is_late = stamped.time < timeline.watermark(clock.max_delay);
        timeline.newest = timeline.newest.max(stamped.time);
        timeline.arrived = now;
        clock.newest = clock.newest.max(stamped.time);
        let watermark = timeline.watermark(clock.max_delay);
        Some(Arrival { time: stamped.time, is_makeshift: stamped.is_makeshift, is_late, watermark })
    }

    /// The group's time goes on to `to`, and what lies before it happens. [`Progress::More`]: the outbox is full.
    pub(super) fn advance(&mut self, group: u32, to: i64, out: &mut Outbox) -> Result<Progress, Halt> {
        loop {
            let Some(timeline) = self.groups.timeline_mut(group) else { return Ok(Progress::Done) };
            timeline.reached = timeline.reached.max(to);
            match timeline.timer() {
                Some((moment, ahead)) if moment < timeline.reached => {
                    if out.is_full() && self.is_patient {
                        return Ok(Progress::More);
                    }
                    self.happen(group, moment, ahead, out)?;
                }
                _ => return Ok(Progress::Done),
            }
        }
    }

    /// Brings one thing about that lies ahead of a group, but for points that wait.
    fn happen(&mut self, group: u32, moment: i64, ahead: Ahead, out: &mut Outbox) -> Result<(), Halt> {
        match ahead {
            Ahead::Flushing => self.flush_one(group, out),
            Ahead::Timer(number) => {
                let Some(task) = self.tasks.get(number) else { return Ok(()) };
                let (due, (_, reason)) = (self.settings.timer(task), self.settings.deadline(task));
                if due == moment {
                    return self.end(number, reason, due, out);
                }
                // Events have come since.
                self.tasks.put_off(number, due, &mut self.groups);
                Ok(())
            }
            Ahead::Tick => {
                let Some(group) = self.groups.get_mut(group) else { return Ok(()) };
                let all = group.tasks.oldest.zip(group.tasks.newest);
                if let Some(timeline) = group.timeline_mut() {
                    timeline.tick = None;
                    timeline.flushing = all.map(|all| (moment, all));
                }
                Ok(())
            }
            Ahead::Point => Ok(()),
        }
    }

    /// The tick at hand looks at one task.
    fn flush_one(&mut self, group: u32, out: &mut Outbox) -> Result<(), Halt> {
        let flushing = self.groups.timeline(group).and_then(|timeline| timeline.flushing);
        let Some((tick, (number, _))) = flushing else { return Ok(()) };
        if self.tasks.get(number).is_some_and(Task::is_dirty) {
            self.emit(number, Reason::Flush, tick, out)?;
            self.flushed(number);
        }
        self.step_over(number);
        Ok(())
    }

    /// See [`step_over`](Self::step_over).
    pub(super) fn step_over_in_group(&mut self, number: u32) {
        let Some(task) = self.tasks.get(number) else { return };
        let Some(timeline) = self.groups.timeline_mut(task.group) else { return };
        if let Some((tick, rest)) = timeline.flushing {
            let neighbours = || self.tasks.group_neighbours(number);
            timeline.flushing = without(rest, number, neighbours).map(|rest| (tick, rest));
        }
    }

    /// An event has come at this moment: at the next multiple of `flushInterval` results so far come out.
    #[inline]
    pub(super) fn expect_tick(&mut self, group: u32, moment: i64) {
        let Some(flush) = self.settings.flush else { return };
        if let Some(timeline) = self.groups.timeline_mut(group)
            && timeline.tick.is_none()
        {
            timeline.tick = Some(timeline.tick_after(moment, flush.interval));
        }
    }

    /// What lies ahead of a group may come about earlier by the clock than was known.
    pub(super) fn schedule(&mut self, group: u32) {
        if self.ends_with_batch {
            // The end of the batch does it.
            return;
        }
        let Some((clock, timeline)) = self.event_time.as_mut().zip(self.groups.timeline(group)) else {
            return;
        };
        let Some(first) = timeline.first() else { return };
        let due = timeline.by_clock(first, clock.max_delay);
        match clock.idle.due(&clock.places, group) {
            None => clock.idle.insert(&mut clock.places, group, u64::from(group), due),
            Some(known) if due < known => clock.idle.put_off(&mut clock.places, group, due),
            Some(_) => {}
        }
    }

    /// A snapshot may hold more points than may wait with the options it is restored with.
    pub(super) fn let_first_go(
        &mut self,
        now: UnixNanos,
        slice: &mut usize,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        if self.excess() == 0 {
            return Ok(());
        }
        let last = self.event_time.as_ref().and_then(|clock| clock.last);
        for group in last.into_iter().chain(self.waiting_groups()) {
            if self.excess() == 0 || !take_one(slice, out) {
                break;
            }
            let Some(clock) = &mut self.event_time else { break };
            clock.last = Some(group);
            let max_delay = clock.max_delay;
            self.owe(group);
            if self.release(max_delay, now, out)? == Progress::More {
                break;
            }
        }
        Ok(())
    }

    /// What the clock brings about where no more points come.
    pub(super) fn idle(&mut self, now: UnixNanos, slice: &mut usize, out: &mut Outbox) -> Result<(), Halt> {
        while let Some(clock) = &mut self.event_time
            && let Some((_, group)) = clock.idle.first().filter(|&(due, _)| due <= now)
            && take_one(slice, out)
        {
            let Some(timeline) = self.groups.timeline_mut(group) else {
                // It has been forgotten since.
                clock.idle.remove(&mut clock.places, group);
                continue;
            };
            let first = timeline.first();
            let due = first.map(|first| timeline.by_clock(first, clock.max_delay));
            match (first, due) {
                (Some(_), Some(due)) if due > now => clock.idle.put_off(&mut clock.places, group, due),
                (Some((moment, Ahead::Point)), _) => {
                    let point = timeline.held.pop_until(moment).map(|point| (group, point));
                    self.take_waiting(point.into_iter().collect(), false, now, out)?;
                }
                (Some((moment, ahead)), _) => self.happen(group, moment, ahead, out)?,
                (None, _) => clock.idle.remove(&mut clock.places, group),
            }
        }
        Ok(())
    }

    /// Groups have come from a snapshot, with the points that waited in them: group, time, point.
    pub(super) fn take_over_time(&mut self, now: UnixNanos, held: Vec<(u32, i64, PointView<'_>)>) {
        let Some(clock) = &mut self.event_time else { return };
        let numbers: Vec<u32> = self.groups.iter().map(|(number, _)| number).collect();
        for &number in &numbers {
            let Some(timeline) = self.groups.timeline_mut(number) else { continue };
            // A clock that was set back since keeps nothing waiting for longer.
            timeline.arrived = timeline.arrived.min(now);
            timeline.reached = timeline.watermark(clock.max_delay);
            clock.newest = clock.newest.max(timeline.newest);
        }
        for (group, time, point) in held {
            let Some(clock) = &mut self.event_time else { return };
            clock.serial += 1;
            let point = clock.spare.copy(time, clock.serial, &point);
            self.wait_again(group, point);
            if let Some((clock, timeline)) = self.event_time.as_mut().zip(self.groups.timeline_mut(group)) {
                timeline.reached = timeline.reached.min(time);
                // A snapshot may say that nothing so new has come: then it would wait for ever.
                timeline.newest = timeline.newest.max(time);
                clock.newest = clock.newest.max(time);
            }
        }
        let dirty = self.tasks.iter().filter(|(_, task)| task.is_dirty());
        for (group, moment) in dirty.map(|(_, task)| (task.group, task.active)).collect::<Vec<_>>() {
            let Some((flush, timeline)) = self.settings.flush.zip(self.groups.timeline_mut(group)) else {
                break;
            };
            let tick = timeline.tick_after(moment, flush.interval);
            timeline.tick = timeline.tick.max(Some(tick));
        }
        for number in numbers {
            self.schedule(number);
        }
    }

    /// The stream has ended: all groups come to the latest time there was in any of them.
    pub(super) fn finish(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<Progress, Halt> {
        self.break_off(out)?;
        if std::mem::take(&mut self.ends_with_batch) {
            // Without the end of its batch, a group is one as any other.
            let groups: Vec<u32> = self.groups.iter().map(|(number, _)| number).collect();
            for number in groups {
                self.schedule(number);
            }
        }
        while let Some(clock) = &mut self.event_time
            && let Some((_, group)) = clock.idle.first()
        {
            let Some(timeline) = self.groups.timeline_mut(group) else {
                clock.idle.remove(&mut clock.places, group);
                continue;
            };
            timeline.newest = clock.newest;
            // Nothing comes any more that could be waited for.
            if self.release_all(group, now, out)? == Progress::More {
                return Ok(Progress::More);
            }
            if let Some(clock) = &mut self.event_time {
                clock.idle.remove(&mut clock.places, group);
            }
        }
        Ok(Progress::Done)
    }
}

/// What a point that has come says of time.
pub(super) struct Arrival {
    pub(super) time: i64,
    is_makeshift: bool,
    /// No point of its group should have been so early any more.
    pub(super) is_late: bool,
    /// Of its group, from now on.
    watermark: i64,
}

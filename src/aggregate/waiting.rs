//! Points that wait for earlier ones (`maxDelay`): when they begin to, and when they are taken.

use std::hint::black_box;

use smallvec::SmallVec;

use super::event_time::EventTime;
use super::halt::Halt;
use super::held::{Waiting, view};
use super::node::{AT_ONCE, Moment, Node};
use super::reading::Place;
use crate::agent::Outbox;
use crate::handler::{Progress, UnixNanos};
use crate::wire::point::PointView;

/// Points that wait may take this part of `maxBytes`: tasks have to have room beside them.
const HELD_PART: usize = 2;

impl Node {
    /// Points come that wait for others of their group, which may be earlier.
    pub(super) fn hold(
        &mut self,
        max_delay: i64,
        now: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<usize, Halt> {
        let place = self.place();
        if self.release(max_delay, now, out)? == Progress::More {
            return Ok(0);
        }
        for (taken, point) in points.iter().enumerate() {
            let Ok(group) = self.group_of(point, &place) else {
                // No task can take it: it has nothing to wait for.
                self.each(&[*point], &place, |node, point, read| {
                    node.point(Moment { now, event: point.time() }, point, read, out)?;
                    Ok(Progress::Done)
                })?;
                continue;
            };
            let Some(arrival) = self.arrive(now, group, point) else { continue };
            // Those that came with it and are not late go before it.
            if arrival.is_late && self.release(max_delay, now, out)? == Progress::More {
                return Ok(taken);
            }
            self.count(&arrival);
            self.wait(group, arrival.time, point);
            self.owe(group);
            // Without a delay only a snapshot has had points wait: each goes on as if none had.
            if arrival.is_late || max_delay == 0 || self.excess() > 0 {
                self.release(max_delay, now, out)?;
            }
        }
        self.release(max_delay, now, out)?;
        Ok(points.len())
    }

    /// A point begins to wait.
    fn wait(&mut self, group: u32, time: i64, point: &PointView<'_>) {
        let Some(clock) = &mut self.event_time else { return };
        clock.last = Some(group);
        clock.serial += 1;
        let point = match &self.batch {
            None => clock.spare.copy(time, clock.serial, point),
            Some(batch) => {
                let frame = batch.frame(point, self.origins.encoded(batch.origin));
                let Some(point) = view(&frame) else { return };
                clock.spare.copy(time, clock.serial, &point)
            }
        };
        self.wait_again(group, point);
    }

    /// A point waits that may have done so before.
    pub(super) fn wait_again(&mut self, group: u32, point: Waiting) {
        let Some(clock) = &mut self.event_time else { return };
        clock.held += point.bytes();
        self.groups.opened(group);
        if let Some(timeline) = self.groups.timeline_mut(group) {
            timeline.held.push(point);
        }
    }

    /// How many bytes wait that are too many: the first points need not wait any more.
    #[inline]
    pub(super) fn excess(&self) -> usize {
        let held = self.event_time.as_ref().map_or(0, EventTime::bytes);
        held.saturating_sub(self.settings.max_bytes / HELD_PART)
    }

    /// The groups in which points wait. A look at all groups: there may be as many as tasks.
    pub(super) fn waiting_groups(&self) -> Vec<u32> {
        let waits = |&(number, _): &(u32, _)| {
            self.groups.timeline(number).is_some_and(|timeline| timeline.held.first().is_some())
        };
        self.groups.iter().filter(waits).map(|(number, _)| number).collect()
    }

    /// All points of a group that wait are taken, and its time comes to that of the newest.
    pub(super) fn release_all(
        &mut self,
        group: u32,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<Progress, Halt> {
        self.owe(group);
        self.release(0, now, out)
    }

    /// What waits in a group is to be looked at.
    pub(super) fn owe(&mut self, group: u32) {
        if let Some((clock, timeline)) = self.event_time.as_mut().zip(self.groups.timeline_mut(group))
            && !std::mem::replace(&mut timeline.is_owed, true)
        {
            clock.owed.push(group);
        }
    }

    /// Points that have waited for so much later ones are taken, and the time of their groups goes on with them.
    pub(super) fn release(
        &mut self,
        max_delay: i64,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<Progress, Halt> {
        if self.take_ready(max_delay, now, out)? == Progress::Done
            && self.advance_owed(max_delay, out)? == Progress::Done
        {
            return Ok(Progress::Done);
        }
        // If no more points come, the clock goes on where a full outbox was in the way.
        let owed = self.event_time.as_ref().map(|clock| clock.owed.clone());
        owed.into_iter().flatten().for_each(|group| self.schedule(group));
        Ok(Progress::More)
    }

    /// Those points are taken.
    fn take_ready(&mut self, max_delay: i64, now: UnixNanos, out: &mut Outbox) -> Result<Progress, Halt> {
        loop {
            self.make_ready(max_delay);
            let Some(clock) = &mut self.event_time else { return Ok(Progress::Done) };
            if clock.ready.is_empty() {
                return Ok(Progress::Done);
            }
            let ready = std::mem::take(&mut clock.ready);
            if self.take_waiting(ready, true, now, out)? == Progress::More {
                return Ok(Progress::More);
            }
        }
    }

    /// Then the time of their groups comes to the watermark.
    fn advance_owed(&mut self, max_delay: i64, out: &mut Outbox) -> Result<Progress, Halt> {
        let mut done = 0;
        let progress = loop {
            let Some(&group) = self.event_time.as_ref().and_then(|clock| clock.owed.get(done)) else {
                break Progress::Done;
            };
            let watermark = self.groups.timeline(group).map(|timeline| timeline.watermark(max_delay));
            if let Some(watermark) = watermark
                && self.advance(group, watermark, out)? == Progress::More
            {
                break Progress::More;
            }
            self.schedule(group);
            if let Some(timeline) = self.groups.timeline_mut(group) {
                timeline.is_owed = false;
            }
            done += 1;
        };
        if let Some(clock) = &mut self.event_time {
            clock.owed.drain(..done);
        }
        Ok(progress)
    }

    /// Looks for points that need not wait any more, in the groups that points have come for. Where too many wait,
    /// the group of the last one makes room.
    fn make_ready(&mut self, max_delay: i64) {
        let mut excess = self.excess();
        let Some(clock) = &mut self.event_time else { return };
        for &group in &clock.owed {
            let Some(timeline) = self.groups.timeline_mut(group) else { continue };
            let watermark = timeline.watermark(max_delay);
            let makes_room = clock.last == Some(group);
            while clock.ready.len() < AT_ONCE {
                let until = if makes_room && excess > 0 { i64::MAX } else { watermark };
                let Some(point) = timeline.held.pop_until(until) else { break };
                self.counters.early += u64::from(point.time > watermark);
                if excess > 0 {
                    // Else it is left alone, which has lain there for long: a look at it is a miss.
                    excess = excess.saturating_sub(point.bytes());
                }
                clock.ready.push((group, point));
            }
        }
    }

    /// Points that have waited are taken in this order, as far as the outbox lets them. `advances`: the time of
    /// their groups goes on with each.
    pub(super) fn take_waiting(
        &mut self,
        mut ready: Vec<(u32, Waiting)>,
        advances: bool,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<Progress, Halt> {
        black_box(ready.iter().fold(0, |all, (_, point)| all ^ point.touch()));
        let views: SmallVec<[PointView<'_>; AT_ONCE]> = ready.iter().map(|(_, point)| point.view()).collect();
        let mut times = ready.iter().map(|(group, point)| (*group, point.time));
        let taken = self.each(&views, &Place::default(), |node, point, read| {
            let Some((group, event)) = times.clone().next() else { return Ok(Progress::Done) };
            if advances && node.advance(group, event, out)? == Progress::More {
                return Ok(Progress::More);
            }
            times.next();
            node.take_at(now, (group, event), point, read, out)?;
            Ok(Progress::Done)
        })?;
        drop((views, times));
        let progress = if taken < ready.len() { Progress::More } else { Progress::Done };
        // The first last: each comes before those that came back already.
        for (group, point) in ready.drain(taken..).rev() {
            if let Some(timeline) = self.groups.timeline_mut(group) {
                timeline.held.put_back(point);
            }
        }
        let Some(clock) = &mut self.event_time else { return Ok(progress) };
        for (group, point) in ready.drain(..) {
            clock.held -= point.bytes();
            clock.spare.take(point);
            self.groups.closed(group);
        }
        // Its memory is used again.
        clock.ready = ready;
        Ok(progress)
    }
}

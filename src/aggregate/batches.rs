//! Batches that flow in: what their points have in common, and what comes out with their end.

use std::sync::Arc;

use super::dress::Dress;
use super::emit::measurement;
use super::ending::Reason;
use super::event_time::EventTime;
use super::events::{self, Events};
use super::halt::Halt;
use super::node::Node;
use super::reading::Place;
use super::timeline::Timeline;
use super::timers::take_one;
use crate::agent::Outbox;
use crate::edge::Edge;
use crate::handler::{Progress, UnixNanos};
use crate::wire::batch::{BeginBatchView, EndBatchView};
use crate::wire::point::{PointView, number};
use crate::wire::{point_writer, response};

/// What goes out with a batch's end may take this part of `maxBytes` until then: tasks have to have room beside it and
/// beside points that wait.
const PART: usize = 4;

/// A buffer that one large batch has made larger than this is not kept.
pub(super) const LARGE: usize = 1 << 20;

/// A batch that has begun.
#[derive(Debug)]
pub(super) struct OpenBatch {
    group: u32,
    /// The group's bytes.
    key: Arc<[u8]>,
    /// Its name; neither database nor retention policy.
    pub(super) origin: u32,
    /// What goes out with its end: originals and the results of its group's tasks.
    pub(super) originals: Events,
    pub(super) results: Events,
    /// Its own points or its end are at hand, not a timer.
    is_at_hand: bool,
    /// Its output has begun to go out, since it is too much to be kept until the end.
    is_begun: bool,
    /// It came from a snapshot: its end will not come any more.
    is_cut: bool,
}

impl OpenBatch {
    fn new(group: u32, key: Arc<[u8]>, origin: u32) -> Self {
        let (originals, results) = <(Events, Events)>::default();
        Self { group, key, origin, originals, results, is_at_hand: false, is_begun: false, is_cut: false }
    }

    /// One that was open when a snapshot was made.
    pub(super) fn cut(group: u32, key: &[u8], origin: u32, originals: Events, results: Events) -> Self {
        Self { originals, results, is_cut: true, ..Self::new(group, key.into(), origin) }
    }

    pub(super) fn group(&self) -> u32 {
        self.group
    }

    /// Appends what there is to go out, in the order of time; originals first.
    fn write(&mut self, out: &mut Vec<u8>) {
        let dress = Dress::default();
        let mut results = self.results.sorted().peekable();
        for (time, entries) in self.originals.sorted() {
            while let Some((earlier, entries)) = results.next_if(|(other, _)| *other < time) {
                dress.frame(earlier, entries, out);
            }
            dress.frame(time, entries, out);
        }
        for (time, entries) in results {
            dress.frame(time, entries, out);
        }
    }

    /// A point's frame with what the batch says of it, for when the batch is gone.
    pub(super) fn frame(&self, point: &PointView<'_>, origin: &[u8]) -> Vec<u8> {
        let mut body = Vec::with_capacity(point.body().len() + origin.len() + self.key.len());
        point_writer::time(point.time(), &mut body);
        body.extend_from_slice(origin);
        point_writer::text(number::GROUP, &self.key, &mut body);
        events::runs(point).iter().for_each(|run| body.extend_from_slice(run));
        let mut frame = Vec::with_capacity(body.len() + 16);
        response::write_point_body(&body, &mut frame);
        frame
    }

    /// How many points there are to go out.
    pub(super) fn len(&self) -> usize {
        self.originals.len() + self.results.len()
    }

    /// The latest time of one, if there is one.
    fn latest(&self) -> Option<i64> {
        let spans = [&self.originals, &self.results].into_iter().filter_map(Events::span);
        spans.map(|(_, last)| last).max()
    }

    /// Whether results of this group's tasks belong to it.
    pub(super) fn takes(&self, group: u32) -> bool {
        self.is_at_hand && self.group == group
    }

    /// What it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.originals.heap_bytes() + self.results.heap_bytes()
    }
}

impl Node {
    /// What is known of the points that come.
    pub(super) fn place(&self) -> Place {
        let Some(batch) = &self.batch else { return Place::default() };
        Place { group: Some((batch.group, batch.key.clone())), origin: Some(batch.origin) }
    }

    /// A batch begins.
    pub(super) fn begin_batch(
        &mut self,
        now: UnixNanos,
        begin: &BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        self.is_patient = false;
        self.end_leftovers(now, &mut { usize::MAX }, out)?;
        self.is_patient = true;
        let group = self.groups.of_batch(begin);
        self.groups.opened(group);
        if self.ends_with_batch
            && let Some(timeline) = self.groups.timeline_mut(group)
        {
            // Each batch has a time of its own.
            *timeline = Timeline::new();
        }
        let origin = self.origins.take(begin.name(), b"", b"");
        self.batch = Some(Box::new(OpenBatch::new(group, begin.group().into(), origin)));
        Ok(())
    }

    /// Points of the batch are at hand, or no more.
    pub(super) fn set_at_hand(&mut self, is_at_hand: bool) {
        if let Some(batch) = &mut self.batch {
            batch.is_at_hand = is_at_hand;
        }
    }

    /// The batch ends; its tasks do, if they are to.
    pub(super) fn end_batch(
        &mut self,
        now: UnixNanos,
        end: &EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        let Some(group) = self.batch.as_ref().map(|batch| batch.group) else { return Ok(()) };
        self.set_at_hand(true);
        // All of it belongs to this batch, however full the outbox is.
        self.is_patient = false;
        if self.ends_with_batch {
            self.release_all(group, now, out)?;
            while let Some(oldest) = self.groups.get(group).and_then(|group| group.tasks.oldest) {
                self.end(oldest, Reason::Batch, end.tmax(), out)?;
                self.let_part_out(out)?;
            }
        }
        self.is_patient = true;
        self.close_batch(end.tmax(), out)
    }

    /// What was gathered for the batch goes out with its end.
    fn close_batch(&mut self, tmax: i64, out: &mut Outbox) -> Result<(), Halt> {
        let Some(mut batch) = self.batch.take() else { return Ok(()) };
        if self.settings.function.provides() == Edge::Batch
            && let Some(group) = self.groups.get(batch.group)
        {
            self.frames.clear();
            batch.write(&mut self.frames);
            let name = measurement(&self.settings, self.origins.encoded(batch.origin));
            let (begin, end) = self.emitter.frame(group, (name, None), (batch.len(), tmax));
            if batch.is_begun {
                out.encoded_points(&self.frames)?;
                out.encoded_end(end)?;
            } else {
                out.encoded_batch(begin, [&*self.frames], end)?;
            }
            self.frames.clear();
            self.frames.shrink_to(LARGE);
        }
        self.groups.closed(batch.group);
        self.origins.release(batch.origin);
        Ok(())
    }

    /// Too much to be kept until the end of its batch goes out before, each part in the order of time.
    pub(super) fn let_part_out(&mut self, out: &mut Outbox) -> Result<(), Halt> {
        let Some(batch) = &mut self.batch else { return Ok(()) };
        if batch.bytes() <= self.settings.max_bytes / PART
            || self.settings.function.provides() == Edge::Stream
        {
            return Ok(());
        }
        let Some(group) = self.groups.get(batch.group) else { return Ok(()) };
        if !batch.is_begun {
            batch.is_begun = true;
            self.counters.split += 1;
            let name = measurement(&self.settings, self.origins.encoded(batch.origin));
            let (begin, _) = self.emitter.frame(group, (name, None), (batch.len(), 0));
            out.encoded_begin(begin)?;
        }
        self.frames.clear();
        batch.write(&mut self.frames);
        batch.originals.clear();
        batch.results.clear();
        out.encoded_points(&self.frames)?;
        self.frames = Vec::new();
        Ok(())
    }

    /// Whether a batch is on its way out, which nothing else may come into.
    pub(super) fn is_batch_begun(&self) -> bool {
        self.batch.as_ref().is_some_and(|batch| batch.is_begun)
    }

    /// Whether there is something of batches that will not end any more: a snapshot had it.
    pub(super) fn has_leftovers(&self) -> bool {
        match &self.batch {
            Some(batch) => batch.is_cut,
            None => {
                self.ends_with_batch
                    && (self.tasks.len() > 0 || self.event_time.as_ref().is_some_and(EventTime::holds_points))
            }
        }
    }

    /// That comes out, what was gathered first.
    pub(super) fn end_leftovers(
        &mut self,
        now: UnixNanos,
        slice: &mut usize,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        if !self.has_leftovers() {
            return Ok(());
        }
        self.break_off(out)?;
        if !self.ends_with_batch {
            return Ok(());
        }
        if self.release_everywhere(now, out)? == Progress::More {
            return Ok(());
        }
        while let Some(oldest) = self.tasks.oldest()
            && (!self.is_patient || take_one(slice, out))
        {
            let Some(group) = self.tasks.get(oldest).map(|task| task.group) else { break };
            // Some may be over by what their group has seen.
            if self.release_all(group, now, out)? == Progress::More {
                return Ok(());
            }
            if self.tasks.oldest() == Some(oldest) {
                self.end(oldest, Reason::Batch, self.time_of(group, now), out)?;
            }
        }
        Ok(())
    }

    /// All points that wait are taken, in whatever group.
    fn release_everywhere(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<Progress, Halt> {
        if !self.event_time.as_ref().is_some_and(EventTime::holds_points) {
            // There may be as many groups as tasks, and this is asked for each slice of them.
            return Ok(Progress::Done);
        }
        for group in self.waiting_groups() {
            if self.release_all(group, now, out)? == Progress::More {
                return Ok(Progress::More);
            }
        }
        Ok(Progress::Done)
    }

    /// The end of the batch will not come: what was gathered goes out as if it had been all.
    pub(super) fn break_off(&mut self, out: &mut Outbox) -> Result<(), Halt> {
        let Some(batch) = &mut self.batch else { return Ok(()) };
        // What has begun to go out has been given up with the stream.
        batch.is_begun = false;
        if let Some(latest) = batch.latest() {
            return self.close_batch(latest, out);
        }
        if let Some(batch) = self.batch.take() {
            self.groups.closed(batch.group);
            self.origins.release(batch.origin);
        }
        Ok(())
    }
}

//! How points come out of a node: by themselves, as a batch of their own, or in the batch that flows in.

use super::batches::LARGE;
use super::dress::Dress;
use super::emit::{Ended, id_values, measurement, own_time, whole_id};
use super::ending::Reason;
use super::events::{self, Events};
use super::halt::Halt;
use super::node::Node;
use super::observer::Of;
use super::options::Function;
use super::reading::Place;
use super::task::Task;
use crate::agent::Outbox;
use crate::edge::Edge;
use crate::handler::UnixNanos;
use crate::wire::point::{PointView, number, origin_bytes};
use crate::wire::point_writer;

/// What there is to know of a point that goes out.
pub(super) struct Sent<'a> {
    pub(super) group: u32,
    /// The measurement.
    pub(super) name: &'a [u8],
    pub(super) time: i64,
    pub(super) whose: Whose<'a>,
}

/// The task that a point is of.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// One that is open.
    Open(u32),
    /// One that is no more.
    Ended(&'a Task),
}

impl Node {
    /// A task's result comes out; the task stays. `now` is the clock's; of a flush and of a batch its own.
    pub(super) fn emit(
        &mut self,
        number: u32,
        reason: Reason,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        if self.settings.function == Function::Session {
            return self.emit_session(number, reason, now, out);
        }
        let Some(time) = self.write(number, reason, now) else { return Ok(()) };
        self.counters.out.add(reason);
        self.see_output(Of::Task(number, reason, now), out);
        if self.settings.function.provides() == Edge::Stream {
            return Ok(out.encoded_point(self.emitter.body())?);
        }
        let Some(task) = self.tasks.get(number) else { return Ok(()) };
        let name = measurement(&self.settings, self.origins.encoded(task.origin)).to_vec();
        self.send(&Sent { group: task.group, name: &name, time, whose: Whose::Open(number) }, out)
    }

    /// Writes a task's point. Its time.
    pub(super) fn write(&mut self, number: u32, reason: Reason, now: UnixNanos) -> Option<i64> {
        let moment = self.moment(number, reason, now);
        let task = self.tasks.get(number)?;
        let group = self.groups.get_mut(task.group)?;
        let ended = Ended { task, reason, origin: self.origins.encoded(task.origin) };
        let Self { settings, identity, emitter, counters, scripts, .. } = self;
        Some(emitter.write((settings, identity, scripts.keys()), moment, ended, group, counters))
    }

    /// When a task comes out, by the time that deadlines follow.
    fn moment(&self, number: u32, reason: Reason, now: UnixNanos) -> i64 {
        self.tasks.get(number).map_or(now, |task| self.moment_of(task, reason, now))
    }

    /// Likewise for one that may be no more.
    pub(super) fn moment_of(&self, task: &Task, reason: Reason, now: UnixNanos) -> i64 {
        if self.event_time.is_none() {
            return now;
        }
        match reason {
            Reason::Timeout | Reason::Inactivity => self.settings.timer(task),
            Reason::Flush | Reason::Batch => now,
            _ => self.time_of(task.group, now),
        }
    }

    /// What the emitter has written goes out.
    pub(super) fn send(&mut self, sent: &Sent<'_>, out: &mut Outbox) -> Result<(), Halt> {
        let Self { settings, identity, emitter, tasks, groups, batch, frames, .. } = self;
        if settings.function.provides() == Edge::Stream {
            return Ok(out.encoded_point(emitter.body())?);
        }
        if let Some(batch) = batch.as_mut().filter(|batch| batch.takes(sent.group)) {
            batch.results.add(sent.time, &[emitter.body()]);
            return Ok(());
        }
        let task = match sent.whose {
            Whose::Open(number) => tasks.get(number),
            Whose::Ended(task) => Some(task),
        };
        let Some((group, task)) = groups.get(sent.group).zip(task) else { return Ok(()) };
        frames.clear();
        Dress::default().frame(sent.time, emitter.body(), frames);
        let (begin, end) =
            emitter.frame(group, (sent.name, Some((settings, identity, task))), (1, sent.time));
        Ok(out.encoded_batch(begin, [&**frames], end)?)
    }

    /// A session comes out, if it has events.
    fn emit_session(
        &mut self,
        number: u32,
        reason: Reason,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        let moment = self.moment(number, reason, now);
        if self.tasks.get(number).is_some_and(|task| task.events().is_some()) {
            self.see_output(Of::Task(number, reason, now), out);
        }
        let Self { settings, identity, emitter, counters, tasks, groups, .. } = self;
        let Some(task) = tasks.get(number) else { return Ok(()) };
        let Some(events) = task.events() else {
            // After a flush the task goes on.
            if reason != Reason::Flush {
                counters.vanished.add(reason);
            }
            return Ok(());
        };
        let Some(group) = groups.get_mut(task.group) else { return Ok(()) };
        let tmax = group.times.next(own_time(settings, moment, task), settings.point_time);
        let mut dress = Dress::default();
        for (name, _, text) in id_values(identity, task).filter(|_| events.lacks_id) {
            dress.id_tag(name.as_bytes(), text);
        }
        if reason.is_timeout() {
            for (name, value) in &settings.tags_on_timeout {
                if emitter.may_set(name, group, counters) {
                    dress.set_tag(name.as_bytes(), value.as_bytes());
                }
            }
            if let Some(tags) = &settings.timeout_tags
                && emitter.may_set("tags", group, counters)
            {
                dress.join_tags(tags.as_bytes());
            }
        }
        if let Some(name) = &settings.reason_tag
            && emitter.may_set(name, group, counters)
        {
            dress.set_tag(name.as_bytes(), reason.word().as_bytes());
        }
        let id = settings.timeout_task_id_field.as_deref().filter(|_| reason.is_timeout());
        if let Some(name) = id {
            dress.set_field(name.as_bytes(), whole_id(identity, group, task));
        }
        self.frames.clear();
        self.frames.shrink_to(LARGE);
        counters.left_out += dress.frames(events, &mut self.frames);
        let name = measurement(settings, self.origins.encoded(task.origin));
        let size = (events.len(), tmax);
        let (begin, end) = emitter.frame(group, (name, Some((settings, identity, task))), size);
        counters.out.add(reason);
        Ok(out.encoded_batch(begin, [&*self.frames], end)?)
    }

    /// An original goes on.
    pub(super) fn pass(
        &mut self,
        point: &PointView<'_>,
        place: &Place,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        let function = self.settings.function;
        match (function.wants(), function.provides()) {
            (Edge::Stream, Edge::Stream) => Ok(out.forward(*point)?),
            (Edge::Stream, Edge::Batch) => self.pass_alone(point, place, out),
            (Edge::Batch, Edge::Stream) => {
                let body = self.placed(point, place);
                Ok(out.encoded_point(&body)?)
            }
            (Edge::Batch, Edge::Batch) => {
                let group = self.group_of(point, place).ok();
                match (&mut self.batch, group) {
                    (Some(batch), Some(group)) if batch.takes(group) => {
                        batch.originals.push(point);
                        Ok(())
                    }
                    _ => self.pass_alone(point, place, out),
                }
            }
        }
    }

    /// An original is a batch by itself. One whose group can't be told has no place in any.
    fn pass_alone(&mut self, point: &PointView<'_>, place: &Place, out: &mut Outbox) -> Result<(), Halt> {
        let function = self.settings.function;
        let Ok(group) = self.group_of(point, place) else { return Ok(()) };
        let Some(group) = self.groups.get(group) else { return Ok(()) };
        let [name, ..] = match place.origin {
            Some(origin) => origin_bytes(self.origins.encoded(origin)),
            None => point.origin_bytes(),
        };
        let renamed = self.settings.measurement.as_deref().filter(|_| function == Function::BATCH);
        let name = renamed.map_or(name, str::as_bytes);
        let mut alone = Events::default();
        alone.push(point);
        self.frames.clear();
        Dress::default().frames(&alone, &mut self.frames);
        let (begin, end) = self.emitter.frame(group, (name, None), (1, point.time()));
        Ok(out.encoded_batch(begin, [&*self.frames], end)?)
    }

    /// A point of a batch as one of a stream: with what the batch said of it.
    fn placed(&mut self, point: &PointView<'_>, place: &Place) -> Vec<u8> {
        let mut body = Vec::with_capacity(point.body().len() * 2);
        point_writer::time(point.time(), &mut body);
        match place.origin {
            Some(origin) => body.extend_from_slice(self.origins.encoded(origin)),
            None => point_writer::text(number::NAME, point.origin_bytes()[0], &mut body),
        }
        let group = self.group_of(point, place).ok();
        if let Some(group) = group.and_then(|group| self.groups.get(group)) {
            if group.by_name {
                point_writer::by_name(&mut body);
            }
            point_writer::text(number::GROUP, &group.key, &mut body);
            group.dimensions.iter().for_each(|name| point_writer::text(number::DIMENSION, name, &mut body));
        }
        events::runs(point).iter().for_each(|run| body.extend_from_slice(run));
        body
    }
}

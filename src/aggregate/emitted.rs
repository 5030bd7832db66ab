//! Points that scripts emit, on their way out.

use super::emit::{Emitter, Owner};
use super::halt::Halt;
use super::held::view;
use super::node::Node;
use super::observer::Of;
use super::output::{Sent, Whose};
use super::reading::Place;
use super::scripting::has_field;
use super::task::Task;
use crate::agent::Outbox;
use crate::edge::Edge;
use crate::script::Emitted;
use crate::wire::point::{PointView, origin_bytes};
use crate::wire::point_writer;
use crate::wire::response;

/// What points are emitted from: an event.
pub(super) struct From<'a, 'p> {
    pub(super) group: u32,
    /// The event's time.
    pub(super) time: i64,
    pub(super) place: &'a Place,
    /// The event.
    pub(super) point: &'a PointView<'p>,
}

impl Node {
    /// What code has emitted goes out: with the name, group and time of the event, and the id of its task.
    pub(super) fn send_emitted(
        &mut self,
        emitted: &[Emitted],
        number: u32,
        from: &From<'_, '_>,
        out: &mut Outbox,
    ) -> Result<(), Halt> {
        for emitted in emitted {
            match emitted {
                Emitted::Event(body) if !has_field(body) => self.warnings.no_field(),
                Emitted::Event(body) => {
                    self.counters.emitted += 1;
                    self.see_output(Of::Script(number), out);
                    self.send_event(body, from, out)?;
                }
                Emitted::Fields(fields) => {
                    let Self { settings, identity, emitter, counters, tasks, groups, origins, .. } =
                        &mut *self;
                    let Some((task, group)) = tasks.get(number).zip(groups.get_mut(from.group)) else {
                        continue;
                    };
                    let origin = match from.place.origin {
                        Some(origin) => origin_bytes(origins.encoded(origin)),
                        None => from.point.origin_bytes(),
                    };
                    let name = origin[0].to_vec();
                    let time = group.times.next(from.time, settings.point_time);
                    let owner = Owner { settings, identity, task, group, counters };
                    if emitter.write_fields(owner, origin, time, fields) {
                        counters.emitted += 1;
                        self.see_output(Of::Script(number), out);
                        let whose = Whose::Open(number);
                        self.send(&Sent { group: from.group, name: &name, time, whose }, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The event as it was when it was emitted, at a time of its own.
    fn send_event(&mut self, body: &[u8], from: &From<'_, '_>, out: &mut Outbox) -> Result<(), Halt> {
        let Some(group) = self.groups.get_mut(from.group) else { return Ok(()) };
        let time = group.times.next(from.time, self.settings.point_time);
        self.emitter.set_body(body);
        self.emitter.set_time(time);
        let mut frame = Vec::new();
        response::write_point_body(self.emitter.body(), &mut frame);
        match view(&frame) {
            Some(point) => self.pass(&point, from.place, out),
            None => Ok(()),
        }
    }

    /// Likewise what timeoutCode has emitted, from the finished point of a task that is no more. The first has that
    /// point's time. The time that is then left for the point.
    pub(super) fn send_emitted_at_end(
        &mut self,
        emitted: &[Emitted],
        task: &Task,
        (name, time): (&[u8], i64),
        out: &mut Outbox,
    ) -> Result<i64, Halt> {
        let mut next = time;
        if self.settings.pass_through
            && !emitted.is_empty()
            && let Some(group) = self.groups.get_mut(task.group)
        {
            // An original may have gone on with that time, and have no other tags.
            next = group.times.next(time, self.settings.point_time);
        }
        for emitted in emitted {
            let Self { settings, identity, emitter, counters, groups, origins, .. } = &mut *self;
            let Some(group) = groups.get_mut(task.group) else { return Ok(next) };
            let is_written = match emitted {
                Emitted::Event(body) => {
                    emitter.set_body(body);
                    emitter.refit(settings, counters);
                    if settings.function.provides() == Edge::Stream {
                        emitter.set_time(next);
                    }
                    has_field(emitter.body())
                }
                Emitted::Fields(fields) => {
                    let [_, database, retention_policy] = origin_bytes(origins.encoded(task.origin));
                    let owner = Owner { settings, identity, task, group, counters };
                    emitter.write_fields(owner, [name, database, retention_policy], next, fields)
                }
            };
            if is_written {
                counters.emitted += 1;
                let sent = Sent { group: task.group, name, time: next, whose: Whose::Ended(task) };
                next = group.times.next(time, settings.point_time);
                self.see_output(Of::LastWords(task), out);
                self.send(&sent, out)?;
            }
        }
        Ok(next)
    }
}

impl Emitter {
    /// Takes a finished point in place of what was written last.
    pub(super) fn set_body(&mut self, body: &[u8]) {
        self.scratch().extend_from_slice(body);
    }

    /// Sets the time of what was written last: the last one in a message counts.
    pub(super) fn set_time(&mut self, time: i64) {
        point_writer::time(time, self.body_mut());
    }
}

//! What scripts do to an event and to the task that takes it: code, and the conditions that begin and end tasks.

use tracing::warn;

use super::emit::whole_id;
use super::emitted::From;
use super::ending::Reason;
use super::group::Group;
use super::halt::Halt;
use super::held::view;
use super::identity::Identity;
use super::names::Event;
use super::node::{Moment, Node};
use super::reading::Place;
use super::settings::{OnError, Settings};
use super::task::{Flags, Scripted, Task};
use crate::agent::Outbox;
use crate::handler::UnixNanos;
use crate::script::{self, Call, Emitted, Failed, Look, Part};
use crate::value::Value;
use crate::wire::entry::{Entries, EntryKind};
use crate::wire::point::{PointView, origin_bytes};
use crate::wire::response;

/// The tag value of what a script has failed on: Logstash's word.
pub(super) const FAILED: &str = "_aggregateexception";

/// An event: the point, what was read of it, and what is known of it from elsewhere.
pub(super) type Came<'a, 'p> = (&'a PointView<'a>, &'a Event<'p>, &'a Place);

impl Node {
    /// Whether an event begins a task.
    #[inline]
    pub(super) fn starts(&mut self, now: UnixNanos, came: Came<'_, '_>) -> bool {
        let Self { scripts, slots, origins, .. } = self;
        let seen = Seen { event: came.1, slots, count: 0 };
        let name = batch_name(came.2, |origin| origins.encoded(origin));
        scripts.holds(Part::StartWhen, now, &seen, |call| fill_event(&mut call.event, slots, name, came))
    }

    /// `ends`, or that endWhen does.
    #[inline]
    pub(super) fn or_end_when(
        &mut self,
        number: u32,
        ends: Option<Reason>,
        now: UnixNanos,
        came: Came<'_, '_>,
    ) -> Option<Reason> {
        if !self.scripts.has(Part::EndWhen) || ends == Some(Reason::End) {
            return ends;
        }
        let Self { scripts, slots, tasks, groups, origins, identity, settings, .. } = self;
        let Some(task) = tasks.get_mut(number) else { return ends };
        let seen = Seen { event: came.1, slots, count: task.events.get() };
        let mut scripted = task.scripted.take();
        if let Some(scripted) = &mut scripted {
            scripts.call().state = std::mem::take(&mut scripted.state);
        }
        let name = batch_name(came.2, |origin| origins.encoded(origin));
        let holds = scripts.holds(Part::EndWhen, now, &seen, |call| {
            fill_event(&mut call.event, slots, name, came);
            if let Some(group) = groups.get(task.group) {
                fill_task(call, identity, group, task, timeouts_of(settings, scripted.as_deref()));
            }
        });
        if let Some(scripted) = &mut scripted {
            scripted.state = std::mem::take(&mut scripts.call().state);
        }
        task.scripted = scripted;
        if holds { Some(Reason::End) } else { ends }
    }

    /// Code has its say on an event that a task takes. The event goes on, if it is to, and what the code emits; the
    /// reason if it ends the task.
    pub(super) fn run_code(
        &mut self,
        number: u32,
        moment: Moment,
        came: Came<'_, '_>,
        out: &mut Outbox,
    ) -> Result<Option<Reason>, Halt> {
        let (point, event, place) = came;
        let Some(task) = self.tasks.get_mut(number) else { return Ok(None) };
        let group = task.group;
        let is_earlier = task.count(moment.event, event.time);
        let failed = self.call_code(number, moment.now, came);
        if let Some(failed) = failed {
            self.failed(group, failed)?;
            if let Some(task) = self.tasks.get_mut(number) {
                task.flags.set(Flags::FAILED, true);
            }
        }
        let call = self.scripts.call();
        let mut left = Left {
            is_cancelled: call.is_cancelled,
            emitted: std::mem::take(&mut call.emitted),
            over: over_now(call),
            is_earlier,
        };
        if !call.event.is_changed() {
            return self.settle(number, moment, came, left, out);
        }
        let mut frame = std::mem::take(&mut self.changed);
        if !self.write_changed(point, &mut frame) {
            self.warnings.no_field();
            left.is_cancelled = true;
        }
        let changed = view(&frame).and_then(|point| Some((point, self.names.read(&point).ok()?)));
        let ends = if let Some((point, event)) = &changed {
            self.settle(number, moment, (point, event, place), left, out)
        } else {
            // Not to be expected: it was readable, and so is what scripts set.
            warn!("a point that code has changed can't be read; it goes on as it came");
            self.settle(number, moment, came, left, out)
        };
        drop(changed);
        self.changed = frame;
        ends
    }

    /// What comes of an event once code has had its say.
    fn settle(
        &mut self,
        number: u32,
        moment: Moment,
        came: Came<'_, '_>,
        left: Left,
        out: &mut Outbox,
    ) -> Result<Option<Reason>, Halt> {
        let (point, event, place) = came;
        let Left { is_cancelled, emitted, over, is_earlier } = left;
        let tally = self.gather(number, point, event, !is_cancelled);
        self.counted(number, moment.event, is_earlier);
        if is_cancelled {
            self.counters.cancelled += 1;
        } else {
            self.pass_on(point, place, out)?;
        }
        if !emitted.is_empty()
            && let Some(group) = self.tasks.get(number).map(|task| task.group)
        {
            if self.settings.pass_through
                && !is_cancelled
                && let Some(group) = self.groups.get_mut(group)
            {
                group.times.reserve(event.time, self.settings.point_time);
            }
            let from = From { group, time: event.time, place, point };
            self.send_emitted(&emitted, number, &from, out)?;
        }
        if over.is_some() {
            return Ok(over);
        }
        let ends = self.ends_with(number, &tally);
        Ok(self.or_end_when(number, ends, moment.now, came))
    }

    /// Runs code on an event. Why it failed, if it did; all else it leaves in the call, but for what is the task's.
    fn call_code(&mut self, number: u32, now: UnixNanos, came: Came<'_, '_>) -> Option<Failed> {
        let Self { scripts, slots, tasks, groups, origins, identity, settings, .. } = self;
        let task = tasks.get_mut(number)?;
        let group = groups.get(task.group)?;
        let call = scripts.call();
        call.clear();
        let name = batch_name(came.2, |origin| origins.encoded(origin));
        fill_event(&mut call.event, slots, name, came);
        let mut scripted = task.scripted.take();
        let before = scripted.as_deref().map_or(0, Scripted::boxed_bytes);
        fill_task(call, identity, group, task, timeouts_of(settings, scripted.as_deref()));
        if let Some(scripted) = &mut scripted {
            call.state = std::mem::take(&mut scripted.state);
        }
        if scripts.changes_event() {
            set_dimensions(scripts.call(), group);
        }
        let failed = scripts.run(Part::Code, now).err();

        let call = scripts.call();
        let state = std::mem::take(&mut call.state);
        if scripted.is_some() || !state.is_empty() || call.task.has_set_timeouts {
            let scripted = scripted.get_or_insert_default();
            scripted.state = state;
            if call.task.has_set_timeouts {
                let own = scripted.lifetime.get_or_insert_default();
                let before = settings.timeouts(Some(own));
                // What the script has not set follows the options, which may change over a restart.
                if call.task.timeout != before.0 {
                    own.timeout = Some(call.task.timeout);
                }
                if call.task.inactivity_timeout != before.1 {
                    own.inactivity_timeout = call.task.inactivity_timeout;
                }
                task.flags.set(Flags::LIFETIME, true);
            }
        }
        let after = scripted.as_deref().map_or(0, Scripted::boxed_bytes);
        task.scripted = scripted;
        let due = call.task.has_set_timeouts.then(|| settings.timer(task));
        if let Some(due) = due {
            tasks.put_off(number, due, groups);
        }
        tasks.grown(after.cast_signed() - before.cast_signed());
        failed
    }

    /// What `onError` does to the event, or the finished point, of the call at hand.
    pub(super) fn failed(&mut self, group: u32, failed: Failed) -> Result<(), Halt> {
        let call = self.scripts.call();
        match self.settings.on_error {
            OnError::Drop => call.is_cancelled = true,
            OnError::Tag => {
                if let Some(group) = self.groups.get(group)
                    && self.emitter.may_set("tags", group, &mut self.counters)
                {
                    call.event.add_to_tags(FAILED);
                }
            }
            OnError::Stop => {
                let message = match failed {
                    Failed::Script(message) => message,
                    Failed::BackedOff => "a script has used up its budget too often".to_owned(),
                };
                return Err(Halt::Script(message));
            }
        }
        Ok(())
    }

    /// The frame of a point as the call left it, into this buffer; `false` if it has lost its last
    /// field.
    fn write_changed(&mut self, point: &PointView<'_>, frame: &mut Vec<u8>) -> bool {
        let body = self.emitter.scratch();
        self.scripts.call().event.write(body);
        frame.clear();
        response::write_point_body(body, frame);
        has_field(body) || !has_field(point.body())
    }
}

/// Whether there is a field among these entries of a point.
pub(super) fn has_field(body: &[u8]) -> bool {
    Entries::new(body).flatten().any(|entry| entry.kind != EntryKind::Tag)
}

/// What code left of a call.
struct Left {
    is_cancelled: bool,
    emitted: Vec<Emitted>,
    /// Why its task is over, by what it said.
    over: Option<Reason>,
    /// The event made its task older.
    is_earlier: bool,
}

/// Where a plain condition looks.
struct Seen<'a, 'p> {
    event: &'a Event<'p>,
    slots: &'a [usize],
    count: u64,
}

impl Look for Seen<'_, '_> {
    #[inline]
    fn tag(&self, slot: usize) -> Option<&[u8]> {
        self.slots.get(slot).and_then(|&name| self.event.tag(name))
    }

    #[inline]
    fn field(&self, slot: usize) -> Option<Value<'_>> {
        self.slots.get(slot).and_then(|&name| self.event.field(name))
    }

    fn count(&self) -> u64 {
        self.count
    }
}

/// The measurement of a batch's points, which these do not say.
fn batch_name<'a>(place: &Place, encoded: impl FnOnce(u32) -> &'a [u8]) -> Option<&'a [u8]> {
    place.origin.map(|origin| origin_bytes(encoded(origin))[0])
}

fn fill_event(event: &mut script::Event, slots: &[usize], name: Option<&[u8]>, came: Came<'_, '_>) {
    let (point, seen, _) = came;
    let found = slots.iter().map(|&name| (seen.tag(name), seen.field(name)));
    event.fill(name, seen.time, point.body(), found);
}

/// What a script sees of the task, but for its map.
pub(super) fn fill_task(
    call: &mut Call,
    identity: &Identity,
    group: &Group,
    task: &Task,
    (timeout, inactivity_timeout): (i64, Option<i64>),
) {
    let view = &mut call.task;
    view.id.clear();
    view.id.extend_from_slice(whole_id(identity, group, task));
    view.count = task.events.get();
    (view.created, view.last) = (task.created, task.active);
    view.is_restored = task.flags.has(Flags::RESTORED);
    view.reason = None;
    (view.timeout, view.inactivity_timeout) = (timeout, inactivity_timeout);
    view.has_set_timeouts = false;
    view.ends = false;
}

/// How long a task is open.
pub(super) fn timeouts_of(settings: &Settings, scripted: Option<&Scripted>) -> (i64, Option<i64>) {
    settings.timeouts(scripted.and_then(|scripted| scripted.lifetime.as_deref()))
}

/// The tags that no script may change.
pub(super) fn set_dimensions(call: &mut Call, group: &Group) {
    call.event.set_dimensions(group.dimensions.iter().map(|name| &**name));
}

/// Why the task is over, by what code said.
fn over_now(call: &Call) -> Option<Reason> {
    let task = &call.task;
    if task.has_set_timeouts && task.timeout == 0 {
        Some(Reason::Timeout)
    } else if task.has_set_timeouts && task.inactivity_timeout == Some(0) {
        Some(Reason::Inactivity)
    } else {
        task.ends.then_some(Reason::End)
    }
}

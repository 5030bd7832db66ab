//! One node's state, and what an event does to it: which task takes it, which tasks make room for it,
//! whether it ends one. What happens when no event comes is `timers`'s.

use ahash::RandomState;
use smallvec::SmallVec;

use super::counters::{Counters, Told};
use super::emit::{Emitter, Ended};
use super::ending::Reason;
use super::groups::Groups;
use super::identity::{self, Id, Identity};
use super::names::{Event, Names};
use super::origins::Origins;
use super::settings::{MapAction, Settings};
use super::tasks::{Task, Tasks};
use super::timers::Flushing;
use super::warnings::Warnings;
use crate::agent::{Outbox, SendError};
use crate::handler::UnixNanos;
use crate::wire::point::PointView;

/// How many points are looked at at once.
pub(super) const AT_ONCE: usize = 16;

/// One node of one Kapacitor task.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) settings: Settings,
    pub(super) identity: Identity,
    names: Names,
    /// For each output, what it reduces.
    pub(super) inputs: Vec<Option<usize>>,
    pub(super) tasks: Tasks,
    pub(super) groups: Groups,
    pub(super) origins: Origins,
    pub(super) emitter: Emitter,
    pub(super) counters: Counters,
    pub(super) flushing: Option<Flushing>,
    /// For the names that tasks keep.
    pub(super) hasher: RandomState,
    /// The ids of the points at hand.
    ids: Vec<identity::Found>,
    warnings: Warnings,
}

/// What was read of a point.
#[derive(Clone, Copy)]
struct Read<'a, 'p> {
    /// `None`: it can't be read.
    event: Option<&'a Event<'p>>,
    id: &'a identity::Found,
    /// Of group and id.
    hash: u32,
}

/// What became of a point.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// A task took it, and may end with it.
    Taken { task: u32, ends: Option<Reason> },
    /// No task did.
    Original,
}

impl Node {
    pub(super) fn new(settings: Settings, now: UnixNanos) -> Self {
        let mut names = Names::default();
        let identity = Identity::new(settings.task_id.clone(), &mut names);
        let inputs = settings.outputs.iter().map(|output| output.field.as_ref().map(|name| names.want(name)));
        Self {
            inputs: inputs.collect(),
            emitter: Emitter::new(&settings, &identity),
            identity,
            names,
            tasks: Tasks::new(),
            groups: Groups::new(settings.max_bytes),
            origins: Origins::default(),
            counters: Counters::default(),
            flushing: settings.flush.map(|flush| Flushing::new(flush, now)),
            hasher: RandomState::new(),
            ids: Vec::new(),
            warnings: Warnings::default(),
            settings,
        }
    }

    /// Points come, one after the other.
    pub(super) fn points(
        &mut self,
        now: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<(), SendError> {
        let mut ids = std::mem::take(&mut self.ids);
        ids.resize_with(points.len().max(ids.len()), identity::Found::default);
        let mut hashes = SmallVec::<[u32; AT_ONCE]>::new();
        let mut events = SmallVec::<[Option<Event<'_>>; AT_ONCE]>::new();
        for (point, id) in points.iter().zip(&mut ids) {
            let event = self.names.read(point).ok();
            id.is_whole = event.as_ref().is_some_and(|event| self.identity.find(event, id));
            hashes.push(self.tasks.hash(point.group(), id.text()));
            events.push(event);
        }
        self.tasks.warm(&hashes);
        for (((point, event), id), hash) in points.iter().zip(&events).zip(&ids).zip(hashes) {
            self.point(now, point, Read { event: event.as_ref(), id, hash }, out)?;
        }
        self.ids = ids;
        Ok(())
    }

    /// A point comes. What it makes come out goes before it, what it ends behind it.
    fn point(
        &mut self,
        now: UnixNanos,
        point: &PointView<'_>,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<(), SendError> {
        self.counters.points += 1;
        let fate = self.take(now, point, read, out)?;
        if self.settings.pass_through {
            out.forward(*point)?;
            self.counters.passed += 1;
        }
        if let Fate::Taken { task, ends } = fate {
            self.counters.events += 1;
            if let Some(reason) = ends {
                self.end(task, reason, now, out)?;
            }
            self.warnings.many(now, self.tasks.len(), self.settings.warning_threshold);
            self.stay_within_bytes(now, out)?;
        }
        Ok(())
    }

    /// What it has seen, and what is open.
    pub(super) fn tell(&self) -> Told {
        Told { counters: self.counters, open: self.tasks.len(), bytes: self.bytes() }
    }

    /// The state of the node, all in, in bytes.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.tasks.bytes() + self.groups.bytes() + self.origins.bytes() + self.emitter.types.bytes()
    }

    #[inline]
    fn take(
        &mut self,
        now: UnixNanos,
        point: &PointView<'_>,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<Fate, SendError> {
        let Some(event) = read.event else {
            self.unreadable();
            return Ok(Fate::Original);
        };
        if !read.id.is_whole {
            self.counters.no_id += 1;
            Warnings::no_id(&self.counters, &self.identity);
            return Ok(Fate::Original);
        }
        let task = match self.open_task(now, point, read, out)? {
            Some(_) if self.settings.map_action == MapAction::Create => {
                self.counters.ignored += 1;
                return Ok(Fate::Original);
            }
            Some(task) if self.is_closed_to_growth(task) => {
                self.counters.rejected += 1;
                return Ok(Fate::Original);
            }
            Some(task) => task,
            None => match self.create(now, point, read.id, out)? {
                Some(task) => task,
                None => return Ok(Fate::Original),
            },
        };
        let ends = self.update(task, now, point, event);
        Ok(Fate::Taken { task, ends })
    }

    /// The task that is open for the id that was found. One that is over ends now: no point joins it.
    #[inline]
    fn open_task(
        &mut self,
        now: UnixNanos,
        point: &PointView<'_>,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<Option<u32>, SendError> {
        let found = self.tasks.find_hashed(read.hash, &self.groups, point.group(), read.id.text());
        let Some(number) = found else { return Ok(None) };
        if let Some(reason) = self.over(number, now) {
            self.end(number, reason, now, out)?;
            return Ok(None);
        }
        Ok(Some(number))
    }

    /// A new task, if there is room or room can be made.
    fn create(
        &mut self,
        now: UnixNanos,
        point: &PointView<'_>,
        id: &identity::Found,
        out: &mut Outbox,
    ) -> Result<Option<u32>, SendError> {
        let Ok(group) = self.groups.of(point) else {
            self.unreadable();
            return Ok(None);
        };
        if let Some(group) = self.groups.get(group) {
            self.warnings.dimension(&self.identity, group);
        }
        if self.settings.push_previous
            && let Some(oldest) = self.groups.get(group).and_then(|group| group.tasks.oldest)
        {
            self.end(oldest, self.over(oldest, now).unwrap_or(Reason::Previous), now, out)?;
        }
        if !self.make_room(now, out)? {
            self.counters.rejected += 1;
            return Ok(None);
        }
        // To make room may have been the end of the group.
        let Ok(group) = self.groups.of(point) else { return Ok(None) };
        if self.tasks.len() == 0
            && let Some(flushing) = &mut self.flushing
        {
            flushing.skip_until(now);
        }
        let id = Id::new(id.text(), id.origins(), self.identity.is_plain());
        let origin = self.origins.of(point);
        let mut task = Task::new(id, group, origin, now, point.time());
        task.reducers.extend(self.settings.outputs.iter().map(|output| output.kind.start()));
        let due = self.settings.timer(&task);
        self.counters.created += 1;
        Ok(Some(self.tasks.add(task, due, &mut self.groups)))
    }

    /// Why a task is over, if its deadline has passed: it ends for that reason, whoever notices first.
    #[inline]
    pub(super) fn over(&self, number: u32, now: UnixNanos) -> Option<Reason> {
        let (due, reason) = self.settings.deadline(self.tasks.get(number)?);
        (due < now).then_some(reason)
    }

    /// A task ends, and comes out if its reason lets it.
    pub(super) fn end(
        &mut self,
        number: u32,
        reason: Reason,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<(), SendError> {
        if reason.comes_out(&self.settings) {
            self.emit(number, reason, now, out)?;
        } else {
            self.counters.vanished.add(reason);
        }
        self.remove(number);
        Ok(())
    }

    /// A task's point comes out; the task stays.
    pub(super) fn emit(
        &mut self,
        number: u32,
        reason: Reason,
        now: UnixNanos,
        out: &mut Outbox,
    ) -> Result<(), SendError> {
        let Some(task) = self.tasks.get(number) else { return Ok(()) };
        let Some(group) = self.groups.get_mut(task.group) else { return Ok(()) };
        let ended = Ended { task, reason, origin: self.origins.encoded(task.origin) };
        let Self { settings, identity, emitter, counters, .. } = self;
        out.encoded_point(emitter.write(settings, identity, now, ended, group, counters))?;
        counters.out.add(reason);
        Ok(())
    }

    /// A task is no more.
    pub(super) fn remove(&mut self, number: u32) {
        if let Some(flushing) = &mut self.flushing {
            flushing.step_over(number, &self.tasks);
        }
        if let Some(task) = self.tasks.remove(number, &mut self.groups) {
            self.origins.release(task.origin);
        }
    }

    #[cold]
    fn unreadable(&mut self) {
        self.counters.unreadable += 1;
        Warnings::unreadable(&self.counters);
    }
}

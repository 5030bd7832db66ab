//! Which task takes a point: the one that is open for its id, or a new one, if there is room.

use super::ending::Reason;
use super::halt::Halt;
use super::identity::Id;
use super::names::Event;
use super::node::{Moment, Node};
use super::reading::Read;
use super::settings::MapAction;
use super::task::Task;
use super::warnings::Warnings;
use crate::agent::Outbox;
use crate::script::Part;
use crate::wire::point::PointView;

impl Node {
    /// The task that takes the point, and what was read of it; none, and the point is an original.
    #[inline]
    pub(super) fn take<'a, 'p>(
        &mut self,
        moment: Moment,
        point: &PointView<'_>,
        read: Read<'a, 'p>,
        out: &mut Outbox,
    ) -> Result<Option<(u32, &'a Event<'p>)>, Halt> {
        let Some(event) = read.event else {
            self.unreadable();
            return Ok(None);
        };
        if !read.id.is_whole {
            self.counters.no_id += 1;
            Warnings::no_id(&self.counters, &self.identity);
            return Ok(None);
        }
        let open = self.open_task(moment, read, out)?;
        let has_start = self.scripts.has(Part::StartWhen);
        let starts = !has_start || self.starts(moment.now, (point, event, read.place));
        let task = match (open, starts, self.settings.map_action) {
            (Some(_), true, MapAction::Create) => {
                self.counters.ignored += 1;
                return Ok(None);
            }
            (Some(task), true, MapAction::CreateOrUpdate) if has_start => {
                self.restart(task, moment, point, read, out)?
            }
            (Some(task), ..) if self.is_closed_to_growth(task) => {
                self.counters.rejected += 1;
                None
            }
            (Some(task), ..) => Some(task),
            (None, true, _) => self.create(moment, point, read, out)?,
            (None, false, _) => {
                self.counters.orphans += 1;
                None
            }
        };
        Ok(task.map(|task| (task, event)))
    }

    /// A task ends since an event begins the next one of its id.
    fn restart(
        &mut self,
        number: u32,
        moment: Moment,
        point: &PointView<'_>,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<Option<u32>, Halt> {
        let Some(group) = self.tasks.get(number).map(|task| task.group) else { return Ok(None) };
        // It is to be the same one.
        self.groups.opened(group);
        self.end(number, Reason::Restart, moment.now, out)?;
        let created = self.create(moment, point, read, out)?;
        self.groups.closed(group);
        Ok(created)
    }

    /// The task that is open for the id that was found. One that is over ends now: no point joins it.
    #[inline]
    fn open_task(
        &mut self,
        moment: Moment,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<Option<u32>, Halt> {
        let found = self.tasks.find_hashed(read.hash, &self.groups, read.key, read.id.text());
        let Some(number) = found else { return Ok(None) };
        if let Some(reason) = self.over(number, moment.now) {
            self.end(number, reason, moment.now, out)?;
            return Ok(None);
        }
        Ok(Some(number))
    }

    /// A new task, if there is room or room can be made.
    fn create(
        &mut self,
        moment: Moment,
        point: &PointView<'_>,
        read: Read<'_, '_>,
        out: &mut Outbox,
    ) -> Result<Option<u32>, Halt> {
        let now = moment.now;
        let Ok(group) = self.group_of(point, read.place) else {
            self.unreadable();
            return Ok(None);
        };
        if let Some(group) = self.groups.get(group) {
            self.warnings.dimension(&self.identity, group);
        }
        // Others that end for it would have it forgotten, with the time that it has come to.
        self.groups.opened(group);
        if self.settings.push_previous
            && let Some(oldest) = self.groups.get(group).and_then(|group| group.tasks.oldest)
        {
            self.end(oldest, self.over(oldest, now).unwrap_or(Reason::Previous), now, out)?;
        }
        if !self.make_room(now, out)? {
            self.groups.closed(group);
            self.counters.rejected += 1;
            return Ok(None);
        }
        if self.tasks.len() == 0
            && let Some(flushing) = &mut self.flushing
        {
            flushing.skip_until(now);
        }
        let id = Id::new(read.id.text(), read.id.origins(), self.identity.is_plain());
        let origin = match read.place.origin {
            Some(origin) => self.origins.hold(origin),
            None => self.origins.of(point),
        };
        let mut task = Task::new(id, group, origin, moment.event, point.time());
        task.reducers.extend(self.settings.outputs.iter().map(|output| output.kind.start()));
        let due = self.settings.timer(&task);
        self.counters.created += 1;
        let number = self.tasks.add(task, due, &mut self.groups);
        self.groups.closed(group);
        Ok(Some(number))
    }

    #[cold]
    fn unreadable(&mut self) {
        self.counters.unreadable += 1;
        Warnings::unreadable(&self.counters);
    }
}

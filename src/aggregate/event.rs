//! What an event does to the task that takes it, and whether it ends it.

use ahash::RandomState;

use super::ending::Reason;
use super::events::Events;
use super::kept::Kept;
use super::names::Event;
use super::node::Node;
use super::options::Function;
use super::reduce::Tally;
use super::settings::Keep;
use super::task::{Gathered, Task};
use crate::heap;
use crate::wire::point::PointView;

/// The length of a string output that ends its task. `InfluxDB` takes 64 KiB.
const MAX_TEXT: usize = 60 << 10;

impl Node {
    /// The event as the task sees it, at this moment of the time that deadlines follow; the reason if it ends the
    /// task.
    #[inline]
    pub(super) fn update(
        &mut self,
        number: u32,
        moment: i64,
        point: &PointView<'_>,
        event: &Event<'_>,
    ) -> Option<Reason> {
        let is_earlier = self.tasks.get_mut(number)?.count(moment, event.time);
        let tally = self.gather(number, point, event, true);
        self.counted(number, moment, is_earlier);
        self.ends_with(number, &tally)
    }

    /// What the task's reducers make of the event, and what is kept of it. `joins`: it is to come out with its session.
    #[inline]
    pub(super) fn gather(
        &mut self,
        number: u32,
        point: &PointView<'_>,
        event: &Event<'_>,
        joins: bool,
    ) -> Tally {
        let mut tally = Tally::default();
        let Some(task) = self.tasks.get_mut(number) else { return tally };
        for ((reducer, output), input) in
            task.reducers.iter_mut().zip(&self.settings.outputs).zip(&self.inputs)
        {
            let value = match *input {
                None => None,
                Some(name) => match event.value(name) {
                    Some(value) => Some(value),
                    None => continue,
                },
            };
            reducer.update(&output.kind, value, event.time, &mut tally);
        }
        if self.settings.function == Function::Session && joins {
            let has_id = self.identity.is_on(event, &task.id);
            hold(task, point, has_id, &mut tally);
        }
        if !self.settings.keep.is_nothing() {
            let group = self.groups.get(task.group);
            let carried = |name: &[u8]| {
                group.is_some_and(|group| group.is_dimension(name))
                    || self.identity.names().any(|known| known.as_bytes() == name)
            };
            keep(&self.settings.keep, task, point, carried, &self.hasher, &mut tally);
        }
        self.tasks.grown(tally.grown);
        self.counters.tally(&tally);
        tally
    }

    /// What the time of an event that was counted means for what lies ahead.
    #[inline]
    pub(super) fn counted(&mut self, number: u32, moment: i64, is_earlier: bool) {
        let Some(task) = self.tasks.get(number) else { return };
        let (group, due) = (task.group, is_earlier.then(|| self.settings.timer(task)));
        if let Some(due) = due {
            self.tasks.put_off(number, due, &mut self.groups);
        }
        if self.event_time.is_some() {
            self.expect_tick(group, moment);
        }
    }

    /// The first of the reasons that an event ends its task for, but for what conditions and code say.
    #[inline]
    pub(super) fn ends_with(&self, number: u32, tally: &Tally) -> Option<Reason> {
        let (settings, task) = (&self.settings, self.tasks.get(number)?);
        if settings.end_of_task {
            return Some(Reason::End);
        }
        if settings.is_last(task.events.get()) {
            return Some(Reason::MaxEvents);
        }
        let is_long = tally.longest_list >= settings.max_list_size
            || tally.longest_text >= MAX_TEXT
            || task.state().is_some_and(|state| state.weight() >= MAX_TEXT);
        (is_long && settings.function != Function::Script).then_some(Reason::MaxList)
    }
}

/// Keeps the first values of what `keep` names, less what the task's point carries anyway.
fn keep(
    keep: &Keep,
    task: &mut Task,
    point: &PointView<'_>,
    carried: impl Fn(&[u8]) -> bool,
    hasher: &RandomState,
    tally: &mut Tally,
) {
    let is_new = task.gathered.is_none();
    let gathered = task.gathered.get_or_insert_with(|| Box::new(Gathered::Kept(Kept::default())));
    if is_new {
        tally.grown += heap::boxed::<Gathered>().cast_signed();
    }
    let Gathered::Kept(kept) = &mut **gathered else { return };
    let wanted = |key: &[u8]| match keep {
        Keep::All => !carried(key),
        Keep::Names(names) => names.iter().any(|name| name.as_bytes() == key) && !carried(key),
    };
    // `Names::read` has read the point before; what it did not look at may still be broken.
    let _ = kept.take(point.entries(), wanted, hasher, tally);
}

/// A session holds the event itself.
#[inline]
fn hold(task: &mut Task, point: &PointView<'_>, has_id: bool, tally: &mut Tally) {
    let before = task.gathered.as_deref().map_or(0, Gathered::boxed_bytes);
    let gathered = task.gathered.get_or_insert_with(|| Box::new(Gathered::Events(Events::default())));
    if let Gathered::Events(events) = &mut **gathered {
        events.push(point);
        events.lacks_id |= !has_id;
        tally.longest_list = tally.longest_list.max(events.len());
    }
    tally.grown += gathered.boxed_bytes().cast_signed() - before.cast_signed();
}

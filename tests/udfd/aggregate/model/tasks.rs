//! What a point does to tasks, and how they end.

use super::counters::Reason;
use super::event::Event;
use super::settings::Part;
use super::task::Task;
use super::value::{self, Value};
use super::{Model, Sent, next_multiple, session};
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto::Point;

impl Model {
    /// Its turn has come.
    pub(super) fn take(&mut self, event: &Event) {
        self.counters.points_in += 1;
        let Some(id) = self.id(event) else {
            self.counters.no_id += 1;
            return self.pass_original(event);
        };
        if let Some(at) = self.find(event, &id)
            && self.is_over(at)
        {
            self.expire(at);
        }
        let Some(at) = self.task_for(event, &id) else { return self.pass_original(event) };
        self.open[at].join(event);
        let left = self.run_code(at, event);
        let task = &mut self.open[at];
        task.reduce(&left.event.point, &self.settings, &mut self.counters);
        if self.settings.is_session() && !left.is_cancelled {
            task.events.push(left.event.point.clone());
        }
        self.expect_flush(&event.origin.group);
        if !left.is_cancelled {
            self.pass_original(&left.event);
        }
        self.send_emitted(at, &left);
        if left.has_set_timeout_0 {
            self.end(at, Reason::Timeout);
        } else if left.has_set_inactivity_0 {
            self.end(at, Reason::Inactivity);
        } else if left.has_ended() || self.settings.end_of_task || self.ends(at, &left) {
            self.end(at, Reason::End);
        } else if self.settings.max_events.is_some_and(|max| self.open[at].count >= max) {
            self.end(at, Reason::MaxEvents);
        } else if self.open[at].is_too_long(&self.settings) {
            self.end(at, Reason::MaxList);
        }
    }

    /// The open task that the event joins, if there is one.
    fn task_for(&mut self, event: &Event, id: &str) -> Option<usize> {
        let is_match = self.starts(event);
        match self.find(event, id) {
            Some(_) if is_match && self.settings.map_action == "create" => {
                self.counters.ignored += 1;
                return None;
            }
            Some(at)
                if is_match
                    && self.settings.start_when.is_some()
                    && self.settings.map_action == "create_or_update" =>
            {
                self.end(at, Reason::Restart);
            }
            Some(at) => return Some(at),
            None if !is_match => {
                self.counters.orphans += 1;
                return None;
            }
            None => {}
        }
        if !self.create(event, id) {
            self.counters.rejected += 1;
            return None;
        }
        self.find(event, id)
    }

    fn find(&self, event: &Event, id: &str) -> Option<usize> {
        self.open.iter().position(|task| task.group() == event.origin.group && task.id == id)
    }

    fn id(&self, event: &Event) -> Option<String> {
        if self.settings.id.is_empty() {
            return Some(event.origin.group.clone());
        }
        let mut id = String::new();
        for part in &self.settings.id {
            match part {
                Part::Literal(text) => id += text,
                Part::Reference(name) => id += &resolve(&event.point, name)?.0.text(),
            }
        }
        Some(id).filter(|id| id.len() <= 1024)
    }

    /// False if there is no room and the point is refused.
    fn create(&mut self, event: &Event, id: &str) -> bool {
        if self.settings.push_previous
            && let Some(at) = self.open.iter().position(|task| task.group() == event.origin.group)
        {
            self.end_or_expire(at, Reason::Previous);
        }
        while self.open.len() + self.aside.len() >= self.settings.max_tasks {
            match &*self.settings.on_overflow {
                // A point whose task is over goes before tasks that are not.
                _ if !self.aside.is_empty() => self.give_up(0),
                _ if self.is_over(0) => self.expire(0),
                "evict" => self.end(0, Reason::Evicted),
                "drop" => {
                    self.open.remove(0);
                    self.counters.dropped += 1;
                }
                _ => return false,
            }
        }
        if let Some(interval) = self.settings.flush_interval
            && self.open.is_empty()
            && self.next_tick.is_some_and(|tick| tick < self.now)
        {
            // It was missed, and nothing with it.
            self.next_tick = Some(next_multiple(self.now, interval));
        }
        let resolved = self.settings.references().into_iter().map(|name| {
            let (value, is_tag) = resolve(&event.point, &name).unwrap();
            (name, value, is_tag)
        });
        let outputs = self.settings.outputs.len();
        self.open.push(Task::new(self.created, event, id, resolved.collect(), outputs));
        self.created += 1;
        true
    }

    pub(super) fn flush(&mut self, at: usize, moment: i64) {
        if !self.open[at].has_news {
            return;
        }
        let task = self.open[at].clone();
        self.emit(&task, Reason::Flush, moment);
        let task = &mut self.open[at];
        task.has_news = false;
        if self.settings.reset_on_flush {
            task.reset();
        }
    }

    /// No point joins it any more.
    fn is_over(&self, at: usize) -> bool {
        self.open[at].deadline(&self.settings) < self.moment(self.open[at].group())
    }

    /// How far time has come for a group.
    fn moment(&self, group: &str) -> i64 {
        match &self.taking {
            _ if self.is_by_clock() => self.now,
            Some((taking, moment)) if taking == group => *moment,
            _ => self.groups.iter().find(|known| known.key == group).unwrap().reached,
        }
    }

    pub(super) fn expire(&mut self, at: usize) {
        let reason = self.open[at].timeout_reason(&self.settings);
        self.end(at, reason);
    }

    /// What is over has ended for its own reason, whoever notices first.
    pub(super) fn end_or_expire(&mut self, at: usize, reason: Reason) {
        if self.is_over(at) {
            self.expire(at);
        } else {
            self.end(at, reason);
        }
    }

    pub(super) fn end(&mut self, at: usize, reason: Reason) {
        let moment = match reason {
            _ if self.is_by_clock() => self.now,
            Reason::Timeout | Reason::Inactivity => self.open[at].timer_deadline(&self.settings),
            Reason::Batch => self.ending.unwrap_or_else(|| self.moment(self.open[at].group())),
            _ => self.moment(self.open[at].group()),
        };
        let task = self.open.remove(at);
        // All its events may have come out with a flush.
        let is_empty = self.settings.is_session() && task.events.is_empty();
        if self.comes_out(reason) && !is_empty {
            self.emit(&task, reason, moment);
        } else {
            *self.counters.vanished.entry(reason).or_default() += 1;
        }
    }

    fn emit(&mut self, task: &Task, reason: Reason, moment: i64) {
        let (settings, counters) = (&self.settings, &mut self.counters);
        if settings.is_session() && task.events.is_empty() {
            // A flush, and code has kept all of them out.
        } else if settings.is_session() {
            let batch = session::batch(&mut self.emitter, settings, task, reason, moment, counters);
            self.out.push(Sent::Batch(batch));
        } else {
            let point = self.emitter.point(settings, task, reason, moment, counters);
            self.finish(task, reason, point);
        }
    }

    fn comes_out(&self, reason: Reason) -> bool {
        match reason {
            _ if self.function == Function::Script => false,
            Reason::Timeout | Reason::Inactivity => {
                self.settings.push_on_timeout || self.settings.push_previous
            }
            Reason::End | Reason::Restart | Reason::Batch => self.settings.emit_on_end,
            _ => true,
        }
    }
}

/// What a reference in an id stands for, and whether that is a tag.
fn resolve(point: &Point, name: &str) -> Option<(Value, bool)> {
    if let Some(tag) = value::tag(point, name) {
        return Some((tag, true));
    }
    let field = value::field(point, name)?;
    (field.is_finite() && !field.text().is_empty()).then_some((field, false))
}

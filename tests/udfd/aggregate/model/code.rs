//! What scripts do to events.

use kapacitor_udfd::proto::Point;

use super::Model;
use super::event::Event;
use super::script::{Condition, Emitted, Run, View};
use super::value::fields;

/// The tag that tells of a failed script, and where it stands.
pub const FAILED: (&str, &str) = ("tags", "_aggregateexception");

/// What code has left.
pub struct Left {
    pub event: Event,
    pub emitted: Vec<Emitted>,
    pub is_cancelled: bool,
    task: View,
    /// Of the task, in this call.
    pub has_set_timeout_0: bool,
    pub has_set_inactivity_0: bool,
}

impl Left {
    pub fn has_ended(&self) -> bool {
        self.task.ends
    }
}

impl Model {
    /// Whether the event may begin a task.
    pub(super) fn starts(&mut self, event: &Event) -> bool {
        let Some(condition) = self.settings.start_when.clone() else { return true };
        // It sees nothing of a task.
        let view = View::default();
        self.holds(&condition, Run::on(event, view))
    }

    pub(super) fn ends(&mut self, at: usize, left: &Left) -> bool {
        let Some(condition) = self.settings.end_when.clone() else { return false };
        let task = &self.open[at];
        let run = Run::on(&left.event, View { ends: false, ..task.view(&self.settings, None) });
        let run = Run { map: task.map.clone(), ..run };
        self.holds(&condition, run)
    }

    fn holds(&mut self, condition: &Condition, mut run: Run) -> bool {
        let holds = run.condition(condition);
        self.counters.failed += u64::from(holds.is_err());
        holds.unwrap_or(false)
    }

    /// On an event that has joined.
    pub(super) fn run_code(&mut self, at: usize, event: &Event) -> Left {
        let task = &mut self.open[at];
        let before = task.view(&self.settings, None);
        let mut run = Run { map: std::mem::take(&mut task.map), ..Run::on(event, before.clone()) };
        let result = self.settings.code.as_ref().map_or(Ok(()), |code| run.script(code));
        task.map = run.map;
        task.take_over(&before, &run.task);
        let before_it = event.point.clone();
        let event = Event { point: run.event, ..event.clone() };
        let is_now_0 = |before: Option<i64>, after: Option<i64>| before != after && after == Some(0);
        let mut left = Left {
            event,
            emitted: run.emitted,
            is_cancelled: run.is_cancelled,
            has_set_timeout_0: is_now_0(before.timeout, run.task.timeout),
            has_set_inactivity_0: is_now_0(before.inactivity_timeout, run.task.inactivity_timeout),
            task: run.task,
        };
        if result.is_err() {
            self.counters.failed += 1;
            self.on_error(at, &mut left);
        }
        // A point without fields is none to InfluxDB.
        let lost_all = !fields(&before_it).is_empty() && fields(&left.event.point).is_empty();
        left.is_cancelled |= lost_all;
        self.counters.cancelled += u64::from(left.is_cancelled);
        left
    }

    fn on_error(&mut self, at: usize, left: &mut Left) {
        if self.settings.on_error == "drop" {
            left.is_cancelled = true;
        } else if left.event.origin.dimensions.iter().any(|name| name == FAILED.0) {
            self.counters.left_out += 1;
        } else {
            add_to_tags(&mut left.event.point.tags);
        }
        self.open[at].has_failed = self.settings.on_error == "tag";
    }

    /// What code emitted on an event comes out.
    pub(super) fn send_emitted(&mut self, at: usize, left: &Left) {
        let (task, Event { point, origin, .. }) = (self.open[at].clone(), &left.event);
        if left.emitted.is_empty() {
            return;
        }
        if self.settings.pass_through && !left.is_cancelled {
            self.emitter.reserve(&self.settings, &origin.group, point.time);
        }
        let has_field = |emitted: &&Emitted| match emitted {
            Emitted::Event(point) => !fields(point).is_empty(),
            Emitted::Fields(_) => true,
        };
        for emitted in left.emitted.iter().filter(has_field) {
            let time = self.emitter.next(&self.settings, &origin.group, point.time);
            match emitted {
                Emitted::Event(point) => {
                    self.counters.emitted += 1;
                    let point = Point { time, ..(**point).clone() };
                    self.pass(&Event { point, ..left.event.clone() });
                }
                Emitted::Fields(fields) => {
                    let of = Point { time, ..origin.empty_point() };
                    let point = self.emitter.emitted(&self.settings, &task, of, fields, &mut self.counters);
                    if let Some(point) = point {
                        self.counters.emitted += 1;
                        self.send(point, &origin.group);
                    }
                }
            }
        }
    }
}

/// Behind what is there, once.
pub fn add_to_tags(tags: &mut std::collections::BTreeMap<String, String>) {
    let (name, word) = FAILED;
    let before = tags.get(name).cloned().unwrap_or_default();
    if before.split(',').any(|known| known == word) {
        return;
    }
    let joined = if before.is_empty() { word.to_owned() } else { format!("{before},{word}") };
    tags.insert(name.to_owned(), joined);
}

impl Run {
    fn on(event: &Event, task: View) -> Self {
        Self {
            event: event.point.clone(),
            dimensions: event.origin.dimensions.iter().cloned().collect(),
            map: super::script::Map::new(),
            is_read_only: false,
            task,
            emitted: vec![],
            is_cancelled: false,
        }
    }
}

//! An open task: the events it took and when it is over.

use std::collections::BTreeSet;

use kapacitor_udfd::proto::Point;

use super::counters::{Counters, Reason};
use super::event::{Event, Origin};
use super::reduce::{Kind, Seen, saturations};
use super::script::{self, Map, View};
use super::settings::Settings;
use super::value::{self, Value};

/// A string output reaching it ends the task.
const LONGEST_TEXT: usize = 60 * 1024;

#[derive(Debug, Clone)]
pub struct Task {
    /// How many were created before it.
    pub serial: u64,
    pub id: String,
    /// The values that made the id, each by the name it came under, and whether that was a tag.
    pub id_values: Vec<(String, Value, bool)>,
    pub origin: Origin,
    created: i64,
    active: i64,
    pub count: u64,
    pub first_time: i64,
    pub last_time: i64,
    /// By output.
    pub seen: Vec<Vec<Seen>>,
    pub kept: Vec<Kept>,
    /// A session's, as they came.
    pub events: Vec<Point>,
    /// Whether an event came since the last flush.
    pub has_news: bool,
    /// What scripts keep.
    pub map: Map,
    /// Set by a script.
    pub timeout: Option<i64>,
    pub inactivity_timeout: Option<i64>,
    /// Its code has failed.
    pub has_failed: bool,
    pub is_restored: bool,
}

#[derive(Debug, Clone)]
pub struct Kept {
    pub name: String,
    pub value: Value,
    pub is_tag: bool,
}

impl Task {
    pub fn new(
        serial: u64,
        first: &Event,
        id: &str,
        id_values: Vec<(String, Value, bool)>,
        outputs: usize,
    ) -> Self {
        Self {
            serial,
            id: id.to_owned(),
            id_values,
            origin: first.origin.clone(),
            created: first.reference,
            active: first.reference,
            count: 0,
            first_time: first.point.time,
            last_time: first.point.time,
            seen: vec![vec![]; outputs],
            kept: vec![],
            events: vec![],
            has_news: false,
            map: Map::new(),
            timeout: None,
            inactivity_timeout: None,
            has_failed: false,
            is_restored: false,
        }
    }

    pub fn group(&self) -> &str {
        &self.origin.group
    }

    /// An event is of this task.
    pub fn join(&mut self, event: &Event) {
        self.created = self.created.min(event.reference);
        self.active = self.active.max(event.reference);
        self.count += 1;
        self.has_news = true;
        self.first_time = self.first_time.min(event.point.time);
        self.last_time = self.last_time.max(event.point.time);
    }

    /// What an event says, as code has left it.
    pub fn reduce(&mut self, event: &Point, settings: &Settings, counters: &mut Counters) {
        for (output, seen) in settings.outputs.iter().zip(&mut self.seen) {
            let Some(name) = &output.field else {
                // Count and duration: that there was an event is enough.
                seen.push((event.time, Value::Bool(true)));
                continue;
            };
            match value::field(event, name).or_else(|| value::tag(event, name)) {
                None => {}
                Some(value) if !output.kind.takes(&value) => counters.skipped_type += 1,
                Some(value) if !value.is_finite() => counters.not_finite += 1,
                Some(value) => {
                    let before = if let Kind::Sum = output.kind { saturations(seen) } else { 0 };
                    seen.push((event.time, value));
                    let after = if let Kind::Sum = output.kind { saturations(seen) } else { 0 };
                    counters.saturated += after - before;
                }
            }
        }
        self.keep(event, settings, counters);
    }

    /// What a script sees of it.
    pub fn view(&self, settings: &Settings, reason: Option<Reason>) -> View {
        View {
            id: self.id.clone(),
            count: self.count,
            created: self.created,
            last: self.active,
            is_restored: self.is_restored,
            reason: reason.map(Reason::name),
            timeout: Some(self.timeout.unwrap_or(settings.timeout)).filter(|timeout| *timeout < i64::MAX),
            inactivity_timeout: self.inactivity_timeout.or(settings.inactivity_timeout),
            ends: false,
        }
    }

    /// What a script has set stays for the task's life.
    pub fn take_over(&mut self, before: &View, after: &View) {
        if before.timeout != after.timeout {
            self.timeout = after.timeout;
        }
        if before.inactivity_timeout != after.inactivity_timeout {
            self.inactivity_timeout = after.inactivity_timeout;
        }
    }

    fn keep(&mut self, event: &Point, settings: &Settings, counters: &mut Counters) {
        let names: BTreeSet<&String> = if settings.keep_all {
            let fields = event.fields_bool.keys().chain(event.fields_double.keys());
            let fields = fields.chain(event.fields_int.keys()).chain(event.fields_string.keys());
            fields.chain(event.tags.keys()).collect()
        } else {
            settings.keep.iter().collect()
        };
        for name in names {
            let is_group_or_id =
                self.origin.dimensions.contains(name) || self.id_values.iter().any(|(id, ..)| id == name);
            if is_group_or_id || self.kept.iter().any(|kept| kept.name == *name) {
                continue;
            }
            let field = value::field(event, name);
            let is_tag = field.is_none();
            match field.or_else(|| value::tag(event, name)) {
                None => {}
                Some(value) if !value.is_finite() => counters.not_finite += 1,
                Some(value) => self.kept.push(Kept { name: name.clone(), value, is_tag }),
            }
        }
    }

    pub fn reset(&mut self) {
        self.seen.iter_mut().for_each(Vec::clear);
        self.kept.clear();
        self.events.clear();
        self.map.clear();
    }

    /// Whether something in it has as many elements, or is as long, as may be.
    pub fn is_too_long(&self, settings: &Settings) -> bool {
        if settings.is_session() {
            return self.events.len() >= settings.max_list_size;
        }
        let is_long = |value: &Value| matches!(value, Value::Text(text) if text.len() >= LONGEST_TEXT);
        let outputs = settings.outputs.iter().zip(&self.seen);
        outputs.into_iter().any(|(output, seen)| {
            let elements = output.kind.elements(seen);
            (output.kind.is_list() && elements >= settings.max_list_size)
                || output.kind.result(seen).is_some_and(|value| is_long(&value))
        }) || self.kept.iter().any(|kept| is_long(&kept.value))
            || script::fields(&self.map).iter().any(|(_, value)| is_long(value))
    }

    /// The largest reference time of its events.
    pub fn active(&self) -> i64 {
        self.active
    }

    /// A point after it is not of this task any more.
    pub fn deadline(&self, settings: &Settings) -> i64 {
        self.over_by_timeout(settings).min(self.over_by_inactivity(settings))
    }

    /// When a timer ends it.
    pub fn timer_deadline(&self, settings: &Settings) -> i64 {
        let own = self.deadline(settings);
        match settings.timeout_flush_interval {
            0 => own,
            interval => {
                let missing = (interval - own.rem_euclid(interval)) % interval;
                own.saturating_add(missing)
            }
        }
    }

    pub fn timeout_reason(&self, settings: &Settings) -> Reason {
        if self.over_by_inactivity(settings) < self.over_by_timeout(settings) {
            Reason::Inactivity
        } else {
            Reason::Timeout
        }
    }

    fn over_by_timeout(&self, settings: &Settings) -> i64 {
        self.created.saturating_add(self.timeout.unwrap_or(settings.timeout))
    }

    fn over_by_inactivity(&self, settings: &Settings) -> i64 {
        let after = self.inactivity_timeout.or(settings.inactivity_timeout);
        after.map_or(i64::MAX, |after| self.active.saturating_add(after))
    }
}

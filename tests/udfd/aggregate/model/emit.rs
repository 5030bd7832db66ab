//! From a task to its point, and what a node remembers of the points it has sent.

use std::collections::BTreeMap;

use kapacitor_udfd::proto::Point;

use super::code::{FAILED, add_to_tags};
use super::counters::{Counters, Reason};
use super::script;
use super::settings::Settings;
use super::task::Task;
use super::value::{self, Value};

type Tags = BTreeMap<String, String>;

/// What earlier points say of later ones.
#[derive(Debug, Clone, Default)]
pub struct Emitter {
    /// By group: where a run of points begins, and the time of the last one.
    runs: BTreeMap<String, (i64, i64)>,
    /// Each field's type: a value of it.
    types: BTreeMap<String, Value>,
}

/// A field that is to be on a point.
struct Field {
    name: String,
    value: Value,
    is_id: bool,
}

impl Field {
    fn new(name: &str, value: Value) -> Self {
        Self { name: name.to_owned(), value, is_id: false }
    }
}

impl Emitter {
    pub fn new(settings: &Settings) -> Self {
        let floats = settings.outputs.iter().filter(|output| output.float);
        let types = floats.map(|output| (output.name.clone(), Value::Double(0.0))).collect();
        Self { types, ..Self::default() }
    }

    pub fn point(
        &mut self,
        settings: &Settings,
        task: &Task,
        reason: Reason,
        moment: i64,
        counters: &mut Counters,
    ) -> Point {
        let mut point = Point {
            time: self.time(settings, task, moment),
            name: measurement(settings, task),
            tags: tags(settings, task, reason, counters),
            ..task.origin.empty_point()
        };
        for field in fields(settings, task, reason, counters) {
            self.put(&mut point, field, counters);
        }
        self.see_to_a_field(task, &mut point, counters);
        if settings.group_by_task && !settings.id.is_empty() {
            regroup(&mut point, settings);
        }
        point
    }

    fn see_to_a_field(&mut self, task: &Task, point: &mut Point, counters: &mut Counters) {
        if value::fields(point).is_empty() {
            let count = Value::Int(i64::try_from(task.count).unwrap());
            let name = self.name_of_count(point);
            self.put(point, Field::new(&name, count), counters);
        }
    }

    /// A finished point as a script has changed it.
    pub fn fit(&mut self, task: &Task, point: &Point, counters: &mut Counters) -> Point {
        let mut fitting = self.refit(point, counters);
        self.see_to_a_field(task, &mut fitting, counters);
        fitting
    }

    pub fn refit(&mut self, point: &Point, counters: &mut Counters) -> Point {
        let mut fitting = without_fields(point);
        for (name, value) in value::fields(point) {
            self.put(&mut fitting, Field::new(&name, value), counters);
        }
        fitting
    }

    /// A point of these fields that a script has emitted: `point` says whose it is, and when. None at all if no field
    /// of them can come out.
    pub fn emitted(
        &mut self,
        settings: &Settings,
        task: &Task,
        mut point: Point,
        fields: &[(String, Value)],
        counters: &mut Counters,
    ) -> Option<Point> {
        for (name, value, is_tag) in &task.id_values {
            if *is_tag || settings.group_by_task || settings.is_session() {
                point.tags.insert(name.clone(), value.text());
            }
        }
        for (name, value, _) in &task.id_values {
            if !point.tags.contains_key(name) {
                self.put(&mut point, Field { is_id: true, ..Field::new(name, value.clone()) }, counters);
            }
        }
        let ids = value::fields(&point).len();
        for (name, value) in fields {
            if task.id_values.iter().any(|(id, ..)| id == name) {
                counters.left_out += 1;
            } else {
                self.put(&mut point, Field::new(name, value.clone()), counters);
            }
        }
        if value::fields(&point).len() == ids {
            return None;
        }
        if settings.group_by_task && !settings.id.is_empty() {
            regroup(&mut point, settings);
        }
        Some(point)
    }

    /// A point with this time is not the node's to move.
    pub fn reserve(&mut self, settings: &Settings, group: &str, time: i64) {
        let is_known = self
            .runs
            .get(group)
            .is_some_and(|(start, last)| (settings.point_time == "emit" || *start <= time) && time <= *last);
        if !is_known {
            self.runs.insert(group.to_owned(), (time, time));
        }
    }

    /// Whether no other point of the group has come out since the one with this time.
    pub fn is_last(&self, group: &str, time: i64) -> bool {
        self.runs.get(group).is_some_and(|(_, last)| *last == time)
    }

    /// This time, or one that no other point of the group has.
    pub fn next(&mut self, settings: &Settings, group: &str, own: i64) -> i64 {
        let (start, time) = match self.runs.get(group).copied() {
            Some((start, last)) if settings.point_time == "emit" => (start, own.max(last.saturating_add(1))),
            Some((start, last)) if (start..=last).contains(&own) => (start, last.saturating_add(1)),
            _ => (own, own),
        };
        self.runs.insert(group.to_owned(), (start, time));
        time
    }

    /// The time of what comes out at `moment`.
    pub fn time(&mut self, settings: &Settings, task: &Task, moment: i64) -> i64 {
        let own = match &*settings.point_time {
            "first" => task.first_time,
            "last" => task.last_time,
            _ => moment,
        };
        self.next(settings, task.group(), own)
    }

    /// `count`, unless that is taken by a tag or by fields of another type; then `count_1` and so on.
    fn name_of_count(&self, point: &Point) -> String {
        let numbered = (1..).map(|number| format!("count_{number}"));
        let is_free = |name: &String| {
            let takes_int = matches!(self.types.get(name), None | Some(Value::Int(_) | Value::Double(_)));
            takes_int && !point.tags.contains_key(name)
        };
        std::iter::once("count".to_owned()).chain(numbered).find(is_free).unwrap()
    }

    /// Puts a field on a point, unless there is a tag of its name or it is of another type than before.
    fn put(&mut self, point: &mut Point, field: Field, counters: &mut Counters) {
        let Field { name, value, is_id } = field;
        if point.tags.contains_key(&name) {
            counters.left_out += 1;
            return;
        }
        let known = self.types.entry(name.clone()).or_insert(value.clone());
        let value = match (&*known, value) {
            // Ids that differ must not come out as one.
            (Value::Double(_), value @ Value::Int(_)) if is_id && !value.is_exact_double() => {
                counters.left_out += 1;
                return;
            }
            (Value::Double(_), value @ Value::Int(_)) => Value::Double(value.double()),
            (Value::Int(_), value @ Value::Double(_)) => {
                *known = value.clone();
                value
            }
            (Value::Text(_), value) if is_id => Value::Text(value.text()),
            (Value::Text(_), value @ Value::Text(_))
            | (Value::Int(_), value @ Value::Int(_))
            | (Value::Double(_), value @ Value::Double(_))
            | (Value::Bool(_), value @ Value::Bool(_)) => value,
            _ => {
                counters.left_out += 1;
                return;
            }
        };
        value.put(point, &name);
    }
}

pub fn measurement(settings: &Settings, task: &Task) -> String {
    settings.measurement.clone().unwrap_or_else(|| task.origin.name.clone())
}

fn tags(settings: &Settings, task: &Task, reason: Reason, counters: &mut Counters) -> Tags {
    let mut tags = group_tags(settings, task);
    for (name, value, is_tag) in &task.id_values {
        if *is_tag {
            tags.insert(name.clone(), value.text());
        }
    }
    for kept in task.kept.iter().filter(|kept| kept.is_tag) {
        tags.insert(kept.name.clone(), kept.value.text());
    }
    for added in added_tags(settings, task, reason, counters) {
        added.put_on(&mut tags);
    }
    tags
}

/// Those of the group, and with groupByTask those of the id.
pub fn group_tags(settings: &Settings, task: &Task) -> Tags {
    let mut tags = task.origin.tags.clone();
    for (name, value, _) in task.id_values.iter().filter(|_| settings.group_by_task) {
        tags.insert(name.clone(), value.text());
    }
    tags
}

/// A tag that an option puts on what comes out.
pub struct Added {
    pub name: String,
    value: String,
    /// Behind what the tag says already.
    joins: bool,
}

impl Added {
    pub fn put_on(&self, tags: &mut Tags) {
        if self.value == FAILED.1 {
            return add_to_tags(tags);
        }
        let before = tags.get(&self.name).filter(|before| self.joins && !before.is_empty());
        let value = before.map_or(self.value.clone(), |before| format!("{before},{}", self.value));
        tags.insert(self.name.clone(), value);
    }
}

pub fn added_tags(settings: &Settings, task: &Task, reason: Reason, counters: &mut Counters) -> Vec<Added> {
    let plain =
        |name: &String, value: &str| Added { name: name.clone(), value: value.to_owned(), joins: false };
    let mut added = vec![];
    if reason.is_timeout() {
        added.extend(settings.tags_on_timeout.iter().map(|(name, value)| plain(name, value)));
        if !settings.timeout_tags.is_empty() {
            added.push(Added { joins: true, ..plain(&"tags".to_owned(), &settings.timeout_tags.join(",")) });
        }
    }
    added.extend(settings.reason_tag.as_ref().map(|name| plain(name, reason.name())));
    if task.has_failed && !settings.is_session() {
        added.push(Added { joins: true, ..plain(&FAILED.0.to_owned(), FAILED.1) });
    }
    let before = added.len();
    added.retain(|tag| !task.origin.dimensions.contains(&tag.name));
    counters.left_out += (before - added.len()) as u64;
    added
}

fn fields(settings: &Settings, task: &Task, reason: Reason, counters: &mut Counters) -> Vec<Field> {
    let mut fields = vec![];
    for (output, seen) in settings.outputs.iter().zip(&task.seen) {
        match output.kind.result(seen) {
            None => {}
            Some(value) if !value.is_finite() => counters.not_finite += 1,
            Some(value) => fields.push(Field::new(&output.name, value)),
        }
    }
    let id_field = settings.timeout_task_id_field.as_ref().filter(|_| reason.is_timeout());
    if let Some(name) = id_field {
        fields.push(Field::new(name, Value::Text(task.id.clone())));
    }
    for (name, value, is_tag) in &task.id_values {
        if !is_tag && !settings.group_by_task {
            fields.push(Field { is_id: true, ..Field::new(name, value.clone()) });
        }
    }
    let is_taken =
        |name: &String| settings.outputs.iter().any(|output| output.name == *name) || id_field == Some(name);
    let is_id = |name: &String| task.id_values.iter().any(|(id, ..)| id == name);
    let (left_out, mapped): (Vec<_>, Vec<_>) =
        script::fields(&task.map).into_iter().partition(|(name, _)| is_taken(name) || is_id(name));
    counters.left_out += left_out.len() as u64;
    for (name, value) in &mapped {
        if value.is_finite() {
            fields.push(Field::new(name, value.clone()));
        } else {
            counters.not_finite += 1;
        }
    }
    for kept in task.kept.iter().filter(|kept| !kept.is_tag) {
        // What code says of a name is more than that it is kept.
        if is_taken(&kept.name) || mapped.iter().any(|(name, _)| *name == kept.name) {
            counters.left_out += 1;
        } else {
            fields.push(Field::new(&kept.name, kept.value.clone()));
        }
    }
    fields
}

fn without_fields(point: &Point) -> Point {
    let mut bare = point.clone();
    for (name, _) in value::fields(point) {
        value::remove_field(&mut bare, &name);
    }
    bare
}

/// The references of the id become dimensions, as if Kapacitor had grouped by them.
pub fn regroup(point: &mut Point, settings: &Settings) {
    point.dimensions.extend(settings.references());
    point.dimensions.sort();
    point.dimensions.dedup();
    let tag = |name: &String| format!("{name}={}", point.tags.get(name).map_or("", |value| value));
    let tags = point.dimensions.iter().map(tag).collect::<Vec<_>>().join(",");
    point.group = if point.by_name { format!("{}\n{tags}", point.name) } else { tags };
}

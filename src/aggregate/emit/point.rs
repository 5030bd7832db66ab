//! A task's point, part by part.

use std::collections::{HashMap, HashSet};

use super::{Emitter, count_names, id_values, whole_id, words};
use crate::aggregate::counters::Counters;
use crate::aggregate::ending::Reason;
use crate::aggregate::group::Group;
use crate::aggregate::head::{regroup, write_key};
use crate::aggregate::identity::{Identity, Kind};
use crate::aggregate::kept::Kept;
use crate::aggregate::options::Function;
use crate::aggregate::reduce::Reducer;
use crate::aggregate::scripting::FAILED;
use crate::aggregate::settings::{Output, Settings};
use crate::aggregate::task::Task;
use crate::aggregate::types::Type;
use crate::options::exact_double;
use crate::script::Keys;
use crate::value::Value;
use crate::wire::entry::{Entry, EntryKind};
use crate::wire::point::number;
use crate::wire::{fields, patch, point_writer};

/// A point that is being written.
pub(super) struct Point<'a> {
    pub(super) emitter: &'a mut Emitter,
    pub(super) settings: &'a Settings,
    pub(super) identity: &'a Identity,
    pub(super) group: &'a Group,
    pub(super) task: &'a Task,
    /// The measurement.
    pub(super) name: &'a [u8],
    /// Why it comes out, if it is the task's own.
    pub(super) reason: Option<Reason>,
    pub(super) counters: &'a mut Counters,
    /// The names of the tags that the task keeps, sorted: each of many fields is looked for among them.
    pub(super) kept_tags: Vec<&'a [u8]>,
    pub(super) has_fields: bool,
}

impl<'a> Point<'a> {
    fn id_values(&self) -> impl Iterator<Item = (&'a str, Kind, &'a [u8])> + use<'a> {
        id_values(self.identity, self.task)
    }

    /// The group and its dimensions; with `groupByTask` the id among them.
    pub(super) fn group(&mut self) {
        let Self { settings, identity, group, task, name, .. } = *self;
        let Emitter { group: key, body, .. } = &mut *self.emitter;
        if group.by_name {
            point_writer::by_name(body);
        }
        if settings.group_by_task && identity.names().len() > 0 {
            let mut dimensions = group.all_tags();
            regroup(&mut dimensions, identity, task);
            write_key(group.by_name, name, &dimensions, key);
            point_writer::text(number::GROUP, key, body);
            for name in dimensions.keys() {
                point_writer::text(number::DIMENSION, name, body);
            }
        } else {
            point_writer::text(number::GROUP, &group.key, body);
            group.dimensions.iter().for_each(|name| point_writer::text(number::DIMENSION, name, body));
        }
    }

    /// The tags that it is grouped by.
    pub(super) fn group_tags(&mut self) {
        for (name, value) in &self.group.tags {
            patch::write_entry(name, EntryKind::Tag, fields::Value::Bytes(value), &mut self.emitter.body);
        }
    }

    /// What the id is made of, as tags.
    pub(super) fn id_tags(&mut self) {
        for (name, kind, text) in self.id_values() {
            if self.is_id_tag(kind) && self.group.tag(name.as_bytes()).is_none() {
                self.tag(name.as_bytes(), text);
            }
        }
    }

    /// The tags that are not the group's.
    pub(super) fn tags(&mut self, reason: Reason) {
        self.id_tags();
        let settings = self.settings;
        let tags = words(settings, self.emitter.id_is_tags, reason, self.task);
        let mut tags_kept = &[][..];
        for Entry { key, value, .. } in self.kept(true) {
            let value = match value {
                Some(fields::Value::Bytes(value)) => value,
                _ => &[],
            };
            self.kept_tags.push(key);
            if key == b"tags" && tags.is_some() {
                tags_kept = value;
            } else if !self.is_set_tag(key) {
                self.tag(key, value);
            }
        }
        self.kept_tags.sort_unstable();
        let at_timeout = settings.tags_on_timeout.iter().filter(|_| reason.is_timeout());
        let at_timeout = at_timeout.map(|(name, value)| (&**name, &**value));
        let why = settings.reason_tag.as_deref().map(|name| (name, reason.word()));
        let set: Vec<(&str, &str)> = at_timeout.chain(why).collect();
        if let Some(tags) = tags.as_deref() {
            // An option may set the very tag, in place of what is kept.
            let set = set.iter().find(|(name, _)| *name == "tags");
            let tags_kept = set.map_or(tags_kept, |(_, value)| value.as_bytes());
            // An event that was kept may have brought the word.
            let is_told = tags_kept.split(|&byte| byte == b',').any(|word| word == FAILED.as_bytes());
            let tags = if is_told { tags.trim_end_matches(FAILED).trim_end_matches(',') } else { tags };
            let joined: Vec<_> =
                [tags_kept, tags.as_bytes()].into_iter().filter(|words| !words.is_empty()).collect();
            self.own_tag("tags", &joined.join(&b","[..]));
        }
        for (name, value) in set.into_iter().filter(|(name, _)| *name != "tags" || tags.is_none()) {
            self.own_tag(name, value.as_bytes());
        }
    }

    /// A tag that an option sets.
    fn own_tag(&mut self, name: &str, value: &[u8]) {
        if self.emitter.may_set(name, self.group, self.counters) {
            self.tag(name.as_bytes(), value);
        }
    }

    fn tag(&mut self, name: &[u8], value: &[u8]) {
        patch::write_entry(name, EntryKind::Tag, fields::Value::Bytes(value), &mut self.emitter.body);
    }

    /// What the id is made of, as fields.
    pub(super) fn id_fields(&mut self) {
        for (name, kind, text) in self.id_values() {
            if !self.is_id_tag(kind) && self.group.tag(name.as_bytes()).is_none() {
                let value = match (self.emitter.types.get(name.as_bytes()), kind.value(text)) {
                    // Whatever an id was first, its text is in order where strings have come out before.
                    (Some(Type::Text), _) => Value::Text(text),
                    // Where doubles have, an int that no double can have would be another task's id.
                    (Some(Type::Double), Value::Int(int)) if exact_double(int).is_none() => {
                        self.counters.left_out += 1;
                        continue;
                    }
                    (_, value) => value,
                };
                self.field(name.as_bytes(), value);
            }
        }
    }

    pub(super) fn fields(&mut self, reason: Reason, keys: &Keys) {
        let Self { settings, task, .. } = *self;
        self.id_fields();
        let id_field = settings.timeout_task_id_field.as_deref().filter(|_| reason.is_timeout());
        if let Some(name) = id_field {
            self.field(name.as_bytes(), Value::Text(self.id()));
        }
        for (output, reducer) in settings.outputs.iter().zip(&task.reducers) {
            self.output(output, reducer);
        }
        let is_taken = |name: &[u8]| {
            settings.outputs.iter().any(|output| output.name.as_bytes() == name)
                || id_field.is_some_and(|field| field.as_bytes() == name)
        };
        let mut mapped = HashSet::new();
        if let Some(state) = task.state() {
            let keeps = task.kept().is_some();
            // A nested map's entry may have the name of another entry with a dot in it: the last one stands.
            let mut dotted = HashMap::<Vec<u8>, usize>::new();
            state.fields(keys, |name, _| {
                if name.contains(&b'.') {
                    *dotted.entry(name.to_vec()).or_default() += 1;
                }
            });
            state.fields(keys, |name, value| {
                let is_last = dotted.get_mut(name).is_none_or(|count| {
                    *count -= 1;
                    *count == 0
                });
                // To `InfluxDB` these are no names of fields.
                let is_name = !name.is_empty() && name != b"time";
                let is_id = self.identity.names().any(|known| known.as_bytes() == name);
                if !is_last || !is_name || is_id || is_taken(name) {
                    self.counters.left_out += 1;
                    return;
                }
                match value {
                    Value::Double(double) if !double.is_finite() => self.counters.not_finite += 1,
                    value => self.field(name, value),
                }
                if keeps {
                    mapped.insert(name.to_vec());
                }
            });
        }
        for entry in self.kept(false) {
            if is_taken(entry.key) || mapped.contains(entry.key) {
                self.counters.left_out += 1;
            } else {
                self.field(entry.key, Value::of(&entry));
            }
        }
        if !self.has_fields {
            self.count();
        }
    }

    fn output(&mut self, output: &Output, reducer: &Reducer) {
        match reducer.result(&output.kind) {
            Some(Value::Double(double)) if !double.is_finite() => self.counters.not_finite += 1,
            #[expect(clippy::cast_precision_loss, reason = "what `float` is for")]
            Some(Value::Int(int)) if output.float => {
                self.field(output.name.as_bytes(), Value::Double(int as f64));
            }
            Some(Value::Text(_) | Value::Bool(_)) if output.float => self.counters.left_out += 1,
            Some(value) => self.field(output.name.as_bytes(), value),
            None => {}
        }
    }

    /// A field, unless the point has a tag of its name or it came out with another type before.
    pub(super) fn field(&mut self, name: &[u8], value: Value<'_>) {
        if self.is_tag(name) {
            self.counters.left_out += 1;
            return;
        }
        match self.emitter.types.fit(name, value) {
            Some(value) => self.write_field(name, value),
            None => self.counters.left_out += 1,
        }
    }

    fn write_field(&mut self, name: &[u8], value: Value<'_>) {
        value.write_field(name, &mut self.emitter.body);
        self.has_fields = true;
    }

    /// A point needs a field, to Kapacitor as to `InfluxDB`: the number of events, under the first of `count`,
    /// `count_1` and so on that is neither a tag nor of another type.
    fn count(&mut self) {
        let events = i64::try_from(self.task.events.get()).unwrap_or(i64::MAX);
        for name in count_names() {
            #[expect(clippy::cast_precision_loss, reason = "what `float` is for")]
            let events = match self.settings.outputs.iter().find(|output| output.name == name) {
                Some(output) if output.float => Value::Double(events as f64),
                _ => Value::Int(events),
            };
            if !self.is_tag(name.as_bytes())
                && let Some(value) = self.emitter.types.fit(name.as_bytes(), events)
            {
                return self.write_field(name.as_bytes(), value);
            }
        }
    }

    /// The whole id.
    fn id(&self) -> &'a [u8] {
        whole_id(self.identity, self.group, self.task)
    }

    /// Whether a value of the id that first came as this is a tag of the point.
    fn is_id_tag(&self, kind: Kind) -> bool {
        kind == Kind::Tag || self.settings.group_by_task || self.settings.function == Function::Session
    }

    /// What the task keeps, tags or fields: never a dimension or what the id is made of (see `event`).
    fn kept(&self, tags: bool) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let entries = self.task.kept().into_iter().flat_map(Kept::entries);
        entries.filter(move |entry| (entry.kind == EntryKind::Tag) == tags)
    }

    /// Whether an option sets a tag of this name.
    fn is_set_tag(&self, name: &[u8]) -> bool {
        let Some(reason) = self.reason else { return false };
        let is = |tag: &str| tag.as_bytes() == name;
        let settings = self.settings;
        settings.reason_tag.as_deref().is_some_and(is)
            || reason.is_timeout() && settings.tags_on_timeout.iter().any(|(tag, _)| is(tag))
            || name == b"tags" && words(settings, self.emitter.id_is_tags, reason, self.task).is_some()
    }

    /// Whether the point has a tag of this name.
    fn is_tag(&self, name: &[u8]) -> bool {
        self.group.tag(name).is_some()
            || self.is_set_tag(name) && !self.group.is_dimension(name)
            || self.kept_tags.binary_search(&name).is_ok()
            || self.id_values().any(|(id, kind, _)| id.as_bytes() == name && self.is_id_tag(kind))
    }
}

//! From a task to the point it comes out as.

use std::borrow::Cow;
use std::collections::HashSet;

use tracing::warn;

use super::counters::Counters;
use super::ending::Reason;
use super::group::Group;
use super::head::{regroup, write_key};
use super::identity::{Identity, Kind};
use super::kept::Kept;
use super::names;
use super::options::Function;
use super::reduce::Reducer;
use super::scripting::FAILED;
use super::settings::{OnError, Output, PointTime, Settings};
use super::task::{Flags, Task};
use super::types::{Type, Types};
use crate::edge::Edge;
use crate::options::exact_double;
use crate::script::{Keys, Scalar};
use crate::value::Value;
use crate::wire::batch_writer::{BeginBody, EndBody};
use crate::wire::entry::{Entries, Entry, EntryKind};
use crate::wire::point::{number, origin_bytes};
use crate::wire::{fields, patch, point_writer};

/// A buffer that one large point has made larger than this is not kept.
const LARGE: usize = 1 << 20;

/// The field of a point that has no other.
const COUNT: &str = "count";

/// Writes the points of one node's tasks.
#[derive(Debug, Default)]
pub(super) struct Emitter {
    /// The types of the fields that have come out.
    pub(super) types: Types,
    /// The point's message; on its way into a batch only its tags and fields.
    body: Vec<u8>,
    /// The group of a point that is grouped by its task.
    pub(super) group: Vec<u8>,
    pub(super) begin: BeginBody,
    pub(super) end: EndBody,
    /// Tags that were left out since points are grouped by them; each is logged once.
    refused: HashSet<String>,
}

/// What a point is made of.
#[derive(Clone, Copy)]
pub(super) struct Ended<'a> {
    pub(super) task: &'a Task,
    pub(super) reason: Reason,
    /// The origin's fields, encoded.
    pub(super) origin: &'a [u8],
}

/// Whose a point is that is to be written.
pub(super) struct Owner<'a> {
    pub(super) settings: &'a Settings,
    pub(super) identity: &'a Identity,
    pub(super) task: &'a Task,
    pub(super) group: &'a Group,
    pub(super) counters: &'a mut Counters,
}

impl Emitter {
    pub(super) fn new(settings: &Settings, identity: &Identity) -> Self {
        let outputs = settings.outputs.iter().map(|output| &*output.name);
        let id_field = settings.timeout_task_id_field.as_deref().into_iter();
        let own = outputs.chain(id_field).chain(identity.names()).chain([COUNT]);
        Self { types: Types::new(own, settings.max_bytes), ..Self::default() }
    }

    /// Writes the point of a task, which comes out at this moment: for a stream the whole message. Its time.
    pub(super) fn write(
        &mut self,
        node: (&Settings, &Identity, &Keys),
        moment: i64,
        ended: Ended<'_>,
        group: &mut Group,
        counters: &mut Counters,
    ) -> i64 {
        let (settings, identity, keys) = node;
        let time = group.times.next(own_time(settings, moment, ended.task), settings.point_time);
        let name = measurement(settings, ended.origin);
        let [_, database, retention_policy] = origin_bytes(ended.origin);
        let Ended { task, reason, .. } = ended;
        let owner = Owner { settings, identity, task, group, counters };
        let mut point = self.begin(owner, [name, database, retention_policy], time, Some(reason));
        point.tags(reason);
        point.fields(reason, keys);
        time
    }

    /// Writes a point of these fields, of a task that goes on or not; `false` if none of them can come out.
    pub(super) fn write_fields(
        &mut self,
        owner: Owner<'_>,
        origin: [&[u8]; 3],
        time: i64,
        fields: &[(String, Scalar)],
    ) -> bool {
        let mut point = self.begin(owner, origin, time, None);
        point.id_tags();
        point.id_fields();
        let before = point.counters.left_out;
        let came = fields.len() as u64;
        for (name, value) in fields {
            if point.identity.names().any(|known| known == name) {
                point.counters.left_out += 1;
            } else {
                point.field(name.as_bytes(), value.value());
            }
        }
        point.counters.left_out - before < came
    }

    /// Begins a point: all that says where it belongs.
    fn begin<'a>(
        &'a mut self,
        owner: Owner<'a>,
        [name, database, retention_policy]: [&'a [u8]; 3],
        time: i64,
        reason: Option<Reason>,
    ) -> Point<'a> {
        let Owner { settings, identity, task, group, counters } = owner;
        let is_whole = settings.function.provides() == Edge::Stream;
        self.body.clear();
        self.body.shrink_to(LARGE);
        if is_whole {
            point_writer::time(time, &mut self.body);
            point_writer::text(number::NAME, name, &mut self.body);
            point_writer::text(number::DATABASE, database, &mut self.body);
            point_writer::text(number::RETENTION_POLICY, retention_policy, &mut self.body);
        }
        let mut point = Point {
            emitter: self,
            settings,
            identity,
            group,
            task,
            name,
            reason,
            counters,
            kept_tags: Vec::new(),
            has_fields: false,
        };
        if is_whole {
            point.group();
        }
        point.group_tags();
        point
    }

    /// What was written last.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Sees to it that what was written last has a field: the number of its events, if there is no other.
    pub(super) fn complete(&mut self, events: u64) {
        let mut tags = HashSet::new();
        for entry in Entries::new(&self.body).flatten() {
            if entry.kind != EntryKind::Tag {
                return;
            }
            tags.insert(entry.key);
        }
        let events = Value::Int(i64::try_from(events).unwrap_or(i64::MAX));
        for name in count_names() {
            if !tags.contains(name.as_bytes())
                && let Some(value) = self.types.fit(name.as_bytes(), events)
            {
                drop(tags);
                return write_field(name.as_bytes(), value, &mut self.body);
            }
        }
    }

    pub(super) fn body_mut(&mut self) -> &mut Vec<u8> {
        &mut self.body
    }

    /// Sees to a tag that an option sets: `false` if points are grouped by it, as Kapacitor would take the point
    /// for one of another group.
    pub(super) fn may_set(&mut self, name: &str, group: &Group, counters: &mut Counters) -> bool {
        if !group.is_dimension(name.as_bytes()) {
            return true;
        }
        counters.left_out += 1;
        if self.refused.insert(name.to_owned()) {
            let group = String::from_utf8_lossy(&group.key);
            warn!(tag = name, ?group, "tag not set: points are grouped by it; choose another name");
        }
        false
    }
}

/// The time of a task's point before it is seen to that no two are equal.
pub(super) fn own_time(settings: &Settings, moment: i64, task: &Task) -> i64 {
    match settings.point_time {
        PointTime::First => task.first,
        PointTime::Last => task.last,
        PointTime::Emit => moment,
    }
}

/// The measurement of what comes of a task with this origin.
pub(super) fn measurement<'a>(settings: &'a Settings, origin: &'a [u8]) -> &'a [u8] {
    let [name, ..] = origin_bytes(origin);
    settings.measurement.as_deref().map_or(name, str::as_bytes)
}

/// What the id of a task was made of: name, kind and text of each value.
pub(super) fn id_values<'a>(
    identity: &'a Identity,
    task: &'a Task,
) -> impl Iterator<Item = (&'a str, Kind, &'a [u8])> + use<'a> {
    identity.names().zip(task.id.values()).map(|(name, (kind, text))| (name, kind, text))
}

/// The whole id of a task.
pub(super) fn whole_id<'a>(identity: &Identity, group: &'a Group, task: &'a Task) -> &'a [u8] {
    if identity.is_group() { &group.key } else { task.id.text() }
}

/// A point that is being written.
struct Point<'a> {
    emitter: &'a mut Emitter,
    settings: &'a Settings,
    identity: &'a Identity,
    group: &'a Group,
    task: &'a Task,
    /// The measurement.
    name: &'a [u8],
    /// Why it comes out, if it is the task's own.
    reason: Option<Reason>,
    counters: &'a mut Counters,
    /// The names of the tags that the task keeps, sorted: each of many fields is looked for among them.
    kept_tags: Vec<&'a [u8]>,
    has_fields: bool,
}

impl<'a> Point<'a> {
    fn id_values(&self) -> impl Iterator<Item = (&'a str, Kind, &'a [u8])> + use<'a> {
        id_values(self.identity, self.task)
    }

    /// The group and its dimensions; with `groupByTask` the id among them.
    fn group(&mut self) {
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
    fn group_tags(&mut self) {
        for (name, value) in &self.group.tags {
            patch::write_entry(name, EntryKind::Tag, fields::Value::Bytes(value), &mut self.emitter.body);
        }
    }

    /// What the id is made of, as tags.
    fn id_tags(&mut self) {
        for (name, kind, text) in self.id_values() {
            if self.is_id_tag(kind) && self.group.tag(name.as_bytes()).is_none() {
                self.tag(name.as_bytes(), text);
            }
        }
    }

    /// The tags that are not the group's.
    fn tags(&mut self, reason: Reason) {
        self.id_tags();
        let settings = self.settings;
        let tags = words(settings, reason, self.task);
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
        if let Some(tags) = tags.as_deref() {
            // An event that was kept may have brought the word.
            let is_told = tags_kept.split(|&byte| byte == b',').any(|word| word == FAILED.as_bytes());
            let tags = if is_told { tags.trim_end_matches(FAILED).trim_end_matches(',') } else { tags };
            let joined: Vec<_> =
                [tags_kept, tags.as_bytes()].into_iter().filter(|words| !words.is_empty()).collect();
            self.own_tag("tags", &joined.join(&b","[..]));
        }
        if reason.is_timeout() {
            for (name, value) in &settings.tags_on_timeout {
                self.own_tag(name, value.as_bytes());
            }
        }
        if let Some(name) = &settings.reason_tag {
            self.own_tag(name, reason.word().as_bytes());
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
    fn id_fields(&mut self) {
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

    fn fields(&mut self, reason: Reason, keys: &Keys) {
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
            state.fields(keys, |name, value| {
                if is_taken(name) || self.identity.names().any(|known| known.as_bytes() == name) {
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
                self.field(entry.key, names::value(&entry));
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
    fn field(&mut self, name: &[u8], value: Value<'_>) {
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
        write_field(name, value, &mut self.emitter.body);
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
            || name == b"tags" && words(settings, reason, self.task).is_some()
    }

    /// Whether the point has a tag of this name.
    fn is_tag(&self, name: &[u8]) -> bool {
        self.group.tag(name).is_some()
            || self.is_set_tag(name) && !self.group.is_dimension(name)
            || self.kept_tags.binary_search(&name).is_ok()
            || self.id_values().any(|(id, kind, _)| id.as_bytes() == name && self.is_id_tag(kind))
    }
}

fn write_field(name: &[u8], value: Value<'_>, out: &mut Vec<u8>) {
    let (kind, value) = match value {
        Value::Text(text) => (EntryKind::String, fields::Value::Bytes(text)),
        Value::Int(int) => (EntryKind::Int, fields::Value::Varint(int.cast_unsigned())),
        Value::Double(double) => (EntryKind::Double, fields::Value::Fixed64(double.to_bits())),
        Value::Bool(bool) => (EntryKind::Bool, fields::Value::Varint(u64::from(bool))),
    };
    patch::write_entry(name, kind, value, out);
}

/// What the number of events can be called, the first first.
fn count_names() -> impl Iterator<Item = String> {
    let others = (1..).map(|number: u64| format!("{COUNT}_{number}"));
    std::iter::once(COUNT.to_owned()).chain(others)
}

/// What options add to the tag `tags` of a task's own point.
fn words<'a>(settings: &'a Settings, reason: Reason, task: &Task) -> Option<Cow<'a, str>> {
    let timeout = settings.timeout_tags.as_deref().filter(|_| reason.is_timeout());
    match (timeout, task.flags.has(Flags::FAILED) && settings.on_error == OnError::Tag) {
        (Some(tags), false) => Some(Cow::Borrowed(tags)),
        (Some(tags), true) => Some(Cow::Owned(format!("{tags},{FAILED}"))),
        (None, true) => Some(Cow::Borrowed(FAILED)),
        (None, false) => None,
    }
}

//! From a task to the point it comes out as.

mod point;

use std::borrow::Cow;
use std::collections::HashSet;

use tracing::warn;

use self::point::Point;
use super::counters::Counters;
use super::ending::Reason;
use super::group::Group;
use super::identity::{Identity, Kind};
use super::scripting::FAILED;
use super::settings::{OnError, PointTime, Settings};
use super::task::{Flags, Task};
use super::types::Types;
use crate::edge::Edge;
use crate::script::{Keys, Scalar};
use crate::value::Value;
use crate::wire::batch_writer::{BeginBody, EndBody};
use crate::wire::entry::{Entries, Entry, EntryKind};
use crate::wire::point::{number, origin_bytes};
use crate::wire::point_writer;

/// A buffer that one large point has made larger than this is not kept.
const LARGE: usize = 1 << 20;

/// The field of a point that has no other.
const COUNT: &str = "count";

/// The tag that Logstash tells things in.
const TAGS: &str = "tags";

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
    /// The tag that failed scripts are told in is a part of the id.
    id_is_tags: bool,
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
        let id_is_tags = identity.names().any(|name| name == TAGS);
        Self { types: Types::new(own, settings.max_bytes), id_is_tags, ..Self::default() }
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
        let settings = owner.settings;
        let mut point = self.begin(owner, origin, time, None);
        point.id_tags();
        point.id_fields();
        let before = point.counters.left_out;
        let came = fields.len() as u64;
        for (name, value) in fields {
            if point.identity.names().any(|known| known == name) {
                point.counters.left_out += 1;
            } else {
                match floated(settings, name.as_bytes(), value.value()) {
                    Some(value) => point.field(name.as_bytes(), value),
                    None => point.counters.left_out += 1,
                }
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
        self.scratch();
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

    /// Sees to what a script has made of what was written last: fields keep their types, and none has the name of a
    /// tag.
    pub(super) fn refit(&mut self, settings: &Settings, counters: &mut Counters) {
        let body = std::mem::take(&mut self.body);
        let is_tag = |entry: &Entry<'_>| entry.kind == EntryKind::Tag;
        let entries = || Entries::new(&body).flatten();
        let tags: HashSet<&[u8]> =
            entries().filter(|entry| is_tag(entry) && !entry.is_empty()).map(|entry| entry.key).collect();
        let mut from = 0;
        for entry in entries().filter(|entry| !is_tag(entry)) {
            self.body.extend_from_slice(body.get(from..entry.range.start).unwrap_or_default());
            from = entry.range.end;
            let fits = if tags.contains(entry.key) {
                None
            } else {
                let value = floated(settings, entry.key, Value::of(&entry));
                value.and_then(|value| self.types.fit(entry.key, value))
            };
            match fits {
                Some(value) => value.write_field(entry.key, &mut self.body),
                None => counters.left_out += 1,
            }
        }
        self.body.extend_from_slice(body.get(from..).unwrap_or_default());
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
                return value.write_field(name.as_bytes(), &mut self.body);
            }
        }
    }

    /// The place of what was written last, empty: for who has something else to write.
    pub(super) fn scratch(&mut self) -> &mut Vec<u8> {
        self.body.clear();
        self.body.shrink_to(LARGE);
        &mut self.body
    }

    pub(super) fn body_mut(&mut self) -> &mut Vec<u8> {
        &mut self.body
    }

    /// Sees to a tag that an option sets: `false` if points are grouped by it, as Kapacitor would take the point
    /// for one of another group.
    pub(super) fn may_set(&mut self, name: &str, group: &Group, counters: &mut Counters) -> bool {
        if !(group.is_dimension(name.as_bytes()) || self.id_is_tags && name == TAGS) {
            return true;
        }
        counters.left_out += 1;
        if self.refused.insert(name.to_owned()) {
            let group = String::from_utf8_lossy(&group.key);
            warn!(
                tag = name,
                ?group,
                "tag not set: points are grouped by it, or it is the id; choose another name"
            );
        }
        false
    }
}

/// What a script sets where there is a `float` of this name: no number is nothing.
#[expect(clippy::cast_precision_loss, reason = "what `float` is for")]
fn floated<'v>(settings: &Settings, name: &[u8], value: Value<'v>) -> Option<Value<'v>> {
    if !settings.outputs.iter().any(|output| output.float && output.name.as_bytes() == name) {
        return Some(value);
    }
    match value {
        Value::Int(int) => Some(Value::Double(int as f64)),
        Value::Double(_) => Some(value),
        Value::Text(_) | Value::Bool(_) => None,
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

/// What the number of events can be called, the first first.
fn count_names() -> impl Iterator<Item = String> {
    let others = (1..).map(|number: u64| format!("{COUNT}_{number}"));
    std::iter::once(COUNT.to_owned()).chain(others)
}

/// What options add to the tag `tags` of a task's own point.
fn words<'a>(settings: &'a Settings, id_is_tags: bool, reason: Reason, task: &Task) -> Option<Cow<'a, str>> {
    let timeout = settings.timeout_tags.as_deref().filter(|_| reason.is_timeout());
    let is_told = settings.on_error == OnError::Tag && !id_is_tags;
    match (timeout, is_told && task.flags.has(Flags::FAILED)) {
        (Some(tags), false) => Some(Cow::Borrowed(tags)),
        (Some(tags), true) => Some(Cow::Owned(format!("{tags},{FAILED}"))),
        (None, true) => Some(Cow::Borrowed(FAILED)),
        (None, false) => None,
    }
}

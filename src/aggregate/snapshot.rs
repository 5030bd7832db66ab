//! A node's state as bytes, and back. Kapacitor keeps them, over restarts of its own and of ours, and
//! perhaps gives them to a later version.

use std::collections::HashMap;

use tracing::{info, warn};

use super::batches::OpenBatch;
use super::emit::Emitter;
use super::events::Events;
use super::groups::{Group, Groups, Times};
use super::held::view;
use super::identity::{Id, Kind, MAX_ID, Origin};
use super::kept::Kept;
use super::node::Node;
use super::options::Function;
use super::origins::Origins;
use super::pack::{self, Damaged, Reader};
use super::reduce::Reducer;
use super::settings::{Keep, Reference, Settings, Time};
use super::tasks::{Gathered, Task, Tasks};
use super::timeline::Timeline;
use super::types::{Type, Types};
use crate::handler::UnixNanos;
use crate::wire::entry::EntryKind;
use crate::wire::fields;
use crate::wire::point::PointView;

/// The version that is written. Every version that was released is read.
const VERSION: u8 = 1;

/// Version and checksum.
const HEADER: usize = 1 + 4;

/// What a task takes in a snapshot, about: to make room for all at once.
const A_TASK: usize = 80;

/// Why a snapshot was not taken over.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it is of version {0}; known is {VERSION}")]
    Version(u8),
    #[error("its checksum is wrong")]
    Checksum,
    #[error(transparent)]
    Damaged(#[from] Damaged),
    #[error("it is of other options: {theirs}; this node has: {ours}")]
    Shape { theirs: String, ours: String, tasks: u64 },
}

/// What a snapshot held.
struct Restored<'a> {
    taken: UnixNanos,
    /// How many tasks it held.
    count: u64,
    groups: Groups,
    origins: Origins,
    types: Types,
    tasks: Tasks,
    /// A batch that was open, with what was to come out with its end.
    batch: Option<Box<OpenBatch>>,
    /// Points that waited, each with its group and time.
    held: Vec<(u32, i64, PointView<'a>)>,
}

impl Node {
    /// The node's state.
    ///
    /// ```text
    /// version u8 · CRC-32 of the rest, little-endian · moment · options · number of tasks
    /// types: number, (name, type)
    /// groups: number, (number, key, dimensions, tags, byName, times, timeline)
    /// origins: number, (number, measurement, database, retention policy)
    /// from batches to batches, what is gathered for the open one: whether there is, group, origin, originals, results
    /// in event time, points that wait, in the order of their arrival: number, (group, time, frame)
    /// tasks in the order of their creation: group, origin, id, moments, events, flags, kept, reducers
    /// ```
    pub(super) fn snapshot(&self, now: UnixNanos) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + 1024 + self.tasks.len() * A_TASK);
        out.extend_from_slice(&[0; HEADER]);
        pack::write_i64(&mut out, now);
        pack::write_bytes(&mut out, shape(&self.settings).as_bytes());
        pack::write_usize(&mut out, self.tasks.len());
        write_types(&self.emitter.types, &mut out);
        write_groups(&self.groups, &mut out);
        write_origins(&self.origins, &mut out);
        if self.settings.function == Function::BATCH {
            write_batch(self.batch.as_deref(), &mut out);
        }
        if self.event_time.is_some() {
            write_held(&self.groups, &mut out);
        }
        for (_, task) in self.tasks.iter() {
            write_task(now, task, self.identity.names().len(), &mut out);
        }
        let checksum = crc32fast::hash(out.get(HEADER..).unwrap_or_default()).to_le_bytes();
        if let Some((version, rest)) = out.split_first_mut() {
            *version = VERSION;
            rest.iter_mut().zip(checksum).for_each(|(place, byte)| *place = byte);
        }
        out
    }

    /// Takes a snapshot's state over. One that can't be used leaves the node empty, which is logged: the
    /// Kapacitor task starts in any case.
    pub(super) fn restore(&mut self, now: UnixNanos, snapshot: &[u8]) {
        match self.read(now, snapshot) {
            Ok(restored) => self.take_over(now, restored),
            Err(unusable) => {
                if let Unusable::Shape { tasks, .. } = unusable {
                    self.counters.not_restored += tasks;
                }
                self.counters.snapshots_unusable += 1;
                warn!(bytes = snapshot.len(), "the snapshot is not restored, starting empty: {unusable}");
            }
        }
    }

    fn take_over(&mut self, now: UnixNanos, restored: Restored<'_>) {
        let Restored { taken, count, groups, origins, types, tasks, batch, held } = restored;
        self.emitter.types = types;
        (self.groups, self.origins, self.tasks) = (groups, origins, tasks);
        if let Some(batch) = batch {
            self.groups.opened(batch.group());
            self.batch = Some(batch);
        }
        self.take_over_time(now, held);
        self.groups.settle();
        let (came, seconds) = (self.tasks.len() as u64, now.saturating_sub(taken) / 1_000_000_000);
        self.counters.restored += came;
        self.counters.not_restored += count - came;
        if came < count {
            warn!(
                tasks = count,
                seconds, "the snapshot is older than maxRestoreAge: its tasks are not restored"
            );
        } else {
            info!(tasks = count, seconds, "restored from a snapshot of so many seconds ago");
        }
    }

    fn read<'a>(&self, now: UnixNanos, snapshot: &'a [u8]) -> Result<Restored<'a>, Unusable> {
        let (&version, rest) = snapshot.split_first().ok_or(Unusable::Version(0))?;
        if version != VERSION {
            return Err(Unusable::Version(version));
        }
        let (checksum, body) = rest.split_first_chunk().ok_or(Unusable::Checksum)?;
        if u32::from_le_bytes(*checksum) != crc32fast::hash(body) {
            return Err(Unusable::Checksum);
        }
        let mut from = Reader::new(body);
        let taken = from.i64()?;
        let theirs = String::from_utf8_lossy(from.bytes()?).into_owned();
        let count = from.u64()?;
        let ours = shape(&self.settings);
        if theirs != ours {
            return Err(Unusable::Shape { theirs, ours, tasks: count });
        }
        let types = read_types(Emitter::new(&self.settings, &self.identity).types, &mut from)?;
        let (groups, group_numbers) = read_groups(Groups::new(&self.settings), &mut from)?;
        let (origins, origin_numbers) = read_origins(&mut from)?;
        let mut restored = Restored {
            taken,
            count,
            groups,
            origins,
            types,
            tasks: Tasks::new(),
            batch: None,
            held: Vec::new(),
        };
        if self.settings.function == Function::BATCH && from.u8()? != 0 {
            let (group, origin) = (known(&group_numbers, &mut from)?, known(&origin_numbers, &mut from)?);
            let (originals, results) = (Events::read(&mut from)?, Events::read(&mut from)?);
            restored.origins.hold(origin);
            let key = restored.groups.key(group);
            restored.batch = Some(Box::new(OpenBatch::cut(group, key, origin, originals, results)));
        }
        if self.event_time.is_some() {
            restored.held = read_held(&group_numbers, &mut from)?;
        }
        let is_too_old = self.settings.max_restore_age.is_some_and(|max| now.saturating_sub(taken) > max);
        for _ in 0..if is_too_old { 0 } else { count } {
            let group = known(&group_numbers, &mut from)?;
            let origin = known(&origin_numbers, &mut from)?;
            self.read_task(now, group, origin, &mut restored, &mut from)?;
        }
        from.check(is_too_old || from.is_empty())?;
        if is_too_old {
            restored.count += restored.held.len() as u64;
            restored.held.clear();
        }
        // Each was held while tasks might still come for it.
        for origin in origin_numbers.into_values() {
            restored.origins.release(origin);
        }
        Ok(restored)
    }

    fn read_task(
        &self,
        now: UnixNanos,
        group: u32,
        origin: u32,
        into: &mut Restored<'_>,
        from: &mut Reader<'_>,
    ) -> Result<(), Damaged> {
        let id = self.read_id(from)?;
        if into.tasks.find(&into.groups, into.groups.key(group), id.text()).is_some() {
            return Err(from.damaged());
        }
        let mut task = Task::new(id, group, origin, 0, 0);
        let created = into.taken.wrapping_add(from.i64()?);
        // A clock that was set back since makes no task live longer.
        let latest = if self.event_time.is_some() { i64::MAX } else { now };
        task.created = created.min(latest);
        task.active = created.wrapping_add(from.i64()?).min(latest);
        task.first = created.wrapping_add(from.i64()?);
        task.last = task.first.wrapping_add(from.i64()?);
        task.events = from.u64()?;
        let flags = from.u8()?;
        task.is_dirty = flags & DIRTY != 0;
        if flags & KEPT != 0 {
            task.gathered = Some(Box::new(Gathered::Kept(self.read_kept(from)?)));
        }
        for output in &self.settings.outputs {
            task.reducers.push(Reducer::read(&output.kind, from)?);
        }
        if flags & EVENTS != 0 {
            task.gathered = Some(Box::new(Gathered::Events(Events::read(from)?)));
        }
        into.origins.hold(origin);
        let due = self.settings.timer(&task);
        into.tasks.add(task, due, &mut into.groups);
        Ok(())
    }

    fn read_id(&self, from: &mut Reader<'_>) -> Result<Id, Damaged> {
        let text = from.bytes()?;
        if text.len() > MAX_ID {
            return Err(from.damaged());
        }
        let mut origins = Vec::new();
        for _ in self.identity.names() {
            let kind = Kind::from_byte(from.u8()?).ok_or(from.damaged())?;
            let (start, length) = (from.u64()?, from.u64()?);
            let end = start.checked_add(length).filter(|&end| end <= text.len() as u64);
            #[expect(clippy::cast_possible_truncation, reason = "no more than MAX_ID")]
            let origin = end.map(|_| Origin { kind, start: start as u16, length: length as u16 });
            origins.push(origin.ok_or(from.damaged())?);
        }
        Ok(Id::new(text, &origins, self.identity.is_plain()))
    }

    fn read_kept(&self, from: &mut Reader<'_>) -> Result<Kept, Damaged> {
        let mut kept = Kept::default();
        for _ in 0..from.u64()? {
            let key = from.bytes()?;
            let (kind, value) = match from.u8()? {
                0 => (EntryKind::Tag, fields::Value::Bytes(from.bytes()?)),
                1 => (EntryKind::String, fields::Value::Bytes(from.bytes()?)),
                2 => (EntryKind::Int, fields::Value::Varint(from.u64()?)),
                3 => (EntryKind::Double, fields::Value::Fixed64(from.fixed()?)),
                4 => (EntryKind::Bool, fields::Value::Varint(from.u64()?.min(1))),
                _ => return Err(from.damaged()),
            };
            kept.push(key, kind, value, &self.hasher);
        }
        Ok(kept)
    }
}

const DIRTY: u8 = 1;
const KEPT: u8 = 2;
const EVENTS: u8 = 4;

/// The options that say what the state means, in words: a snapshot of others is of no use.
fn shape(settings: &Settings) -> String {
    let task_id = settings.task_id.iter().map(|template| format!("taskId({:?})", template.to_string()));
    let outputs = settings.outputs.iter().map(|output| match &output.field {
        Some(field) => format!("{}({field:?}, {:?})", output.kind.shape(), output.name),
        None => format!("{}({:?})", output.kind.shape(), output.name),
    });
    let keep = match &settings.keep {
        Keep::All => vec!["keep(\"*\")".to_owned()],
        Keep::Names(names) => names.iter().map(|name| format!("keep({name:?})")).collect(),
    };
    let time = match &settings.time {
        Time::Clock => None,
        Time::Events { reference: Reference::Own, .. } => Some("timeoutTimestampField(\"time\")".to_owned()),
        Time::Events { reference: Reference::Field { name, unit }, .. } => {
            Some(format!("timeoutTimestampField({name:?}, {unit})"))
        }
    };
    let words = task_id.chain(outputs).chain(keep).chain(time);
    std::iter::once(settings.function.to_string()).chain(words).collect::<Vec<_>>().join(" ")
}

fn write_types(types: &Types, out: &mut Vec<u8>) {
    // In an order, so that equal states are equal bytes.
    let mut types: Vec<_> = types.iter().collect();
    types.sort_unstable_by_key(|&(name, _)| name);
    pack::write_usize(out, types.len());
    for (name, known) in types {
        pack::write_bytes(out, name);
        out.push(known as u8);
    }
}

fn read_types(mut types: Types, from: &mut Reader<'_>) -> Result<Types, Damaged> {
    for _ in 0..from.u64()? {
        let name = from.bytes()?;
        types.set(name, Type::from_byte(from.u8()?).ok_or(from.damaged())?);
    }
    Ok(types)
}

fn write_groups(groups: &Groups, out: &mut Vec<u8>) {
    pack::write_usize(out, groups.len());
    for (number, group) in groups.iter() {
        pack::write_u64(out, u64::from(number));
        pack::write_bytes(out, &group.key);
        pack::write_usize(out, group.dimensions.len());
        group.dimensions.iter().for_each(|name| pack::write_bytes(out, name));
        pack::write_usize(out, group.tags.len());
        for (name, value) in &group.tags {
            pack::write_bytes(out, name);
            pack::write_bytes(out, value);
        }
        let timeline = groups.timeline(number);
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let flags = [
            flag(group.by_name, BY_NAME),
            flag(group.times.run.is_some(), RUN),
            flag(timeline.is_some(), TIMELINE),
        ];
        out.push(flags.into_iter().sum());
        if let Some((start, last)) = group.times.run {
            pack::write_i64(out, start);
            pack::write_i64(out, last);
        }
        if let Some(timeline) = timeline {
            write_timeline(timeline, out);
        }
    }
}

/// The groups, and what number each has now by the one it had.
fn read_groups(mut groups: Groups, from: &mut Reader<'_>) -> Result<(Groups, HashMap<u64, u32>), Damaged> {
    let mut numbers = HashMap::new();
    for _ in 0..from.u64()? {
        let number = from.u64()?;
        let mut group = Group::new(from.bytes()?);
        for _ in 0..from.u64()? {
            group.dimensions.push(from.bytes()?.into());
        }
        for _ in 0..from.u64()? {
            group.tags.push((from.bytes()?.into(), from.bytes()?.into()));
        }
        group.sort();
        let flags = from.u8()?;
        group.by_name = flags & BY_NAME != 0;
        group.times = Times { run: if flags & RUN == 0 { None } else { Some((from.i64()?, from.i64()?)) } };
        if flags & TIMELINE != 0 {
            group.set_timeline(read_timeline(from)?);
        }
        if groups.find(&group.key).is_some() {
            return Err(from.damaged());
        }
        if numbers.insert(number, groups.add(group)).is_some() {
            return Err(from.damaged());
        }
    }
    Ok((groups, numbers))
}

const BY_NAME: u8 = 1;
const RUN: u8 = 2;
const TIMELINE: u8 = 4;

fn write_timeline(timeline: &Timeline, out: &mut Vec<u8>) {
    pack::write_i64(out, timeline.newest);
    pack::write_i64(out, timeline.arrived);
}

fn read_timeline(from: &mut Reader<'_>) -> Result<Timeline, Damaged> {
    let mut timeline = Timeline::new();
    (timeline.newest, timeline.arrived) = (from.i64()?, from.i64()?);
    Ok(timeline)
}

fn write_batch(batch: Option<&OpenBatch>, out: &mut Vec<u8>) {
    let batch = batch.filter(|batch| batch.originals.len() + batch.results.len() > 0);
    out.push(u8::from(batch.is_some()));
    if let Some(batch) = batch {
        pack::write_u64(out, u64::from(batch.group()));
        pack::write_u64(out, u64::from(batch.origin));
        batch.originals.write(out);
        batch.results.write(out);
    }
}

fn write_held(groups: &Groups, out: &mut Vec<u8>) {
    let held = groups.iter().filter_map(|(number, _)| Some((number, groups.timeline(number)?)));
    let held = held.flat_map(|(number, timeline)| timeline.held.iter().map(move |point| (number, point)));
    let mut held: Vec<_> = held.collect();
    held.sort_unstable_by_key(|(_, point)| point.serial);
    pack::write_usize(out, held.len());
    for (number, point) in held {
        pack::write_u64(out, u64::from(number));
        pack::write_i64(out, point.time);
        pack::write_bytes(out, point.frame());
    }
}

fn read_held<'a>(
    numbers: &HashMap<u64, u32>,
    from: &mut Reader<'a>,
) -> Result<Vec<(u32, i64, PointView<'a>)>, Damaged> {
    let mut held = Vec::new();
    for _ in 0..from.u64()? {
        let (group, time, frame) = (known(numbers, from)?, from.i64()?, from.bytes()?);
        held.push((group, time, view(frame).ok_or(from.damaged())?));
    }
    Ok(held)
}

fn write_origins(origins: &Origins, out: &mut Vec<u8>) {
    pack::write_usize(out, origins.iter().len());
    for (number, parts) in origins.iter() {
        pack::write_u64(out, u64::from(number));
        for part in parts {
            pack::write_bytes(out, part);
        }
    }
}

fn read_origins(from: &mut Reader<'_>) -> Result<(Origins, HashMap<u64, u32>), Damaged> {
    let (mut origins, mut numbers) = (Origins::default(), HashMap::new());
    for _ in 0..from.u64()? {
        let number = from.u64()?;
        let origin = origins.take(from.bytes()?, from.bytes()?, from.bytes()?);
        if numbers.insert(number, origin).is_some() {
            return Err(from.damaged());
        }
    }
    Ok((origins, numbers))
}

/// The number that stands next, as it is now.
fn known(numbers: &HashMap<u64, u32>, from: &mut Reader<'_>) -> Result<u32, Damaged> {
    let number = from.u64()?;
    numbers.get(&number).copied().ok_or(from.damaged())
}

/// `names`: how many names the id was made of.
fn write_task(now: UnixNanos, task: &Task, names: usize, out: &mut Vec<u8>) {
    pack::write_u64(out, u64::from(task.group));
    pack::write_u64(out, u64::from(task.origin));
    write_id(&task.id, names, out);
    // Each beside one that is usually near: half the bytes of four moments.
    pack::write_i64(out, task.created.wrapping_sub(now));
    pack::write_i64(out, task.active.wrapping_sub(task.created));
    pack::write_i64(out, task.first.wrapping_sub(task.created));
    pack::write_i64(out, task.last.wrapping_sub(task.first));
    pack::write_u64(out, task.events);
    let kept = task.kept();
    let dirty = if task.is_dirty { DIRTY } else { 0 };
    let kept_flag = if kept.is_some() { KEPT } else { 0 };
    let events = if task.events().is_some() { EVENTS } else { 0 };
    out.push(dirty | kept_flag | events);
    if let Some(kept) = kept {
        write_kept(kept, out);
    }
    task.reducers.iter().for_each(|reducer| reducer.write(out));
    if let Some(events) = task.events() {
        events.write(out);
    }
}

fn write_id(id: &Id, names: usize, out: &mut Vec<u8>) {
    pack::write_bytes(out, id.text());
    for Origin { kind, start, length } in id.origins().take(names) {
        out.push(kind as u8);
        pack::write_u64(out, u64::from(start));
        pack::write_u64(out, u64::from(length));
    }
}

fn write_kept(kept: &Kept, out: &mut Vec<u8>) {
    pack::write_u64(out, u64::from(kept.len()));
    for entry in kept.entries() {
        pack::write_bytes(out, entry.key);
        out.push(entry.kind as u8);
        match entry.value_or_zero() {
            fields::Value::Bytes(text) => pack::write_bytes(out, text),
            fields::Value::Varint(number) => pack::write_u64(out, number),
            fields::Value::Fixed64(number) => pack::write_fixed(out, number),
            fields::Value::Fixed32(_) => {}
        }
    }
}

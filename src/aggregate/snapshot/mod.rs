//! A node's state as bytes, and back. Kapacitor keeps them, over restarts of its own and of ours, and
//! perhaps gives them to a later version.

mod set_aside;

mod shared;

mod task;

use tracing::{info, warn};

use super::batches::OpenBatch;
use super::emit::Emitter;
use super::events::Events;
use super::groups::Groups;
use super::node::Node;
use super::options::Function;
use super::origins::Origins;
use super::set_aside::SetAside;
use super::settings::{Keep, Reference, Settings, Time};
use super::tasks::Tasks;
use super::types::Types;
use crate::handler::UnixNanos;
use crate::pack::{self, Damaged, Reader};
use crate::wire::point::PointView;
use shared::known;

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
    set_aside: SetAside,
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
    /// tasks in the order of their creation: group, origin, id, moments, events, flags, kept, reducers, map, lifetime
    /// if there are some, points set aside: number, (group, origin, task, reason, time, due, tries left, message)
    /// ```
    pub(super) fn snapshot(&self, now: UnixNanos) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + 1024 + self.tasks.len() * A_TASK);
        out.extend_from_slice(&[0; HEADER]);
        pack::write_i64(&mut out, now);
        pack::write_bytes(&mut out, shape(&self.settings).as_bytes());
        pack::write_usize(&mut out, self.tasks.len());
        shared::write_types(&self.emitter.types, &mut out);
        shared::write_groups(&self.groups, &mut out);
        shared::write_origins(&self.origins, &mut out);
        if self.settings.function == Function::BATCH {
            shared::write_batch(self.batch.as_deref(), &mut out);
        }
        if self.event_time.is_some() {
            shared::write_held(&self.groups, &mut out);
        }
        let kind = (self.identity.names().len(), self.scripts.keys());
        for (_, task) in self.tasks.iter() {
            task::write(now, task, kind, &mut out);
        }
        if self.set_aside.len() > 0 {
            set_aside::write(now, &self.set_aside, kind, &mut out);
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
        let Restored { taken, count, groups, origins, types, tasks, batch, held, set_aside } = restored;
        self.set_aside = set_aside;
        self.emitter.types = types;
        (self.groups, self.origins, self.tasks) = (groups, origins, tasks);
        if let Some(batch) = batch {
            self.groups.opened(batch.group());
            self.batch = Some(batch);
        }
        self.take_over_time(now, held);
        self.groups.settle();
        let (came, seconds) = (self.tasks.len() as u64, now.saturating_sub(taken) / 1_000_000_000);
        self.counters.restored += came + self.set_aside.len() as u64;
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
        let types = shared::read_types(Emitter::new(&self.settings, &self.identity).types, &mut from)?;
        let (groups, group_numbers) = shared::read_groups(Groups::new(&self.settings), &mut from)?;
        let (origins, origin_numbers) = shared::read_origins(&mut from)?;
        let mut restored = Restored {
            taken,
            count,
            groups,
            origins,
            types,
            tasks: Tasks::new(),
            batch: None,
            held: Vec::new(),
            set_aside: SetAside::default(),
        };
        if self.settings.function == Function::BATCH && from.u8()? != 0 {
            let (group, origin) = (known(&group_numbers, &mut from)?, known(&origin_numbers, &mut from)?);
            let (originals, results) = (Events::read(&mut from)?, Events::read(&mut from)?);
            restored.origins.hold(origin);
            let key = restored.groups.key(group);
            restored.batch = Some(Box::new(OpenBatch::cut(group, key, origin, originals, results)));
        }
        if self.event_time.is_some() {
            restored.held = shared::read_held(&group_numbers, &mut from)?;
        }
        let is_too_old = self.settings.max_restore_age.is_some_and(|max| now.saturating_sub(taken) > max);
        for _ in 0..if is_too_old { 0 } else { count } {
            let group = known(&group_numbers, &mut from)?;
            let origin = known(&origin_numbers, &mut from)?;
            let task = self.read_task(now, group, origin, taken, &mut from)?;
            let is_known = restored.tasks.find(&restored.groups, restored.groups.key(group), task.id.text());
            from.check(is_known.is_none())?;
            restored.origins.hold(origin);
            let due = self.settings.timer(&task);
            restored.tasks.add(task, due, &mut restored.groups);
        }
        if !is_too_old && !from.is_empty() {
            self.read_set_aside(now, (&group_numbers, &origin_numbers), &mut restored, &mut from)?;
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
}

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

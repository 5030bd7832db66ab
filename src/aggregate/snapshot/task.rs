//! One task in a snapshot.

use crate::aggregate::events::Events;
use crate::aggregate::identity::{Id, Kind, MAX_ID, Origin};
use crate::aggregate::kept::Kept;
use crate::aggregate::node::Node;
use crate::aggregate::reduce::Reducer;
use crate::aggregate::task::{Count, Flags, Gathered, Lifetime, Task};
use crate::handler::UnixNanos;
use crate::pack::{self, Damaged, Reader};
use crate::script::{Keys, State};
use crate::wire::entry::EntryKind;
use crate::wire::fields;

const DIRTY: u8 = 1;
const KEPT: u8 = 2;
const EVENTS: u8 = 4;
const MAP: u8 = 8;
const FAILED: u8 = 16;
const LIFETIME: u8 = 32;

impl Node {
    pub(super) fn read_task(
        &self,
        now: UnixNanos,
        group: u32,
        origin: u32,
        taken: UnixNanos,
        from: &mut Reader<'_>,
    ) -> Result<Task, Damaged> {
        let id = self.read_id(from)?;
        let mut task = Task::new(id, group, origin, 0, 0);
        let created = taken.wrapping_add(from.i64()?);
        // A clock that was set back since makes no task live longer.
        let latest = if self.event_time.is_some() { i64::MAX } else { now };
        task.created = created.min(latest);
        task.active = created.wrapping_add(from.i64()?).min(latest);
        task.first = created.wrapping_add(from.i64()?);
        task.last = task.first.wrapping_add(from.i64()?);
        task.events = Count::new(from.u64()?);
        let flags = from.u8()?;
        task.flags.set(Flags::DIRTY, flags & DIRTY != 0);
        task.flags.set(Flags::FAILED, flags & FAILED != 0);
        task.flags.set(Flags::RESTORED, true);
        if flags & KEPT != 0 {
            task.gathered = Some(Box::new(Gathered::Kept(self.read_kept(from)?)));
        }
        for output in &self.settings.outputs {
            task.reducers.push(Reducer::read(&output.kind, from)?);
        }
        if flags & EVENTS != 0 {
            task.gathered = Some(Box::new(Gathered::Events(Events::read(from)?)));
        }
        if flags & MAP != 0 {
            task.scripted.get_or_insert_default().state = State::read(self.scripts.keys(), from)?;
        }
        if flags & LIFETIME != 0 {
            let set = from.u8()?;
            let timeout = if set & 1 != 0 { Some(from.i64()?) } else { None };
            let inactivity_timeout = if set & 2 != 0 { Some(from.i64()?) } else { None };
            from.check(set < 4 && timeout.into_iter().chain(inactivity_timeout).all(|time| time >= 0))?;
            task.scripted.get_or_insert_default().lifetime =
                Some(Box::new(Lifetime { timeout, inactivity_timeout }));
            task.flags.set(Flags::LIFETIME, true);
        }
        Ok(task)
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

/// `names`: how many names the id was made of. `keys`: of its map.
pub(super) fn write(now: UnixNanos, task: &Task, (names, keys): (usize, &Keys), out: &mut Vec<u8>) {
    pack::write_u64(out, u64::from(task.group));
    pack::write_u64(out, u64::from(task.origin));
    write_id(&task.id, names, out);
    // Each beside one that is usually near: half the bytes of four moments.
    pack::write_i64(out, task.created.wrapping_sub(now));
    pack::write_i64(out, task.active.wrapping_sub(task.created));
    pack::write_i64(out, task.first.wrapping_sub(task.created));
    pack::write_i64(out, task.last.wrapping_sub(task.first));
    pack::write_u64(out, task.events.get());
    let kept = task.kept();
    let dirty = if task.is_dirty() { DIRTY } else { 0 };
    let map = task.state().filter(|state| !state.is_empty());
    let map_flag = if map.is_some() { MAP } else { 0 };
    let failed = if task.flags.has(Flags::FAILED) { FAILED } else { 0 };
    let lifetime = if task.lifetime().is_some() { LIFETIME } else { 0 };
    let kept_flag = if kept.is_some() { KEPT } else { 0 };
    let events = if task.events().is_some() { EVENTS } else { 0 };
    out.push(dirty | kept_flag | events | map_flag | failed | lifetime);
    if let Some(kept) = kept {
        write_kept(kept, out);
    }
    task.reducers.iter().for_each(|reducer| reducer.write(out));
    if let Some(events) = task.events() {
        events.write(out);
    }
    if let Some(map) = map {
        map.write(keys, out);
    }
    if let Some(Lifetime { timeout, inactivity_timeout }) = task.lifetime() {
        out.push(u8::from(timeout.is_some()) | u8::from(inactivity_timeout.is_some()) << 1);
        for time in timeout.iter().chain(inactivity_timeout) {
            pack::write_i64(out, *time);
        }
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

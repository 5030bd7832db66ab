//! What tasks share, in a snapshot: types of fields, groups with their times, origins, points that wait.

use std::collections::HashMap;

use crate::aggregate::batches::OpenBatch;
use crate::aggregate::group::{Group, Times};
use crate::aggregate::groups::Groups;
use crate::aggregate::held::view;
use crate::aggregate::origins::Origins;
use crate::aggregate::timeline::Timeline;
use crate::aggregate::types::{Type, Types};
use crate::pack::{self, Damaged, Reader};
use crate::wire::point::PointView;

pub(super) fn write_types(types: &Types, out: &mut Vec<u8>) {
    // In an order, so that equal states are equal bytes.
    let mut types: Vec<_> = types.iter().collect();
    types.sort_unstable_by_key(|&(name, _)| name);
    pack::write_usize(out, types.len());
    for (name, known) in types {
        pack::write_bytes(out, name);
        out.push(known as u8);
    }
}

pub(super) fn read_types(mut types: Types, from: &mut Reader<'_>) -> Result<Types, Damaged> {
    for _ in 0..from.u64()? {
        let name = from.bytes()?;
        types.set(name, Type::from_byte(from.u8()?).ok_or(from.damaged())?);
    }
    Ok(types)
}

pub(super) fn write_groups(groups: &Groups, out: &mut Vec<u8>) {
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
pub(super) fn read_groups(
    mut groups: Groups,
    from: &mut Reader<'_>,
) -> Result<(Groups, HashMap<u64, u32>), Damaged> {
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

pub(super) fn write_batch(batch: Option<&OpenBatch>, out: &mut Vec<u8>) {
    let batch = batch.filter(|batch| batch.len() > 0);
    out.push(u8::from(batch.is_some()));
    if let Some(batch) = batch {
        pack::write_u64(out, u64::from(batch.group()));
        pack::write_u64(out, u64::from(batch.origin));
        batch.originals.write(out);
        batch.results.write(out);
    }
}

pub(super) fn write_held(groups: &Groups, out: &mut Vec<u8>) {
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

pub(super) fn read_held<'a>(
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

pub(super) fn write_origins(origins: &Origins, out: &mut Vec<u8>) {
    pack::write_usize(out, origins.iter().len());
    for (number, parts) in origins.iter() {
        pack::write_u64(out, u64::from(number));
        for part in parts {
            pack::write_bytes(out, part);
        }
    }
}

pub(super) fn read_origins(from: &mut Reader<'_>) -> Result<(Origins, HashMap<u64, u32>), Damaged> {
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
pub(super) fn known(numbers: &HashMap<u64, u32>, from: &mut Reader<'_>) -> Result<u32, Damaged> {
    let number = from.u64()?;
    numbers.get(&number).copied().ok_or(from.damaged())
}

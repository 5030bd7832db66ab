//! A map in a snapshot: names as they are, since the next script may have other keys.

use thin_vec::ThinVec;

use super::edit::{MAX_DEPTH, saturated};
use super::value::{Entry, StateValue, map_cost};
use super::{Keys, State};
use crate::pack::{self, Damaged, Reader};

/// The sorts of values; never to be changed.
mod sort {
    pub(super) const INT: u8 = 0;
    pub(super) const DOUBLE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const TRUE: u8 = 3;
    pub(super) const TEXT: u8 = 4;
    pub(super) const LIST: u8 = 5;
    pub(super) const MAP: u8 = 6;
}

impl State {
    /// Appends it.
    pub(crate) fn write(&self, keys: &Keys, out: &mut Vec<u8>) {
        write_map(&self.entries, keys, out);
    }

    /// Reads what [`Self::write`] wrote, perhaps with other keys.
    pub(crate) fn read(keys: &Keys, from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let entries = read_map(keys, from, MAX_DEPTH)?;
        let cost = map_cost(&entries, keys);
        Ok(Self { entries, text: saturated(cost.text), heap: saturated(cost.heap) })
    }
}

fn write_map(map: &[Entry], keys: &Keys, out: &mut Vec<u8>) {
    pack::write_usize(out, map.len());
    for entry in map {
        pack::write_bytes(out, entry.name(keys).as_bytes());
        write_value(entry.value(), keys, out);
    }
}

fn write_value(value: &StateValue, keys: &Keys, out: &mut Vec<u8>) {
    match value {
        StateValue::Int(int) => {
            out.push(sort::INT);
            pack::write_i64(out, *int);
        }
        StateValue::Double(double) => {
            out.push(sort::DOUBLE);
            pack::write_f64(out, *double);
        }
        StateValue::Bool(bool) => out.push(if *bool { sort::TRUE } else { sort::FALSE }),
        StateValue::Text(text) => {
            out.push(sort::TEXT);
            pack::write_bytes(out, text);
        }
        StateValue::List(list) => {
            out.push(sort::LIST);
            pack::write_usize(out, list.len());
            list.iter().for_each(|value| write_value(value, keys, out));
        }
        StateValue::Map(map) => {
            out.push(sort::MAP);
            write_map(map, keys, out);
        }
        StateValue::Named(named) => write_value(named.value(), keys, out),
    }
}

fn read_map(keys: &Keys, from: &mut Reader<'_>, depth: usize) -> Result<ThinVec<Entry>, Damaged> {
    // A name's length and a value's sort.
    let count = from.count(2)?;
    let mut map: ThinVec<Entry> = room(count);
    for _ in 0..count {
        let name = text(from)?;
        map.push(Entry::new(keys, name, read_value(keys, from, depth)?));
    }
    from.check(!has_duplicates(&map, keys))?;
    map.shrink_to_fit();
    Ok(map)
}

/// Room for so many. Attack: lists in lists, each of which says that all the rest of the snapshot are its elements.
fn room<T>(count: usize) -> ThinVec<T> {
    const TRUSTED: usize = 16;
    let mut room = ThinVec::new();
    room.reserve_exact(count.min(TRUSTED));
    room
}

/// Whether two entries have the same name.
fn has_duplicates(map: &[Entry], keys: &Keys) -> bool {
    let mut names: Vec<&str> = map.iter().map(|entry| entry.name(keys)).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

fn read_value(keys: &Keys, from: &mut Reader<'_>, depth: usize) -> Result<StateValue, Damaged> {
    Ok(match from.u8()? {
        sort::INT => StateValue::Int(from.i64()?),
        sort::DOUBLE => StateValue::Double(from.f64()?),
        sort::FALSE => StateValue::Bool(false),
        sort::TRUE => StateValue::Bool(true),
        sort::TEXT => StateValue::text(text(from)?),
        sort::LIST => {
            from.check(depth > 0)?;
            let count = from.count(1)?;
            let mut list = room(count);
            for _ in 0..count {
                list.push(read_value(keys, from, depth - 1)?);
            }
            list.shrink_to_fit();
            StateValue::List(list)
        }
        sort::MAP => {
            from.check(depth > 0)?;
            StateValue::Map(read_map(keys, from, depth - 1)?)
        }
        _ => return Err(from.damaged()),
    })
}

fn text<'a>(from: &mut Reader<'a>) -> Result<&'a str, Damaged> {
    std::str::from_utf8(from.bytes()?).map_err(|_| from.damaged())
}

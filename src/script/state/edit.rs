//! Changing a map in place, with what it takes kept up.

use thin_vec::ThinVec;

use super::place::{self, HeldMut, Step};
use super::value::{Cost, Entry, Prefix, StateValue, map_cost};
use super::{Keys, State};
use crate::heap;

/// So much one map may take, whatever its task is allowed to: one call could build up any amount.
pub(in crate::script) const MAX_WEIGHT: usize = 128 * 1024;

/// So deep it may nest: whoever goes through it does so by recursion.
pub(in crate::script) const MAX_DEPTH: usize = 16;

/// Why a map stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::script) enum Refused {
    /// It would take more than [`MAX_WEIGHT`].
    TooHeavy,
    /// It would nest deeper than [`MAX_DEPTH`].
    TooDeep,
    /// There is no list, or no map, any more.
    Gone,
    /// The list has so many elements.
    OutOfBounds(usize),
}

/// Where a value goes in a list.
#[derive(Debug, Clone, Copy)]
pub(in crate::script) enum At {
    End,
    Index(usize),
}

impl State {
    /// Sets an entry of a map, or an element that a list has.
    pub(in crate::script) fn set(
        &mut self,
        keys: &Keys,
        path: &[Step],
        step: &Step,
        value: StateValue,
    ) -> Result<(), Refused> {
        if path.len() + value.depth() > MAX_DEPTH {
            return Err(Refused::TooDeep);
        }
        let (held, prefix, mut totals) = self.open(keys, path)?;
        match held {
            HeldMut::Map(map) => {
                let Some(entry) = map.iter_mut().find(|entry| place::is_at(entry, step)) else {
                    return totals.push_entry(map, keys, prefix, step, value);
                };
                let prefix = prefix.with(step.name(keys).len());
                totals.replace(entry.value_mut(), value, keys, prefix)
            }
            HeldMut::List(list) => {
                let len = list.len();
                let Step::Index(index) = step else { return Err(Refused::Gone) };
                let element = list.get_mut(*index).ok_or(Refused::OutOfBounds(len))?;
                totals.replace(element, value, keys, Prefix::LIST)
            }
        }
    }

    /// Takes an entry or an element out.
    pub(in crate::script) fn remove(
        &mut self,
        keys: &Keys,
        path: &[Step],
        step: &Step,
    ) -> Result<Option<StateValue>, Refused> {
        let (held, prefix, mut totals) = self.open(keys, path)?;
        match held {
            HeldMut::Map(map) => {
                let Some(at) = map.iter().position(|entry| place::is_at(entry, step)) else {
                    return Ok(None);
                };
                let entry = map.remove(at);
                totals.subtract(entry.cost(keys, prefix));
                totals.shrink(map);
                Ok(Some(entry.into_value()))
            }
            HeldMut::List(list) => {
                let Step::Index(index) = step else { return Err(Refused::Gone) };
                if *index >= list.len() {
                    return Ok(None);
                }
                let value = list.remove(*index);
                let mut cost = value.cost(keys, Prefix::LIST);
                cost.text += 1;
                totals.subtract(cost);
                totals.shrink(list);
                Ok(Some(value))
            }
        }
    }

    /// Puts a value into a list.
    pub(in crate::script) fn insert(
        &mut self,
        keys: &Keys,
        path: &[Step],
        at: At,
        value: StateValue,
    ) -> Result<(), Refused> {
        if path.len() + value.depth() > MAX_DEPTH {
            return Err(Refused::TooDeep);
        }
        let (HeldMut::List(list), _, mut totals) = self.open(keys, path)? else {
            return Err(Refused::Gone);
        };
        totals.make_room(list)?;
        let mut cost = value.cost(keys, Prefix::LIST);
        cost.text += 1;
        totals.exchange(Cost::default(), cost)?;
        match at {
            At::Index(index) if index < list.len() => list.insert(index, value),
            At::Index(_) | At::End => list.push(value),
        }
        Ok(())
    }

    /// Puts another list in the place of one, or another map.
    pub(in crate::script) fn put_back(
        &mut self,
        keys: &Keys,
        path: &[Step],
        value: StateValue,
    ) -> Result<(), Refused> {
        if let Some((step, path)) = path.split_last() {
            return self.set(keys, path, step, value);
        }
        let StateValue::Map(map) = value else { return Err(Refused::Gone) };
        if map.iter().any(|entry| entry.value().depth() > MAX_DEPTH) {
            return Err(Refused::TooDeep);
        }
        let cost = map_cost(&map, keys);
        let before = Cost { text: self.text(), heap: self.heap_bytes() };
        let (HeldMut::Map(root), _, mut totals) = self.open(keys, &[])? else { return Err(Refused::Gone) };
        totals.exchange(before, cost)?;
        *root = map;
        Ok(())
    }

    fn open(&mut self, keys: &Keys, path: &[Step]) -> Result<(HeldMut<'_>, Prefix, Totals<'_>), Refused> {
        let Self { entries, text, heap } = self;
        let (held, prefix) = place::find_mut(entries, path, keys).ok_or(Refused::Gone)?;
        Ok((held, prefix, Totals { text, heap }))
    }
}

/// What all of a map takes.
struct Totals<'a> {
    text: &'a mut u32,
    heap: &'a mut u32,
}

impl Totals<'_> {
    fn push_entry(
        &mut self,
        map: &mut ThinVec<Entry>,
        keys: &Keys,
        prefix: Prefix,
        step: &Step,
        value: StateValue,
    ) -> Result<(), Refused> {
        let entry = match step {
            Step::Key(key) => Entry::keyed(*key, value),
            Step::Named(name) => Entry::named(name, value),
            Step::Index(_) => return Err(Refused::Gone),
        };
        self.make_room(map)?;
        self.exchange(Cost::default(), entry.cost(keys, prefix))?;
        map.push(entry);
        Ok(())
    }

    #[inline]
    fn replace(
        &mut self,
        held: &mut StateValue,
        value: StateValue,
        keys: &Keys,
        prefix: Prefix,
    ) -> Result<(), Refused> {
        // Doubles all take the same.
        if !matches!((&*held, &value), (StateValue::Double(_), StateValue::Double(_))) {
            self.exchange(held.cost(keys, prefix), value.cost(keys, prefix))?;
        }
        *held = value;
        Ok(())
    }

    fn exchange(&mut self, removed: Cost, added: Cost) -> Result<(), Refused> {
        let change = |total: u32, removed: usize, added: usize| {
            let total = (total as usize + added).saturating_sub(removed);
            (total <= MAX_WEIGHT || added <= removed).then_some(saturated(total))
        };
        let text = change(*self.text, removed.text, added.text);
        let heap = change(*self.heap, removed.heap, added.heap);
        let (Some(text), Some(heap)) = (text, heap) else { return Err(Refused::TooHeavy) };
        (*self.text, *self.heap) = (text, heap);
        Ok(())
    }

    fn subtract(&mut self, cost: Cost) {
        *self.text = self.text.saturating_sub(saturated(cost.text));
        *self.heap = self.heap.saturating_sub(saturated(cost.heap));
    }

    /// Room for one more, exactly so while there are few: tasks are many, and most have few entries.
    #[inline]
    fn make_room<T>(&mut self, held: &mut ThinVec<T>) -> Result<(), Refused> {
        if held.len() < held.capacity() {
            return Ok(());
        }
        let left = MAX_WEIGHT.saturating_sub(*self.heap as usize);
        let most = left / size_of::<T>();
        let more = (held.len() / 2).clamp(1, most.max(1));
        self.resized(held, |held| held.reserve_exact(more));
        if *self.heap as usize <= MAX_WEIGHT {
            return Ok(());
        }
        self.resized(held, ThinVec::shrink_to_fit);
        Err(Refused::TooHeavy)
    }

    /// Gives back what is mostly unused.
    fn shrink<T>(&mut self, held: &mut ThinVec<T>) {
        const FEW: usize = 8;
        if held.is_empty() || held.capacity() > FEW + 4 * held.len() {
            self.resized(held, ThinVec::shrink_to_fit);
        }
    }

    fn resized<T>(&mut self, held: &mut ThinVec<T>, resize: impl FnOnce(&mut ThinVec<T>)) {
        let before = heap::thin(held);
        resize(held);
        let total = (*self.heap as usize + heap::thin(held)).saturating_sub(before);
        *self.heap = saturated(total);
    }
}

pub(super) fn saturated(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

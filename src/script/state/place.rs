//! Where in a map something stands, and what stands there.

use std::sync::Arc;

use smallvec::SmallVec;
use thin_vec::ThinVec;

use super::Keys;
use super::value::{Entry, Prefix, StateValue};

/// A step from a list or a map to what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::script) enum Step {
    Key(u32),
    /// A name that has no number.
    Named(Arc<str>),
    Index(usize),
}

impl Step {
    pub(in crate::script) fn named(keys: &Keys, name: &str) -> Self {
        keys.find(name).map_or_else(|| Self::Named(name.into()), Self::Key)
    }

    /// The name, or nothing for an index.
    pub(super) fn name<'a>(&'a self, keys: &'a Keys) -> &'a str {
        match self {
            Self::Key(key) => keys.name(*key),
            Self::Named(name) => name,
            Self::Index(_) => "",
        }
    }
}

/// From the map to something in it. Paths are no references: what stands there may have changed.
pub(in crate::script) type Path = SmallVec<[Step; 2]>;

/// A list or a map.
#[derive(Debug, Clone, Copy)]
pub(in crate::script) enum Held<'a> {
    List(&'a ThinVec<StateValue>),
    Map(&'a ThinVec<Entry>),
}

/// A list or a map, to be changed.
pub(super) enum HeldMut<'a> {
    List(&'a mut ThinVec<StateValue>),
    Map(&'a mut ThinVec<Entry>),
}

impl<'a> Held<'a> {
    pub(in crate::script) fn get(self, step: &Step) -> Option<&'a StateValue> {
        match self {
            Self::List(list) => match step {
                Step::Index(index) => list.get(*index),
                Step::Key(_) | Step::Named(_) => None,
            },
            Self::Map(map) => map.iter().find(|entry| is_at(entry, step)).map(Entry::value),
        }
    }

    /// What it takes in memory, but for its room to grow.
    pub(in crate::script) fn heap(self) -> usize {
        match self {
            Self::List(list) => {
                list.len() * size_of::<StateValue>() + list.iter().map(StateValue::heap).sum::<usize>()
            }
            Self::Map(map) => map.len() * size_of::<Entry>() + map.iter().map(Entry::heap).sum::<usize>(),
        }
    }

    pub(in crate::script) fn len(self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Map(map) => map.len(),
        }
    }
}

#[inline]
pub(super) fn is_at(entry: &Entry, step: &Step) -> bool {
    match step {
        Step::Key(key) => entry.key() == *key,
        Step::Named(name) => entry.is_named(name),
        Step::Index(_) => false,
    }
}

/// The list or the map at `path`.
pub(super) fn find<'a>(root: &'a ThinVec<Entry>, path: &[Step]) -> Option<Held<'a>> {
    let mut held = Held::Map(root);
    for step in path {
        held = match held.get(step)? {
            StateValue::List(list) => Held::List(list),
            StateValue::Map(map) => Held::Map(map),
            _ => return None,
        };
    }
    Some(held)
}

/// Likewise, with what stands in front of what it holds.
pub(super) fn find_mut<'a>(
    root: &'a mut ThinVec<Entry>,
    path: &[Step],
    keys: &Keys,
) -> Option<(HeldMut<'a>, Prefix)> {
    let (mut held, mut prefix) = (HeldMut::Map(root), Prefix::ROOT);
    for step in path {
        let value = match held {
            HeldMut::List(list) => match step {
                Step::Index(index) => list.get_mut(*index)?,
                Step::Key(_) | Step::Named(_) => return None,
            },
            HeldMut::Map(map) => map.iter_mut().find(|entry| is_at(entry, step))?.value_mut(),
        };
        (held, prefix) = match value {
            StateValue::List(list) => (HeldMut::List(list), Prefix::LIST),
            StateValue::Map(map) => {
                let inner = match prefix {
                    Prefix::Name(_) => prefix.with(step.name(keys).len()),
                    Prefix::Json(_) => Prefix::LIST,
                };
                (HeldMut::Map(map), inner)
            }
            _ => return None,
        };
    }
    Some((held, prefix))
}

//! What a map holds, and what that takes: as text, and in memory.

use thin_vec::ThinVec;

use super::Keys;
use crate::heap;

/// The key of an entry whose name doesn't stand in the source.
pub(super) const OTHER: u32 = u32::MAX;

/// A value of a map. Text is UTF-8.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::script) enum StateValue {
    Int(i64),
    Double(f64),
    Bool(bool),
    Text(ThinVec<u8>),
    List(ThinVec<StateValue>),
    Map(ThinVec<Entry>),
    /// The value of an entry with the key [`OTHER`], and its name. Nowhere else.
    Named(Box<Named>),
}

/// An entry of a map: 24 bytes if its name stands in the source.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::script) struct Entry {
    key: u32,
    value: StateValue,
}

/// A value with a name that doesn't stand in the source.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::script) struct Named {
    name: Box<str>,
    value: StateValue,
}

impl Entry {
    pub(in crate::script) fn new(keys: &Keys, name: &str, value: StateValue) -> Self {
        match keys.find(name) {
            Some(key) => Self { key, value },
            None => Self::named(name, value),
        }
    }

    pub(super) fn keyed(key: u32, value: StateValue) -> Self {
        Self { key, value }
    }

    pub(super) fn named(name: &str, value: StateValue) -> Self {
        Self { key: OTHER, value: StateValue::Named(Box::new(Named { name: name.into(), value })) }
    }

    pub(super) fn key(&self) -> u32 {
        self.key
    }

    pub(in crate::script) fn name<'a>(&'a self, keys: &'a Keys) -> &'a str {
        match &self.value {
            StateValue::Named(named) => &named.name,
            _ => keys.name(self.key),
        }
    }

    pub(in crate::script) fn value(&self) -> &StateValue {
        match &self.value {
            StateValue::Named(named) => &named.value,
            value => value,
        }
    }

    pub(super) fn value_mut(&mut self) -> &mut StateValue {
        match &mut self.value {
            StateValue::Named(named) => &mut named.value,
            value => value,
        }
    }

    pub(super) fn into_value(self) -> StateValue {
        match self.value {
            StateValue::Named(named) => named.value,
            value => value,
        }
    }

    /// Whether it has this name, which no key stands for.
    pub(super) fn is_named(&self, name: &str) -> bool {
        matches!(&self.value, StateValue::Named(named) if *named.name == *name)
    }

    /// What it takes, where `prefix` is what its name gets in front.
    pub(super) fn cost(&self, keys: &Keys, prefix: Prefix) -> Cost {
        Cost { text: self.text_len(keys, prefix), heap: self.heap() }
    }

    fn text_len(&self, keys: &Keys, prefix: Prefix) -> usize {
        1 + self.value().text_len(keys, prefix.with(self.name(keys).len()))
    }

    /// What it takes outside of the map's block.
    pub(super) fn heap(&self) -> usize {
        match &self.value {
            StateValue::Named(named) => {
                heap::boxed::<Named>() + heap::block(named.name.len()) + named.value.heap()
            }
            value => value.heap(),
        }
    }
}

/// What values take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// As the fields that they become, names too.
    pub(super) text: usize,
    /// In memory, outside of the value itself.
    pub(super) heap: usize,
}

/// What stands in front of a value in the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prefix {
    /// A field's name so far: nested maps are flattened, and each leaf has the whole of it.
    Name(usize),
    /// In a list all is JSON, where each name stands once: that of the value, if it has one.
    Json(usize),
}

impl Prefix {
    pub(super) const ROOT: Self = Self::Name(0);

    /// Of what stands in a list.
    pub(super) const LIST: Self = Self::Json(0);

    /// Of an entry whose name is so long.
    pub(super) fn with(self, name: usize) -> Self {
        match self {
            Self::Name(0) => Self::Name(name),
            Self::Name(length) => Self::Name(length + 1 + name),
            Self::Json(_) => Self::Json(name + 3),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Name(length) | Self::Json(length) => length,
        }
    }
}

impl StateValue {
    pub(in crate::script) fn text(text: &str) -> Self {
        let mut bytes = ThinVec::new();
        bytes.reserve_exact(text.len());
        bytes.extend_from_slice(text.as_bytes());
        Self::Text(bytes)
    }

    /// What it takes, behind `prefix`.
    pub(super) fn cost(&self, keys: &Keys, prefix: Prefix) -> Cost {
        Cost { text: self.text_len(keys, prefix), heap: self.heap() }
    }

    /// What it takes in memory, outside of itself.
    pub(super) fn heap(&self) -> usize {
        match self {
            Self::Int(_) | Self::Double(_) | Self::Bool(_) => 0,
            Self::Text(text) => heap::thin(text),
            Self::List(list) => heap::thin(list) + list.iter().map(Self::heap).sum::<usize>(),
            Self::Map(map) => map_heap(map),
            Self::Named(named) => named.value.heap(),
        }
    }

    fn text_len(&self, keys: &Keys, prefix: Prefix) -> usize {
        let at = prefix.len();
        match self {
            Self::Int(int) => at + int_len(*int),
            // The longest there is: its digits would have to be found out.
            Self::Double(_) => at + 24,
            Self::Bool(_) => at + 5,
            Self::Text(text) => at + json_len(text),
            Self::List(list) => {
                let elements = list.iter().map(|value| value.text_len(keys, Prefix::LIST) + 1);
                at + 2 + elements.sum::<usize>()
            }
            Self::Map(map) => match prefix {
                Prefix::Name(_) => map_text(map, keys, prefix),
                Prefix::Json(_) => at + 2 + map_text(map, keys, Prefix::LIST),
            },
            Self::Named(named) => named.value.text_len(keys, prefix),
        }
    }

    /// How deep it nests: 0 for what is no list and no map, 1 for an empty one.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::List(list) => 1 + list.iter().map(Self::depth).max().unwrap_or(0),
            Self::Map(map) => 1 + map.iter().map(|entry| entry.value().depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// What all of a task's map takes.
pub(super) fn map_cost(map: &ThinVec<Entry>, keys: &Keys) -> Cost {
    Cost { text: map_text(map, keys, Prefix::ROOT), heap: map_heap(map) }
}

pub(super) fn map_heap(map: &ThinVec<Entry>) -> usize {
    heap::thin(map) + map.iter().map(Entry::heap).sum::<usize>()
}

fn map_text(map: &[Entry], keys: &Keys, prefix: Prefix) -> usize {
    map.iter().map(|entry| entry.text_len(keys, prefix)).sum()
}

fn int_len(int: i64) -> usize {
    let digits = int.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(int < 0)
}

/// How long text is as JSON, quotes too.
fn json_len(text: &[u8]) -> usize {
    let escaped = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 1,
        0..=31 => 5,
        _ => 0,
    };
    2 + text.len() + text.iter().map(escaped).sum::<usize>()
}

impl Named {
    pub(super) fn value(&self) -> &StateValue {
        &self.value
    }
}

//! The tags and fields that a node's options mention, found in a point in one pass over it. What else a
//! point holds is walked past and never decoded.

use std::collections::HashMap;

use smallvec::{SmallVec, smallvec};

use super::short::{head, same};
use crate::value::Value;
use crate::wire::WireError;
use crate::wire::entry::{Entries, Entry, EntryKind, bytes, length_bit};
use crate::wire::point::PointView;

/// From so many names on they are looked up in a map.
const MANY: usize = 16;

/// The names of tags and fields that options mention, each with an index.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: Vec<Name>,
    /// The lengths that they have.
    lengths: u64,
    /// Only for many names.
    map: HashMap<Box<[u8]>, usize>,
}

#[derive(Debug)]
struct Name {
    head: u64,
    text: Box<[u8]>,
}

/// What a point has of the names.
#[derive(Debug, Clone)]
pub(super) struct Event<'a> {
    pub(super) time: i64,
    found: SmallVec<[Found<'a>; 8]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Found<'a> {
    tag: Option<&'a [u8]>,
    field: Option<(EntryKind, Value<'a>)>,
}

impl Names {
    /// The index of a name, which is wanted from now on.
    pub(super) fn want(&mut self, name: &str) -> usize {
        let name = name.as_bytes();
        if let Some(index) = self.list.iter().position(|known| *known.text == *name) {
            return index;
        }
        self.list.push(Name { head: head(name), text: name.into() });
        self.lengths |= length_bit(name);
        if self.list.len() > MANY {
            let all = self.list.iter().enumerate();
            self.map = all.map(|(index, name)| (name.text.clone(), index)).collect();
        }
        self.list.len() - 1
    }

    /// Reads what `point` has of them.
    #[inline]
    pub(super) fn read<'a>(&self, point: &PointView<'a>) -> Result<Event<'a>, WireError> {
        self.read_entries(point.body(), point.time())
    }

    /// Likewise what a point's message has, or only its tags and fields.
    #[inline]
    pub(super) fn read_entries<'a>(&self, body: &'a [u8], time: i64) -> Result<Event<'a>, WireError> {
        let mut event = Event { time, found: smallvec![Found::default(); self.list.len()] };
        let mut entries = Entries::new(body);
        while let Some(next) = entries.next_wanted_of(self.lengths, |key| self.find(key)) {
            let (index, entry) = next?;
            if let Some(found) = event.found.get_mut(index) {
                found.take(&entry);
            }
        }
        Ok(event)
    }

    #[inline]
    fn find(&self, key: &[u8]) -> Option<usize> {
        if self.list.len() > MANY {
            return self.map.get(key).copied();
        }
        let head = head(key);
        self.list.iter().position(|name| name.head == head && same(&name.text, key))
    }
}

impl<'a> Event<'a> {
    /// The tag, if it is there and not empty: an empty one is none to Kapacitor.
    #[inline]
    pub(super) fn tag(&self, name: usize) -> Option<&'a [u8]> {
        self.found.get(name)?.tag
    }

    #[inline]
    pub(super) fn field(&self, name: usize) -> Option<Value<'a>> {
        self.found.get(name)?.field.map(|(_, value)| value)
    }

    /// The field, else the tag.
    #[inline]
    pub(super) fn value(&self, name: usize) -> Option<Value<'a>> {
        let found = self.found.get(name)?;
        found.field.map(|(_, value)| value).or(found.tag.map(Value::Text))
    }
}

impl<'a> Found<'a> {
    /// The last entry of a name counts; of fields with several types, the type Kapacitor would take.
    #[inline]
    fn take(&mut self, entry: &Entry<'a>) {
        if entry.kind == EntryKind::Tag {
            self.tag = entry.value.map(bytes).filter(|text| !text.is_empty());
        } else if self.field.is_none_or(|(kind, _)| entry.kind >= kind) {
            self.field = Some((entry.kind, Value::of(entry)));
        }
    }
}

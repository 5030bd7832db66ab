//! The events of a session as the points of a batch: with the tags and the field that the task adds, and
//! without what these replace.

use std::ops::Range;

use bytes::BufMut;
use smallvec::SmallVec;

use super::events::Events;
use super::short::{head, same};
use crate::wire::entry::{Entries, EntryKind, bytes, length_bit};
use crate::wire::fields::Value;
use crate::wire::request::number::POINT;
use crate::wire::{WireError, patch, point_writer, response, varint};

/// The tag that `timeoutTags` adds to.
const TAGS: &[u8] = b"tags";

/// What a task adds to its events. A name is given once as a tag.
#[derive(Debug, Default)]
pub(super) struct Dress<'a> {
    names: SmallVec<[Name<'a>; 4]>,
    /// The lengths that names have.
    lengths: u64,
    /// The tags that are appended to every event's entries.
    added: Vec<u8>,
    /// And the field.
    field: Vec<u8>,
    /// What is appended to the tag `tags`.
    tags: Option<&'a [u8]>,
    /// Names whose fields are left out of every event: see [`Changes::left_out`].
    left_out: u64,
}

/// A name that is the task's: an event's own tag or field of it is replaced.
#[derive(Debug)]
struct Name<'a> {
    head: u64,
    text: &'a [u8],
    /// What it is as a tag; then no field has it. Else it is the task's field.
    tag: Option<Tag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    /// A part of the id.
    Id,
    /// An option sets it.
    Set,
    /// `tags`, where events keep their own.
    Joined,
}

/// What is different about one event.
#[derive(Debug, Default)]
struct Changes<'e> {
    /// Parts of its entries to leave out.
    cuts: SmallVec<[Range<usize>; 8]>,
    /// Its own value of the tag `tags`.
    tags: &'e [u8],
    /// It has a tag of the name that the task's field has.
    keeps_field_out: bool,
    /// The names whose fields are left out, a bit for each; those from the 64th on share one.
    left_out: u64,
}

impl<'a> Dress<'a> {
    /// A tag that is a part of the id. A field of this name says the same and is left out.
    pub(super) fn id_tag(&mut self, name: &'a [u8], value: &[u8]) {
        self.tag(name, value, Tag::Id);
    }

    /// A tag that an option sets.
    pub(super) fn set_tag(&mut self, name: &'a [u8], value: &[u8]) {
        self.tag(name, value, Tag::Set);
    }

    /// What comes behind an event's own tag `tags`, after a comma.
    pub(super) fn join_tags(&mut self, tags: &'a [u8]) {
        let at = self.place(TAGS);
        self.set_role(at, Tag::Joined);
        self.tags = Some(tags);
    }

    /// A string field in place of an event's own of its name. It is left out where a tag has the name, of the event
    /// or of the task: to be called after those.
    pub(super) fn set_field(&mut self, name: &'a [u8], text: &[u8]) {
        let at = self.place(name);
        match self.names.get(at).and_then(|name| name.tag) {
            None => patch::write_entry(name, EntryKind::String, Value::Bytes(text), &mut self.field),
            Some(Tag::Id) => {}
            Some(Tag::Set | Tag::Joined) => self.left_out |= bit(at),
        }
    }

    /// Appends each of the events, in order of time, as the frame of a point. How many fields were left out
    /// since a tag that an option sets has their name.
    pub(super) fn frames(&self, events: &Events, out: &mut Vec<u8>) -> u64 {
        const HEADER_AND_TIME: usize = 4 * varint::MAX_LEN;
        out.reserve(events.packed_len() + events.len() * (HEADER_AND_TIME + self.added.len()));
        events.sorted().map(|(time, entries)| self.frame(time, entries, out)).sum()
    }

    /// Likewise of one of them.
    #[inline]
    pub(super) fn frame(&self, time: i64, entries: &[u8], out: &mut Vec<u8>) -> u64 {
        let whole;
        let (entries, changes) = if let Ok(changes) = self.changes(entries) {
            (entries, changes)
        } else {
            whole = readable(entries);
            (&whole[..], self.changes(&whole).unwrap_or_default())
        };
        self.write(time, entries, &changes, out);
        u64::from(changes.left_out.count_ones())
    }

    fn tag(&mut self, name: &'a [u8], value: &[u8], role: Tag) {
        let at = self.place(name);
        self.set_role(at, role);
        patch::write_entry(name, EntryKind::Tag, Value::Bytes(value), &mut self.added);
    }

    /// Where a name stands, which from now on is the task's.
    fn place(&mut self, text: &'a [u8]) -> usize {
        self.find(text).unwrap_or_else(|| {
            self.names.push(Name { head: head(text), text, tag: None });
            self.lengths |= length_bit(text);
            self.names.len() - 1
        })
    }

    fn set_role(&mut self, at: usize, role: Tag) {
        if let Some(name) = self.names.get_mut(at) {
            name.tag = Some(role);
        }
    }

    #[inline]
    fn find(&self, text: &[u8]) -> Option<usize> {
        let head = head(text);
        self.names.iter().position(|name| name.head == head && same(name.text, text))
    }

    #[inline]
    fn changes<'e>(&self, entries: &'e [u8]) -> Result<Changes<'e>, WireError> {
        let mut changes = Changes { left_out: self.left_out, ..Changes::default() };
        if self.names.is_empty() {
            return Ok(changes);
        }
        let mut entries = Entries::new(entries);
        while let Some(next) = entries.next_wanted_of(self.lengths, |key| self.find(key)) {
            let (at, entry) = next?;
            let role = self.names.get(at).and_then(|name| name.tag);
            match (entry.kind, role) {
                (EntryKind::Tag, None) => {
                    let is_tag = !entry.is_empty();
                    changes.keeps_field_out |= is_tag;
                    changes.left_out |= if is_tag { bit(at) } else { 0 };
                    continue;
                }
                (EntryKind::Tag, Some(Tag::Joined)) => changes.tags = entry.value.map_or(&[], bytes),
                (EntryKind::Tag, Some(Tag::Id | Tag::Set)) | (_, Some(Tag::Id)) => {}
                (_, Some(Tag::Set | Tag::Joined) | None) => changes.left_out |= bit(at),
            }
            changes.cuts.push(entry.range);
        }
        Ok(changes)
    }

    #[inline]
    fn write(&self, time: i64, entries: &[u8], changes: &Changes<'_>, out: &mut Vec<u8>) {
        let mut tags = Vec::new();
        if let Some(more) = self.tags {
            let own = changes.tags;
            let separator: &[u8] = if own.is_empty() { b"" } else { b"," };
            let all = [own, separator, more].concat();
            patch::write_entry(TAGS, EntryKind::Tag, Value::Bytes(&all), &mut tags);
        }
        let cut: usize = changes.cuts.iter().map(Range::len).sum();
        let time_len = 1 + varint::len(time.cast_unsigned());
        let field = if changes.keeps_field_out { &[] } else { &*self.field };
        let length = time_len + entries.len() - cut + self.added.len() + field.len() + tags.len();

        response::write_header(POINT, length, out);
        point_writer::time(time, out);
        let mut from = 0;
        for cut in &changes.cuts {
            out.put_slice(entries.get(from..cut.start).unwrap_or_default());
            from = cut.end;
        }
        out.put_slice(entries.get(from..).unwrap_or_default());
        out.put_slice(&self.added);
        out.put_slice(field);
        out.put_slice(&tags);
    }
}

#[inline]
fn bit(at: usize) -> u64 {
    1 << at.min(63)
}

/// What can be read of these entries.
#[cold]
fn readable(entries: &[u8]) -> Vec<u8> {
    let whole = Entries::new(entries).flatten();
    whole.flat_map(|entry| entries.get(entry.range).unwrap_or_default()).copied().collect()
}

#[cfg(test)]
mod tests;

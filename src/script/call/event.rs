//! The event of a call: its bytes, what was found in them, and what a script changed.

use std::collections::HashMap;
use std::ops::Range;

use ahash::RandomState;

use super::{Change, Scalar};
use crate::value::Value;
use crate::wire::entry::{Entries, Entry, EntryKind, bytes};
use crate::wire::point::origin_bytes;
use crate::wire::{fields, patch};

/// The event, or for timeoutCode the finished point. Kept from one call to the next, for its memory.
#[derive(Debug, Default)]
pub(crate) struct Event {
    /// `None`: it stands in the body.
    name: Option<Vec<u8>>,
    time: i64,
    body: Vec<u8>,
    /// What was found of the names that stand in the source.
    slots: Vec<Slot>,
    /// The text of `slots`.
    texts: Vec<u8>,
    dimensions: Vec<Vec<u8>>,
    /// In the order in which they were first made, each name and sort once.
    edits: Vec<Edit>,
    /// Where they are, once there are many.
    index: HashMap<(bool, String), usize, RandomState>,
    /// What names and texts of `edits` take.
    edited: usize,
}

/// So many edits are gone through one by one.
const FEW: usize = 16;

/// What a script may set of one event. Attack: a loop that sets ever more.
pub(in crate::script) const MAX_NAMES: usize = 1_000;
pub(in crate::script) const MAX_EDITED: usize = 1024 * 1024;

#[derive(Debug, Clone, Default)]
struct Slot {
    tag: Option<Range<usize>>,
    field: Option<Found>,
}

/// A field's value, text as its place.
#[derive(Debug, Clone)]
enum Found {
    Text(Range<usize>),
    Int(i64),
    Double(f64),
    Bool(bool),
}

#[derive(Debug)]
struct Edit {
    name: String,
    change: Change,
}

impl Edit {
    fn text(&self) -> usize {
        let value = match &self.change {
            Change::Field(Some(Scalar::Text(text))) | Change::Tag(Some(text)) => text.len(),
            _ => 0,
        };
        self.name.len() + value
    }
}

/// Where to look for a name of the event.
#[derive(Debug, Clone, Copy)]
pub(in crate::script) struct Sought<'a> {
    pub(in crate::script) name: &'a str,
    /// Its slot, if it stands in the source as a name of the event.
    pub(in crate::script) slot: Option<usize>,
}

impl Event {
    /// `body` is a point's message, or only its tags and fields, with the measurement if it is not there; `found` what
    /// it has of `Scripts::event_names`: of each the tag and the field.
    pub(crate) fn fill<'a>(
        &mut self,
        name: Option<&[u8]>,
        time: i64,
        body: &[u8],
        found: impl Iterator<Item = (Option<&'a [u8]>, Option<Value<'a>>)>,
    ) {
        self.time = time;
        self.name = name.map(<[u8]>::to_vec);
        self.body.clear();
        self.body.extend_from_slice(body);
        self.edits.clear();
        self.edited = 0;
        // Most have none.
        if !self.index.is_empty() {
            self.index.clear();
        }
        self.texts.clear();
        self.slots.clear();
        let texts = &mut self.texts;
        let mut kept = |text: &[u8]| {
            let start = texts.len();
            texts.extend_from_slice(text);
            start..texts.len()
        };
        self.slots.extend(found.map(|(tag, field)| Slot {
            tag: tag.filter(|tag| !tag.is_empty()).map(&mut kept),
            field: field.map(|field| match field {
                Value::Text(text) => Found::Text(kept(text)),
                Value::Int(int) => Found::Int(int),
                Value::Double(double) => Found::Double(double),
                Value::Bool(bool) => Found::Bool(bool),
            }),
        }));
    }

    /// The names of tags that can't be changed.
    pub(crate) fn set_dimensions<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>) {
        self.dimensions.clear();
        self.dimensions.extend(names.map(<[u8]>::to_vec));
    }

    /// Likewise more of them.
    pub(crate) fn add_dimensions<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>) {
        self.dimensions.extend(names.map(<[u8]>::to_vec));
    }

    /// Whether a script has changed it.
    pub(crate) fn is_changed(&self) -> bool {
        !self.edits.is_empty()
    }

    /// Adds `text` to the tag `tags`, behind a comma if there is something, unless it is among them.
    pub(crate) fn add_to_tags(&mut self, text: &str) {
        let tags = self.tag(Sought { name: "tags", slot: None });
        let tags = String::from_utf8_lossy(tags.unwrap_or_default()).into_owned();
        if tags.split(',').any(|tag| tag == text) {
            return;
        }
        let tags = if tags.is_empty() { text.to_owned() } else { format!("{tags},{text}") };
        self.edit("tags", Change::Tag(Some(tags)));
    }

    /// Appends the body with what the script changed.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut from = 0;
        if self.is_changed() {
            for entry in Entries::new(&self.body).flatten().filter(|entry| self.is_edited(entry)) {
                out.extend_from_slice(self.body.get(from..entry.range.start).unwrap_or_default());
                from = entry.range.end;
            }
        }
        out.extend_from_slice(self.body.get(from..).unwrap_or_default());
        for Edit { name, change } in &self.edits {
            match change {
                Change::Field(Some(value)) => {
                    value.value().write_field(name.as_bytes(), out);
                }
                Change::Tag(Some(text)) => {
                    let value = fields::Value::Bytes(text.as_bytes());
                    patch::write_entry(name.as_bytes(), EntryKind::Tag, value, out);
                }
                Change::Field(None) | Change::Tag(None) => {}
            }
        }
    }

    pub(in crate::script) fn name(&self) -> &[u8] {
        match &self.name {
            Some(name) => name,
            None => origin_bytes(&self.body)[0],
        }
    }

    pub(in crate::script) fn time(&self) -> i64 {
        self.time
    }

    pub(in crate::script) fn is_dimension(&self, name: &str) -> bool {
        self.dimensions.iter().any(|dimension| dimension == name.as_bytes())
    }

    /// A tag's value; none if it is empty.
    pub(in crate::script) fn tag(&self, sought: Sought<'_>) -> Option<&[u8]> {
        if let Some(Change::Tag(tag)) = self.edit_of(true, sought.name) {
            return tag.as_ref().map(String::as_bytes).filter(|tag| !tag.is_empty());
        }
        if let Some(slot) = self.slot(sought) {
            return self.texts.get(slot.tag.clone()?);
        }
        let tags = self.entries(sought.name).filter(|entry| entry.kind == EntryKind::Tag);
        tags.last().map(|tag| bytes(tag.value_or_zero())).filter(|tag| !tag.is_empty())
    }

    pub(in crate::script) fn field(&self, sought: Sought<'_>) -> Option<Value<'_>> {
        if let Some(Change::Field(field)) = self.edit_of(false, sought.name) {
            return field.as_ref().map(Scalar::value);
        }
        if let Some(slot) = self.slot(sought) {
            return Some(match slot.field.as_ref()? {
                Found::Text(text) => Value::Text(self.texts.get(text.clone())?),
                Found::Int(int) => Value::Int(*int),
                Found::Double(double) => Value::Double(*double),
                Found::Bool(bool) => Value::Bool(*bool),
            });
        }
        let fields = self.entries(sought.name).filter(|entry| entry.kind != EntryKind::Tag);
        // Of equal kinds the last one wins, as it does in Kapacitor.
        fields.max_by_key(|entry| entry.kind).map(|entry| Value::of(&entry))
    }

    /// The names of its fields, or of its tags, sorted.
    pub(in crate::script) fn names(&self, of_tags: bool) -> Vec<&[u8]> {
        let is_sought = |kind: EntryKind| (kind == EntryKind::Tag) == of_tags;
        let entries = Entries::new(&self.body).flatten().filter(|entry| {
            is_sought(entry.kind) && !(of_tags && entry.is_empty()) && !self.is_edited(entry)
        });
        let edited = self.edits.iter().filter(|edit| match &edit.change {
            Change::Field(field) => !of_tags && field.is_some(),
            Change::Tag(tag) => of_tags && tag.as_ref().is_some_and(|tag| !tag.is_empty()),
        });
        let mut names: Vec<_> =
            entries.map(|entry| entry.key).chain(edited.map(|edit| edit.name.as_bytes())).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Makes a change in the place of an earlier one. False if there are too many then, or they are too large.
    #[must_use]
    pub(in crate::script) fn try_edit(&mut self, name: &str, change: Change) -> bool {
        let at = self.place(is_of_tag(&change), name);
        let held = at.and_then(|at| self.edits.get(at)).map_or(0, Edit::text);
        let edit = Edit { name: name.to_owned(), change };
        let edited = self.edited - held + edit.text();
        if edited > MAX_EDITED && edited > self.edited || at.is_none() && self.edits.len() >= MAX_NAMES {
            return false;
        }
        self.put(at, edit);
        true
    }

    /// Likewise, of the daemon's own.
    fn edit(&mut self, name: &str, change: Change) {
        let at = self.place(is_of_tag(&change), name);
        self.put(at, Edit { name: name.to_owned(), change });
    }

    fn put(&mut self, at: Option<usize>, edit: Edit) {
        self.edited += edit.text();
        if let Some(known) = at.and_then(|at| self.edits.get_mut(at)) {
            self.edited -= known.text();
            *known = edit;
            return;
        }
        self.edits.push(edit);
        let from = match self.edits.len() {
            ..=FEW => return,
            len if self.index.is_empty() => {
                debug_assert_eq!(len, FEW + 1);
                0
            }
            len => len - 1,
        };
        let new = self.edits.iter().enumerate().skip(from);
        self.index.extend(new.map(|(at, edit)| ((is_of_tag(&edit.change), edit.name.clone()), at)));
    }

    /// What it takes at most as a message.
    pub(in crate::script) fn most_bytes(&self) -> usize {
        /// Of an entry, besides its name and its text.
        const AROUND: usize = 32;
        self.body.len() + self.edited + AROUND * self.edits.len()
    }

    fn edit_of(&self, of_tag: bool, name: &str) -> Option<&Change> {
        if self.edits.is_empty() {
            return None;
        }
        Some(&self.edits.get(self.place(of_tag, name)?)?.change)
    }

    /// Where the change of this name is among all.
    fn place(&self, of_tag: bool, name: &str) -> Option<usize> {
        if self.edits.len() > FEW {
            return self.index.get(&(of_tag, name.to_owned())).copied();
        }
        self.edits.iter().position(|edit| edit.name == name && is_of_tag(&edit.change) == of_tag)
    }

    fn slot(&self, sought: Sought<'_>) -> Option<&Slot> {
        self.slots.get(sought.slot?)
    }

    fn is_edited(&self, entry: &Entry<'_>) -> bool {
        let is_tag = entry.kind == EntryKind::Tag;
        if self.edits.len() <= FEW {
            let is_it = |edit: &Edit| is_of_tag(&edit.change) == is_tag && edit.name.as_bytes() == entry.key;
            return self.edits.iter().any(is_it);
        }
        std::str::from_utf8(entry.key).is_ok_and(|name| self.place(is_tag, name).is_some())
    }

    fn entries<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = Entry<'a>> + use<'a, 'n> {
        Entries::new(&self.body).flatten().filter(move |entry| entry.key == name.as_bytes())
    }
}

fn is_of_tag(change: &Change) -> bool {
    matches!(change, Change::Tag(_))
}

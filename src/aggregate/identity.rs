//! Which task a point belongs to: its id, and the values it was made of.

use smallvec::SmallVec;

use super::names::{Event, Names};
use super::template::{Part, Template};
use crate::heap;
use crate::value::Value;

/// The longest id. Attack: ids are what others send, and each is kept as long as its task is open.
pub(super) const MAX_ID: usize = 1024;

/// How a point tells its task.
#[derive(Debug)]
pub(super) struct Identity {
    /// `None`: the Kapacitor group is the task.
    template: Option<Template>,
    /// For each of the template's names, its index in [`Names`].
    indices: Vec<usize>,
}

/// An id as it was found in a point, in a buffer that is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether it is an id: all that it is made of was there.
    pub(super) is_whole: bool,
    text: Vec<u8>,
    /// One for each name of the template.
    origins: SmallVec<[Origin; 2]>,
}

/// Where a referenced value stands in the id's text, and what it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) kind: Kind,
    pub(super) start: u16,
    pub(super) length: u16,
}

/// What a referenced value was when the task's first event came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    #[default]
    Tag,
    Text,
    Int,
    Double,
    Bool,
}

impl Identity {
    pub(super) fn new(template: Option<Template>, names: &mut Names) -> Self {
        let indices = template.iter().flat_map(|template| &template.names);
        Self { indices: indices.map(|name| names.want(name)).collect(), template }
    }

    /// The names an id is made of, in the order of [`Found::origins`].
    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        let names = self.template.as_ref().map_or(&[][..], |template| &template.names);
        names.iter().map(String::as_str)
    }

    /// Whether the Kapacitor group is the task.
    pub(super) fn is_group(&self) -> bool {
        self.template.is_none()
    }

    /// Whether an id is one value and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        self.template.as_ref().is_some_and(|template| matches!(template.parts[..], [Part::Reference(_)]))
    }

    /// Finds the id of a point. `false`: it has none.
    #[inline]
    pub(super) fn find(&self, event: &Event<'_>, found: &mut Found) -> bool {
        found.text.clear();
        found.origins.clear();
        match &self.template {
            // The group tells the task by itself.
            None => {}
            Some(template) => {
                found.origins.resize(template.names.len(), Origin::default());
                for part in &template.parts {
                    let whole = match part {
                        Part::Literal(text) => {
                            found.text.extend_from_slice(text.as_bytes());
                            true
                        }
                        Part::Reference(name) => self.refer(*name, event, found),
                    };
                    if !whole || found.text.len() > MAX_ID {
                        return false;
                    }
                }
            }
        }
        found.text.len() <= MAX_ID
    }

    /// Whether a point carries all values of an id as tags, and no fields of their names.
    #[inline]
    pub(super) fn is_on(&self, event: &Event<'_>, id: &Id) -> bool {
        let mut values = self.indices.iter().zip(id.values());
        values.all(|(&index, (_, text))| event.tag(index) == Some(text) && event.field(index).is_none())
    }

    #[expect(clippy::cast_possible_truncation, reason = "a text of more than MAX_ID bytes is no id")]
    #[inline]
    fn refer(&self, name: usize, event: &Event<'_>, found: &mut Found) -> bool {
        let Some(&index) = self.indices.get(name) else { return false };
        let (kind, value) = match (event.tag(index), event.field(index)) {
            (Some(tag), _) => (Kind::Tag, Value::Text(tag)),
            (None, Some(field)) => (Kind::of(field), field),
            (None, None) => return false,
        };
        // A text that is too long is not even copied: the buffer would stay as large.
        match value {
            Value::Double(double) if !double.is_finite() => return false,
            Value::Text(text) if text.len() > MAX_ID => return false,
            _ => {}
        }
        let start = found.text.len();
        value.write_text(&mut found.text);
        let length = found.text.len() - start;
        if let Some(origin) = found.origins.get_mut(name) {
            *origin = Origin { kind, start: start as u16, length: length as u16 };
        }
        length > 0
    }
}

impl Found {
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn origins(&self) -> &[Origin] {
        &self.origins
    }
}

impl Kind {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Text(_) => Self::Text,
            Value::Int(_) => Self::Int,
            Value::Double(_) => Self::Double,
            Value::Bool(_) => Self::Bool,
        }
    }

    /// The value that was written as `text`.
    pub(super) fn value(self, text: &[u8]) -> Value<'_> {
        let str = std::str::from_utf8(text).unwrap_or_default();
        let value = match self {
            Self::Tag | Self::Text => None,
            Self::Int => str.parse().ok().map(Value::Int),
            Self::Double => str.parse().ok().map(Value::Double),
            Self::Bool => str.parse().ok().map(Value::Bool),
        };
        value.unwrap_or(Value::Text(text))
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Tag, Self::Text, Self::Int, Self::Double, Self::Bool].get(usize::from(byte)).copied()
    }
}

/// An id as a task keeps it: its text, and behind it what its parts were.
#[derive(Debug, Clone, Default)]
pub(super) struct Id {
    /// The text; if the id is not one value alone, then five bytes for each name.
    bytes: SmallVec<[u8; 16]>,
    length: u16,
    /// Of an id that is one value.
    kind: Kind,
}

impl Id {
    /// `plain`: the id is one value and nothing else.
    #[expect(clippy::cast_possible_truncation, reason = "no id is longer than MAX_ID")]
    pub(super) fn new(text: &[u8], origins: &[Origin], plain: bool) -> Self {
        let mut bytes = SmallVec::from_slice(text);
        if !plain {
            for Origin { kind, start, length } in origins {
                bytes.push(*kind as u8);
                bytes.extend_from_slice(&start.to_le_bytes());
                bytes.extend_from_slice(&length.to_le_bytes());
            }
        }
        let kind = origins.first().filter(|_| plain).map_or(Kind::Tag, |origin| origin.kind);
        Self { bytes, length: text.len() as u16, kind }
    }

    #[inline]
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// What the names' values were.
    pub(super) fn values(&self) -> impl Iterator<Item = (Kind, &[u8])> {
        self.origins().filter_map(|Origin { kind, start, length }| {
            let start = usize::from(start);
            Some((kind, self.text().get(start..start + usize::from(length))?))
        })
    }

    /// Where the names' values stand in the text, and what they were.
    pub(super) fn origins(&self) -> impl Iterator<Item = Origin> {
        let behind = self.bytes.get(usize::from(self.length)..).unwrap_or_default();
        let whole = Origin { kind: self.kind, start: 0, length: self.length };
        let parts = behind.chunks_exact(5).filter_map(|origin| {
            let [kind, start_low, start_high, low, high] = *origin else { return None };
            let (start, length) =
                (u16::from_le_bytes([start_low, start_high]), u16::from_le_bytes([low, high]));
            Some(Origin { kind: Kind::from_byte(kind)?, start, length })
        });
        behind.is_empty().then_some(whole).into_iter().chain(parts)
    }

    /// What is kept outside the id itself, in bytes.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        if self.bytes.spilled() { heap::block(self.bytes.capacity()) } else { 0 }
    }
}

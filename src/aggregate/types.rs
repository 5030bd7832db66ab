//! Which type each field has come out with. `InfluxDB` refuses a point whose field has another type than
//! the same field had before in the shard, and with it the whole point: what does not fit is left out.

use std::collections::{HashMap, HashSet};

use tracing::warn;

use crate::value::Value;

/// How many names of fields are remembered beyond those the options name. Attack: with `keep('*')` names
/// are chosen by others. The fields of names beyond them come out as they are.
const MAX_NAMES: usize = 10_000;

/// And how many bytes they take, as a part of `maxBytes` at the most: tasks have to have room beside them.
const MAX_BYTES: usize = 1 << 20;
const PART: usize = 16;

/// The types of the fields that have come out.
#[derive(Debug, Default)]
pub(super) struct Types {
    known: HashMap<Box<[u8]>, Type>,
    /// Names that the options name: these are remembered in any case.
    own: HashSet<Box<[u8]>>,
    /// Of the others.
    count: usize,
    bytes: usize,
    max_bytes: usize,
}

/// A field's type in `InfluxDB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Type {
    Text,
    Int,
    Double,
    Bool,
}

impl Types {
    /// `own`: what the options name. `max_bytes`: of the node.
    pub(super) fn new<'a>(own: impl Iterator<Item = &'a str>, max_bytes: usize) -> Self {
        let own = own.map(|name| name.as_bytes().into()).collect();
        Self { own, max_bytes: (max_bytes / PART).min(MAX_BYTES), ..Self::default() }
    }

    /// `value` as the field `name` can have it. `None`: it does not fit.
    #[expect(clippy::cast_precision_loss, reason = "an int that comes out as a double is the nearest one")]
    pub(super) fn fit<'a>(&mut self, name: &[u8], value: Value<'a>) -> Option<Value<'a>> {
        let came = Type::of(value);
        let Some(known) = self.known.get_mut(name) else {
            self.set(name, came);
            return Some(value);
        };
        match (*known, value) {
            (known, value) if known == came => Some(value),
            (Type::Double, Value::Int(int)) => Some(Value::Double(int as f64)),
            (Type::Int, Value::Double(_)) => {
                *known = Type::Double;
                let field = String::from_utf8_lossy(name);
                warn!(
                    ?field,
                    "an output that was an int is a double from now on; InfluxDB may refuse it in the shard that has ints of it: .float() of it makes it a double from the start"
                );
                Some(value)
            }
            _ => None,
        }
    }

    /// The type of a field, if it has come out.
    pub(super) fn get(&self, name: &[u8]) -> Option<Type> {
        self.known.get(name).copied()
    }

    /// Sets a type that was in a snapshot, or is known beforehand.
    pub(super) fn set(&mut self, name: &[u8], known: Type) {
        let bytes = size_of::<(Box<[u8]>, Type)>() + name.len();
        if self.own.contains(name) {
            self.known.insert(name.into(), known);
        } else if self.count < MAX_NAMES
            && self.bytes + bytes <= self.max_bytes
            && self.known.insert(name.into(), known).is_none()
        {
            self.count += 1;
            self.bytes += bytes;
        }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], Type)> {
        self.known.iter().map(|(name, known)| (&**name, *known))
    }

    /// What is kept of names that others chose, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Type {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Text(_) => Self::Text,
            Value::Int(_) => Self::Int,
            Value::Double(_) => Self::Double,
            Value::Bool(_) => Self::Bool,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Text, Self::Int, Self::Double, Self::Bool].get(usize::from(byte)).copied()
    }
}

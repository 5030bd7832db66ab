//! A map as fields: nested maps flattened, lists as JSON.

use super::value::{Entry, StateValue};
use super::{Keys, State};
use crate::value::Value;

impl State {
    /// Each value with its name: nested maps flattened with `.`, lists as JSON. Doubles may be NaN or infinite.
    pub(crate) fn fields(&self, keys: &Keys, mut each: impl FnMut(&[u8], Value<'_>)) {
        flatten(&self.entries, keys, &mut Vec::new(), &mut each);
    }

    /// Likewise of entries that are in no map yet.
    pub(in crate::script) fn flatten(map: &[Entry], keys: &Keys, mut each: impl FnMut(&[u8], Value<'_>)) {
        flatten(map, keys, &mut Vec::new(), &mut each);
    }
}

fn flatten(map: &[Entry], keys: &Keys, name: &mut Vec<u8>, each: &mut impl FnMut(&[u8], Value<'_>)) {
    let before = name.len();
    for entry in map {
        name.truncate(before);
        if before > 0 {
            name.push(b'.');
        }
        name.extend_from_slice(entry.name(keys).as_bytes());
        match entry.value() {
            StateValue::Map(map) => flatten(map, keys, name, each),
            StateValue::List(list) => {
                let mut json = Vec::new();
                write_list(list, keys, &mut json);
                each(name, Value::Text(&json));
            }
            value => {
                if let Some(value) = value.scalar() {
                    each(name, value);
                }
            }
        }
    }
    name.truncate(before);
}

impl StateValue {
    /// It as a field's value, unless it is a list or a map.
    #[inline]
    pub(in crate::script) fn scalar(&self) -> Option<Value<'_>> {
        Some(match self {
            Self::Int(int) => Value::Int(*int),
            Self::Double(double) => Value::Double(*double),
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Text(text) => Value::Text(text),
            Self::List(_) | Self::Map(_) => return None,
            Self::Named(named) => return named.value().scalar(),
        })
    }
}

/// Appends a list as JSON. NaN and infinity are `null`, which is all that JSON has for them.
pub(in crate::script) fn write_list(list: &[StateValue], keys: &Keys, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, value) in list.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_json(value, keys, out);
    }
    out.push(b']');
}

fn write_json(value: &StateValue, keys: &Keys, out: &mut Vec<u8>) {
    match value {
        StateValue::List(list) => write_list(list, keys, out),
        StateValue::Map(map) => {
            out.push(b'{');
            for (index, entry) in map.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                Value::Text(entry.name(keys).as_bytes()).write_json(out);
                out.push(b':');
                write_json(entry.value(), keys, out);
            }
            out.push(b'}');
        }
        StateValue::Double(double) if !double.is_finite() => out.extend_from_slice(b"null"),
        value => {
            if let Some(value) = value.scalar() {
                value.write_json(out);
            }
        }
    }
}

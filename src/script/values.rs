//! The engine's values as ours, and ours as the engine's.

use std::borrow::Cow;

use rhai::{Array, Dynamic, ImmutableString};
use thin_vec::ThinVec;

use super::call::Scalar;
use super::library::{ListPlace, MapPlace, path_of};
use super::running::{Outcome, fail};
use super::state::{Entry, Held, Keys, MAX_DEPTH, State, StateValue};
use super::words::shown;
use crate::value::Value;

/// A value of a point or of a map, for the engine. `what` it is, should it not be UTF-8.
#[inline]
pub(super) fn dynamic(value: Value<'_>, what: impl FnOnce() -> String) -> Outcome<Dynamic> {
    Ok(match value {
        Value::Int(int) => Dynamic::from_int(int),
        Value::Double(double) => Dynamic::from_float(double),
        Value::Bool(bool) => Dynamic::from_bool(bool),
        Value::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Dynamic::from(ImmutableString::from(text)),
            Err(_) => return Err(fail(format!("{} is not UTF-8, and no script can read it", what()))),
        },
    })
}

/// All of a list or a map, copied for the engine.
pub(super) fn materialized(held: Held<'_>, keys: &Keys) -> Outcome<Dynamic> {
    Ok(match held {
        Held::List(list) => {
            let list = list.iter().map(|value| copied(value, keys));
            Dynamic::from_array(list.collect::<Outcome<Array>>()?)
        }
        Held::Map(map) => {
            let entries = map.iter().map(|entry| Ok((entry.name(keys).into(), copied(entry.value(), keys)?)));
            Dynamic::from_map(entries.collect::<Outcome<_>>()?)
        }
    })
}

/// A value, copied for the engine with all that is in it.
pub(super) fn copied(value: &StateValue, keys: &Keys) -> Outcome<Dynamic> {
    match value {
        StateValue::List(list) => materialized(Held::List(list), keys),
        StateValue::Map(map) => materialized(Held::Map(map), keys),
        value => {
            let scalar = value.scalar().map(|scalar| dynamic(scalar, || "text of the map".to_owned()));
            scalar.unwrap_or(Ok(Dynamic::UNIT))
        }
    }
}

/// Why a map can't hold a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// In words.
    What(Cow<'static, str>),
    TooHeavy,
    TooDeep,
}

/// A value of the engine for a map, as long as it takes no more than `most`: places make copies, and there is no end to
/// how many of them a list has. `None` for `()`.
pub(super) fn stored(
    value: &Dynamic,
    state: &State,
    keys: &Keys,
    most: usize,
) -> Result<Option<StateValue>, Unfit> {
    Storing { state, keys, left: most }.stored(value, 0)
}

struct Storing<'a> {
    state: &'a State,
    keys: &'a Keys,
    left: usize,
}

impl Storing<'_> {
    fn stored(&mut self, value: &Dynamic, depth: usize) -> Result<Option<StateValue>, Unfit> {
        if let Some(scalar) = scalar(value) {
            return Ok(Some(match scalar {
                Scalar::Int(int) => StateValue::Int(int),
                Scalar::Double(double) => StateValue::Double(double),
                Scalar::Bool(bool) => StateValue::Bool(bool),
                Scalar::Text(text) => {
                    self.take(text.len())?;
                    StateValue::text(&text)
                }
            }));
        }
        if value.is_unit() {
            return Ok(None);
        }
        if depth > MAX_DEPTH {
            return Err(Unfit::TooDeep);
        }
        if let Some(array) = value.read_lock::<Array>() {
            self.take(array.len() * size_of::<StateValue>())?;
            let mut list = ThinVec::with_capacity(array.len());
            for value in array.iter() {
                let value = self.stored(value, depth + 1)?;
                let is_missing = "() in a list: leave it out, or give it a value with ??";
                list.push(value.ok_or(Unfit::What(is_missing.into()))?);
            }
            return Ok(Some(StateValue::List(list)));
        }
        if let Some(entries) = value.read_lock::<rhai::Map>() {
            let mut map = ThinVec::with_capacity(entries.len());
            for (name, value) in entries.iter() {
                if let Some(value) = self.stored(value, depth + 1)? {
                    if let Some(unfit) = unfit_name(name) {
                        return Err(Unfit::What(format!("an entry with {unfit}").into()));
                    }
                    let named = if self.keys.find(name).is_none() { name.len() } else { 0 };
                    self.take(size_of::<Entry>() + named)?;
                    map.push(Entry::new(self.keys, name, value));
                }
            }
            return Ok(Some(StateValue::Map(map)));
        }
        match path_of(value).map(|path| self.state.held(&path)) {
            Some(Some(held)) => {
                self.take(held.heap())?;
                Ok(Some(match held {
                    Held::List(list) => StateValue::List(list.clone()),
                    Held::Map(map) => StateValue::Map(map.clone()),
                }))
            }
            Some(None) => Err(Unfit::What("what has been removed from the map".into())),
            None => Err(Unfit::What(kind(value).into())),
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Unfit> {
        self.left = self.left.checked_sub(bytes).ok_or(Unfit::TooHeavy)?;
        Ok(())
    }
}

/// What of this name no tag, field or entry can have.
#[inline]
pub(super) fn unfit_name(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("an empty name".to_owned())
    } else if name.chars().any(char::is_control) {
        Some(format!("a control character in its name: {}", shown(name)))
    } else {
        None
    }
}

/// A value of the engine as a field's, if it can be one: a character as text.
#[inline]
pub(super) fn scalar(value: &Dynamic) -> Option<Scalar> {
    if let Ok(int) = value.as_int() {
        Some(Scalar::Int(int))
    } else if let Ok(double) = value.as_float() {
        Some(Scalar::Double(double))
    } else if let Ok(bool) = value.as_bool() {
        Some(Scalar::Bool(bool))
    } else if let Ok(char) = value.as_char() {
        Some(Scalar::Text(char.into()))
    } else {
        let text = value.read_lock::<ImmutableString>()?;
        Some(Scalar::Text(text.as_str().to_owned()))
    }
}

/// A value of the engine as a field's; `name` is of what it is to be.
pub(super) fn field(name: &str, value: &Dynamic) -> Outcome<Scalar> {
    match scalar(value) {
        Some(Scalar::Double(double)) if !double.is_finite() => {
            let name = shown(name);
            Err(fail(format!("field {name} can't be {double}: a field holds finite numbers only")))
        }
        Some(scalar) => Ok(scalar),
        None => Err(fail(format!(
            "field {} can't hold {}; it takes an int, a double, a string or a bool",
            shown(name),
            kind(value)
        ))),
    }
}

/// Whether the engine's value is this one, of this type.
pub(super) fn is_same(held: Value<'_>, value: &Dynamic) -> bool {
    match held {
        Value::Int(int) => value.as_int().is_ok_and(|value| value == int),
        Value::Double(double) => value.as_float().is_ok_and(|value| value.to_bits() == double.to_bits()),
        Value::Bool(bool) => value.as_bool().is_ok_and(|value| value == bool),
        Value::Text(text) => {
            value.read_lock::<ImmutableString>().is_some_and(|value| value.as_bytes() == text)
        }
    }
}

/// What sort of value this is, in words.
pub(super) fn kind(value: &Dynamic) -> &'static str {
    match value.type_name() {
        "i64" => "an int",
        "f64" => "a double",
        "bool" => "a bool",
        "string" | "char" => "a string",
        "()" => "()",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        _ if value.is::<ListPlace>() => "a list",
        _ if value.is::<MapPlace>() => "a map",
        name if name.starts_with("core::ops::range") => "a range",
        name if name.contains("::Event") => "the event",
        name if name.contains("::Tags") => "the event's tags",
        name if name.contains("::Fields") => "the event's fields",
        name if name.contains("::Task") => "the task",
        _ => "a value of this type",
    }
}

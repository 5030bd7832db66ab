//! Any value as text: for scripts, for the log, and for what is thrown.

use std::fmt::Write;

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map};

use super::own::TEXT;
use super::seen::{Seen, at, of_engine, of_state};
use super::{Event, Fields, Tags, Task};
use crate::script::call::{Call, Sought};
use crate::script::running::{self, Outcome};
use crate::script::state::{Held, Keys, StateValue};
use crate::script::values;
use crate::value::Value;

/// Values that nest deeper are cut; in messages sooner.
const DEPTH: usize = 64;
const IN_MESSAGES: usize = 16;

pub(super) fn register(engine: &mut Engine) {
    for name in ["to_string", "to_debug"] {
        engine.register_fn(name, |of: &mut Event| text(&Dynamic::from(*of)));
        engine.register_fn(name, |of: &mut Tags| text(&Dynamic::from(*of)));
        engine.register_fn(name, |of: &mut Fields| text(&Dynamic::from(*of)));
        engine.register_fn(name, |of: &mut Task| text(&Dynamic::from(*of)));
    }
}

/// A value as an author would write it, while a script runs.
pub(super) fn text(value: &Dynamic) -> ImmutableString {
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return text.clone();
    }
    let text = of(false, |out| {
        out.deepest = IN_MESSAGES;
        out.value(Seen::Engine(value), 0)
    });
    text.unwrap_or_default()
}

/// An error whose value, if it was thrown, is text: later nobody can tell what a place held.
pub(in crate::script) fn told(mut error: Box<EvalAltResult>) -> Box<EvalAltResult> {
    match &mut *error {
        EvalAltResult::ErrorRuntime(thrown, _) => *thrown = text(thrown).into(),
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => {
            let taken = std::mem::replace(inner, running::fail(String::new()));
            *inner = told(taken);
        }
        _ => {}
    }
    error
}

/// What `write` writes. If that is too long so is this, which the engine refuses: when it makes a string with `${…}` or
/// `+`, it takes no error for an answer.
pub(super) fn of(
    is_json: bool,
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
) -> Outcome<ImmutableString> {
    running::with(|running| {
        let (call, keys) = (&running.call, &running.keys);
        let mut writer = Writer { out: String::new(), call, keys, is_json, deepest: DEPTH };
        // What is too long stays so.
        let _ = write(&mut writer);
        Ok(writer.out.into())
    })
}

/// There is too much of it.
pub(super) struct Full;

pub(super) struct Writer<'a> {
    out: String,
    call: &'a Call,
    keys: &'a Keys,
    is_json: bool,
    deepest: usize,
}

impl Writer<'_> {
    pub(super) fn list<'v>(
        &mut self,
        list: impl Iterator<Item = Seen<'v>>,
        depth: usize,
    ) -> Result<(), Full> {
        self.out.push('[');
        for (index, value) in list.enumerate() {
            self.separate(index);
            self.value(value, depth + 1)?;
        }
        self.out.push(']');
        Ok(())
    }

    pub(super) fn map<'v>(
        &mut self,
        map: impl Iterator<Item = (&'v str, Seen<'v>)>,
        depth: usize,
    ) -> Result<(), Full> {
        self.out.push_str(if self.is_json { "{" } else { "#{" });
        for (index, (name, value)) in map.enumerate() {
            self.separate(index);
            self.name(name);
            self.value(value, depth + 1)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(if self.is_json { "," } else { ", " });
        }
    }

    fn name(&mut self, name: &str) {
        self.quoted(name);
        self.out.push_str(if self.is_json { ":" } else { ": " });
    }

    fn value(&mut self, value: Seen<'_>, depth: usize) -> Result<(), Full> {
        if self.out.len() > TEXT {
            return Err(Full);
        }
        if depth > self.deepest {
            self.out.push_str(if self.is_json { "null" } else { "…" });
            return Ok(());
        }
        match value {
            Seen::Held(Held::List(list)) | Seen::State(StateValue::List(list)) => {
                self.list(list.iter().map(Seen::State), depth)
            }
            Seen::Held(Held::Map(map)) | Seen::State(StateValue::Map(map)) => {
                self.map(of_state(map, self.keys), depth)
            }
            Seen::State(value) => {
                if let Some(scalar) = value.scalar() {
                    self.scalar(scalar);
                }
                Ok(())
            }
            Seen::Engine(value) => self.engine(value, depth),
        }
    }

    fn engine(&mut self, value: &Dynamic, depth: usize) -> Result<(), Full> {
        if let Some(held) = at(value, &self.call.state) {
            return self.value(Seen::Held(held), depth);
        }
        if let Some(list) = value.read_lock::<Array>() {
            return self.list(list.iter().map(Seen::Engine), depth);
        }
        if let Some(map) = value.read_lock::<Map>() {
            return self.map(of_engine(&map), depth);
        }
        if let Some(text) = value.read_lock::<ImmutableString>() {
            self.quoted(&text);
        } else if let Ok(int) = value.as_int() {
            self.scalar(Value::Int(int));
        } else if let Ok(double) = value.as_float() {
            self.scalar(Value::Double(double));
        } else if let Ok(bool) = value.as_bool() {
            self.scalar(Value::Bool(bool));
        } else if value.is::<Event>() {
            self.out.push_str("event ");
            self.of_event(true);
            self.out.push(' ');
            self.of_event(false);
        } else if value.is::<Tags>() || value.is::<Fields>() {
            self.of_event(value.is::<Tags>());
        } else if value.is::<Task>() {
            self.out.push_str("task ");
            self.out.push_str(&String::from_utf8_lossy(&self.call.task.id));
        } else if self.is_json {
            match value.as_char() {
                Ok(char) => self.quoted(char.encode_utf8(&mut [0; 4])),
                Err(_) => self.out.push_str("null"),
            }
        } else if let Ok(char) = value.as_char() {
            // Into memory: it can't fail.
            let _ = write!(self.out, "{char:?}");
        } else {
            self.out.push_str(values::kind(value));
        }
        Ok(())
    }

    /// The event's tags or its fields.
    fn of_event(&mut self, of_tags: bool) {
        let event = &self.call.event;
        self.out.push_str("#{");
        for (index, name) in event.names(of_tags).into_iter().enumerate() {
            self.separate(index);
            let name = String::from_utf8_lossy(name);
            let sought = Sought { name: &name, slot: None };
            let value = if of_tags { event.tag(sought).map(Value::Text) } else { event.field(sought) };
            self.name(&name);
            if let Some(value) = value {
                self.scalar(value);
            }
        }
        self.out.push('}');
    }

    fn scalar(&mut self, value: Value<'_>) {
        // Into memory: it can't fail.
        let _ = match value {
            Value::Text(text) => return self.quoted(&String::from_utf8_lossy(text)),
            Value::Double(double) if self.is_json && !double.is_finite() => write!(self.out, "null"),
            Value::Double(double) => write!(self.out, "{}", Dynamic::from_float(double)),
            Value::Int(int) => write!(self.out, "{int}"),
            Value::Bool(bool) => write!(self.out, "{bool}"),
        };
    }

    fn quoted(&mut self, text: &str) {
        if self.is_json {
            let mut out = std::mem::take(&mut self.out).into_bytes();
            Value::Text(text.as_bytes()).write_json(&mut out);
            self.out = String::from_utf8(out).unwrap_or_default();
        } else {
            // Into memory: it can't fail.
            let _ = write!(self.out, "{text:?}");
        }
    }
}

//! Any value as text, for the log and for what is thrown.

use std::fmt::Write;

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map};

use super::{Event, Fields, ListPlace, MapPlace, Tags, Task, fallback};
use crate::script::call::Sought;
use crate::script::running::{self, Outcome};
use crate::script::values;
use crate::value::Value;

/// Messages are cut far sooner. Attack: lists of lists, each of them the same.
const MOST: usize = 8 * 1024;

/// Attack: likewise, in each other. Whoever drops them is the engine.
const DEPTH: usize = 16;

pub(super) fn register(engine: &mut Engine) {
    for name in ["to_string", "to_debug"] {
        engine.register_fn(name, |of: &mut Event| text(&Dynamic::from(*of)));
        engine.register_fn(name, |of: &mut Tags| text(&Dynamic::from(*of)));
        engine.register_fn(name, |of: &mut Fields| text(&Dynamic::from(*of)));
        engine.register_fn(name, |of: &mut Task| text(&Dynamic::from(*of)));
    }
}

/// A value as an author would write it, while a script runs.
pub(super) fn text(value: &Dynamic) -> String {
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return text.as_str().to_owned();
    }
    let mut out = String::new();
    push(&mut out, value, 0);
    out
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

fn push(out: &mut String, value: &Dynamic, depth: usize) {
    if out.len() > MOST || depth > DEPTH {
        out.push('…');
    } else if value.is::<ListPlace>() || value.is::<MapPlace>() {
        match fallback::copied(value.clone()) {
            Ok(copy) => push(out, &copy, depth),
            Err(_) => out.push_str("what has been removed"),
        }
    } else if let Some(list) = value.read_lock::<Array>() {
        list_of(out, "[", "]", list.iter(), |out, value| push(out, value, depth + 1));
    } else if let Some(map) = value.read_lock::<Map>() {
        list_of(out, "#{", "}", map.iter(), |out, (name, value)| {
            // Into memory: it can't fail.
            let _ = write!(out, "{name:?}: ");
            push(out, value, depth + 1);
        });
    } else if let Some(text) = value.read_lock::<ImmutableString>() {
        let _ = write!(out, "{:?}", text.as_str());
    } else if value.is::<Event>() {
        out.push_str("event ");
        named(out, true);
        out.push(' ');
        named(out, false);
    } else if value.is::<Tags>() {
        named(out, true);
    } else if value.is::<Fields>() {
        named(out, false);
    } else if value.is::<Task>() {
        let _ = running::with(|running| {
            let _ = write!(out, "task {}", String::from_utf8_lossy(&running.call.task.id));
            Ok(())
        });
    } else if value.is::<FnPtr>() || value.type_name().contains("::") {
        out.push_str(values::kind(value));
    } else {
        let _ = write!(out, "{value}");
    }
}

/// The event's tags or its fields.
fn named(out: &mut String, is_of_tags: bool) {
    let _: Outcome<()> = running::with(|running| {
        let event = &running.call.event;
        list_of(out, "#{", "}", event.names(is_of_tags).into_iter(), |out, name| {
            let name = String::from_utf8_lossy(name);
            let sought = Sought { name: &name, slot: None };
            let value = if is_of_tags { event.tag(sought).map(Value::Text) } else { event.field(sought) };
            let _ = write!(out, "{name:?}: ");
            let _ = match value {
                Some(Value::Text(text)) => write!(out, "{:?}", String::from_utf8_lossy(text)),
                Some(Value::Int(int)) => write!(out, "{int}"),
                Some(Value::Double(double)) => write!(out, "{double:?}"),
                Some(Value::Bool(bool)) => write!(out, "{bool}"),
                None => write!(out, "()"),
            };
        });
        Ok(())
    });
}

fn list_of<T>(
    out: &mut String,
    open: &str,
    close: &str,
    of: impl Iterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) {
    out.push_str(open);
    for (index, value) in of.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if out.len() > MOST {
            out.push('…');
            break;
        }
        push(out, value);
    }
    out.push_str(close);
}

//! `emit`: points besides the event and the task's own.

use rhai::{Dynamic, Engine, Map};

use super::{Event, MapPlace};
use crate::script::call::{Emitted, Scalar};
use crate::script::running::{self, Outcome, Running, fail};
use crate::script::state::{State, StateValue};
use crate::script::values;
use crate::script::words::shown;
use crate::value::Value;

/// Points of one call. Attack: a loop that emits, and each point goes to all that follows.
const MAX_POINTS: usize = 1_000;

/// Bytes of one call, all points together: they are held until it is over.
const MAX_BYTES: usize = 1024 * 1024;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("emit", |map: Map| emit(&Dynamic::from_map(map)));
    engine.register_fn("emit", |map: MapPlace| emit(&Dynamic::from(map)));
    engine.register_fn("emit", |_: Event| {
        running::with(|running| {
            let mut point = Vec::new();
            running.call.event.write(&mut point, |_, value| Some(value));
            let length = point.len();
            push(running, Emitted::Event(point), length)
        })
    });
    engine.register_fn("emit", |other: Dynamic| -> Outcome<()> {
        let kind = values::kind(&other);
        Err(fail(format!(
            "emit takes a map of fields, or the event, and not {kind}: emit(#{{total: map.total}})"
        )))
    });
}

fn emit(map: &Dynamic) -> Outcome<()> {
    running::with(|running| {
        let stored = values::stored(map, &running.call.state, &running.keys);
        let stored = stored.map_err(|unfit| fail(format!("a point that is emitted can't hold {unfit}")))?;
        let Some(StateValue::Map(entries)) = stored else { return Err(fail("emit takes a map of fields")) };
        let mut fields: Vec<(String, Scalar)> = Vec::new();
        let (mut length, mut infinite) = (0, None);
        State::flatten(&entries, &running.keys, |name, value| {
            let name = String::from_utf8_lossy(name).into_owned();
            let value = match value {
                Value::Double(double) if !double.is_finite() => {
                    infinite = Some((name, double));
                    return;
                }
                Value::Text(text) => Scalar::Text(String::from_utf8_lossy(text).into_owned()),
                Value::Int(int) => Scalar::Int(int),
                Value::Double(double) => Scalar::Double(double),
                Value::Bool(bool) => Scalar::Bool(bool),
            };
            length += size_of::<(String, Scalar)>() + name.len();
            if let Scalar::Text(text) = &value {
                length += text.len();
            }
            // A nested map's entry may have the name of another entry with a dot in it.
            match fields.iter_mut().find(|(known, _)| name.contains('.') && *known == name) {
                Some((_, known)) => *known = value,
                None => fields.push((name, value)),
            }
        });
        if let Some((name, double)) = infinite {
            let name = shown(&name);
            return Err(fail(format!("field {name} can't be {double}: a field holds finite numbers only")));
        }
        if fields.iter().any(|(name, _)| name == "time") {
            return Err(fail("InfluxDB takes no field called time, which is the point's own"));
        }
        if fields.is_empty() {
            return Err(fail("a point needs a field: all that was to be emitted is missing, ()"));
        }
        push(running, Emitted::Fields(fields), length)
    })
}

fn push(running: &mut Running, point: Emitted, length: usize) -> Outcome<()> {
    running.may("emit points")?;
    if running.call.emitted.len() >= MAX_POINTS {
        return Err(fail(format!("one call emits at most {MAX_POINTS} points")));
    }
    running.emitted += length;
    if running.emitted > MAX_BYTES {
        return Err(fail("one call emits at most 1 MiB"));
    }
    running.call.emitted.push(point);
    Ok(())
}

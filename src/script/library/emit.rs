//! `emit`: points besides the event and the task's own.

use std::collections::HashMap;

use ahash::RandomState;
use rhai::{Dynamic, Engine, Map};

use super::{Event, MapPlace};
use crate::script::call::{Emitted, Scalar};
use crate::script::running::{self, Outcome, Running, fail};
use crate::script::state::{MAX_DEPTH, State, StateValue};
use crate::script::values::{self, Unfit};
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
            if running.emitted.saturating_add(running.call.event.most_bytes()) > MAX_BYTES {
                return Err(too_much());
            }
            let mut point = Vec::new();
            running.call.event.write(&mut point);
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
        let left = MAX_BYTES.saturating_sub(running.emitted);
        let stored = values::stored(map, &running.call.state, &running.keys, left);
        let stored = stored.map_err(|unfit| match unfit {
            Unfit::TooHeavy => too_much(),
            Unfit::TooDeep => {
                fail(format!("a point that is emitted nests deeper than {MAX_DEPTH} lists and maps"))
            }
            Unfit::What(what) => fail(format!("a point that is emitted can't hold {what}")),
        })?;
        let Some(StateValue::Map(entries)) = stored else { return Err(fail("emit takes a map of fields")) };
        let mut fields = Fields::default();
        State::flatten(&entries, &running.keys, |name, value| {
            if fields.length <= left && fields.infinite.is_none() {
                fields.add(name, value);
            }
        });
        let Fields { list, length, infinite, .. } = fields;
        if let Some((name, double)) = infinite {
            let name = shown(&name);
            return Err(fail(format!("field {name} can't be {double}: a field holds finite numbers only")));
        }
        if list.iter().any(|(name, _)| name == "time") {
            return Err(fail("InfluxDB takes no field called time, which is the point's own"));
        }
        if list.is_empty() {
            return Err(fail("a point needs a field: all that was to be emitted is missing, ()"));
        }
        push(running, Emitted::Fields(list), length)
    })
}

/// Fields of a point that is emitted, each name once.
#[derive(Default)]
struct Fields {
    list: Vec<(String, Scalar)>,
    /// Where names with a dot are: a nested map's entry may have the name of another entry with a dot in it.
    dotted: HashMap<String, usize, RandomState>,
    length: usize,
    infinite: Option<(String, f64)>,
}

impl Fields {
    fn add(&mut self, name: &[u8], value: Value<'_>) {
        let name = String::from_utf8_lossy(name).into_owned();
        let value = match value {
            Value::Double(double) if !double.is_finite() => {
                self.infinite = Some((name, double));
                return;
            }
            Value::Text(text) => Scalar::Text(String::from_utf8_lossy(text).into_owned()),
            Value::Int(int) => Scalar::Int(int),
            Value::Double(double) => Scalar::Double(double),
            Value::Bool(bool) => Scalar::Bool(bool),
        };
        self.length += size_of::<(String, Scalar)>() + name.len();
        if let Scalar::Text(text) = &value {
            self.length += text.len();
        }
        if name.contains('.') {
            let at = *self.dotted.entry(name.clone()).or_insert(self.list.len());
            if let Some((_, known)) = self.list.get_mut(at) {
                *known = value;
                return;
            }
        }
        self.list.push((name, value));
    }
}

fn push(running: &mut Running, point: Emitted, length: usize) -> Outcome<()> {
    running.may("emit points")?;
    if running.call.emitted.len() >= MAX_POINTS {
        return Err(fail(format!("one call emits at most {MAX_POINTS} points")));
    }
    running.emitted += length;
    if running.emitted > MAX_BYTES {
        return Err(too_much());
    }
    running.call.emitted.push(point);
    Ok(())
}

#[cold]
fn too_much() -> Box<rhai::EvalAltResult> {
    fail("one call emits at most 1 MiB")
}

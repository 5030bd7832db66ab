//! `map` and the maps in it: places, not copies, so that what is changed is the map.

use rhai::{Array, Dynamic, Engine, FuncRegistration, ImmutableString};

use super::ListPlace;
use crate::script::names::Names;
use crate::script::running::{self, Access, Outcome, Running, fail, place_name};
use crate::script::state::{Held, Keys, Path, Refused, State, StateValue, Step};
use crate::script::values;

/// Where a map is.
#[derive(Debug, Clone)]
pub(in crate::script) struct MapPlace(pub(in crate::script) Path);

/// What is no entry behind a dot.
const COUNTS: [&str; 2] = ["len", "is_empty"];

pub(super) fn register(engine: &mut Engine, names: &Names, keys: &Keys) {
    // Without parentheses as lists have it: whoever reads it does not say which of the two it is.
    engine.register_get("len", |place: &mut MapPlace| len(&place.0));
    engine.register_get("is_empty", |place: &mut MapPlace| -> Outcome<bool> { Ok(len(&place.0)? == 0) });
    for name in COUNTS {
        engine.register_set(name, move |place: &mut MapPlace, value: Dynamic| {
            set_count(&place.0, name, &value)
        });
    }
    let is_entry = |name: &str| names.properties.contains(name) && !COUNTS.contains(&name);
    for (key, name) in keys.names().filter(|(_, name)| is_entry(name)) {
        let step = Step::Key(key);
        engine.register_get(name, move |place: &mut MapPlace| get(&place.0, &step));
        setters(engine, name, &Step::Key(key));
    }
    engine.register_indexer_get(get_named).register_fn("get", get_named);
    engine.register_indexer_set(set_named).register_fn("set", set_named);
    engine.register_indexer_get(|_: &mut MapPlace, _: i64| -> Outcome<Dynamic> { Err(no_name()) });
    engine.register_indexer_set(|_: &mut MapPlace, _: i64, _: Dynamic| -> Outcome<()> { Err(no_name()) });
    pure(engine, "keys", |place: &mut MapPlace| {
        read(&place.0, |entries, keys| {
            let Held::Map(map) = entries else { return Ok(Array::new()) };
            Ok(map.iter().map(|entry| entry.name(keys).into()).collect())
        })
    });
    pure(engine, "values", |place: &mut MapPlace| values_of(&place.0));
    pure(engine, "len", |place: &mut MapPlace| len(&place.0));
    pure(engine, "is_empty", |place: &mut MapPlace| Ok(len(&place.0)? == 0));
    engine.register_fn("contains", |place: &mut MapPlace, name: &str| {
        read(&place.0, |map, keys| Ok(map.get(&Step::named(keys, name)).is_some()))
    });
    engine.register_fn("remove", |place: &mut MapPlace, name: &str| remove(&place.0, name));
    engine.register_fn("clear", |place: &mut MapPlace| {
        replace(&place.0, StateValue::Map(thin_vec::ThinVec::new()))
    });
}

/// Setters for what most values are and one for the rest, since the engine looks for one of the very type first and
/// then long and in vain for others.
fn setters(engine: &mut Engine, name: &str, step: &Step) {
    let own = step.clone();
    engine.register_set(name, move |place: &mut MapPlace, value: i64| {
        set_scalar(&place.0, &own, StateValue::Int(value))
    });
    let own = step.clone();
    engine.register_set(name, move |place: &mut MapPlace, value: f64| {
        set_scalar(&place.0, &own, StateValue::Double(value))
    });
    let own = step.clone();
    engine.register_set(name, move |place: &mut MapPlace, value: bool| {
        set_scalar(&place.0, &own, StateValue::Bool(value))
    });
    let own = step.clone();
    engine.register_set(name, move |place: &mut MapPlace, value: ImmutableString| {
        set_scalar(&place.0, &own, StateValue::text(&value))
    });
    let own = step.clone();
    engine.register_set(name, move |place: &mut MapPlace, value: ListPlace| {
        set(&place.0, &own, &Dynamic::from(value))
    });
    let own = step.clone();
    engine.register_set(name, move |place: &mut MapPlace, value: Dynamic| set(&place.0, &own, &value));
}

/// A function without further arguments that changes nothing: the engine needs not write back what it was called on.
pub(super) fn pure<T, R>(engine: &mut Engine, name: &str, call: fn(&mut T) -> Outcome<R>)
where
    T: Clone + Send + Sync + 'static,
    R: Clone + Send + Sync + 'static,
{
    FuncRegistration::new(name).with_purity(true).register_into_engine(engine, call);
}

fn no_name() -> Box<rhai::EvalAltResult> {
    fail("a map's entries have names, so it takes a string in the brackets: map[id.to_string()]")
}

/// The engine sets whatever a method was called on, changed or not: `map.len.to_string()`.
fn set_count(path: &Path, name: &str, value: &Dynamic) -> Outcome<()> {
    let len = len(path)?;
    let is_same = if name == "len" {
        value.as_int().is_ok_and(|value| value == len)
    } else {
        value.as_bool().is_ok_and(|value| value == (len == 0))
    };
    if is_same {
        return Ok(());
    }
    running::with(|running| {
        let map = place_name(&running.keys, path, None);
        Err(fail(format!("{map}.{name} can't be set; an entry of that name is {map}[\"{name}\"]")))
    })
}

fn get_named(place: &mut MapPlace, name: &str) -> Outcome<Dynamic> {
    let step = running::with(|running| Ok(Step::named(&running.keys, name)))?;
    get(&place.0, &step)
}

fn set_named(place: &mut MapPlace, name: &str, value: Dynamic) -> Outcome<()> {
    let step = running::with(|running| {
        if let Some(unfit) = values::unfit_name(name).filter(|_| !value.is_unit()) {
            let map = place_name(&running.keys, &place.0, None);
            return Err(fail(format!("{map} can't have an entry with {unfit}")));
        }
        Ok(Step::named(&running.keys, name))
    })?;
    set(&place.0, &step, &value)
}

/// What stands at `step` of the list or map at `path`: a scalar, a place, or `()`.
#[inline]
pub(super) fn get(path: &Path, step: &Step) -> Outcome<Dynamic> {
    running::with(|running| {
        let held = held(running, path)?;
        match held.get(step) {
            None => Ok(Dynamic::UNIT),
            Some(StateValue::List(_)) => Ok(Dynamic::from(ListPlace(joined(path, step)))),
            Some(StateValue::Map(_)) => Ok(Dynamic::from(MapPlace(joined(path, step)))),
            Some(value) => values::copied(value, &running.keys),
        }
    })
}

/// Sets what stands at `step`; `()` removes it.
#[inline]
pub(super) fn set(path: &Path, step: &Step, value: &Dynamic) -> Outcome<()> {
    running::with(|running| {
        if is_place(value, path, step) {
            return Ok(());
        }
        if running.access != Access::All && is_same(held(running, path)?.get(step), value) {
            return Ok(());
        }
        running.may_change_map()?;
        let outcome = match stored(running, value, path, Some(step))? {
            Some(value) => running.call.state.set(&running.keys, path, step, value),
            None => running.call.state.remove(&running.keys, path, step).map(drop),
        };
        outcome.map_err(|refused| running.refused(refused, path, Some(step)))
    })
}

#[inline]
fn set_scalar(path: &Path, step: &Step, value: StateValue) -> Outcome<()> {
    running::with(|running| {
        if running.access != Access::All && held(running, path)?.get(step) == Some(&value) {
            return Ok(());
        }
        running.may_change_map()?;
        let outcome = running.call.state.set(&running.keys, path, step, value);
        outcome.map_err(|refused| running.refused(refused, path, Some(step)))
    })
}

/// Whether this is what stands there already: the engine sets whatever a method was called on, changed or not.
fn is_same(held: Option<&StateValue>, value: &Dynamic) -> bool {
    match held.map(StateValue::scalar) {
        None => value.is_unit(),
        Some(held) => held.is_some_and(|held| values::is_same(held, value)),
    }
}

/// Whether this is the place itself: the engine sets what it got and had changed.
fn is_place(value: &Dynamic, path: &Path, step: &Step) -> bool {
    let is_it = |other: &Path| {
        other.split_last().is_some_and(|(last, before)| last == step && before == path.as_slice())
    };
    value.read_lock::<MapPlace>().is_some_and(|place| is_it(&place.0))
        || value.read_lock::<ListPlace>().is_some_and(|place| is_it(&place.0))
}

/// A value as the map holds it, or why it can't.
pub(super) fn stored(
    running: &Running,
    value: &Dynamic,
    path: &Path,
    step: Option<&Step>,
) -> Outcome<Option<StateValue>> {
    values::stored(value, &running.call.state, &running.keys).map_err(|unfit| {
        let name = place_name(&running.keys, path, step);
        fail(format!("{name} can't hold {unfit}"))
    })
}

/// The list or the map at `path`.
pub(super) fn held<'a>(running: &'a Running, path: &Path) -> Outcome<Held<'a>> {
    let held = running.call.state.held(path);
    held.ok_or_else(|| running.refused(Refused::Gone, path, None))
}

pub(super) fn read<T>(path: &Path, read: impl FnOnce(Held<'_>, &Keys) -> Outcome<T>) -> Outcome<T> {
    running::with(|running| read(held(running, path)?, &running.keys))
}

/// Changes the map with `change`, which is told what it is about.
pub(super) fn change<T>(
    path: &Path,
    step: Option<&Step>,
    change: impl FnOnce(&mut State, &Keys) -> Result<T, Refused>,
) -> Outcome<T> {
    running::with(|running| {
        running.may_change_map()?;
        let changed = change(&mut running.call.state, &running.keys);
        changed.map_err(|refused| running.refused(refused, path, step))
    })
}

/// Puts another list or map in the place of one.
pub(super) fn replace(path: &Path, value: StateValue) -> Outcome<()> {
    change(path, None, |state, keys| state.put_back(keys, path, value))
}

pub(super) fn len(path: &Path) -> Outcome<i64> {
    read(path, |held, _| Ok(i64::try_from(held.len()).unwrap_or(i64::MAX)))
}

pub(super) fn joined(path: &Path, step: &Step) -> Path {
    let mut joined = path.clone();
    joined.push(step.clone());
    joined
}

fn values_of(path: &Path) -> Outcome<Array> {
    read(path, |held, keys| {
        let Held::Map(map) = held else { return Ok(Array::new()) };
        map.iter().map(|entry| values::copied(entry.value(), keys)).collect()
    })
}

fn remove(path: &Path, name: &str) -> Outcome<Dynamic> {
    let removed = change(path, None, |state, keys| state.remove(keys, path, &Step::named(keys, name)))?;
    running::with(|running| match removed {
        Some(value) => values::copied(&value, &running.keys),
        None => Ok(Dynamic::UNIT),
    })
}

//! The lists in the map: places, not copies.

use rhai::{Dynamic, Engine, ImmutableString};

use super::MapPlace;
use super::map::{self, change, pure, read};
use crate::script::running::{self, Outcome};
use crate::script::state::{At, Held, Path, StateValue, Step};
use crate::script::values;

/// Where a list is.
#[derive(Debug, Clone)]
pub(in crate::script) struct ListPlace(pub(in crate::script) Path);

pub(super) fn register(engine: &mut Engine) {
    pure(engine, "len", |place: &mut ListPlace| map::len(&place.0));
    pure(engine, "is_empty", |place: &mut ListPlace| Ok(map::len(&place.0)? == 0));
    engine.register_get("len", |place: &mut ListPlace| map::len(&place.0));
    engine
        .register_get("is_empty", |place: &mut ListPlace| -> Outcome<bool> { Ok(map::len(&place.0)? == 0) });
    engine.register_indexer_get(get).register_indexer_set(set).register_fn("set", set_if_there);
    engine.register_fn("get", |place: &mut ListPlace, index: i64| match at(&place.0, index)? {
        Some(step) => map::get(&place.0, &step),
        None => Ok(Dynamic::UNIT),
    });
    push::<i64>(engine);
    push::<f64>(engine);
    push::<bool>(engine);
    push::<ImmutableString>(engine);
    push::<Dynamic>(engine);
    engine.register_fn("+=", |place: &mut ListPlace, value: Dynamic| append(&place.0, &value));
    engine.register_fn("append", |place: &mut ListPlace, value: Dynamic| append(&place.0, &value));
    engine.register_fn("insert", |place: &mut ListPlace, index: i64, value: Dynamic| {
        let at = at_or_end(&place.0, index)?;
        insert(&place.0, at, &value)
    });
    engine.register_fn("pop", |place: &mut ListPlace| remove(&place.0, -1));
    engine.register_fn("shift", |place: &mut ListPlace| remove(&place.0, 0));
    engine.register_fn("remove", |place: &mut ListPlace, index: i64| remove(&place.0, index));
    engine.register_fn("clear", |place: &mut ListPlace| {
        map::replace(&place.0, StateValue::List(thin_vec::ThinVec::new()))
    });
    engine.register_iterator_result::<ListPlace, Dynamic>();
    engine.register_iterator_result::<MapPlace, Dynamic>();
}

/// `push` for values of one type: the engine looks for one of the very type first, and then long for others.
fn push<T: Clone + Send + Sync + 'static>(engine: &mut Engine) {
    engine.register_fn("push", |place: &mut ListPlace, value: T| {
        insert(&place.0, At::End, &Dynamic::from(value))
    });
}

/// The element that `index` means, from the end if it is negative; none if there is none.
fn at(path: &Path, index: i64) -> Outcome<Option<Step>> {
    let len = map::len(path)?;
    let index = if index < 0 { index.checked_add(len) } else { Some(index) };
    let index = index.filter(|index| (0..len).contains(index));
    Ok(index.and_then(|index| usize::try_from(index).ok()).map(Step::Index))
}

/// Where to insert: before the start is the start, behind the end is the end, as with the engine's own lists.
fn at_or_end(path: &Path, index: i64) -> Outcome<At> {
    Ok(match at(path, index)? {
        Some(Step::Index(index)) => At::Index(index),
        _ if index < 0 => At::Index(0),
        _ => At::End,
    })
}

fn get(place: &mut ListPlace, index: i64) -> Outcome<Dynamic> {
    let step = at(&place.0, index)?;
    let step = step.ok_or_else(|| out_of_bounds(&place.0, index))?;
    map::get(&place.0, &step)
}

fn set(place: &mut ListPlace, index: i64, value: Dynamic) -> Outcome<()> {
    let step = at(&place.0, index)?;
    let step = step.ok_or_else(|| out_of_bounds(&place.0, index))?;
    if value.is_unit() {
        return Err(no_unit(&place.0, &step));
    }
    map::set(&place.0, &step, &value)
}

fn set_if_there(place: &mut ListPlace, index: i64, value: Dynamic) -> Outcome<()> {
    match at(&place.0, index)? {
        Some(_) => set(place, index, value),
        None => Ok(()),
    }
}

#[cold]
fn out_of_bounds(path: &Path, index: i64) -> Box<rhai::EvalAltResult> {
    let failed = running::with(|running| -> Outcome<()> {
        let len = map::held(running, path)?.len();
        let name = running::place_name(&running.keys, path, None);
        Err(running::fail(format!("{name}[{index}]: the list has {len} elements")))
    });
    failed.err().unwrap_or_else(|| running::fail("no such element"))
}

#[cold]
fn no_unit(path: &Path, step: &Step) -> Box<rhai::EvalAltResult> {
    let failed = running::with(|running| -> Outcome<()> {
        let name = running::place_name(&running.keys, path, Some(step));
        Err(running::fail(format!("{name} can't be (): remove({}) takes an element out", place_index(step))))
    });
    failed.err().unwrap_or_else(|| running::fail("no such element"))
}

fn place_index(step: &Step) -> String {
    match step {
        Step::Index(index) => index.to_string(),
        _ => String::new(),
    }
}

fn insert(path: &Path, at: At, value: &Dynamic) -> Outcome<()> {
    running::with(|running| {
        running.may_change_map()?;
        let Some(value) = map::stored(running, value, path, None)? else {
            let name = running::place_name(&running.keys, path, None);
            return Err(running::fail(format!("{name} can't hold (): give it a value with ??")));
        };
        let index = match at {
            At::Index(index) => index,
            At::End => map::held(running, path)?.len(),
        };
        let inserted = running.call.state.insert(&running.keys, path, at, value);
        inserted.map_err(|refused| running.refused(refused, path, Some(&Step::Index(index))))
    })
}

/// Appends another list's elements; of anything else it itself, as the engine's own lists do with `+=`. Of `()` none.
fn append(path: &Path, value: &Dynamic) -> Outcome<()> {
    if value.is_unit() {
        return Ok(());
    }
    let elements = match value.read_lock::<rhai::Array>() {
        Some(array) => array.to_vec(),
        None => match value.read_lock::<ListPlace>() {
            Some(other) => elements(&other.0)?,
            None => vec![value.clone()],
        },
    };
    elements.iter().try_for_each(|element| insert(path, At::End, element))
}

fn elements(path: &Path) -> Outcome<rhai::Array> {
    read(path, |held, keys| match held {
        Held::List(list) => list.iter().map(|value| values::copied(value, keys)).collect(),
        Held::Map(_) => Ok(rhai::Array::new()),
    })
}

fn remove(path: &Path, index: i64) -> Outcome<Dynamic> {
    let Some(step) = at(path, index)? else { return Ok(Dynamic::UNIT) };
    let removed = change(path, Some(&step), |state, keys| state.remove(keys, path, &step))?;
    running::with(|running| match removed {
        Some(value) => values::copied(&value, &running.keys),
        None => Ok(Dynamic::UNIT),
    })
}

/// Goes through a list element by element as it is then, as far as it went at first.
pub(in crate::script) struct Elements {
    path: Path,
    next: usize,
    end: usize,
}

impl Iterator for Elements {
    type Item = Outcome<Dynamic>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let step = Step::Index(self.next);
        self.next += 1;
        let is_there = read(&self.path, |list, _| Ok(list.get(&step).is_some()));
        match is_there {
            Ok(true) => Some(map::get(&self.path, &step)),
            Ok(false) => None,
            Err(error) => {
                self.end = 0;
                Some(Err(error))
            }
        }
    }
}

impl IntoIterator for ListPlace {
    type Item = Outcome<Dynamic>;
    type IntoIter = Elements;

    fn into_iter(self) -> Elements {
        let end = read(&self.0, |list, _| Ok(list.len())).unwrap_or_default();
        Elements { path: self.0, next: 0, end }
    }
}

impl IntoIterator for MapPlace {
    type Item = Outcome<Dynamic>;
    type IntoIter = std::iter::Once<Outcome<Dynamic>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(Err(running::fail(
            "a map is gone through by its names or by its values: `for name in map.keys()`, `for value in map.values()`",
        )))
    }
}

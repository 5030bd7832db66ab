//! What the engine's lists and maps have and ours have not by themselves: done with a copy, which is put back if
//! it may have changed.

use std::any::TypeId;

use rhai::{Array, Dynamic, Engine, Map, NativeCallContext};

use super::{ListPlace, MapPlace, own, path_of};
use crate::script::running::{self, Outcome, fail};
use crate::script::state::Path;
use crate::script::values;

use super::map as places;

/// A function by its name and how many arguments it takes, what it is called on too.
type Function = (&'static str, &'static [usize]);

const READS_LIST: [Function; 20] = [
    ("filter", &[2]),
    ("map", &[2]),
    ("contains", &[2]),
    ("index_of", &[2, 3]),
    ("find", &[2, 3]),
    ("find_map", &[2, 3]),
    ("some", &[2]),
    ("all", &[2]),
    ("reduce", &[2, 3]),
    ("reduce_rev", &[2, 3]),
    ("zip", &[3]),
    ("extract", &[2, 3]),
    ("order", &[1, 2]),
    ("order_by", &[2]),
    ("order_desc", &[1]),
    ("+", &[2]),
    ("==", &[2]),
    ("!=", &[2]),
    ("to_string", &[1]),
    ("to_debug", &[1]),
];

const CHANGES_LIST: [Function; 13] = [
    ("for_each", &[2]),
    ("pad", &[3]),
    ("truncate", &[2]),
    ("chop", &[2]),
    ("reverse", &[1]),
    ("splice", &[3, 4]),
    ("split", &[2]),
    ("dedup", &[1, 2]),
    ("sort", &[1, 2]),
    ("sort_by", &[2]),
    ("sort_desc", &[1]),
    ("drain", &[2, 3]),
    ("retain", &[2, 3]),
];

const READS_MAP: [Function; 8] = [
    ("map", &[2]),
    ("filter", &[2]),
    ("to_json", &[1]),
    ("+", &[2]),
    ("==", &[2]),
    ("!=", &[2]),
    ("to_string", &[1]),
    ("to_debug", &[1]),
];

const CHANGES_MAP: [Function; 5] =
    [("mixin", &[2]), ("+=", &[2]), ("fill_with", &[2]), ("drain", &[2]), ("retain", &[2])];

/// With ours as the second argument.
const OF_LISTS: [&str; 5] = ["+", "+=", "append", "==", "!="];
const OF_MAPS: [&str; 6] = ["+", "+=", "mixin", "fill_with", "==", "!="];

pub(super) fn register(engine: &mut Engine) {
    let list = |place: &ListPlace| place.0.clone();
    let map = |place: &MapPlace| place.0.clone();
    table::<ListPlace>(engine, &READS_LIST, list, false);
    table::<ListPlace>(engine, &CHANGES_LIST, list, true);
    table::<MapPlace>(engine, &READS_MAP, map, false);
    table::<MapPlace>(engine, &CHANGES_MAP, map, true);
    for name in OF_LISTS {
        second::<Array, ListPlace>(engine, name);
    }
    for name in OF_MAPS {
        second::<Map, MapPlace>(engine, name);
    }
}

fn table<T: Clone + Send + Sync + 'static>(
    engine: &mut Engine,
    functions: &[Function],
    path: fn(&T) -> Path,
    changes: bool,
) {
    for (name, arities) in functions {
        for arity in *arities {
            let mut types = vec![TypeId::of::<Dynamic>(); *arity];
            if let Some(first) = types.first_mut() {
                *first = TypeId::of::<T>();
            }
            let name = *name;
            engine.register_raw_fn(name, types, move |context, args| {
                let of = args.first().and_then(|place| place.read_lock::<T>().map(|place| path(&place)));
                let path = of.ok_or_else(|| fail("no list and no map"))?;
                call(&context, name, &path, args, changes)
            });
        }
    }
}

fn second<A: 'static, P: 'static>(engine: &mut Engine, name: &'static str) {
    let types = [TypeId::of::<A>(), TypeId::of::<P>()];
    engine.register_raw_fn(name, types, move |context, args| {
        materialize(args)?;
        context.call_native_fn_raw(name, true, args)
    });
}

fn call(
    context: &NativeCallContext<'_>,
    name: &str,
    path: &Path,
    args: &mut [&mut Dynamic],
    changes: bool,
) -> Outcome<Dynamic> {
    if changes {
        running::with(|running| running.may_change_map())?;
    }
    if let Some(outcome) = own::of_place(name, path, args)? {
        return Ok(outcome);
    }
    materialize(args)?;
    let Some((_, others)) = args.split_first_mut() else { return Ok(Dynamic::UNIT) };
    let mut copy = places::read(path, values::materialized)?;
    let mut all: Vec<&mut Dynamic> = Vec::with_capacity(1 + others.len());
    all.push(&mut copy);
    all.extend(others.iter_mut().map(|other| &mut **other));
    let outcome = context.call_native_fn_raw(name, true, &mut all)?;
    if changes {
        let stored = running::with(|running| places::stored(running, &copy, path, None))?;
        if let Some(value) = stored {
            places::replace(path, value)?;
        }
    }
    Ok(outcome)
}

/// Makes copies of the places that stand behind the first argument.
fn materialize(args: &mut [&mut Dynamic]) -> Outcome<()> {
    for argument in args.iter_mut().skip(1) {
        **argument = copied(argument.take())?;
    }
    Ok(())
}

/// What is at a place, and anything else as it is.
fn copied(value: Dynamic) -> Outcome<Dynamic> {
    match path_of(&value) {
        Some(path) => places::read(&path, values::materialized),
        None => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::names::FUNCTIONS;

    #[test]
    fn no_script_can_take_their_names() {
        let tables = [&READS_LIST[..], &CHANGES_LIST, &READS_MAP, &CHANGES_MAP];
        let names = tables.into_iter().flatten().map(|(name, _)| name).chain(&OF_LISTS).chain(&OF_MAPS);
        for name in names.filter(|name| name.starts_with(char::is_alphabetic)) {
            assert!(FUNCTIONS.contains(name), "{name}");
        }
    }
}

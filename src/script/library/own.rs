//! Functions of the language's library that are ours: what the library has in their stead takes time or memory out of
//! all proportion before anybody looks, or calls itself as deep as a value nests.

use rhai::{Array, Dynamic, FnPtr, FuncRegistration, ImmutableString, Map, Module};

use super::compare::Comparison;
use super::seen::{Seen, of_engine};
use super::text;
use crate::script::running::Outcome;
use crate::script::state::{Held, Path};

/// Text is no longer.
pub(in crate::script) const TEXT: usize = 64 * 1024;

/// Puts ours in the place of the library's.
pub(in crate::script) fn replace(module: &mut Module) {
    macro_rules! set {
        ($name:expr, $function:expr) => {
            FuncRegistration::new($name).in_global_namespace().set_into_module(module, $function);
        };
    }
    set!("replace", |text: &mut ImmutableString, old: &str, new: &str| replaced(text, old, new));
    set!("replace", |text: &mut ImmutableString, old: &str, new: char| {
        replaced(text, old, new.encode_utf8(&mut [0; 4]))
    });
    set!("replace", |text: &mut ImmutableString, old: char, new: &str| {
        replaced(text, old.encode_utf8(&mut [0; 4]), new)
    });
    set!("replace", |text: &mut ImmutableString, old: char, new: char| {
        replaced(text, old.encode_utf8(&mut [0; 4]), new.encode_utf8(&mut [0; 4]))
    });
    for name in ["to_string", "to_debug"] {
        set!(name, |list: &mut Array| text::of(false, |out| out.list(list.iter().map(Seen::Engine), 0)));
        set!(name, |map: &mut Map| text::of(false, |out| out.map(of_engine(map), 0)));
    }
    set!("to_json", |map: &mut Map| text::of(true, |out| out.map(of_engine(map), 0)));
    set!("==", |left: &mut Array, right: Array| Comparison::run(|it| it.lists(left, &right)));
    set!("!=", |left: &mut Array, right: Array| {
        Comparison::run(|it| it.lists(left, &right)).map(|is_equal| !is_equal)
    });
    set!("==", |left: &mut Map, right: Map| Comparison::run(|it| it.maps(left, &right)));
    set!("!=", |left: &mut Map, right: Map| {
        Comparison::run(|it| it.maps(left, &right)).map(|is_equal| !is_equal)
    });
    set!("contains", |list: &mut Array, value: Dynamic| {
        let found = Comparison::run(|it| it.find(list.iter().map(Seen::Engine), &value));
        found.map(|found| found.is_some())
    });
    set!("index_of", |list: &mut Array, value: Dynamic| {
        Comparison::run(|it| it.find(list.iter().map(Seen::Engine), &value)).map(number)
    });
    set!("index_of", |list: &mut Array, value: Dynamic, start: i64| {
        let start = start_of(start, list.len());
        let found = Comparison::run(|it| it.find(list.iter().skip(start).map(Seen::Engine), &value));
        found.map(|found| number(found.map(|found| found + start)))
    });
}

/// What one of these comes to for a place, without a copy. `None` if it is none of these.
pub(super) fn of_place(name: &str, path: &Path, args: &[&mut Dynamic]) -> Outcome<Option<Dynamic>> {
    let [_, value] = args else { return Ok(None) };
    if value.is::<FnPtr>() {
        return Ok(None);
    }
    let found = || {
        Comparison::run(|it| match it.held(path)? {
            Held::List(list) => it.find(list.iter().map(Seen::State), value),
            Held::Map(_) => Ok(None),
        })
    };
    let equals = || Comparison::run(|it| it.values(Seen::Held(it.held(path)?), Seen::Engine(value), 0));
    Ok(Some(match name {
        "contains" => found()?.is_some().into(),
        "index_of" => number(found()?).into(),
        "==" => equals()?.into(),
        "!=" => (!equals()?).into(),
        _ => return Ok(None),
    }))
}

fn number(found: Option<usize>) -> i64 {
    found.and_then(|found| i64::try_from(found).ok()).unwrap_or(-1)
}

/// From the end if it is negative.
fn start_of(start: i64, len: usize) -> usize {
    match usize::try_from(start) {
        Ok(start) => start,
        Err(_) => len.saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX)),
    }
}

fn replaced(text: &mut ImmutableString, old: &str, new: &str) -> Outcome<()> {
    if text.is_empty() {
        return Ok(());
    }
    if new.len() > old.len() {
        let more = text.matches(old).count().saturating_mul(new.len() - old.len());
        if text.len().saturating_add(more) > TEXT {
            return Err(too_long());
        }
    }
    *text = text.replace(old, new).into();
    Ok(())
}

fn too_long() -> Box<rhai::EvalAltResult> {
    let what = "Length of string".to_owned();
    Box::new(rhai::EvalAltResult::ErrorDataTooLarge(what, rhai::Position::NONE))
}

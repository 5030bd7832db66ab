//! `()`, which is what is missing reads as, with `+`, `-`, `min` and `max`: it is as if it were not there.

use std::any::TypeId;

use rhai::{Array, Dynamic, Engine, ImmutableString};

use super::{ListPlace, MapPlace};
use crate::script::running::{Outcome, fail};

pub(super) fn register(engine: &mut Engine) {
    kept::<i64>(engine, &["+", "min", "max"], &["+", "-", "min", "max"]);
    kept::<f64>(engine, &["+", "min", "max"], &["+", "-", "min", "max"]);
    kept::<ImmutableString>(engine, &["+", "min", "max"], &["+", "min", "max"]);
    kept::<char>(engine, &["+"], &["+"]);
    kept::<Array>(engine, &["+"], &["+"]);
    kept::<ListPlace>(engine, &["+"], &["+"]);
    kept::<MapPlace>(engine, &["+"], &["+"]);
    kept::<rhai::Map>(engine, &["+"], &["+"]);
    for name in ["+", "-", "min", "max"] {
        engine.register_fn(name, |(): (), (): ()| ());
    }
    engine.register_fn("-", |(): (), right: i64| negated(right));
    engine.register_fn("-", |(): (), right: f64| -right);
    for name in ["+=", "-="] {
        // Nothing on the right changes nothing, whatever is on the left.
        for left in [of::<()>(), of::<i64>(), of::<f64>(), of::<ImmutableString>(), of::<Array>()] {
            engine.register_raw_fn(name, [left, of::<()>()], |_, _| Ok(()));
        }
    }
    for right in [of::<i64>(), of::<f64>(), of::<ImmutableString>(), of::<Array>(), of::<ListPlace>()] {
        engine.register_raw_fn("+=", [of::<()>(), right], |_, args| assign(args, Ok));
    }
    engine.register_raw_fn("-=", [of::<()>(), of::<i64>()], |_, args| {
        assign(args, |right| negated(right.as_int().unwrap_or_default()).map(Dynamic::from_int))
    });
    engine.register_raw_fn("-=", [of::<()>(), of::<f64>()], |_, args| {
        assign(args, |right| Ok(Dynamic::from_float(-right.as_float().unwrap_or_default())))
    });
}

fn of<T: 'static>() -> TypeId {
    TypeId::of::<T>()
}

/// Nothing and a `T`, or a `T` and nothing, is the `T`.
fn kept<T: Clone + Send + Sync + 'static>(engine: &mut Engine, behind: &[&str], before: &[&str]) {
    for name in behind {
        engine.register_fn(*name, |(): (), right: T| right);
    }
    for name in before {
        engine.register_fn(*name, |left: T, (): ()| left);
    }
}

fn negated(int: i64) -> Outcome<i64> {
    int.checked_neg().ok_or_else(|| fail(format!("-({int}) is beyond what an int can hold")))
}

/// Sets what is on the left.
fn assign(args: &mut [&mut Dynamic], right: impl FnOnce(Dynamic) -> Outcome<Dynamic>) -> Outcome<()> {
    if let [left, value] = args {
        **left = right(value.take())?;
    }
    Ok(())
}

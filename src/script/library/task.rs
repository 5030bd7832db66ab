//! `task`.

use rhai::{Dynamic, Engine};

use super::Task;
use crate::script::running::{self, Outcome, fail};
use crate::script::values;
use crate::script::words::{self, shown};
use crate::value::Value;

const NAMES: [&str; 8] =
    ["id", "count", "created", "last", "restored", "reason", "timeout", "inactivity_timeout"];

const NANOS: f64 = 1e9;

pub(super) fn register(engine: &mut Engine) {
    for name in NAMES {
        engine.register_get(name, move |_: &mut Task| get(name));
        engine.register_set(name, move |_: &mut Task, value: Dynamic| set(name, &value));
    }
    engine.register_indexer_get(|_: &mut Task, name: &str| get(name));
    engine.register_indexer_set(|_: &mut Task, name: &str, value: Dynamic| set(name, &value));
    engine.register_fn("end", |_: &mut Task| {
        running::with(|running| {
            running.may("end the task")?;
            running.call.task.ends = true;
            Ok(())
        })
    });
}

#[expect(
    clippy::cast_precision_loss,
    reason = "of seconds, nanoseconds matter less with every digit in front"
)]
fn get(name: &str) -> Outcome<Dynamic> {
    running::with(|running| {
        let task = &running.call.task;
        let seconds = |nanos: i64| Dynamic::from_float(nanos as f64 / NANOS);
        Ok(match name {
            "id" => return values::dynamic(Value::Text(&task.id), || "the task's id".to_owned()),
            "count" => Dynamic::from_int(i64::try_from(task.count).unwrap_or(i64::MAX)),
            "created" => Dynamic::from_int(task.created),
            "last" => Dynamic::from_int(task.last),
            "restored" => Dynamic::from_bool(task.is_restored),
            "reason" => task.reason.map_or(Dynamic::UNIT, Dynamic::from),
            "timeout" if task.timeout == i64::MAX => Dynamic::UNIT,
            "timeout" => seconds(task.timeout),
            "inactivity_timeout" => task.inactivity_timeout.map_or(Dynamic::UNIT, seconds),
            _ => return Err(unknown(name)),
        })
    })
}

fn set(name: &str, value: &Dynamic) -> Outcome<()> {
    // The engine sets whatever a method was called on, changed or not: `task.id.to_string()`.
    let held = get(name)?;
    let held = values::scalar(&held);
    let is_same = held.map_or(value.is_unit(), |held| values::is_same(held.value(), value));
    if is_same {
        return Ok(());
    }
    running::with(|running| {
        let what = format!("set task.{name}");
        running.may(&what)?;
        match name {
            "timeout" => running.call.task.timeout = nanos(name, value)?,
            "inactivity_timeout" => running.call.task.inactivity_timeout = Some(nanos(name, value)?),
            _ => return Err(fail(format!("task.{name} can't be set; timeout and inactivity_timeout can"))),
        }
        running.call.task.has_set_timeouts = true;
        Ok(())
    })
}

/// A number of seconds.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "seconds, and in range")]
fn nanos(name: &str, value: &Dynamic) -> Outcome<i64> {
    const MOST: f64 = 9.2e18;
    let seconds = value.as_float().or_else(|_| value.as_int().map(|int| int as f64));
    match seconds {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok((seconds * NANOS).min(MOST) as i64),
        Ok(seconds) => {
            Err(fail(format!("task.{name} can't be {seconds}: it is a number of seconds, 0 or more")))
        }
        Err(_) => {
            let kind = values::kind(value);
            Err(fail(format!("task.{name} can't be {kind}: it is a number of seconds, 0 or more")))
        }
    }
}

#[cold]
fn unknown(name: &str) -> Box<rhai::EvalAltResult> {
    if name == "end" {
        return fail("task.end() needs its parentheses");
    }
    let near = words::nearest(name, NAMES.into_iter());
    let near = near.map_or_else(String::new, |near| format!(" (is task.{near} meant?)"));
    fail(format!("there is no task.{}{near}; there are {} and end()", shown(name), NAMES.join(", ")))
}

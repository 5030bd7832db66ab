//! What scripts can name: `event`, `map`, `task`, and the functions that are no method of these.

mod compare;

mod emit;

mod event;

mod fallback;

mod list;

mod map;

mod missing;

pub(super) mod own;

mod seen;

mod task;

mod text;

use rhai::{Dynamic, Engine, Scope};

pub(super) use list::ListPlace;
pub(super) use map::MapPlace;
pub(super) use text::told;

use super::Part;
use super::names::Names;
use super::running::{self, Outcome};
use super::state::{Keys, Path};

/// The types of `event`, `event.tags`, `event.fields` and `task`. There is one of each in a call, and it is nowhere
/// but in the [`Call`](super::Call).
#[derive(Debug, Clone, Copy)]
pub(super) struct Event;
#[derive(Debug, Clone, Copy)]
pub(super) struct Tags;
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields;
#[derive(Debug, Clone, Copy)]
pub(super) struct Task;

/// Gives the engine all that scripts can call.
pub(super) fn register(engine: &mut Engine, names: &Names, keys: &Keys) {
    engine
        .register_type_with_name::<Event>("event")
        .register_type_with_name::<Tags>("event.tags")
        .register_type_with_name::<Fields>("event.fields")
        .register_type_with_name::<Task>("task")
        .register_type_with_name::<MapPlace>("map")
        .register_type_with_name::<ListPlace>("array");
    event::register(engine, names);
    map::register(engine, names, keys);
    list::register(engine);
    fallback::register(engine);
    missing::register(engine);
    task::register(engine);
    emit::register(engine);
    text::register(engine);
    engine.register_fn("log", log);
    engine.register_fn("log", |value: Dynamic| log(&text::text(&value)));
    #[cfg(test)]
    engine.register_fn("stack_at", stack_at);
    #[cfg(test)]
    engine.register_fn("wait", || std::thread::sleep(std::time::Duration::from_millis(3)));
    #[cfg(test)]
    engine.register_fn("panic_now", || -> Outcome<()> { panic!("injected") });
}

/// Where the list or the map is that a value stands for, if it stands for one.
pub(super) fn path_of(value: &Dynamic) -> Option<Path> {
    let list = value.read_lock::<ListPlace>().map(|place| place.0.clone());
    list.or_else(|| value.read_lock::<MapPlace>().map(|place| place.0.clone()))
}

/// What a script of this part finds.
pub(super) fn scope(part: Part) -> Scope<'static> {
    let mut scope = Scope::new();
    scope.push("event", Event);
    if part != Part::StartWhen {
        scope.push("map", MapPlace(Path::new()));
        scope.push("task", Task);
    }
    scope
}

/// Where the stack is now.
#[cfg(test)]
pub(super) fn stack_at() -> i64 {
    let here = 0u8;
    i64::try_from((&raw const here).addr()).unwrap()
}

fn log(text: &str) -> Outcome<()> {
    running::with(|running| {
        running.log.say(running.now, text);
        Ok(())
    })
}

//! Values as scripts see them: the engine's own and those of the map, side by side and without a copy.

use rhai::{Dynamic, Map};

use super::{ListPlace, MapPlace};
use crate::script::state::{Entry, Held, Keys, State, StateValue};

/// A value, be it the engine's or the map's.
#[derive(Clone, Copy)]
pub(super) enum Seen<'a> {
    Engine(&'a Dynamic),
    State(&'a StateValue),
    Held(Held<'a>),
}

pub(super) fn of_engine(map: &Map) -> impl ExactSizeIterator<Item = (&str, Seen<'_>)> {
    map.iter().map(|(name, value)| (name.as_str(), Seen::Engine(value)))
}

/// Sorted, as the engine's own are.
pub(super) fn of_state<'a>(
    map: &'a [Entry],
    keys: &'a Keys,
) -> impl ExactSizeIterator<Item = (&'a str, Seen<'a>)> + use<'a> {
    let mut entries: Vec<_> =
        map.iter().map(|entry| (entry.name(keys), Seen::State(entry.value()))).collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    entries.into_iter()
}

/// What stands at a place.
pub(super) fn at<'a>(value: &Dynamic, state: &'a State) -> Option<Held<'a>> {
    if let Some(place) = value.read_lock::<ListPlace>() {
        return state.held(&place.0);
    }
    state.held(&value.read_lock::<MapPlace>()?.0)
}

//! The byte the agent puts before a handler's snapshot. With it no snapshot is empty: Kapacitor
//! keeps the older one when it gets an empty one, and would restore that.

/// The handler's bytes follow.
const STATE: u8 = 1;
/// The state was too large to keep; nothing follows.
const TOO_LARGE: u8 = 2;

/// What a stored snapshot turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored<'a> {
    State(&'a [u8]),
    TooLarge,
    /// Nothing this daemon wrote.
    Foreign,
}

pub(super) fn seal(mut state: Vec<u8>) -> Vec<u8> {
    state.insert(0, STATE);
    state
}

pub(super) fn too_large() -> Vec<u8> {
    vec![TOO_LARGE]
}

pub(super) fn open(stored: &[u8]) -> Stored<'_> {
    match stored {
        [STATE, state @ ..] => Stored::State(state),
        [TOO_LARGE] => Stored::TooLarge,
        _ => Stored::Foreign,
    }
}

//! `tap`: stands between Kapacitor and a function, and shows what they say.

mod frames;

pub(crate) mod recording;

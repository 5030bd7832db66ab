//! `tap`: stands between Kapacitor and a function, and shows what they say.

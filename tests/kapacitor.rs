//! The daemon beside a real kapacitord: the one named by `$KAPACITORD` or found on PATH, driven over
//! its HTTP API. What a kapacitord is needed for is ignored by default; `tests/README.md` says how to
//! run it and what it covers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should panic"
)]
#![allow(unreachable_pub, reason = "nothing here is reached from outside")]

#[path = "udfd/daemon.rs"]
#[expect(dead_code, reason = "the tests at the seams use more of it")]
mod daemon;

#[path = "kapacitor/functions.rs"]
mod functions;
#[path = "kapacitor/kapacitord.rs"]
mod kapacitord;
#[path = "kapacitor/stack.rs"]
mod stack;
#[path = "udfd/tapping.rs"]
#[expect(dead_code, reason = "the tests at the seams use more of it")]
mod tapping;

#[path = "kapacitor/aggregate/mod.rs"]
mod aggregate;
#[path = "kapacitor/life.rs"]
mod life;
#[path = "kapacitor/mirror.rs"]
mod mirror;
#[path = "kapacitor/numbers.rs"]
mod numbers;
#[path = "kapacitor/odd_data.rs"]
mod odd_data;
#[path = "kapacitor/options.rs"]
mod options;
#[path = "kapacitor/replay.rs"]
mod replay;
#[path = "kapacitor/state.rs"]
mod state;
#[path = "kapacitor/tap.rs"]
mod tap;

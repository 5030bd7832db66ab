//! The law of a snapshot of `@aggregate()`, on any bytes as its state.

#![no_main]

#[path = "../../tests/udfd/laws/aggregate_snapshot.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod aggregate_snapshot;
#[path = "../../tests/udfd/laws/node.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod node;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| aggregate_snapshot::holds(bytes));

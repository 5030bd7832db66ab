//! The law of scripts, on any bytes as one.

#![no_main]

#[path = "../../tests/udfd/laws/node.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod node;
#[path = "../../tests/udfd/laws/script.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod script;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| script::holds(bytes));

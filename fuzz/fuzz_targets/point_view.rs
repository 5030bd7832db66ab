//! The law of a point's view, on any bytes as a point's message.

#![no_main]

#[path = "../../tests/udfd/laws/point.rs"]
mod point;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| point::holds(body));

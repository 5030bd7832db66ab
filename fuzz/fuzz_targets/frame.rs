//! The law of frames, on any bytes. The limit is taken from their end.

#![no_main]

#[path = "../../tests/udfd/laws/frame.rs"]
mod frame;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    frame::holds(bytes, usize::MAX);
    if let Some((_, &[low, high])) = bytes.split_last_chunk() {
        frame::holds(bytes, usize::from(u16::from_le_bytes([low, high])));
    }
});

//! The laws of a stream of requests, on any bytes: a recording of Kapacitor's is a seed as it is. The
//! sizes of the pieces are the stream's own last bytes.

#![no_main]

#[path = "../../tests/udfd/laws/requests.rs"]
mod requests;

use kapacitor_udfd::edge::Edge;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let tail = stream.last_chunk().unwrap_or(&[0; 4]);
    let sizes = tail.map(|byte| usize::from(byte) + 1);
    for edge in [Edge::Stream, Edge::Batch] {
        requests::hold(edge, stream, &sizes);
    }
});

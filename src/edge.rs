//! The two shapes in which data passes between Kapacitor's nodes. Knows nothing of their numbers on
//! the wire.

use std::fmt;

/// What a function wants from Kapacitor, or provides to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Points one by one.
    Stream,
    /// Points in batches: begin, points, end.
    Batch,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "stream",
            Self::Batch => "batch",
        })
    }
}

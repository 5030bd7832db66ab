//! The two kinds of edges in a Kapacitor pipeline.

use std::fmt;

/// What flows into or out of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Single points.
    Stream,
    /// Points in batches.
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

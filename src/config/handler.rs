//! Which kinds of handler there are, and between which edges each can stand. What a handler does with
//! data is its own module's.

use std::fmt;

use super::value::Word;
use crate::edge::Edge;

/// What answers to a function's name. A new kind is a variant here, with its arms in this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerKind {
    /// Sends back what came in.
    Mirror,
    /// Gathers events by task id.
    Aggregate,
    /// Gathers them too, and hands them on together.
    Session,
    /// Hands each point on as a script leaves it.
    Script,
}

impl Word for HandlerKind {
    const ALL: &'static [Self] = &[Self::Mirror, Self::Aggregate, Self::Session, Self::Script];
}

/// What a function wants and what it provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edges {
    pub(super) wants: Edge,
    pub(super) provides: Edge,
}

impl Edges {
    pub(super) const STREAM: Self = Self { wants: Edge::Stream, provides: Edge::Stream };
    pub(super) const BATCH: Self = Self { wants: Edge::Batch, provides: Edge::Batch };
    pub(super) const STREAM_TO_BATCH: Self = Self { wants: Edge::Stream, provides: Edge::Batch };
    const BATCH_TO_STREAM: Self = Self { wants: Edge::Batch, provides: Edge::Stream };
}

impl HandlerKind {
    /// Every pair of edges the handler can stand between, the one it takes by itself first.
    pub(super) fn accepted(self) -> &'static [Edges] {
        match self {
            Self::Mirror => &[Edges::STREAM, Edges::BATCH],
            Self::Aggregate => &[Edges::STREAM, Edges::STREAM_TO_BATCH, Edges::BATCH, Edges::BATCH_TO_STREAM],
            Self::Session => &[Edges::STREAM_TO_BATCH],
            Self::Script => &[Edges::STREAM],
        }
    }

    /// Whether a TICKscript can give it scripts to run.
    pub(super) fn runs_scripts(self) -> bool {
        match self {
            Self::Mirror => false,
            Self::Aggregate | Self::Session | Self::Script => true,
        }
    }

    /// The first accepted pair that has the edges asked for.
    pub(super) fn choose(self, wants: Option<Edge>, provides: Option<Edge>) -> Option<Edges> {
        self.accepted().iter().copied().find(|edges| {
            wants.is_none_or(|wants| wants == edges.wants)
                && provides.is_none_or(|provides| provides == edges.provides)
        })
    }
}

impl fmt::Display for HandlerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mirror => "mirror",
            Self::Aggregate => "aggregate",
            Self::Session => "session",
            Self::Script => "script",
        })
    }
}

impl fmt::Display for Edges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.wants, self.provides)
    }
}

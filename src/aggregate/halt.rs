//! Why a node can't go on.

use crate::agent::SendError;

/// What ends a node's connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    /// What was to be sent would have hurt Kapacitor.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A script has failed, and `onError` says to stop for it.
    #[error("{0}")]
    Script(String),
}

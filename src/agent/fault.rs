//! What ends a connection, and nothing but that connection.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::edge::Edge;
use crate::handler::HandlerError;
use crate::wire::WireError;

/// Why a connection ended before its stream did.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Bytes that are no request.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A request that has no place here.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The handler can't go on.
    #[error("{error}")]
    Handler {
        /// The handler's method.
        call: &'static str,
        /// What it said.
        error: HandlerError,
    },
    /// The handler panicked.
    #[error("panic in the function's {call}: {message}")]
    Panic {
        /// The handler's method.
        call: &'static str,
        /// The panic's message, with its place in the source if a hook was installed.
        message: String,
    },
    /// The peer is gone.
    #[error("the peer is gone: {0}")]
    Io(#[from] std::io::Error),
}

impl Fault {
    /// One word for log lines and counters.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Wire(_) => "wire",
            Self::Protocol(_) => "protocol",
            Self::Handler { .. } => "handler",
            Self::Panic { .. } => "panic",
            Self::Io(_) => "peer",
        }
    }
}

/// A whole and readable request at a moment where the protocol has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// Before Init, or after one that was refused.
    #[error("got {came} before a successful init; a connection begins with info or init")]
    NotInitialised {
        /// The request.
        came: &'static str,
    },
    /// A second Init.
    #[error("got a second init; a connection serves one node of one Kapacitor task")]
    InitTwice,
    /// Batches to a function that wants points.
    #[error(
        "got {came}, but the function wants a {wants}; kapacitord must be restarted after a function's edges change"
    )]
    WrongEdge {
        /// The request.
        came: &'static str,
        /// What the function wants.
        wants: Edge,
    },
    /// A point between batches.
    #[error("got a point outside a batch, but the function wants batches")]
    PointOutsideBatch,
    /// A begin in a batch.
    #[error("got a BeginBatch while a batch is open")]
    BatchOpen,
    /// An end without a begin.
    #[error("got an EndBatch without a BeginBatch before it")]
    NoBatchOpen,
}

thread_local! {
    static IN_HANDLER: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes a handler's panic part of its connection's one log line, with the place in the source,
/// instead of a report of its own on stderr. Other panics are reported as before. For binaries:
/// the hook belongs to the process.
pub fn install_panic_hook() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if IN_HANDLER.get() {
            PLACE.set(panic.location().map(Location::to_string));
        } else {
            others(panic);
        }
    }));
}

/// Runs a handler's method; its panic becomes a fault.
#[inline]
pub(super) fn catch<R>(call: &'static str, f: impl FnOnce() -> Result<R, HandlerError>) -> Result<R, Fault> {
    IN_HANDLER.set(true);
    // After a fault the handler is dropped and never called again: what state it broke off in
    // doesn't matter.
    let outcome = catch_unwind(AssertUnwindSafe(f));
    IN_HANDLER.set(false);
    match outcome {
        Ok(result) => result.map_err(|error| Fault::Handler { call, error }),
        Err(payload) => Err(Fault::Panic { call, message: describe(payload.as_ref()) }),
    }
}

fn describe(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("a panic without a message");
    match PLACE.take() {
        Some(place) => format!("{text} (at {place})"),
        None => text.to_owned(),
    }
}

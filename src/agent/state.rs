//! What a connection has come to, and what it may go on to. Knows the protocol's order of things and
//! the time it is told, nothing of requests or handlers.

use super::ProtocolError;
use crate::handler::UnixNanos;

/// How long after the InitResponse a Restore may still be on its way. Kapacitor sends it at once
/// if there is a snapshot; data of ours that crosses it would make both sides wait for ever.
const SETTLING: UnixNanos = 1_000_000_000;

/// How long a connection is kept after a refusal. Kapacitor forgets it without closing it, and goes
/// on asking for keepalives; by then it has read why.
const REFUSED: UnixNanos = 1_000_000_000;

/// Where a conversation is.
///
/// ```text
///            Init accepted              Restore, data, or a second gone by
///  Waiting ────────────────▶ Settling ─────────────────────────────────────▶ Running
///     │                         │
///     │ Init refused            │ Restore refused
///     ▼                         ▼
///  Refused ◀────────────────────┘         over after a second
/// ```
///
/// Info and keepalives are answered everywhere. In `Settling` nothing is sent of the agent's own
/// accord, only answers; timers and senders wait for `Running`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Waiting,
    Refused {
        until: UnixNanos,
    },
    Settling {
        /// `None` until the InitResponse has been handed to the writer.
        until: Option<UnixNanos>,
    },
    Running,
}

impl State {
    pub(super) fn new() -> Self {
        Self(At::Waiting)
    }

    pub(super) fn is_running(self) -> bool {
        self.0 == At::Running
    }

    /// Init was accepted, and neither it nor a Restore refused since.
    pub(super) fn is_initialised(self) -> bool {
        matches!(self.0, At::Settling { .. } | At::Running)
    }

    /// A refusal has been read by now, and nobody will close the connection.
    pub(super) fn is_over(self, now: UnixNanos) -> bool {
        matches!(self.0, At::Refused { until } if until <= now)
    }

    /// When [`time`](Self::time) has something to do.
    pub(super) fn deadline(self) -> Option<UnixNanos> {
        match self.0 {
            At::Settling { until } => until,
            At::Refused { until } => Some(until),
            At::Waiting | At::Running => None,
        }
    }

    /// Only the first Init has a place.
    pub(super) fn may_init(self) -> Result<(), ProtocolError> {
        if self.0 == At::Waiting { Ok(()) } else { Err(ProtocolError::InitTwice) }
    }

    /// What `came` has a place only after Init.
    pub(super) fn must_be_initialised(self, came: &'static str) -> Result<(), ProtocolError> {
        if self.is_initialised() { Ok(()) } else { Err(ProtocolError::NotInitialised { came }) }
    }

    pub(super) fn accept(&mut self) {
        self.0 = At::Settling { until: None };
    }

    pub(super) fn refuse(&mut self, now: UnixNanos) {
        self.0 = At::Refused { until: after(now, REFUSED) };
    }

    pub(super) fn restored(&mut self) {
        self.0 = At::Running;
    }

    /// Data shows that no Restore is on its way.
    #[inline]
    pub(super) fn data(&mut self, came: &'static str) -> Result<(), ProtocolError> {
        if self.0 != At::Running {
            self.must_be_initialised(came)?;
            self.0 = At::Running;
        }
        Ok(())
    }

    /// The InitResponse, if there is one, has been handed to the writer.
    pub(super) fn flushed(&mut self, now: impl FnOnce() -> UnixNanos) {
        if let At::Settling { until: until @ None } = &mut self.0 {
            *until = Some(after(now(), SETTLING));
        }
    }

    /// Time passes. `partial`: a request has begun to arrive. It may be a large Restore.
    pub(super) fn time(&mut self, now: UnixNanos, partial: bool) {
        if let At::Settling { until: Some(until) } = self.0
            && until <= now
        {
            self.0 = if partial { At::Settling { until: Some(after(now, SETTLING)) } } else { At::Running };
        }
    }
}

fn after(now: UnixNanos, time: UnixNanos) -> UnixNanos {
    now.saturating_add(time)
}

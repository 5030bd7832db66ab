//! Where connections wait for each other, so that the server can be looked at while all of them are at
//! the same point.

use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};

/// A connection's side: it says that it is here by dropping `here`, and may go on when the other end of
/// `go` has been dropped.
#[derive(Debug)]
pub(super) struct Gate {
    here: Sender<()>,
    go: Receiver<()>,
}

/// The side of who looks.
#[derive(Debug)]
pub(super) struct Gatekeeper {
    here: Sender<()>,
    all_here: Receiver<()>,
    held: Vec<Sender<()>>,
}

/// Nothing is ever sent on these: what they say is that they were dropped.
impl Gatekeeper {
    pub(super) fn new() -> Self {
        let (here, all_here) = mpsc::channel();
        Self { here, all_here, held: Vec::new() }
    }

    /// For one more connection.
    pub(super) fn gate(&mut self) -> Gate {
        let (held, go) = mpsc::channel();
        self.held.push(held);
        Gate { here: self.here.clone(), go }
    }

    /// When all connections are here or have ended, does `look`, and lets them go on.
    pub(super) fn meet<R>(self, look: impl FnOnce() -> R) -> R {
        drop(self.here);
        let _ = self.all_here.recv();
        let seen = look();
        drop(self.held);
        seen
    }
}

impl Gate {
    /// Says that this connection is here.
    pub(super) fn arrive(self) -> Opening {
        drop(self.here);
        Opening(self.go)
    }
}

/// A gate that a connection waits at.
#[derive(Debug)]
pub(super) struct Opening(Receiver<()>);

impl Opening {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.0.try_recv(), Err(TryRecvError::Disconnected))
    }
}

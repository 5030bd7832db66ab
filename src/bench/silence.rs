//! How long nothing at all came: Kapacitor stops a task whose function is silent for longer than its
//! timeout.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Silence {
    last: Instant,
    watched: bool,
    /// The longest while it was watched. Counted from the response before, as Kapacitor counts.
    pub(super) longest: Duration,
}

impl Silence {
    pub(super) fn new(now: Instant) -> Self {
        Self { last: now, watched: false, longest: Duration::ZERO }
    }

    pub(super) fn watch(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// A response has come.
    pub(super) fn broken(&mut self, at: Instant) {
        if self.watched {
            self.longest = self.longest.max(at.saturating_duration_since(self.last));
        }
        self.last = at;
    }
}

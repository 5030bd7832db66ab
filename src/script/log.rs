//! What scripts write to the log, and what is written about them, each so seldom that it drowns nothing.

use tracing::{info, warn};

use super::words;
use crate::handler::UnixNanos;

const SECOND: UnixNanos = 1_000_000_000;

/// So much of one text is logged.
const MOST: usize = 1_000;

/// Lets some through at once and then one from time to time, and counts what it held back.
#[derive(Debug)]
pub(super) struct Limiter {
    left: i64,
    most: i64,
    every: UnixNanos,
    since: UnixNanos,
    held_back: u64,
}

impl Default for Limiter {
    /// For what scripts log: ten at once, then one a second.
    fn default() -> Self {
        Self::new(10, SECOND)
    }
}

impl Limiter {
    pub(super) fn new(most: i64, every: UnixNanos) -> Self {
        Self { left: most, most, every, since: UnixNanos::MIN, held_back: 0 }
    }

    /// Whether one more is let through; if so, how many were held back since the last.
    pub(super) fn admit(&mut self, now: UnixNanos) -> Option<u64> {
        if now < self.since {
            // The clock was set back.
            (self.left, self.since) = (self.most, now);
        }
        let gained = now.saturating_sub(self.since) / self.every;
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(self.most);
            self.since = if self.left == self.most { now } else { self.since + gained * self.every };
        }
        if self.left == 0 {
            self.held_back += 1;
            return None;
        }
        self.left -= 1;
        Some(std::mem::take(&mut self.held_back))
    }

    /// `log("…")`.
    pub(super) fn say(&mut self, now: UnixNanos, text: &str) {
        let Some(held_back) = self.admit(now) else { return };
        let text = words::cut(text, MOST);
        if held_back == 0 {
            info!("script: {text}");
        } else {
            info!(held_back, "script: {text}");
        }
    }

    /// Something went wrong, so often before that was let through; see [`admit`](Self::admit).
    pub(super) fn warn(held_back: u64, message: &str) {
        if held_back == 0 {
            warn!("a script failed: {message}");
        } else {
            warn!(held_back, "a script failed: {message}");
        }
    }
}

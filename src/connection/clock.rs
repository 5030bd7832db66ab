//! The time handlers see: Unix time when the connection started, plus what a monotonic clock has
//! counted since. A clock that is set back or forward moves no deadline.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::handler::UnixNanos;

#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    start: Instant,
    unix: UnixNanos,
}

impl Clock {
    pub(super) fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), unix: nanos(unix) }
    }

    pub(super) fn now(&self) -> UnixNanos {
        self.at(Instant::now())
    }

    pub(super) fn at(&self, instant: Instant) -> UnixNanos {
        self.unix.saturating_add(nanos(instant.duration_since(self.start)))
    }

    /// The moment a deadline falls on. One in the past is now; one too far away to be told is a
    /// year away, and will be asked for again then.
    pub(super) fn instant(&self, deadline: UnixNanos) -> Instant {
        const YEAR: Duration = Duration::from_hours(365 * 24);
        let since_start = u64::try_from(deadline.saturating_sub(self.unix)).unwrap_or(0);
        self.start + Duration::from_nanos(since_start).min(self.start.elapsed() + YEAR)
    }
}

fn nanos(duration: Duration) -> UnixNanos {
    UnixNanos::try_from(duration.as_nanos()).unwrap_or(UnixNanos::MAX)
}

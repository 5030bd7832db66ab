//! How the writer knows whether the handler is busy, and whether it gets on.
//!
//! A handler is synchronous: while it works, its connection's loop can't send keepalives, so the
//! writer does. What it needs to know are two numbers with one writer each, read now and then:
//! atomics, not messages, since a busy loop can't send a message either.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::handler::UnixNanos;

/// Longest silence while a handler is busy, unless Kapacitor's own keepalives show that its
/// timeout is a short one.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);

/// As long as nothing is known of Kapacitor's timeout, a short one (1 s) is reckoned with: its
/// keepalives may be waiting behind the very call that is to be covered.
const FIRST_SILENCE: Duration = Duration::from_millis(400);

/// No timeout makes the writer speak more often than this.
const SHORTEST_SILENCE: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Number of the request at hand; 0 while there is none.
    request: AtomicU64,
    /// Nanoseconds between Kapacitor's keepalives, half its timeout; 0: not yet known.
    interval: AtomicU64,
}

impl Pulse {
    #[inline]
    pub(super) fn busy(&self, request: u64) {
        self.request.store(request, Relaxed);
    }

    pub(super) fn idle(&self) {
        self.request.store(0, Relaxed);
    }

    /// The request the handler is busy with.
    pub(super) fn request(&self) -> Option<u64> {
        Some(self.request.load(Relaxed)).filter(|&request| request != 0)
    }

    fn learn(&self, interval: Duration) {
        self.interval.store(u64::try_from(interval.as_nanos()).unwrap_or(0), Relaxed);
    }

    /// How long nothing may be sent while the handler is busy.
    pub(super) fn silence(&self) -> Duration {
        match self.interval.load(Relaxed) {
            0 => FIRST_SILENCE,
            nanos => Duration::from_nanos(nanos).clamp(SHORTEST_SILENCE, LONGEST_SILENCE),
        }
    }
}

/// Learns Kapacitor's keepalive interval from the times in its requests.
#[derive(Debug, Default)]
pub(super) struct Interval {
    last: Option<UnixNanos>,
}

impl Interval {
    pub(super) fn keepalive(&mut self, time: UnixNanos, pulse: &Pulse) {
        if let Some(last) = self.last.replace(time)
            && let Ok(interval @ 1..) = u64::try_from(time.saturating_sub(last))
        {
            pulse.learn(Duration::from_nanos(interval));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: UnixNanos = 1_000_000;

    #[test]
    fn kapacitor_s_interval_is_learnt_from_two_keepalives() {
        let silence = |times: &[UnixNanos]| {
            let (pulse, mut interval) = (Pulse::default(), Interval::default());
            for &time in times {
                interval.keepalive(time, &pulse);
            }
            pulse.silence()
        };
        assert_eq!(silence(&[]), FIRST_SILENCE);
        assert_eq!(silence(&[5]), FIRST_SILENCE);
        assert_eq!(silence(&[0, 300 * MILLI]), Duration::from_millis(300));
        assert_eq!(silence(&[0, 300 * MILLI, 500 * MILLI]), Duration::from_millis(200));
        assert_eq!(silence(&[0, 5000 * MILLI]), LONGEST_SILENCE);
        // A clock that was set back, and times that make no sense.
        assert_eq!(silence(&[300 * MILLI, 0]), FIRST_SILENCE);
        assert_eq!(silence(&[7, 7]), FIRST_SILENCE);
        assert_eq!(silence(&[0, 1]), SHORTEST_SILENCE);
        assert_eq!(silence(&[UnixNanos::MIN, UnixNanos::MAX]), LONGEST_SILENCE);
    }
}

//! How late the points of a timeout come. The function is given a timeout D; what it owes for a
//! point is due D after that point was written. The client can't know which point started a timer,
//! so there are two figures, each well defined:
//!
//! * after the last send: arrival − (end of the write of the connection's last point + D). Exact for
//!   timers the last point started; those started before it come earlier, at most by as long as
//!   sending took.
//! * after the own send: arrival − (end of the write of the point whose time the answer carries + D),
//!   for answers that carry a time that was sent. Exact where that point is the one that started the timer:
//!   where each key has one point, or the function sends the time of the first.
//!
//! What came before the last point was written is left out of the first figure; what came after the
//! half-close of both: that is no timeout but the end.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::clock::Clock;
use super::drive::Connection;

/// Nanoseconds; what came too early is counted and not in the distribution.
#[derive(Debug)]
pub(super) struct Lateness {
    pub(super) late: Histogram<u64>,
    pub(super) early: u64,
    pub(super) earliest: Duration,
}

#[derive(Debug)]
pub(super) struct Deadlines {
    pub(super) after_last_send: Lateness,
    pub(super) after_own_send: Lateness,
    /// Came before the last point was written; only in `after_own_send`.
    pub(super) during_data: u64,
    /// Came only after the half-close.
    pub(super) at_end: u64,
    /// From the first moment that a connection's first point was due until the last arrival on it.
    pub(super) longest: Option<Duration>,
}

impl Deadlines {
    pub(super) fn new(connections: &[Connection], timeout: Duration, clock: Clock) -> anyhow::Result<Self> {
        let mut deadlines = Self {
            after_last_send: Lateness::new()?,
            after_own_send: Lateness::new()?,
            during_data: 0,
            at_end: 0,
            longest: None,
        };
        for connection in connections {
            deadlines.add(connection, timeout, clock);
        }
        Ok(deadlines)
    }

    fn add(&mut self, connection: &Connection, timeout: Duration, clock: Clock) {
        let sent = &connection.sent;
        let Some(last_send) = sent.data_ended else { return };
        for &(arrival, time) in &connection.received.arrivals {
            if sent.half_closed.is_some_and(|end| end < arrival) {
                self.at_end += 1;
                continue;
            }
            if arrival <= last_send {
                self.during_data += 1;
            } else {
                self.after_last_send.add(arrival, last_send + timeout);
            }
            if let Some(number) = clock.number(time, sent.points)
                && let Some(own_send) = written(&sent.moments, number)
            {
                self.after_own_send.add(arrival, own_send + timeout);
            }
            self.longest = self.longest.max(arrival.checked_duration_since(sent.started + timeout));
        }
    }
}

impl Lateness {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { late: Histogram::new(3)?, early: 0, earliest: Duration::ZERO })
    }

    fn add(&mut self, arrival: Instant, due: Instant) {
        if let Some(late) = arrival.checked_duration_since(due) {
            // Fails only for want of memory: it grows with what it is given.
            let _ = self.late.record(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX));
        } else {
            self.early += 1;
            self.earliest = self.earliest.max(due.duration_since(arrival));
        }
    }
}

/// When the point with this number had been written.
fn written(moments: &[(u64, Instant)], number: u64) -> Option<Instant> {
    let moment = moments.partition_point(|&(points, _)| points <= number);
    moments.get(moment).map(|&(_, at)| at)
}

//! The parts of a report, each from what the connections say.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::bench::drive::Connection;
use crate::bench::gathering::Gathering;
use crate::bench::lateness::{Deadlines, Lateness};
use crate::bench::order::Wrong;
use crate::bench::plan::Plan;
use crate::bench::real;
use crate::bench::restore::Restored;
use crate::bench::server::Memory;

#[derive(Debug, Default, Serialize)]
pub(super) struct Sent {
    pub(super) points: u64,
    pub(super) batches: u64,
    pub(super) bytes: u64,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Received {
    pub(super) points: u64,
    pub(super) batches: u64,
    pub(super) bytes: u64,
    pub(super) missing: u64,
    pub(super) out_of_order: u64,
    pub(super) twice: u64,
    pub(super) foreign: u64,
}

/// What a function made of points with ids.
#[derive(Debug, Serialize)]
pub(super) struct Gathered {
    /// Distinct ids sent, on each connection anew.
    pub(super) ids: u64,
    /// How many points went into those received, by what they say.
    pub(super) counted: Option<i64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Keepalives {
    pub(super) sent: u64,
    pub(super) answered: u64,
    pub(super) unrequested: u64,
    pub(super) round_trip_ms: Option<Spread>,
}

#[derive(Debug, Serialize)]
pub(super) struct Spread {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Snapshots {
    pub(super) taken: usize,
    pub(super) bytes: usize,
    pub(super) slowest_ms: f64,
    /// The longest time without any response meanwhile, counted from the one before the request.
    pub(super) longest_silence_ms: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Restores {
    pub(super) done: usize,
    pub(super) slowest_ms: f64,
    /// The longest time without any response meanwhile, counted from the one before the request.
    pub(super) longest_silence_ms: f64,
    /// What the restored functions sent until the end of the stream.
    pub(super) points: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct DeadlineReport {
    /// Arrival − (the connection's last send + the timeout).
    pub(super) after_last_send: LatenessReport,
    /// Arrival − (the send of the point whose time came back + the timeout).
    pub(super) after_own_send: LatenessReport,
    pub(super) during_data: u64,
    pub(super) at_end: u64,
    /// From the moment the first point sent was due until the last arrival; of the slowest connection.
    pub(super) all_out_ms: Option<f64>,
    /// Of keepalives sent from that moment on.
    pub(super) keepalive_round_trip_ms: Option<Spread>,
}

#[derive(Debug, Serialize)]
pub(super) struct LatenessReport {
    pub(super) points: u64,
    pub(super) late_ms: Option<Spread>,
    pub(super) early: u64,
    pub(super) earliest_ms: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct ServerReport {
    /// From Init to the end of the last connection.
    pub(super) cpu_ms: Option<f64>,
    /// As long as `seconds`.
    pub(super) cpu_ns_per_point: Option<f64>,
    pub(super) rss_before: u64,
    /// When all data had been worked off; only with a hold, a snapshot, deadlines or a count.
    pub(super) rss_loaded: Option<u64>,
    pub(super) rss_per_id: Option<PerId>,
    /// Just before the half-close; likewise.
    pub(super) rss_open: Option<u64>,
    pub(super) rss_after: u64,
    pub(super) rss_peak: u64,
}

/// Memory when all data had been worked off, divided by the distinct ids sent.
#[derive(Debug, Serialize)]
pub(super) struct PerId {
    pub(super) all: f64,
    /// Only what was not there before the first connection.
    pub(super) grown: f64,
}

impl Sent {
    pub(super) fn new(connections: &[Connection]) -> Self {
        connections.iter().fold(Self::default(), |sum, Connection { sent, .. }| Self {
            points: sum.points + sent.points,
            batches: sum.batches + sent.batches,
            bytes: sum.bytes + sent.bytes,
        })
    }
}

impl Received {
    pub(super) fn new(connections: &[Connection]) -> Self {
        connections.iter().fold(Self::default(), |sum, Connection { received, .. }| {
            let Wrong { missing, out_of_order, twice, foreign } = received.order.wrong();
            Self {
                points: sum.points + received.order.points,
                batches: sum.batches + received.batches.count,
                bytes: sum.bytes + received.bytes,
                missing: sum.missing + missing,
                out_of_order: sum.out_of_order + out_of_order,
                twice: sum.twice + twice,
                foreign: sum.foreign + foreign,
            }
        })
    }
}

impl Gathered {
    pub(super) fn new(plan: &Plan, connections: &[Connection]) -> Option<Self> {
        let counted = || connections.iter().map(|c| c.received.gathering.as_ref().map(Gathering::sum)).sum();
        (plan.shape.ids > 0).then(|| Self { ids: ids(plan, connections), counted: counted() })
    }
}

impl Keepalives {
    pub(super) fn new(connections: &[Connection]) -> anyhow::Result<Self> {
        let mut round_trips = Histogram::new(3)?;
        let (mut sent, mut answered, mut unrequested) = (0, 0, 0);
        for Connection { keepalives, .. } in connections {
            round_trips.add(&keepalives.round_trips)?;
            sent += keepalives.sent;
            answered += keepalives.answered;
            unrequested += keepalives.unrequested;
        }
        Ok(Self { sent, answered, unrequested, round_trip_ms: Spread::new(&round_trips) })
    }
}

impl Spread {
    fn new(nanos: &Histogram<u64>) -> Option<Self> {
        let millis = |nanos| real(nanos) / 1e6;
        let at = |quantile| millis(nanos.value_at_quantile(quantile));
        (!nanos.is_empty()).then(|| Self { p50: at(0.5), p99: at(0.99), max: millis(nanos.max()) })
    }
}

impl Snapshots {
    pub(super) fn new(connections: &[Connection]) -> Self {
        let taken = || connections.iter().filter_map(|c| c.sent.snapshot.as_ref());
        Self {
            taken: taken().count(),
            bytes: taken().map(|snapshot| snapshot.size).sum(),
            slowest_ms: taken().map(|snapshot| millis(snapshot.took)).fold(0.0, f64::max),
            longest_silence_ms: taken().map(|snapshot| millis(snapshot.silence)).fold(0.0, f64::max),
        }
    }
}

impl Restores {
    pub(super) fn new(restored: &[Restored]) -> Self {
        let longest =
            |time: fn(&Restored) -> Duration| millis(restored.iter().map(time).max().unwrap_or_default());
        Self {
            done: restored.len(),
            slowest_ms: longest(|restored| restored.took),
            longest_silence_ms: longest(|restored| restored.silence),
            points: restored.iter().map(|restored| restored.connection.received.order.points).sum(),
        }
    }
}

impl DeadlineReport {
    pub(super) fn new(deadlines: Deadlines, connections: &[Connection]) -> anyhow::Result<Self> {
        let Deadlines { after_last_send, after_own_send, during_data, at_end, longest } = deadlines;
        let mut round_trips = Histogram::new(3)?;
        for connection in connections {
            round_trips.add(&connection.keepalives.watched_round_trips)?;
        }
        Ok(Self {
            after_last_send: after_last_send.into(),
            after_own_send: after_own_send.into(),
            during_data,
            at_end,
            all_out_ms: longest.map(millis),
            keepalive_round_trip_ms: Spread::new(&round_trips),
        })
    }
}

impl From<Lateness> for LatenessReport {
    fn from(Lateness { late, early, earliest }: Lateness) -> Self {
        Self { points: late.len() + early, late_ms: Spread::new(&late), early, earliest_ms: millis(earliest) }
    }
}

impl PerId {
    pub(super) fn new(
        plan: &Plan,
        connections: &[Connection],
        before: Memory,
        loaded: Memory,
    ) -> Option<Self> {
        let each = |bytes| real(bytes) / real(ids(plan, connections));
        let grown = loaded.rss.saturating_sub(before.rss);
        (ids(plan, connections) > 0).then(|| Self { all: each(loaded.rss), grown: each(grown) })
    }
}

/// Distinct ids sent, on each connection anew.
fn ids(plan: &Plan, connections: &[Connection]) -> u64 {
    connections.iter().map(|connection| plan.shape.distinct_ids(connection.sent.points)).sum()
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

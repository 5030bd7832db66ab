//! The figures, in the form that `--json` prints.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::args::Plan;
use super::drive::{Connection, Outcome};
use super::lateness::{Deadlines, Lateness};
use super::order::Wrong;
use super::real;
use super::restore::Restored;
use super::server::Memory;
use super::verdict;

/// All that `bench` has to say. Durations are in milliseconds, sizes in bytes.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) ok: bool,
    pub(super) faults: Vec<String>,
    pub(super) connections: u64,
    pub(super) writes: &'static str,
    pub(super) sent: Sent,
    pub(super) received: Received,
    /// From the first write to the end of the stream, or, with a hold, a snapshot or deadlines, until
    /// a keepalive sent after the data was answered.
    pub(super) seconds: f64,
    pub(super) points_per_s: f64,
    pub(super) client_cpu_ns_per_point: Option<f64>,
    pub(super) keepalives: Keepalives,
    pub(super) snapshots: Option<Snapshots>,
    pub(super) restores: Option<Restores>,
    pub(super) deadlines: Option<DeadlineReport>,
    pub(super) server: Option<ServerReport>,
}

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
}

#[derive(Debug, Serialize)]
pub(super) struct Restores {
    pub(super) done: usize,
    pub(super) slowest_ms: f64,
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
    pub(super) cpu_ms: Option<f64>,
    pub(super) cpu_ns_per_point: Option<f64>,
    pub(super) rss_before: u64,
    /// With all connections still open; only with a hold, a snapshot or deadlines.
    pub(super) rss_open: Option<u64>,
    pub(super) rss_after: u64,
    pub(super) rss_peak: u64,
}

impl Report {
    pub(super) fn new(
        plan: &Plan,
        outcome: &Outcome,
        restored: &[Restored],
        memory: Option<(Memory, Memory)>,
    ) -> anyhow::Result<Self> {
        let faults = verdict::faults(plan, outcome, restored);
        let connections = &outcome.connections;
        let sent = Sent::new(connections);
        let seconds = elapsed(connections).as_secs_f64();
        let each = |cpu: Duration| (sent.points > 0).then(|| cpu.as_secs_f64() * 1e9 / real(sent.points));
        let deadlines = plan.deadlines.map(|timeout| Deadlines::new(connections, timeout)).transpose()?;
        Ok(Self {
            ok: faults.is_empty(),
            faults,
            connections: plan.connections,
            writes: plan.writes.name(),
            received: Received::new(connections),
            seconds,
            points_per_s: if sent.points > 0 { real(sent.points) / seconds } else { 0.0 },
            client_cpu_ns_per_point: each(outcome.client_cpu),
            keepalives: Keepalives::new(connections)?,
            snapshots: plan.snapshot.then(|| Snapshots::new(connections)),
            restores: plan.restore.then(|| Restores::new(restored)),
            deadlines: deadlines.map(DeadlineReport::from),
            server: memory.map(|(before, after)| ServerReport {
                cpu_ms: outcome.server_cpu.map(millis),
                cpu_ns_per_point: outcome.server_cpu.and_then(each),
                rss_before: before.rss,
                rss_open: outcome.open.map(|memory| memory.rss),
                rss_after: after.rss,
                rss_peak: after.peak,
            }),
            sent,
        })
    }
}

/// From the first write until all data had been worked off everywhere.
fn elapsed(connections: &[Connection]) -> Duration {
    let first = connections.iter().map(|c| c.sent.started).min();
    let last = connections.iter().map(|c| c.sent.consumed.unwrap_or(c.received.ended)).max();
    last.zip(first)
        .map_or(Duration::ZERO, |(last, first): (Instant, _)| last.saturating_duration_since(first))
}

impl Sent {
    fn new(connections: &[Connection]) -> Self {
        connections.iter().fold(Self::default(), |sum, Connection { sent, .. }| Self {
            points: sum.points + sent.points,
            batches: sum.batches + sent.batches,
            bytes: sum.bytes + sent.bytes,
        })
    }
}

impl Received {
    fn new(connections: &[Connection]) -> Self {
        connections.iter().fold(Self::default(), |sum, Connection { received, .. }| {
            let Wrong { missing, out_of_order, twice, foreign } = received.order.wrong();
            Self {
                points: sum.points + received.order.points,
                batches: sum.batches + received.batches,
                bytes: sum.bytes + received.bytes,
                missing: sum.missing + missing,
                out_of_order: sum.out_of_order + out_of_order,
                twice: sum.twice + twice,
                foreign: sum.foreign + foreign,
            }
        })
    }
}

impl Keepalives {
    fn new(connections: &[Connection]) -> anyhow::Result<Self> {
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
    fn new(connections: &[Connection]) -> Self {
        let taken = || connections.iter().filter_map(|c| c.sent.snapshot.as_ref());
        Self {
            taken: taken().count(),
            bytes: taken().map(|snapshot| snapshot.bytes.len()).sum(),
            slowest_ms: taken().map(|snapshot| millis(snapshot.took)).fold(0.0, f64::max),
        }
    }
}

impl Restores {
    fn new(restored: &[Restored]) -> Self {
        Self {
            done: restored.len(),
            slowest_ms: restored.iter().map(|restored| millis(restored.took)).fold(0.0, f64::max),
            points: restored.iter().map(|restored| restored.received.order.points).sum(),
        }
    }
}

impl From<Deadlines> for DeadlineReport {
    fn from(deadlines: Deadlines) -> Self {
        let Deadlines { after_last_send, after_own_send, during_data, at_end } = deadlines;
        Self {
            after_last_send: after_last_send.into(),
            after_own_send: after_own_send.into(),
            during_data,
            at_end,
        }
    }
}

impl From<Lateness> for LatenessReport {
    fn from(Lateness { late, early, earliest }: Lateness) -> Self {
        Self { points: late.len() + early, late_ms: Spread::new(&late), early, earliest_ms: millis(earliest) }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

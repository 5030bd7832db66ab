//! The figures, in the form that `--json` prints.

mod parts;
mod table;

use std::time::{Duration, Instant};

use serde::Serialize;

use super::drive::{Connection, Outcome};
use super::lateness::Deadlines;
use super::plan::Plan;
use super::real;
use super::restore::Restored;
use super::server::Memory;
use super::verdict;
use parts::{
    DeadlineReport, Gathered, Keepalives, PerId, Received, Restores, Sent, ServerReport, Snapshots, millis,
};

/// All that `bench` has to say. Durations are in milliseconds, sizes in bytes.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    ok: bool,
    pub(super) faults: Vec<String>,
    connections: u64,
    writes: &'static str,
    sent: Sent,
    received: Received,
    gathered: Option<Gathered>,
    /// From the first write to the end of the stream, or, with a hold, a snapshot, deadlines or a count, until
    /// a keepalive sent after the data was answered.
    seconds: f64,
    points_per_s: f64,
    /// As long as `seconds`.
    client_cpu_ns_per_point: Option<f64>,
    keepalives: Keepalives,
    snapshots: Option<Snapshots>,
    restores: Option<Restores>,
    deadlines: Option<DeadlineReport>,
    server: Option<ServerReport>,
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
        let deadlines = plan
            .deadlines
            .map(|timeout| Deadlines::new(connections, timeout, plan.shape.clock))
            .transpose()?;
        let deadlines = deadlines.map(|deadlines| DeadlineReport::new(deadlines, connections)).transpose()?;
        let loaded = outcome.loaded;
        let per_id = |before| loaded.and_then(|loaded| PerId::new(plan, connections, before, loaded));
        Ok(Self {
            ok: faults.is_empty(),
            faults,
            connections: plan.connections,
            writes: plan.writes.name(),
            received: Received::new(connections),
            gathered: Gathered::new(plan, connections),
            seconds,
            points_per_s: if sent.points > 0 { real(sent.points) / seconds } else { 0.0 },
            client_cpu_ns_per_point: each(outcome.load.client),
            keepalives: Keepalives::new(connections)?,
            snapshots: plan.snapshot.then(|| Snapshots::new(connections)),
            restores: plan.restore.then(|| Restores::new(restored)),
            deadlines,
            server: memory.map(|(before, after)| ServerReport {
                cpu_ms: outcome.whole.server.map(millis),
                cpu_ns_per_point: outcome.load.server.and_then(each),
                rss_before: before.rss,
                rss_loaded: loaded.map(|memory| memory.rss),
                rss_per_id: per_id(before),
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

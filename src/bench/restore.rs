//! Gives each connection's snapshot back on a connection of its own, as Kapacitor does after a
//! restart, and reads what the restored function sends at the end.

use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context;
use kapacitor_udfd::proto::{EdgeType, InfoResponse};

use super::args::Plan;
use super::drive::Outcome;
use super::receiver::{self, Check, Progress, Received};
use super::session;

/// What came of a restore.
#[derive(Debug)]
pub(super) struct Restored {
    pub(super) took: Duration,
    pub(super) received: Received,
}

/// Restores what is not empty: Kapacitor doesn't keep an empty snapshot.
pub(super) fn restore(
    plan: &Plan,
    info: &InfoResponse,
    outcome: &mut Outcome,
) -> anyhow::Result<Vec<Restored>> {
    let mut restored = Vec::new();
    for (number, connection) in (0..).zip(&mut outcome.connections) {
        let snapshot = connection.sent.snapshot.as_mut().filter(|snapshot| !snapshot.bytes.is_empty());
        if let Some(snapshot) = snapshot {
            let bytes = snapshot.bytes.clone();
            restored.push(one(plan, info, number, bytes).context("on the connection after the snapshot")?);
        }
    }
    Ok(restored)
}

fn one(plan: &Plan, info: &InfoResponse, number: u64, snapshot: Vec<u8>) -> anyhow::Result<Restored> {
    let mut frames = session::init(plan, number)?;
    let took = session::restore(&mut frames, snapshot, plan.timeout)?;
    let progress = Arc::new(Progress::default());
    progress.half_closed.store(true, Relaxed);
    frames.socket().shutdown(Shutdown::Write)?;
    let check = Check {
        mirrored: None,
        complete: None,
        batches: info.provides() == EdgeType::Batch,
        batch: 0,
        arrivals: false,
        timeout: plan.timeout,
    };
    let (events, _) = mpsc::channel();
    Ok(Restored { took, received: receiver::receive(frames, check, events, &progress) })
}

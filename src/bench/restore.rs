//! Gives each connection's snapshot back on a connection of its own, as Kapacitor does after a
//! restart, and reads what the restored function sends until the end.

use std::mem;
use std::time::Duration;

use anyhow::Context;
use kapacitor_udfd::proto::InfoResponse;

use super::drive::{self, Connection, Outcome};
use super::plan::Plan;
use super::sender::Snapshot;
use super::session;

/// What came of a restore.
#[derive(Debug)]
pub(super) struct Restored {
    pub(super) took: Duration,
    /// The longest time without any response meanwhile.
    pub(super) silence: Duration,
    /// What came after it.
    pub(super) connection: Connection,
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
            restored.push(one(plan, info, number, snapshot).context("on the connection after the snapshot")?);
        }
    }
    Ok(restored)
}

fn one(plan: &Plan, info: &InfoResponse, number: u64, snapshot: &mut Snapshot) -> anyhow::Result<Restored> {
    let mut frames = session::init(plan, number)?;
    let answered = session::restore(&mut frames, mem::take(&mut snapshot.bytes), plan)?;
    let connection = drive::go_on(plan, info, frames, snapshot.gathering.take())?;
    Ok(Restored { took: answered.took, silence: answered.silence, connection })
}

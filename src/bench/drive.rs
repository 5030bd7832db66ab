//! Runs all connections at once, two threads each, and waits for them.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use kapacitor_udfd::proto::{EdgeType, InfoResponse};

use super::gate::Gatekeeper;
use super::gathering::Gathering;
use super::keepalive::Keepalives;
use super::plan::{Expect, Plan};
use super::receiver::{self, Arrivals, Check, Received};
use super::sender::{Gates, Job, Sender, Sent};
use super::server::{Cost, Memory, Server};
use super::{batches, order};
use crate::frames::Frames;

/// All that came of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) connections: Vec<Connection>,
    /// From Init until all data had been worked off, if the connections lingered; else until the last
    /// one had ended.
    pub(super) load: Cost,
    /// From Init to the end of the last connection.
    pub(super) whole: Cost,
    /// The server's memory when all data had been worked off, and later when the connections were about
    /// to be half-closed; if they lingered.
    pub(super) loaded: Option<Memory>,
    pub(super) open: Option<Memory>,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sent: Sent,
    pub(super) keepalives: Keepalives,
    pub(super) received: Received,
}

pub(super) fn drive(
    plan: &Plan,
    info: &InfoResponse,
    peers: Vec<Frames>,
    server: Option<&Server>,
) -> anyhow::Result<Outcome> {
    let before = Cost::so_far(server)?;
    let memory = || if plan.lingers() { server.map(Server::memory).transpose() } else { Ok(None) };
    let (connections, looks) = thread::scope(|scope| {
        let (mut loaded, mut open) = (Gatekeeper::new(), Gatekeeper::new());
        let mut running = Vec::new();
        for (number, frames) in (0..).zip(peers) {
            let gates = Gates { loaded: loaded.gate(), open: open.gate() };
            let points = plan.share(number);
            let job = Job { points, snapshot: plan.snapshot, hold: plan.hold, gates };
            let check = check(plan, info, points);
            running.push(scope.spawn(move || connection(plan, frames, job, check)));
        }
        let loaded = loaded.meet(|| anyhow::Ok((Cost::so_far(server)?, memory()?)));
        let open = open.meet(memory);
        let joined =
            running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        anyhow::Ok((joined.collect::<anyhow::Result<Vec<_>>>()?, (loaded?, open?)))
    })?;
    let whole = Cost::so_far(server)?.since(before);
    let ((load, loaded), open) = looks;
    let load = if plan.lingers() { load.since(before) } else { whole };
    Ok(Outcome { connections, load, whole, loaded, open })
}

/// Gives a connection that has been given a snapshot back the time to send what it owes.
pub(super) fn go_on(
    plan: &Plan,
    info: &InfoResponse,
    frames: Frames,
    gathering: Option<Gathering>,
) -> anyhow::Result<Connection> {
    let gates = Gates { loaded: Gatekeeper::new().gate(), open: Gatekeeper::new().gate() };
    // Without it nobody knows what is owed.
    let hold = if gathering.is_some() { plan.hold } else { Duration::ZERO };
    let check = Check {
        order: if gathering.is_some() { order::Rule::Free } else { order::Rule::NotFalling },
        complete: None,
        gathering,
        arrivals: Arrivals::Unnoted,
        ..check(plan, info, 0)
    };
    connection(plan, frames, Job { points: 0, snapshot: false, hold, gates }, check)
}

fn connection(plan: &Plan, frames: Frames, job: Job, check: Check) -> anyhow::Result<Connection> {
    let socket = frames.socket().try_clone().context("can't share a socket between two threads")?;
    socket.set_write_timeout(None)?;
    let (events, answers) = mpsc::channel();
    let progress = Arc::default();
    let sender = Sender::new(plan, socket, answers, Arc::clone(&progress))?;
    thread::scope(|scope| {
        let receiving = scope.spawn(move || receiver::receive(frames, check, events, &progress));
        let (sent, keepalives) = sender.run(job);
        let received = receiving.join().map_err(|_| anyhow!("a reading thread panicked"))?;
        Ok(Connection { sent, keepalives, received })
    })
}

fn check(plan: &Plan, info: &InfoResponse, points: u64) -> Check {
    let mirror = plan.expect == Expect::Mirror;
    let (order, complete) = match plan.expect {
        Expect::Mirror => (order::Rule::Mirror(points), Some(points)),
        Expect::Any => (order::Rule::NotFalling, None),
        // With several connections nobody can say which of them gets how many.
        Expect::Exactly(number) => (order::Rule::NotFalling, Some(number).filter(|_| plan.connections == 1)),
        Expect::Counts { .. } | Expect::Sessions => (order::Rule::Free, None),
    };
    let provided = info.provides() == EdgeType::Batch;
    let gathering = Gathering::new(plan, provided, points);
    Check {
        clock: plan.shape.clock,
        order,
        batches: batches::Rule {
            provided,
            mirrored: (mirror && plan.shape.batch > 0).then_some((points, plan.shape.batch)),
            exact: gathering.as_ref().is_some_and(Gathering::is_about_batches),
        },
        complete: complete.filter(|&goal| goal > 0),
        arrivals: match plan.deadlines {
            None => Arrivals::Unnoted,
            Some(_) if plan.expect == Expect::Sessions => Arrivals::OfBatches,
            Some(_) => Arrivals::OfPoints,
        },
        gathering,
        timeout: plan.timeout,
    }
}

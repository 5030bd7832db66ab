//! Runs all connections at once, two threads each, and waits for them.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use kapacitor_udfd::proto::{EdgeType, InfoResponse};

use super::args::{Expect, Plan};
use super::frames::Frames;
use super::keepalive::Keepalives;
use super::receiver::{self, Check, Received};
use super::sender::{Gate, Sender, Sent};
use super::server::{Memory, Server, own_cpu};

/// All that came of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) connections: Vec<Connection>,
    /// The server's, between Init and the end of the last connection.
    pub(super) server_cpu: Option<Duration>,
    /// Ours.
    pub(super) client_cpu: Duration,
    /// The server's memory after the data, while all connections were still open.
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
    let before = (server.map(Server::cpu).transpose()?, own_cpu()?);
    let (connections, open) = thread::scope(|scope| {
        let (ready, all_ready) = mpsc::channel();
        let mut gates = Vec::new();
        let mut running = Vec::new();
        for (number, frames) in (0..).zip(peers) {
            let (held, open) = mpsc::channel();
            gates.push(held);
            let gate = Gate { ready: ready.clone(), open };
            running.push(scope.spawn(move || connection(plan, info, number, frames, gate)));
        }
        drop(ready);
        // Nothing is ever sent: this ends when each connection is ready or has ended.
        let _ = all_ready.recv();
        let open = plan.lingers().then(|| server.map(Server::memory).transpose());
        drop(gates);
        let joined =
            running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        let connections = joined.collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::Ok((connections, open.transpose()?.flatten()))
    })?;
    let server_cpu =
        server.map(Server::cpu).transpose()?.zip(before.0).map(|(now, then)| now.saturating_sub(then));
    Ok(Outcome { connections, server_cpu, client_cpu: own_cpu()?.saturating_sub(before.1), open })
}

fn connection(
    plan: &Plan,
    info: &InfoResponse,
    number: u64,
    frames: Frames,
    gate: Gate,
) -> anyhow::Result<Connection> {
    let points = plan.share(number);
    let check = check(plan, info, points);
    let socket = frames.socket().try_clone().context("can't share a socket between two threads")?;
    socket.set_write_timeout(None)?;
    let (events, answers) = mpsc::channel();
    let progress = Arc::default();
    let sender = Sender::new(plan, socket, answers, Arc::clone(&progress))?;
    thread::scope(|scope| {
        let receiving = scope.spawn(move || receiver::receive(frames, check, events, &progress));
        let (sent, keepalives) = sender.run(points, gate);
        let received = receiving.join().map_err(|_| anyhow!("a reading thread panicked"))?;
        Ok(Connection { sent, keepalives, received })
    })
}

fn check(plan: &Plan, info: &InfoResponse, points: u64) -> Check {
    let (mirrored, complete) = match plan.expect {
        Expect::Mirror => (Some(points), Some(points)),
        Expect::Any => (None, None),
        // With several connections nobody can say which of them gets how many.
        Expect::Exactly(number) => (None, Some(number).filter(|_| plan.connections == 1)),
    };
    Check {
        mirrored,
        complete,
        batches: info.provides() == EdgeType::Batch,
        batch: plan.shape.batch,
        arrivals: plan.deadlines.is_some(),
        timeout: plan.timeout,
    }
}

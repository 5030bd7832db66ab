//! `kapacitor-udfd bench`: drives a UDF socket as Kapacitor does, checks what comes back and says
//! how fast it was. Knows the protocol from the library and nothing of the daemon: the socket may
//! be anybody's.
//!
//! It is blocking on purpose: a thread that writes and a thread that reads on each connection cost
//! less than a runtime, and the server is to have the cores.

mod args;
mod literal;
mod plan;

mod block;
mod clock;
mod ids;
mod points;
mod shuffle;
mod stamp;

mod drive;
mod gate;
mod keepalive;
mod receiver;
mod restore;
mod sender;
mod server;
mod session;

mod amounts;
mod batches;
mod gathering;
mod order;
mod per_batch;
mod sessions;
mod silence;
mod tally;

mod lateness;
mod report;
mod verdict;

use std::process::ExitCode;

use anyhow::bail;
use kapacitor_udfd::proto::{EdgeType, InfoResponse};

pub(crate) use args::BenchArgs;

use crate::cli::output;
use plan::{Expect, Plan};
use report::Report;
use server::Server;

/// How many faults an error names; the report has them all.
const FAULTS_NAMED: usize = 5;

/// Drives the socket and prints the report. An error also when anything came back wrong.
pub(crate) fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    let plan = Plan::from(args);
    let server = plan.pid.map(Server::new).transpose()?;
    let before = server.as_ref().map(Server::memory).transpose()?;
    let info = session::info(&plan)?;
    check_edge(&plan, &info)?;
    let peers = (0..plan.connections).map(|number| session::init(&plan, number)).collect::<Result<_, _>>()?;
    let mut outcome = drive::drive(&plan, &info, peers, server.as_ref())?;
    let after = server.as_ref().map(Server::memory).transpose()?;
    let restored = if plan.restore { restore::restore(&plan, &info, &mut outcome)? } else { Vec::new() };
    let report = Report::new(&plan, &outcome, &restored, before.zip(after))?;
    output::print(&if plan.json {
        format!("{}\n", serde_json::to_string_pretty(&report)?)
    } else {
        report.to_string()
    })?;
    verdict(&report.faults)
}

/// A function that wants batches takes no points outside one, and the other way round.
fn check_edge(plan: &Plan, info: &InfoResponse) -> anyhow::Result<()> {
    match (info.wants(), plan.shape.batch) {
        (EdgeType::Batch, 0) if plan.points > 0 => bail!("the function wants batches; give --batch N"),
        (EdgeType::Stream, 1..) => bail!("the function wants a stream; leave --batch out"),
        _ if plan.expect == Expect::Sessions && info.provides() == EdgeType::Stream => {
            bail!("the function provides a stream; --expect sessions is about batches")
        }
        _ => Ok(()),
    }
}

fn verdict(faults: &[String]) -> anyhow::Result<ExitCode> {
    if faults.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let named = faults.iter().take(FAULTS_NAMED).cloned().collect::<Vec<_>>().join("; ");
    match faults.len().saturating_sub(FAULTS_NAMED) {
        0 => bail!("{named}"),
        more => bail!("{named}; and {more} more"),
    }
}

/// A count as it is calculated with.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
fn real(count: u64) -> f64 {
    count as f64
}

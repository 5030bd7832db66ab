//! Whether what came back is what should have: every fault in words.

use super::drive::{Connection, Outcome};
use super::gathering::Gathering;
use super::order::points;
use super::plan::{Expect, Plan};
use super::receiver::{End, Received};
use super::restore::Restored;

/// Everything that was wrong; empty if nothing was.
pub(super) fn faults(plan: &Plan, outcome: &Outcome, restored: &[Restored]) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, connection) in (0..).zip(&outcome.connections) {
        let found = of_connection(plan, connection, plan.share(number));
        let name = |fault| if plan.connections > 1 { format!("connection {number}: {fault}") } else { fault };
        faults.extend(found.into_iter().map(name));
    }
    if let Expect::Exactly(expected) = plan.expect {
        let received: u64 = outcome.connections.iter().map(|c| c.received.order.points).sum();
        if received != expected {
            faults.push(format!("received {}, not {expected} (--expect)", points(received)));
        }
    }
    for restored in restored {
        let Connection { sent, received, .. } = &restored.connection;
        let fault = end(plan, received).or_else(|| sent.fault.as_ref().map(ToString::to_string));
        let found = fault.into_iter().chain(of_data(received));
        faults.extend(found.map(|fault| format!("after the restore: {fault}")));
    }
    faults
}

fn of_connection(plan: &Plan, connection: &Connection, share: u64) -> Vec<String> {
    let Connection { sent, keepalives, received } = connection;
    let mut faults = Vec::new();
    if let Some(fault) = end(plan, received) {
        faults.push(format!("{fault}; {} of {share} sent, {} received", sent.points, received.order.points));
    } else if let Some(fault) = &sent.fault {
        let counts = format!("{} of {share} points sent, {} received", sent.points, received.order.points);
        faults.push(match sent.half_closed {
            Some(_) => format!("{fault}; {counts}"),
            None => format!("the function closed the connection before the half-close ({fault}); {counts}"),
        });
    }
    faults.extend(of_data(received));
    let batches = plan.batches(share);
    if plan.expect == Expect::Mirror && received.batches.count != batches {
        faults.push(format!("{} batches received, {batches} expected", received.batches.count));
    }
    let unanswered = keepalives.sent - keepalives.answered;
    // A stream that broke off took the answers with it.
    if plan.expect != Expect::Any && unanswered > 0 && faults.is_empty() {
        faults.push(format!("{unanswered} of {} keepalives not answered", keepalives.sent));
    }
    faults
}

fn of_data(received: &Received) -> Vec<String> {
    let mut faults = received.order.faults();
    faults.extend(received.batches.fault.clone());
    faults.extend(received.gathering.as_ref().map(Gathering::faults).unwrap_or_default());
    faults
}

fn end(plan: &Plan, received: &Received) -> Option<String> {
    match &received.end {
        End::Closed => None,
        End::Truncated(bytes) => Some(format!("the stream ended inside a frame, after {bytes} bytes of it")),
        End::Error(error) => Some(format!("the function answered with an error: {error}")),
        End::Stalled => Some(format!("no progress for {:?} (--timeout)", plan.timeout)),
        End::Broken(why) => Some(why.clone()),
    }
}

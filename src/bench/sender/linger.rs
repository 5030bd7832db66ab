//! All that a connection does between its last point and the half-close: waiting until the data has been
//! worked off, a snapshot, the time it is held open.

use std::io::Write;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use kapacitor_udfd::proto::SnapshotRequest;
use kapacitor_udfd::proto::request::Message;

use super::{Job, SendFault, Sender, Snapshot};
use crate::bench::gate::Gate;
use crate::bench::receiver::{Event, Taken};
use crate::bench::session;

impl Sender<'_> {
    pub(super) fn linger(&mut self, data_ended: Instant, job: Job) -> Result<(), SendFault> {
        let Job { snapshot, hold, gates, .. } = job;
        // What answers this has worked off the data before it.
        let asked = Instant::now();
        self.keepalive(asked)?;
        self.wait(None, false, |sender| sender.keepalives.answered_since(asked))?;
        self.sent.consumed = Some(Instant::now());
        self.pass(gates.loaded)?;
        if snapshot {
            self.snapshot()?;
        }
        let timeouts = self.plan.deadlines.is_some();
        self.wait(Some(data_ended + hold), true, |sender| timeouts && sender.complete)?;
        self.pass(gates.open)
    }

    /// Waits for the other connections.
    fn pass(&mut self, gate: Gate) -> Result<(), SendFault> {
        let opening = gate.arrive();
        self.wait(None, true, |_| opening.is_open())
    }

    fn snapshot(&mut self) -> Result<(), SendFault> {
        let timeout = self.plan.timeout;
        self.asked = Instant::now();
        self.progress.snapshot_asked.store(true, Relaxed);
        self.socket.write_all(&session::encode(Message::Snapshot(SnapshotRequest {})))?;
        self.wait(Some(self.asked + timeout), false, |sender| sender.sent.snapshot.is_some())?;
        if self.sent.snapshot.is_some() { Ok(()) } else { Err(SendFault::NoSnapshot(timeout)) }
    }

    /// Waits for something, or for a time; `told`: it is in order that nothing else happens.
    /// Keepalives go on.
    pub(super) fn wait(
        &mut self,
        until: Option<Instant>,
        told: bool,
        done: impl Fn(&Self) -> bool,
    ) -> Result<(), SendFault> {
        const LOOK: Duration = Duration::from_millis(20);
        while !done(self) {
            let now = Instant::now();
            if until.is_some_and(|until| until <= now) {
                break;
            }
            self.keepalive_if_due(now)?;
            self.progress.steps.fetch_add(u64::from(told), Relaxed);
            let next = [until, self.keepalives.due()].into_iter().flatten().min();
            let pause = next.map_or(LOOK, |next| next.saturating_duration_since(now).min(LOOK));
            match self.events.recv_timeout(pause) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(SendFault::Gone),
            }
        }
        Ok(())
    }

    pub(super) fn drain(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.take(event);
        }
    }

    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Keepalive { time, at } => self.keepalives.answer(time, at),
            Event::Complete => self.complete = true,
            Event::Snapshot(taken) => {
                let Taken { bytes, at, silence, gathering } = *taken;
                let took = at.saturating_duration_since(self.asked);
                let size = bytes.len();
                self.sent.snapshot = Some(Snapshot { bytes, size, took, silence, gathering });
            }
        }
    }

    pub(super) fn keepalive_if_due(&mut self, now: Instant) -> Result<(), SendFault> {
        match self.keepalives.due() {
            Some(due) if due <= now => self.keepalive(now),
            _ => Ok(()),
        }
    }

    fn keepalive(&mut self, now: Instant) -> Result<(), SendFault> {
        let frame = self.keepalives.frame(now);
        Ok(self.socket.write_all(&frame)?)
    }
}

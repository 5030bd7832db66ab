//! A turn of a connection: what has been read is worked off, then what is due. Knows when to stop, so that what
//! was sent leaves and others have their turn.

use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::time::Instant;

use super::Connection;
use super::mailbox::Parcel;
use crate::agent::{Agent, Fault, Step};
use crate::handler::UnixNanos;

/// A turn ends after this long at the latest, give or take sixteen calls of the handler, each with up to sixteen
/// points: what it has sent leaves, and time moves on.
const TURN: Duration = Duration::from_millis(5);

/// How many steps are made between two looks at the clock.
const REQUESTS_A_LOOK: u64 = 16;

/// While input keeps coming a deadline may be this late; then it goes first.
const DEADLINE_SLACK: UnixNanos = 2_000_000;

/// A handler that is still late after a call has so many more before the next input: what came of the input may
/// be more than an outbox each time, and what is due would never catch up.
const DEADLINES_FIRST: u32 = 8;

/// A handler that took this long in a turn is run aside for a while, so that it does not keep other
/// connections' tasks from running. So is one of which nothing is known yet.
const SLOW: Duration = Duration::from_millis(50);

/// For so many turns. One that was not slow itself, but was kept from running, is soon back.
pub(super) const TURNS_ASIDE: u32 = 32;

/// A frame of this size (a snapshot that is restored) is reckoned to make the handler slow.
const LARGE_FRAME: usize = 1 << 20;

impl<R: AsyncRead + Unpin> Connection<R> {
    /// Works off input, off the runtime's own threads if that may take long.
    pub(super) fn work(&mut self) -> Result<(), Fault> {
        let long = std::mem::take(&mut self.long_next) || self.input.rest().len() > LARGE_FRAME;
        let started = Instant::now();
        if long || self.slow > 0 {
            self.aside(|this, now| this.turn(started, now, Agent::step_aside))?;
        } else {
            self.turn(started, self.clock.at(started), Agent::step)?;
        }
        self.slow = if started.elapsed() >= SLOW { TURNS_ASIDE } else { self.slow.saturating_sub(1) };
        Ok(())
    }

    /// Works off what has been read, until it is used up, the outbox is full or time is.
    fn turn(
        &mut self,
        started: Instant,
        now: UnixNanos,
        step: impl Fn(&mut Agent, UnixNanos, &[u8]) -> Result<Step, Fault>,
    ) -> Result<(), Fault> {
        self.unfinished = loop {
            self.requests += 1;
            self.pulse.busy(self.requests);
            match step(&mut self.agent, now, self.input.rest())? {
                Step::NeedMore => break false,
                Step::MayTakeLong => {
                    self.long_next = true;
                    break true;
                }
                Step::Took { bytes, keepalive } => {
                    self.input.take(bytes);
                    if let Some(time) = keepalive {
                        self.interval.keepalive(time, &self.pulse);
                    }
                }
            }
            let look = self.slow > 0 || self.requests.is_multiple_of(REQUESTS_A_LOOK);
            if self.agent.outbox().is_full() || look && started.elapsed() >= TURN {
                break true;
            }
        };
        self.overdue(now)
    }

    /// What must not starve while input keeps coming.
    fn overdue(&mut self, now: UnixNanos) -> Result<(), Fault> {
        if self.is_late(now)? {
            self.deadline(now)?;
            self.behind = if self.is_late(now)? { DEADLINES_FIRST } else { 0 };
        }
        if self.agent.takes_deliveries()
            && !self.agent.outbox().is_full()
            && let Some(parcel) = self.mailbox.as_mut().and_then(|mailbox| mailbox.try_recv().ok())
        {
            self.deliver(parcel);
        }
        Ok(())
    }

    pub(super) fn is_late(&self, now: UnixNanos) -> Result<bool, Fault> {
        let due = self.agent.next_deadline()?;
        Ok(due.is_some_and(|due| due.saturating_add(DEADLINE_SLACK) <= now))
    }

    pub(super) fn deadline(&mut self, now: UnixNanos) -> Result<(), Fault> {
        let partial = !self.input.rest().is_empty();
        self.agent.on_deadline(now, partial)
    }

    pub(super) fn deliver(&mut self, parcel: Parcel) {
        // Whoever sent it may have gone away meanwhile; what was sent is sent.
        let _ = parcel.outcome.send(self.agent.deliver(&parcel.delivery));
    }
}

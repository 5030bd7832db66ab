//! The timer of a connection's next deadline.

use std::pin::Pin;

use tokio::time::{Instant, Sleep, sleep_until};

use super::clock::Clock;
use crate::handler::UnixNanos;

/// One that is moved later is left to ring early: asking anew is
/// cheaper than setting a timer at each turn.
pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    set: Option<UnixNanos>,
}

impl Alarm {
    pub(super) fn new() -> Self {
        Self { sleep: Box::pin(sleep_until(Instant::now())), set: None }
    }

    pub(super) fn set(&mut self, deadline: Option<UnixNanos>, clock: &Clock) {
        match (deadline, self.set) {
            (None, _) => self.set = None,
            (Some(deadline), Some(set)) if set <= deadline && !self.sleep.is_elapsed() => {}
            (Some(deadline), _) => {
                self.sleep.as_mut().reset(clock.instant(deadline));
                self.set = Some(deadline);
            }
        }
    }

    pub(super) fn is_set(&self) -> bool {
        self.set.is_some()
    }

    pub(super) async fn ring(&mut self) {
        self.sleep.as_mut().await;
    }
}

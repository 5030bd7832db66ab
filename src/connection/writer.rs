//! Writes what the agent's outbox gave out. While the handler is busy and nothing has been
//! written for a while, writes a keepalive of its own, so that Kapacitor does not take a busy
//! function for a dead one. Knows bytes, not what they mean.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::pulse::Pulse;
use super::queue::Chunk;
use crate::proto::KeepaliveResponse;
use crate::wire::response;

/// Writes until the queue is dropped, then ends the stream. While the peer does not read, the queue
/// fills and the connection's loop waits: that is all the backpressure there is.
pub(super) async fn run<W: AsyncWrite + Unpin>(
    mut socket: W,
    mut chunks: mpsc::Receiver<Chunk>,
    mut cover: Cover,
) -> io::Result<()> {
    let mut check = pin!(sleep_until(cover.due()));
    loop {
        tokio::select! {
            biased;
            chunk = chunks.recv() => match chunk {
                Some(chunk) => {
                    socket.write_all(&chunk.bytes).await?;
                    cover.wrote();
                }
                None => break,
            },
            () = &mut check => {
                if let Some(keepalive) = cover.keepalive() {
                    socket.write_all(&keepalive).await?;
                    cover.wrote();
                }
                check.as_mut().reset(cover.due());
            }
        }
    }
    socket.shutdown().await
}

/// A handler that was busy is looked at again after this long, before it is covered for.
const SECOND_LOOK: Duration = Duration::from_millis(20);

/// Decides when a busy handler is covered for.
#[derive(Debug)]
pub(super) struct Cover {
    pulse: Arc<Pulse>,
    /// How long one request is covered for.
    patience: Duration,
    last_write: Instant,
    checked: Instant,
    /// The request the handler was last seen busy with, and since when; `None`: it was idle.
    busy: Option<(u64, Instant)>,
    /// It was busy when it was looked at before, too.
    twice: bool,
    warned: bool,
}

impl Cover {
    pub(super) fn new(pulse: Arc<Pulse>, patience: Duration) -> Self {
        let now = Instant::now();
        Self { pulse, patience, last_write: now, checked: now, busy: None, twice: false, warned: false }
    }

    fn wrote(&mut self) {
        self.last_write = Instant::now();
    }

    /// When to look again.
    fn due(&self) -> Instant {
        if self.busy.is_some() && !self.twice {
            return self.checked + SECOND_LOOK;
        }
        let silence = self.pulse.silence();
        // It may have become busy just after it was found idle, with half of Kapacitor's timeout gone.
        (self.last_write + silence).max(self.checked + silence / 2)
    }

    /// The keepalive to write now, if one is called for.
    fn keepalive(&mut self) -> Option<BytesMut> {
        let now = Instant::now();
        let silent = self.last_write + self.pulse.silence() <= now;
        let Some(request) = self.pulse.request().filter(|_| silent) else {
            (self.checked, self.busy, self.twice) = (now, None, false);
            return None;
        };
        self.checked = now;
        let since = self.busy.filter(|&(seen, _)| seen == request).map_or(now, |(_, since)| since);
        self.busy = Some((request, since));
        if !std::mem::replace(&mut self.twice, true) {
            // Perhaps it is busy only for a moment, with a keepalive of Kapacitor's own.
            return None;
        }
        if now.duration_since(since) >= self.patience {
            self.warn_once();
            return None;
        }
        let mut frame = BytesMut::new();
        response::write(&KeepaliveResponse { time: unix_now() }, &mut frame);
        Some(frame)
    }

    fn warn_once(&mut self) {
        if !std::mem::replace(&mut self.warned, true) {
            let max_handler_time = self.patience;
            warn!(
                ?max_handler_time,
                "one call of the handler takes longer than limits.max_handler_time: no more keepalives are sent for it"
            );
        }
    }
}

fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

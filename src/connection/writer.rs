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

/// Decides when a busy handler is covered for.
#[derive(Debug)]
pub(super) struct Cover {
    pulse: Arc<Pulse>,
    /// How long one request is covered for.
    patience: Duration,
    last_write: Instant,
    checked: Instant,
    /// The request the handler was last seen busy with, and since when.
    seen: Option<(u64, Instant)>,
    warned: bool,
}

impl Cover {
    pub(super) fn new(pulse: Arc<Pulse>, patience: Duration) -> Self {
        let now = Instant::now();
        Self { pulse, patience, last_write: now, checked: now, seen: None, warned: false }
    }

    fn wrote(&mut self) {
        self.last_write = Instant::now();
    }

    /// When to look again.
    fn due(&self) -> Instant {
        self.last_write.max(self.checked) + self.pulse.silence()
    }

    /// The keepalive to write now, if one is called for.
    fn keepalive(&mut self) -> Option<BytesMut> {
        let now = Instant::now();
        if self.last_write + self.pulse.silence() > now {
            return None;
        }
        self.checked = now;
        let request = self.pulse.request()?;
        let since = match self.seen {
            Some((seen, since)) if seen == request => since,
            _ => self.seen.insert((request, now)).1,
        };
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

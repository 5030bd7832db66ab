//! How a connection ends: what is told to the peer, to the log and to whoever served it.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, field, info, warn};

use crate::agent::{Agent, Counters, Fault, KapacitorTask};
use crate::proto;
use crate::wire::response;

/// How long a peer that was told of an error may take to close. One that does not counts against
/// `limits.max_connections` until then.
const LINGER: Duration = Duration::from_secs(10);

/// How a connection ended.
#[derive(Debug, Default)]
pub struct Summary {
    /// Whose node it served; `None` if it never got as far as Init.
    pub task: Option<KapacitorTask>,
    /// What it saw.
    pub counters: Counters,
    /// Why it ended before the stream did.
    pub fault: Option<Fault>,
    /// The stream ended in good order, but the peer did not take all that was sent after that.
    pub unread: Option<io::Error>,
}

/// Tells a peer that is not served why, and closes. A peer that only sees its connection close
/// waits for its answer until its own timeout.
pub async fn refuse(
    reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
    why: &impl ToString,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    let mut frame = BytesMut::new();
    response::write(&proto::ErrorResponse { error: why.to_string() }, &mut frame);
    writer.write_all(&frame).await?;
    writer.shutdown().await?;
    linger(reader, shutdown).await;
    Ok(())
}

/// Reads and forgets until the peer closes. A Kapacitor that is writing when we close takes the
/// broken pipe for the task's error, and not the one it was sent.
pub(super) async fn linger(mut reader: impl AsyncRead + Unpin, shutdown: &CancellationToken) {
    let mut forgotten = sink();
    tokio::select! {
        _ = copy(&mut reader, &mut forgotten) => {}
        () = sleep(LINGER) => {}
        () = shutdown.cancelled() => {}
    }
}

/// The one line for a connection that a fault ends. Function, Kapacitor task and node are the span's.
pub(super) fn log_fault(fault: &Fault, Counters { points, batches, .. }: Counters) {
    let kind = fault.kind();
    if matches!(fault, Fault::Io(_)) {
        warn!(kind, points, batches, "connection ended: {fault}; Kapacitor gave it up, or ended");
        return;
    }
    error!(
        kind,
        points, batches, "connection ended: {fault}; its Kapacitor task stops until it is enabled again"
    );
}

impl Summary {
    pub(super) fn of(agent: &Agent, fault: Option<Fault>, unread: Option<io::Error>) -> Self {
        Self { task: agent.task().cloned(), counters: agent.counters(), fault, unread }
    }

    /// The one line for a connection that ended in good order; none for one that only asked Info.
    pub(super) fn log(&self) {
        let Counters { points, batches, snapshots, snapshots_too_large, snapshots_foreign } = self.counters;
        let unread = self.unread.as_ref().map(field::display);
        match (&self.fault, &self.task) {
            (Some(_), _) => {}
            (None, None) => debug!("connection closed"),
            (None, Some(_)) => info!(
                points,
                batches, snapshots, snapshots_too_large, snapshots_foreign, unread, "connection closed"
            ),
        }
    }
}

//! The way from a connection's loop to its writer. It is bounded in bytes: what a peer that does not
//! read makes us hold is this much, the chunk that waits for a place, and the frame being read.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// What may wait for the writer, or be with it. A larger chunk waits until it is alone.
const ROOM: u32 = 512 << 10;

/// A chunk takes this much at least, so that small ones are bounded too.
const LEAST: u32 = ROOM / 16;

#[derive(Debug)]
pub(super) struct Queue {
    chunks: mpsc::Sender<Chunk>,
    room: Arc<Semaphore>,
}

/// Bytes to write. Its room is free again once it is dropped.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

/// The writer has ended.
#[derive(Debug)]
pub(super) struct Gone;

/// A queue and its other end. Dropping the queue tells the writer that this was all.
pub(super) fn channel() -> (Queue, mpsc::Receiver<Chunk>) {
    let (chunks, writer) = mpsc::channel((ROOM / LEAST) as usize);
    (Queue { chunks, room: Arc::new(Semaphore::new(ROOM as usize)) }, writer)
}

impl Queue {
    /// Hands bytes to the writer, once there is room for them.
    pub(super) async fn send(&self, bytes: Bytes) -> Result<(), Gone> {
        let room = u32::try_from(bytes.len()).unwrap_or(ROOM).clamp(LEAST, ROOM);
        let room = Arc::clone(&self.room).acquire_many_owned(room).await.map_err(|_| Gone)?;
        self.chunks.send(Chunk { bytes, _room: room }).await.map_err(|_| Gone)
    }

    /// Waits until all that was sent is written.
    pub(super) async fn written(&self) {
        // The writer frees a chunk's room when it is done with it, or gone.
        let _ = self.room.acquire_many(ROOM).await;
    }
}

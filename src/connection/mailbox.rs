//! Sending to Kapacitor at any time, from anywhere: a bounded channel into the connection's loop.

use tokio::sync::{mpsc, oneshot};

use crate::agent::{Batch, Delivery, SendError};
use crate::proto;

/// How many deliveries may wait; the sender of one more waits itself.
const DELIVERIES: usize = 64;

/// Sends points or batches to Kapacitor outside a handler's methods: from a task, a thread, a
/// timer of the handler's author. Clones send to the same connection.
#[derive(Debug, Clone)]
pub struct Sender {
    parcels: mpsc::Sender<Parcel>,
}

/// A delivery and where its sender waits for the outcome.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) delivery: Delivery,
    pub(super) outcome: oneshot::Sender<Result<(), SendError>>,
}

pub(super) fn channel() -> (Sender, mpsc::Receiver<Parcel>) {
    let (parcels, mailbox) = mpsc::channel(DELIVERIES);
    (Sender { parcels }, mailbox)
}

impl Sender {
    /// Sends a point. Done once it has its place in the order of what goes to Kapacitor; waits
    /// while the connection is not yet initialised or Kapacitor does not read.
    pub async fn point(&self, point: proto::Point) -> Result<(), SendError> {
        self.send(Delivery::Point(point)).await
    }

    /// Sends a whole batch; likewise.
    pub async fn batch(&self, batch: Batch) -> Result<(), SendError> {
        self.send(Delivery::Batch(batch)).await
    }

    /// Sends from a thread outside the runtime.
    ///
    /// # Panics
    /// When called from asynchronous code.
    pub fn blocking_send(&self, delivery: Delivery) -> Result<(), SendError> {
        let (outcome, wait) = oneshot::channel();
        self.parcels.blocking_send(Parcel { delivery, outcome }).map_err(|_| SendError::Closed)?;
        wait.blocking_recv().unwrap_or(Err(SendError::Closed))
    }

    async fn send(&self, delivery: Delivery) -> Result<(), SendError> {
        let (outcome, wait) = oneshot::channel();
        self.parcels.send(Parcel { delivery, outcome }).await.map_err(|_| SendError::Closed)?;
        wait.await.unwrap_or(Err(SendError::Closed))
    }
}

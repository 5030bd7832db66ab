//! Bounds of what a peer can make the daemon hold or do, as far as somebody may want to change them.
//! What each is for stands at its field.
//!
//! The others are constants, each with its reason beside it:
//!
//! - `MAX_CALLS` in `options/check.rs`: calls of options of one node
//! - `MAX_SIZE_HINT` in `wire/batch_writer.rs`: the size a batch is announced with
//! - `MAX_WAITING` in `agent/outgoing.rs`: batches that wait for another one's end
//! - `ROOM` in `connection/queue.rs`: what waits for a peer that does not read
//! - `DELIVERIES` in `connection/mailbox.rs`: what waits from a handler's own tasks
//! - `LAST_READS` in `connection/mod.rs`: what is read at shutdown
//! - `LINGER` in `connection/ending.rs`: how long a peer may take to close after an error

use std::time::Duration;

/// The bounds of one daemon. `Limits::default()` holds the documented defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest frame taken, in bytes (4 KiB to 2 GiB, default 256 MiB). Attack: a length of 2^63 announced,
    /// or a real gigabyte sent, to exhaust memory. A stored snapshot comes back as one frame, so
    /// this must be larger than `max_snapshot`.
    pub max_frame: usize,
    /// The largest snapshot given to Kapacitor, in bytes (1 KiB to just below `max_frame`, default
    /// 128 MiB). Kapacitor holds it in memory and writes it to its database every minute.
    pub max_snapshot: usize,
    /// How long one call of a handler is covered by keepalives (1 ms to 1 day, default 30 s).
    /// Beyond it Kapacitor's own timeout ends the Kapacitor task.
    pub max_handler_time: Duration,
    /// Connections open at once, over all functions (1 to 1,000,000, default 1,024). Attack: file
    /// descriptors. One more waits, and to Kapacitor looks open: its task stops once its timeout is over.
    pub max_connections: usize,
    /// How long a shutdown waits for connections to finish (0 to 1 day, default 10 s). Attack: a
    /// peer that never reads keeps the daemon from ending.
    pub grace_period: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame: 256 << 20,
            max_snapshot: 128 << 20,
            max_handler_time: Duration::from_secs(30),
            max_connections: 1024,
            grace_period: Duration::from_secs(10),
        }
    }
}

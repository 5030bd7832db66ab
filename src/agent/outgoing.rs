//! What can be sent to Kapacitor, and why it is not. The rules themselves are the outbox's.

use std::collections::BTreeMap;

use bytes::BytesMut;

use crate::handler::UnixNanos;
use crate::proto;
use crate::wire::batch::{BeginBatchView, EndBatchView};
use crate::wire::batch_writer::MAX_SIZE_HINT;
use crate::wire::point::PointView;
use crate::wire::{WireError, response};

/// How many bytes of whole batches may wait for the end of a forwarded one.
pub(super) const MAX_WAITING: usize = 64 << 20;

/// Why something was not sent. Nothing of it has reached Kapacitor, and the connection can go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SendError {
    /// Batches on a stream edge.
    #[error("sent {sent} on a stream edge; the function's info says it provides points")]
    NotBatches {
        /// What was sent.
        sent: &'static str,
    },
    /// A single point on a batch edge.
    #[error("sent a point outside a batch on a batch edge; send a whole batch")]
    NotInBatch,
    /// A second begin.
    #[error("sent a BeginBatch while a batch is open; Kapacitor would drop the open one's points")]
    BatchOpen,
    /// An end without a begin.
    #[error("sent an EndBatch while no batch is open; it would bring kapacitord down")]
    NoBatchOpen,
    /// Parts of a batch from a timer, a stop or a sender.
    #[error("sent {sent} from outside the data that flows in; send a whole batch")]
    NotInData {
        /// What was sent.
        sent: &'static str,
    },
    /// Too much waits for an open batch to end.
    #[error("{bytes} bytes of batches wait for the open one to end; at most {MAX_WAITING} may")]
    TooMuchWaiting {
        /// What waits, this batch included.
        bytes: usize,
    },
    /// The point that should be changed is broken.
    #[error(transparent)]
    Point(#[from] WireError),
    /// The connection has ended.
    #[error("the connection to Kapacitor has ended")]
    Closed,
}

/// A piece of data that goes on as the bytes it came in.
#[derive(Debug, Clone, Copy)]
pub enum Forward<'a> {
    /// A batch's begin.
    Begin(BeginBatchView<'a>),
    /// A point.
    Point(PointView<'a>),
    /// A batch's end.
    End(EndBatchView<'a>),
}

impl<'a> From<BeginBatchView<'a>> for Forward<'a> {
    fn from(begin: BeginBatchView<'a>) -> Self {
        Self::Begin(begin)
    }
}

impl<'a> From<PointView<'a>> for Forward<'a> {
    fn from(point: PointView<'a>) -> Self {
        Self::Point(point)
    }
}

impl<'a> From<EndBatchView<'a>> for Forward<'a> {
    fn from(end: EndBatchView<'a>) -> Self {
        Self::End(end)
    }
}

/// A whole batch, sent in one piece.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The measurement.
    pub name: String,
    /// The tags of the batch's group.
    pub tags: BTreeMap<String, String>,
    /// Whether the measurement is part of the group.
    pub by_name: bool,
    /// The batch's time.
    pub tmax: UnixNanos,
    /// Kapacitor uses their time, tags and fields.
    pub points: Vec<proto::Point>,
}

/// What a sender hands to the agent.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// A point; on stream edges.
    Point(proto::Point),
    /// A whole batch; on batch edges.
    Batch(Batch),
}

impl Batch {
    pub(super) fn write(&self, out: &mut BytesMut) {
        let size = i64::try_from(self.points.len()).unwrap_or(MAX_SIZE_HINT).min(MAX_SIZE_HINT);
        let begin = proto::BeginBatch {
            name: self.name.clone(),
            group: String::new(),
            tags: self.tags.clone(),
            size,
            by_name: self.by_name,
        };
        response::write(&begin, out);
        self.points.iter().for_each(|point| response::write_point(point, out));
        let end = proto::EndBatch {
            name: begin.name,
            group: begin.group,
            tmax: self.tmax,
            tags: begin.tags,
            by_name: self.by_name,
        };
        response::write(&end, out);
    }
}

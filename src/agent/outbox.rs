//! What a handler sends, checked before it becomes bytes: Kapacitor never gets a frame that would
//! bring it down or be taken for something else, whatever a handler does. The handler gets the
//! error.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};

use crate::edge::Edge;
use crate::handler::UnixNanos;
use crate::proto;
use crate::wire::WireError;
use crate::wire::batch::{BeginBatchView, EndBatchView};
use crate::wire::patch::PointPatch;
use crate::wire::point::PointView;
use crate::wire::response::{self, ResponseMessage};

/// From here on the outbox is handed to the writer. Large enough that a system call a chunk
/// does not show, small enough that a hundred busy connections fit into a few megabytes.
const FULL: usize = 64 << 10;

/// The largest `BeginBatch.size` sent. Kapacitor allocates as many slots at once and counts the
/// points all the same.
const MAX_SIZE_HINT: i64 = 1 << 20;

/// How many bytes of whole batches may wait for the end of a forwarded one.
const MAX_WAITING: usize = 64 << 20;

/// Collects what goes to Kapacitor.
#[derive(Debug)]
pub struct Outbox {
    ready: BytesMut,
    /// Whole batches, encoded, that came while another batch was open.
    waiting: BytesMut,
    provides: Edge,
    /// A `BeginBatch` has been sent and its `EndBatch` has not.
    open: bool,
    /// Whether the call at hand belongs to the data that flows in; timers and senders do not.
    in_data: bool,
}

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

impl Outbox {
    pub(super) fn new(provides: Edge) -> Self {
        Self { ready: BytesMut::new(), waiting: BytesMut::new(), provides, open: false, in_data: false }
    }

    /// Sends data on as it came.
    #[inline]
    pub fn forward<'a>(&mut self, data: impl Into<Forward<'a>>) -> Result<(), SendError> {
        match data.into() {
            Forward::Point(point) => {
                self.admit_point()?;
                self.put(point.frame());
            }
            Forward::Begin(begin) if (0..=MAX_SIZE_HINT).contains(&begin.size()) => {
                self.admit_begin()?;
                self.put(begin.frame());
            }
            Forward::Begin(begin) => self.begin(&begin.to_begin()?)?,
            Forward::End(end) => {
                self.admit_end()?;
                self.put(end.frame());
                self.release_waiting();
            }
        }
        Ok(())
    }

    /// Sends a point on with fields and tags set.
    #[inline]
    pub fn patched(&mut self, point: &PointView<'_>, patch: &mut PointPatch) -> Result<(), SendError> {
        self.admit_point()?;
        Ok(patch.apply(point, &mut self.ready)?)
    }

    /// Sends a point. On a batch edge it becomes a part of the batch that is open.
    pub fn point(&mut self, point: &proto::Point) -> Result<(), SendError> {
        self.admit_point()?;
        response::write_point(point, &mut self.ready);
        Ok(())
    }

    /// Begins a batch. What other batches are sent until its end wait.
    pub fn begin(&mut self, begin: &proto::BeginBatch) -> Result<(), SendError> {
        self.admit_begin()?;
        let size = begin.size.clamp(0, MAX_SIZE_HINT);
        response::write(&proto::BeginBatch { size, ..begin.clone() }, &mut self.ready);
        Ok(())
    }

    /// Ends the batch that is open.
    pub fn end(&mut self, end: &proto::EndBatch) -> Result<(), SendError> {
        self.admit_end()?;
        response::write(end, &mut self.ready);
        self.release_waiting();
        Ok(())
    }

    /// Sends a whole batch. While another is open it waits for that one's end.
    pub fn batch(&mut self, batch: &Batch) -> Result<(), SendError> {
        if self.provides != Edge::Batch {
            return Err(SendError::NotBatches { sent: "a batch" });
        }
        if !self.open {
            batch.write(&mut self.ready);
            return Ok(());
        }
        let before = self.waiting.len();
        batch.write(&mut self.waiting);
        let bytes = self.waiting.len();
        if bytes > MAX_WAITING {
            self.waiting.truncate(before);
            return Err(SendError::TooMuchWaiting { bytes });
        }
        Ok(())
    }

    /// Whether it is time to return: what has been sent should leave before more is added.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.ready.len() >= FULL
    }

    /// An answer of the agent itself, which no rule about data concerns.
    pub(super) fn respond(&mut self, response: &impl ResponseMessage) {
        response::write(response, &mut self.ready);
    }

    pub(super) fn set_in_data(&mut self, in_data: bool) {
        self.in_data = in_data;
    }

    /// Takes what is ready to be written, if anything is.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        (!self.ready.is_empty()).then(|| self.ready.split().freeze())
    }

    /// How many bytes of batches wait for one that is open.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    #[inline]
    fn admit_point(&self) -> Result<(), SendError> {
        match self.provides {
            Edge::Stream => Ok(()),
            Edge::Batch if !self.open => Err(SendError::NotInBatch),
            Edge::Batch => self.admit_in_data("a point"),
        }
    }

    fn admit_begin(&mut self) -> Result<(), SendError> {
        self.admit_part("a BeginBatch")?;
        if self.open {
            return Err(SendError::BatchOpen);
        }
        self.open = true;
        Ok(())
    }

    fn admit_end(&mut self) -> Result<(), SendError> {
        self.admit_part("an EndBatch")?;
        if !self.open {
            return Err(SendError::NoBatchOpen);
        }
        self.open = false;
        Ok(())
    }

    fn admit_part(&self, sent: &'static str) -> Result<(), SendError> {
        match self.provides {
            Edge::Stream => Err(SendError::NotBatches { sent }),
            Edge::Batch => self.admit_in_data(sent),
        }
    }

    #[inline]
    fn admit_in_data(&self, sent: &'static str) -> Result<(), SendError> {
        if self.in_data { Ok(()) } else { Err(SendError::NotInData { sent }) }
    }

    #[inline]
    fn put(&mut self, frame: &[u8]) {
        if self.ready.capacity() - self.ready.len() < frame.len() {
            self.ready.reserve(frame.len().max(FULL / 8));
        }
        self.ready.put_slice(frame);
    }

    fn release_waiting(&mut self) {
        if !self.waiting.is_empty() {
            self.ready.put_slice(&self.waiting.split());
        }
    }
}

impl Batch {
    fn write(&self, out: &mut BytesMut) {
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

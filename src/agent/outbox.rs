//! What a handler sends, checked before it becomes bytes: Kapacitor never gets a frame that would
//! bring it down or be taken for something else, whatever a handler does. The handler gets the
//! error.

use bytes::{BufMut, Bytes, BytesMut};

use super::outgoing::{Batch, Forward, MAX_SIZE_HINT, MAX_WAITING, SendError};
use crate::edge::Edge;
use crate::proto;
use crate::wire::patch::PointPatch;
use crate::wire::point::PointView;
use crate::wire::request::number::POINT;
use crate::wire::response::{self, ResponseMessage};
use crate::wire::varint;

/// From here on the outbox is handed to the writer: as much as is read at once, so that a full
/// read is answered in one turn. In one run, medians of five: 138 ns of CPU a point with 64 KiB, 102 with
/// 128, 105 with 256 and fewer points a second, since what is under way no longer fits into a cache.
const FULL: usize = 128 << 10;

/// What the outbox makes room for, at least and at most.
const SMALLEST_CHUNK: usize = 4 << 10;
const LARGEST_CHUNK: usize = FULL + FULL / 8;

/// Collects what goes to Kapacitor.
#[derive(Debug)]
pub struct Outbox {
    ready: BytesMut,
    /// The size of what was taken last.
    last_chunk: usize,
    /// Whole batches, encoded, that came while another batch was open.
    waiting: BytesMut,
    provides: Edge,
    /// A `BeginBatch` has been sent and its `EndBatch` has not.
    open: bool,
    /// Whether the call at hand belongs to the data that flows in; timers and senders do not.
    in_data: bool,
}

impl Outbox {
    pub(super) fn new(provides: Edge) -> Self {
        Self {
            ready: BytesMut::new(),
            last_chunk: 0,
            waiting: BytesMut::new(),
            provides,
            open: false,
            in_data: false,
        }
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
        self.make_room(point.frame().len() + patch.len());
        Ok(patch.apply(point, &mut self.ready)?)
    }

    /// Sends a point. On a batch edge it becomes a part of the batch that is open.
    pub fn point(&mut self, point: &proto::Point) -> Result<(), SendError> {
        self.admit_point()?;
        response::write_point(point, &mut self.ready);
        Ok(())
    }

    /// Sends a point whose message has been written by hand.
    pub(crate) fn encoded_point(&mut self, body: &[u8]) -> Result<(), SendError> {
        self.admit_point()?;
        self.make_room(body.len() + 3 * varint::MAX_LEN);
        response::write_header(POINT, body.len(), &mut self.ready);
        self.ready.put_slice(body);
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
        if self.ready.is_empty() {
            return None;
        }
        self.last_chunk = self.ready.len();
        Some(self.ready.split().freeze())
    }

    /// The open batch will not end any more: Kapacitor forgets it when another begins, and what
    /// waited for its end goes out.
    pub(super) fn give_up_open(&mut self) {
        self.open = false;
        self.release_waiting();
    }

    /// Where the outbox is, to come back to before anything is taken from it.
    pub(super) fn mark(&self) -> usize {
        self.ready.len()
    }

    /// Forgets what has been sent since.
    pub(super) fn rewind(&mut self, mark: usize) {
        self.ready.truncate(mark);
        self.waiting.clear();
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
        self.make_room(frame.len());
        self.ready.put_slice(frame);
    }

    /// Room for a whole chunk at once, as large as the last one was: growing by and by would copy
    /// what is there each time.
    #[inline]
    fn make_room(&mut self, bytes: usize) {
        if self.ready.capacity() - self.ready.len() < bytes {
            self.ready.reserve(bytes.max(self.last_chunk.clamp(SMALLEST_CHUNK, LARGEST_CHUNK)));
        }
    }

    fn release_waiting(&mut self) {
        if !self.waiting.is_empty() {
            self.ready.put_slice(&self.waiting.split());
        }
    }
}

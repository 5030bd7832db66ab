//! What a handler sends, checked before it becomes bytes: Kapacitor never gets a frame that would
//! bring it down or be taken for something else, whatever a handler does. The handler gets the
//! error.

use bytes::{BufMut, Bytes, BytesMut};

use super::outgoing::{Batch, Forward, MAX_WAITING, SendError};
use crate::edge::Edge;
use crate::proto;
use crate::wire::batch_writer::{BeginBody, EndBody, MAX_SIZE_HINT};
use crate::wire::patch::PointPatch;
use crate::wire::point::PointView;
use crate::wire::request::number::{BEGIN, END, POINT};
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
    /// The handler has taken long: see [`Self::rest`].
    is_resting: bool,
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
            is_resting: false,
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
        write_body(POINT, body, &mut self.ready);
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
        self.admit_batch()?;
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

    /// Begins a batch whose message has been written by hand.
    pub(crate) fn encoded_begin(&mut self, begin: &BeginBody) -> Result<(), SendError> {
        self.admit_begin()?;
        self.make_room(begin.bytes().len() + 3 * varint::MAX_LEN);
        write_body(BEGIN, begin.bytes(), &mut self.ready);
        Ok(())
    }

    /// Sends frames of points that have been written by hand, into the batch that is open.
    pub(crate) fn encoded_points(&mut self, frames: &[u8]) -> Result<(), SendError> {
        self.admit_point()?;
        self.put(frames);
        Ok(())
    }

    /// Ends the batch that is open, likewise.
    pub(crate) fn encoded_end(&mut self, end: &EndBody) -> Result<(), SendError> {
        self.admit_end()?;
        self.make_room(end.bytes().len() + 3 * varint::MAX_LEN);
        write_body(END, end.bytes(), &mut self.ready);
        self.release_waiting();
        Ok(())
    }

    /// Sends a whole batch that has been written by hand, as [`batch`](Self::batch). `points`: frames of points,
    /// one or more in each piece.
    pub(crate) fn encoded_batch<'p, P>(
        &mut self,
        begin: &BeginBody,
        points: P,
        end: &EndBody,
    ) -> Result<(), SendError>
    where
        P: IntoIterator<Item = &'p [u8], IntoIter: Clone>,
    {
        self.admit_batch()?;
        let points = points.into_iter();
        let headers = 2 * 3 * varint::MAX_LEN;
        let bytes = begin.bytes().len() + points.clone().map(<[u8]>::len).sum::<usize>() + end.bytes().len();
        let out = if self.open {
            let bytes = self.waiting.len() + bytes + headers;
            if bytes > MAX_WAITING {
                return Err(SendError::TooMuchWaiting { bytes });
            }
            &mut self.waiting
        } else {
            self.make_room(bytes + headers);
            &mut self.ready
        };
        write_body(BEGIN, begin.bytes(), out);
        points.for_each(|frames| out.put_slice(frames));
        write_body(END, end.bytes(), out);
        Ok(())
    }

    /// Whether it is time to return: what has been sent should leave before more is added.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.ready.len() >= FULL || self.is_resting
    }

    /// Counts as full until what is there has left: a handler whose calls take long is to return, whatever it sends.
    pub(crate) fn rest(&mut self) {
        self.is_resting = true;
    }

    /// Whether something is ready to be written.
    pub(crate) fn has_something(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Says something that Kapacitor takes for a keepalive, before what is sent next.
    pub(crate) fn announce(&mut self, time: i64) {
        self.respond(&proto::KeepaliveResponse { time });
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
        self.is_resting = false;
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

    fn admit_batch(&self) -> Result<(), SendError> {
        match self.provides {
            Edge::Stream => Err(SendError::NotBatches { sent: "a batch" }),
            Edge::Batch => Ok(()),
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

#[inline]
fn write_body(number: u32, body: &[u8], out: &mut BytesMut) {
    response::write_header(number, body.len(), out);
    out.put_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::batch_writer::Head;

    fn batch(points: usize) -> Batch {
        let tags = [("host".to_owned(), "web0".to_owned()), ("user".to_owned(), String::new())].into();
        let point = |time| proto::Point { time, ..Default::default() };
        Batch {
            name: "m".to_owned(),
            tags,
            by_name: true,
            tmax: -5,
            points: (0..).map(point).take(points).collect(),
        }
    }

    fn bodies(batch: &Batch) -> (BeginBody, EndBody) {
        let tags = batch.tags.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let head = Head { name: batch.name.as_bytes(), group: &b""[..], tags, by_name: batch.by_name };
        let (mut begin, mut end) = (BeginBody::default(), EndBody::default());
        begin.write(head.clone(), batch.points.len());
        end.write(head, batch.tmax);
        (begin, end)
    }

    fn encoded(out: &mut Outbox, batch: &Batch) -> Result<(), SendError> {
        let (begin, end) = bodies(batch);
        let mut points = BytesMut::new();
        batch.points.iter().for_each(|point| response::write_point(point, &mut points));
        // In two pieces, wherever the cut is.
        let (one, two) = points.split_at(points.len() / 2);
        out.encoded_batch(&begin, [one, two], &end)
    }

    fn outbox(provides: Edge) -> Outbox {
        let mut outbox = Outbox::new(provides);
        outbox.set_in_data(true);
        outbox
    }

    #[test]
    fn a_batch_written_by_hand_is_the_batch() {
        for points in [0, 1, 300] {
            let batch = batch(points);
            let (mut plain, mut by_hand, mut parts) =
                (outbox(Edge::Batch), outbox(Edge::Batch), outbox(Edge::Batch));
            plain.batch(&batch).unwrap();
            encoded(&mut by_hand, &batch).unwrap();
            let (begin, end) = bodies(&batch);
            parts.encoded_begin(&begin).unwrap();
            for point in &batch.points {
                parts.point(point).unwrap();
            }
            parts.encoded_end(&end).unwrap();
            let plain = plain.take();
            assert_eq!(by_hand.take(), plain);
            assert_eq!(parts.take(), plain);
        }
    }

    #[test]
    fn one_written_by_hand_waits_for_the_end_of_another() {
        let (small, large) = (batch(2), batch(1));
        let [mut plain, mut by_hand] = [(); 2].map(|()| outbox(Edge::Batch));
        let begin = proto::BeginBatch::default();
        for out in [&mut plain, &mut by_hand] {
            out.begin(&begin).unwrap();
        }
        plain.batch(&small).unwrap();
        encoded(&mut by_hand, &small).unwrap();
        let (begin, end) = bodies(&large);
        assert_eq!(by_hand.encoded_begin(&begin), Err(SendError::BatchOpen));
        let much = vec![0; MAX_WAITING];
        let refused = by_hand.encoded_batch(&begin, [&much[..]], &end);
        assert!(matches!(refused, Err(SendError::TooMuchWaiting { bytes }) if bytes > MAX_WAITING));
        for out in [&mut plain, &mut by_hand] {
            out.end(&proto::EndBatch::default()).unwrap();
        }
        assert_eq!(by_hand.encoded_end(&end), Err(SendError::NoBatchOpen));
        assert_eq!(by_hand.take(), plain.take());
    }

    #[test]
    fn parts_come_in_data_only_and_nothing_on_a_stream_edge() {
        let batch = batch(1);
        let (begin, end) = bodies(&batch);
        let mut out = outbox(Edge::Stream);
        assert!(matches!(encoded(&mut out, &batch), Err(SendError::NotBatches { .. })));
        assert!(matches!(out.encoded_begin(&begin), Err(SendError::NotBatches { .. })));
        assert!(matches!(out.encoded_end(&end), Err(SendError::NotBatches { .. })));
        assert_eq!(out.take(), None);
        let mut out = Outbox::new(Edge::Batch);
        assert!(matches!(out.encoded_begin(&begin), Err(SendError::NotInData { .. })));
        assert!(matches!(out.encoded_end(&end), Err(SendError::NotInData { .. })));
        encoded(&mut out, &batch).unwrap();
    }
}

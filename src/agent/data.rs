//! Data on its way to the handler: whether it has a place now, and how many points go there at once. What else
//! a peer can ask for is the agent's.

use smallvec::SmallVec;

use super::{Agent, Fault, Outbox, ProtocolError, Step};
use crate::edge::Edge;
use crate::handler::{Handler, HandlerError, UnixNanos};
use crate::wire::frame;
use crate::wire::point::PointView;
use crate::wire::request;

/// How many points a handler is called with at the most: so many misses of a cache are under way at once.
pub(super) const MAX_AT_ONCE: usize = 16;

impl Agent {
    #[inline]
    pub(super) fn point(&mut self, now: UnixNanos, point: PointView<'_>) -> Result<(), Fault> {
        self.enter_point()?;
        self.data("point", |handler, out| handler.point(now, point, out))
    }

    /// Takes `first`, which stands at the front of `input`, and the points right behind it.
    pub(super) fn points(
        &mut self,
        now: UnixNanos,
        first: PointView<'_>,
        input: &[u8],
    ) -> Result<Step, Fault> {
        self.enter_point()?;
        let mut bytes = first.frame().len();
        let mut points = SmallVec::<[PointView<'_>; MAX_AT_ONCE]>::from_elem(first, 1);
        while points.len() < self.at_once {
            // What is no plain point, or broken, is the next step's.
            let rest = input.get(bytes..).unwrap_or_default();
            let Ok(Some(frame)) = frame::find(rest, self.limits.max_frame) else { break };
            let Some(point) = request::point(frame) else { break };
            self.enter_point()?;
            bytes += point.frame().len();
            points.push(point);
        }
        self.data("points", |handler, out| handler.points(now, &points, out))?;
        Ok(Step::Took { bytes, keepalive: None })
    }

    #[inline]
    fn enter_point(&mut self) -> Result<(), ProtocolError> {
        self.state.data("a point")?;
        if self.info.wants == Edge::Batch && !self.batch_open {
            return Err(ProtocolError::PointOutsideBatch);
        }
        self.counters.points += 1;
        Ok(())
    }

    pub(super) fn enter_begin(&mut self) -> Result<(), ProtocolError> {
        self.enter_batch_part("a BeginBatch")?;
        if std::mem::replace(&mut self.batch_open, true) {
            return Err(ProtocolError::BatchOpen);
        }
        Ok(())
    }

    pub(super) fn enter_end(&mut self) -> Result<(), ProtocolError> {
        self.enter_batch_part("an EndBatch")?;
        if !std::mem::replace(&mut self.batch_open, false) {
            return Err(ProtocolError::NoBatchOpen);
        }
        self.counters.batches += 1;
        Ok(())
    }

    fn enter_batch_part(&mut self, came: &'static str) -> Result<(), ProtocolError> {
        self.state.data(came)?;
        match self.info.wants {
            Edge::Batch => Ok(()),
            wants @ Edge::Stream => Err(ProtocolError::WrongEdge { came, wants }),
        }
    }

    /// Calls the handler for data that flows in.
    #[inline]
    pub(super) fn data(
        &mut self,
        name: &'static str,
        call: impl FnOnce(&mut dyn Handler, &mut Outbox) -> Result<(), HandlerError>,
    ) -> Result<(), Fault> {
        self.outbox.set_in_data(true);
        let result = self.call(name, call);
        self.outbox.set_in_data(false);
        result
    }
}

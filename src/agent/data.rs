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

/// A handler that does not take the points it is given.
#[derive(Debug, thiserror::Error)]
#[error(
    "it took {taken} of {came} points while the outbox had room; accepted are all of them, or fewer once the outbox \
     is full"
)]
struct LeftOver {
    taken: usize,
    came: usize,
}

impl Agent {
    /// Takes a point by itself, which has come in so many bytes.
    #[inline]
    pub(super) fn point(
        &mut self,
        now: UnixNanos,
        point: PointView<'_>,
        bytes: usize,
    ) -> Result<Step, Fault> {
        self.enter_points()?;
        if self.at_once > 1 {
            let is_taken = self.hand_on(now, &[point])? == 1;
            return Ok(Step::took(if is_taken { bytes } else { 0 }));
        }
        self.counters.points += 1;
        self.data("point", |handler, out| handler.point(now, point, out))?;
        Ok(Step::took(bytes))
    }

    /// Takes `first`, which stands at the front of `input`, and the points right behind it.
    pub(super) fn points(
        &mut self,
        now: UnixNanos,
        first: PointView<'_>,
        input: &[u8],
    ) -> Result<Step, Fault> {
        self.enter_points()?;
        let mut bytes = first.frame().len();
        let mut points = SmallVec::<[PointView<'_>; MAX_AT_ONCE]>::from_elem(first, 1);
        while points.len() < self.at_once {
            // What is no plain point, or broken, is the next step's.
            let rest = input.get(bytes..).unwrap_or_default();
            let Ok(Some(frame)) = frame::find(rest, self.limits.max_frame) else { break };
            let Some(point) = request::point(frame) else { break };
            bytes += point.frame().len();
            points.push(point);
        }
        let taken = self.hand_on(now, &points)?;
        let left = points.iter().skip(taken).map(|point| point.frame().len());
        Ok(Step::took(bytes - left.sum::<usize>()))
    }

    /// How many of the points the handler has taken.
    fn hand_on(&mut self, now: UnixNanos, points: &[PointView<'_>]) -> Result<usize, Fault> {
        let came = points.len();
        self.counters.points += came as u64;
        let taken = self.data("points", |handler, out| {
            let taken = handler.points(now, points, out)?;
            // Nothing else would end: the same points would come for ever.
            if taken > came || taken < came && !out.is_full() {
                return Err(LeftOver { taken, came }.into());
            }
            Ok(taken)
        })?;
        self.counters.points -= (came - taken) as u64;
        Ok(taken)
    }

    #[inline]
    fn enter_points(&mut self) -> Result<(), ProtocolError> {
        self.state.data("a point")?;
        if self.info.wants == Edge::Batch && !self.batch_open {
            return Err(ProtocolError::PointOutsideBatch);
        }
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
    pub(super) fn data<R>(
        &mut self,
        name: &'static str,
        call: impl FnOnce(&mut dyn Handler, &mut Outbox) -> Result<R, HandlerError>,
    ) -> Result<R, Fault> {
        self.outbox.set_in_data(true);
        let result = self.call(name, call);
        self.outbox.set_in_data(false);
        result
    }
}

//! Points that wait for others, which may come later and be earlier: the reorder buffer of one Kapacitor group.
//! Knows their times and bytes, not when they are to go on.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use super::reduce::heap;
use crate::wire::point::{Outline, PointView};
use crate::wire::{frame, request};

/// A point that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The time it is sorted by.
    pub(super) time: i64,
    /// Points are numbered as they arrive.
    pub(super) serial: u64,
    /// As it came.
    pub(super) frame: Box<[u8]>,
    outline: Outline,
}

/// The points of a group that wait, in the order of their times, then of their arrival.
///
/// Most points come in order: those are a queue, and cost nothing to sort. The others are a heap.
#[derive(Debug, Default)]
pub(super) struct Held {
    in_order: VecDeque<Waiting>,
    others: BinaryHeap<Reverse<Waiting>>,
}

impl Waiting {
    /// A point that came as the `serial`-th and is sorted by `time`.
    pub(super) fn new(time: i64, serial: u64, point: &PointView<'_>) -> Self {
        Self { time, serial, frame: point.frame().into(), outline: point.outline() }
    }

    /// What it takes while it waits, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + heap::block(self.frame.len())
    }

    /// The point.
    #[inline]
    pub(super) fn view(&self) -> PointView<'_> {
        PointView::outlined(&self.frame, &self.outline)
    }
}

/// The point in a frame, if it is one and nothing else.
pub(super) fn view(bytes: &[u8]) -> Option<PointView<'_>> {
    let frame = frame::find(bytes, usize::MAX).ok()??;
    if frame.bytes().len() == bytes.len() { request::point(frame) } else { None }
}

impl Held {
    /// A point begins to wait; it is the newest by its number.
    pub(super) fn push(&mut self, point: Waiting) {
        match self.in_order.back() {
            Some(last) if last.time > point.time => self.others.push(Reverse(point)),
            _ => {
                if self.in_order.capacity() == 0 {
                    // There may be as many groups as points that wait.
                    self.in_order.reserve_exact(1);
                }
                self.in_order.push_back(point);
            }
        }
    }

    /// The time of the first.
    #[inline]
    pub(super) fn first(&self) -> Option<i64> {
        match (self.in_order.front(), self.others.peek()) {
            (Some(point), Some(Reverse(other))) => Some(point.time.min(other.time)),
            (Some(point), None) | (None, Some(Reverse(point))) => Some(point.time),
            (None, None) => None,
        }
    }

    /// The first goes on, if its time is no later than this.
    pub(super) fn pop_until(&mut self, time: i64) -> Option<Waiting> {
        if self.first()? > time {
            return None;
        }
        match (self.in_order.front(), self.others.peek()) {
            (Some(point), Some(Reverse(other))) if other < point => self.pop_other(),
            (None, Some(_)) => self.pop_other(),
            _ => self.in_order.pop_front(),
        }
    }

    /// One that went on comes back to wait.
    pub(super) fn put_back(&mut self, point: Waiting) {
        if self.in_order.front().is_none_or(|first| point < *first) {
            self.in_order.push_front(point);
        } else {
            self.others.push(Reverse(point));
        }
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.in_order.iter().chain(self.others.iter().map(|Reverse(point)| point))
    }

    /// Gives memory back, once many have gone.
    pub(super) fn shrink(&mut self) {
        self.in_order.shrink_to(4);
        self.others.shrink_to(4);
    }

    fn pop_other(&mut self) -> Option<Waiting> {
        self.others.pop().map(|Reverse(point)| point)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.serial).cmp(&(other.time, other.serial))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::response;

    #[test]
    fn a_point_that_waited_is_the_point() {
        let group = "host=a".to_owned();
        let mut bytes = bytes::BytesMut::new();
        for group in [group, String::new()] {
            let tags = [("host".to_owned(), "a".to_owned())].into();
            let point = crate::proto::Point { time: -7, group, tags, ..Default::default() };
            bytes.clear();
            response::write_point(&point, &mut bytes);
            let came = request::point(frame::find(&bytes, 1000).unwrap().unwrap()).unwrap();
            let waiting = Waiting::new(3, 1, &came);
            let view = waiting.view();
            assert_eq!((view.time(), view.group(), view.body()), (came.time(), came.group(), came.body()));
            assert_eq!((view.frame(), view.to_point()), (came.frame(), Ok(point)));
        }
    }

    proptest! {
        /// Against a sorted list, with some that go on at times and come back.
        #[test]
        fn they_go_on_in_the_order_of_times_then_of_arrival(
            acts in proptest::collection::vec((0..20i64, 0..4u8), 1..200)
        ) {
            const FRAME: &[u8] = &[0];
            let (mut held, mut list) = (Held::default(), vec![]);
            for (serial, (time, act)) in (0..).zip(acts) {
                match act {
                    0 | 1 => {
                        let outline = PointView::new(frame::find(FRAME, 10).unwrap().unwrap(), &[]).unwrap().outline();
                        held.push(Waiting { time, serial, frame: FRAME.into(), outline });
                        list.push((time, serial));
                        list.sort_unstable();
                    }
                    _ => {
                        let expected = list.first().copied().filter(|first| first.0 <= time);
                        let point = held.pop_until(time);
                        prop_assert_eq!(point.as_ref().map(|point| (point.time, point.serial)), expected);
                        match point {
                            Some(point) if act == 2 => held.put_back(point),
                            Some(_) => drop(list.remove(0)),
                            None => {}
                        }
                    }
                }
                prop_assert_eq!(held.first(), list.first().map(|first| first.0));
                prop_assert_eq!(held.iter().count(), list.len());
            }
        }
    }
}

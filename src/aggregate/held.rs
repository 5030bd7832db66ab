//! Points that wait for others, which may come later and be earlier: the reorder buffer of one Kapacitor group.
//! Knows their times and bytes, not when they are to go on.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use super::node::AT_ONCE;
use crate::heap;
use crate::wire::point::{Outline, PointView};
use crate::wire::{frame, request};

/// A point that waits: small, since it is moved about while it is sorted.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The time it is sorted by.
    pub(super) time: i64,
    /// Points are numbered as they arrive.
    pub(super) serial: u64,
    /// The frame as it came, and behind it where the point's parts are in it: of a cold point each piece of memory
    /// is a miss.
    copy: Vec<u8>,
}

/// Memory of points that have gone on, for those that come: as many go as come, most of the time.
#[derive(Debug, Default)]
pub(super) struct Spare(Vec<Vec<u8>>);

/// So many are kept at the most, of points no larger than this.
const SPARE: usize = 2 * AT_ONCE;
const SMALL: usize = 1 << 10;

/// Bytes in a cache line.
const LINE: usize = 64;

/// The points of a group that wait, in the order of their times, then of their arrival.
///
/// Most points come in order: those are a queue, and cost nothing to sort. The others are a heap.
#[derive(Debug, Default)]
pub(super) struct Held {
    in_order: VecDeque<Waiting>,
    others: BinaryHeap<Reverse<Waiting>>,
}

impl Spare {
    /// A point that came as the `serial`-th and is sorted by `time`.
    pub(super) fn copy(&mut self, time: i64, serial: u64, point: &PointView<'_>) -> Waiting {
        let mut copy = self.0.pop().unwrap_or_default();
        copy.clear();
        // A little more than the last one has room for most that come.
        copy.reserve((point.frame().len() + Outline::LEN).next_multiple_of(LINE));
        copy.extend_from_slice(point.frame());
        copy.extend_from_slice(&point.outline().to_bytes());
        Waiting { time, serial, copy }
    }

    /// A point has gone on.
    pub(super) fn take(&mut self, point: Waiting) {
        if self.0.len() < SPARE && point.copy.capacity() <= SMALL {
            self.0.push(point.copy);
        }
    }
}

impl Waiting {
    /// What it takes while it waits, in bytes.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + heap::block(self.copy.capacity())
    }

    /// The point as it came.
    pub(super) fn frame(&self) -> &[u8] {
        self.parts().0
    }

    /// The point.
    #[inline]
    pub(super) fn view(&self) -> PointView<'_> {
        let (frame, outline) = self.parts();
        PointView::outlined(frame, &Outline::from_bytes(outline))
    }

    #[inline]
    fn parts(&self) -> (&[u8], &[u8]) {
        self.copy.split_at(self.copy.len().saturating_sub(Outline::LEN))
    }

    /// A byte of each cache line that a look at it touches, so that those of several are under way at once.
    #[inline]
    pub(super) fn touch(&self) -> u8 {
        self.copy.iter().step_by(LINE).fold(0, |all, byte| all ^ byte)
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
            let waiting = Spare::default().copy(3, 1, &came);
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
            let (mut held, mut list) = (Held::default(), vec![]);
            for (serial, (time, act)) in (0..).zip(acts) {
                match act {
                    0 | 1 => {
                        held.push(Waiting { time, serial, copy: vec![] });
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

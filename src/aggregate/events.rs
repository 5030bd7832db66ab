//! The events of a session as they came: each one's time, and its tags and fields as entries of a point's
//! message. What is added to them on their way out is `dress`'s.

use std::iter::Chain;
use std::{array, slice};

use smallvec::SmallVec;

use crate::handler::UnixNanos;
use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::wire::entry::Entries;
use crate::wire::point::PointView;
use crate::wire::varint;

/// The memory that a first event gets at the least, and the most that is got at once for many, in bytes.
const FIRST: usize = 256;
const MOST: usize = 16 << 10;

/// What one task holds of its events.
///
/// They lie in pieces that never move: with a buffer that grows, copies and the pages they touched were a
/// quarter of the cost.
#[derive(Debug, Default, Clone)]
pub(super) struct Events {
    /// One after the other, each whole in one piece: time less the one before, then the entries behind their
    /// length. Together they are in snapshots as they are here.
    full: Vec<Vec<u8>>,
    tail: Vec<u8>,
    count: usize,
    /// The time of the newest arrival.
    last: UnixNanos,
    is_disordered: bool,
    /// One of them does not carry the id of its task as tags.
    pub(super) lacks_id: bool,
    /// What is held outside the value itself, in bytes.
    heap_bytes: usize,
}

impl Events {
    /// Takes a point's time, tags and fields.
    #[inline]
    pub(super) fn push(&mut self, point: &PointView<'_>) {
        self.add(point.time(), &runs(point));
    }

    /// Takes what is known to be tags and fields, in one run or more.
    #[inline]
    pub(super) fn add(&mut self, time: UnixNanos, runs: &[&[u8]]) {
        let length: usize = runs.iter().map(|run| run.len()).sum();
        self.make_room(length + 2 * varint::MAX_LEN);
        pack::write_i64(&mut self.tail, time.wrapping_sub(self.last));
        pack::write_usize(&mut self.tail, length);
        for run in runs {
            self.tail.extend_from_slice(run);
        }
        self.is_disordered |= self.count > 0 && time < self.last;
        self.last = time;
        self.count += 1;
    }

    /// Room for an event of so many bytes in one piece.
    #[inline]
    fn make_room(&mut self, bytes: usize) {
        if self.tail.capacity() - self.tail.len() < bytes {
            self.add_piece(bytes);
        }
    }

    #[cold]
    fn add_piece(&mut self, bytes: usize) {
        let size = (2 * self.tail.capacity()).clamp(FIRST, MOST).max(bytes);
        let full = std::mem::replace(&mut self.tail, Vec::with_capacity(size));
        self.heap_bytes += heap::block(self.tail.capacity());
        if full.is_empty() {
            self.heap_bytes -= heap::block(full.capacity());
        } else {
            self.heap_bytes -= heap::block(self.full.capacity() * size_of::<Vec<u8>>());
            self.full.push(full);
            self.heap_bytes += heap::block(self.full.capacity() * size_of::<Vec<u8>>());
        }
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Forgets them all and gives their memory back.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Time and entries of each, in the order of their arrival.
    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { rest: Reader::new(&[]), pieces: self.full.iter().chain([&self.tail]), time: 0 }
    }

    /// Likewise in the order of time, and of arrival where times are equal.
    pub(super) fn sorted(&self) -> impl Iterator<Item = (UnixNanos, &[u8])> {
        let mut sorted = Vec::new();
        if self.is_disordered {
            sorted.reserve_exact(self.count);
            sorted.extend(self.iter());
            sorted.sort_by_key(|(time, _)| *time);
        }
        let in_order = (!self.is_disordered).then(|| self.iter());
        in_order.into_iter().flatten().chain(sorted)
    }

    /// The smallest and the largest time.
    pub(super) fn span(&self) -> Option<(UnixNanos, UnixNanos)> {
        let mut times = self.iter().map(|(time, _)| time);
        let first = times.next()?;
        Some(times.fold((first, first), |(first, last), time| (first.min(time), last.max(time))))
    }

    /// How many bytes the entries take, and a little more.
    pub(super) fn packed_len(&self) -> usize {
        self.full.iter().map(Vec::len).sum::<usize>() + self.tail.len()
    }

    /// What is held outside the value itself, in bytes.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    /// Appends all of it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        pack::write_usize(out, self.count);
        out.push(u8::from(self.lacks_id));
        pack::write_usize(out, self.packed_len());
        for piece in self.full.iter().chain([&self.tail]) {
            out.extend_from_slice(piece);
        }
    }

    /// Reads what [`Self::write`] wrote. What is read is known to be whole entries.
    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = from.usize()?;
        let lacks_id = from.u8()? != 0;
        let packed = from.bytes()?;
        let mut read = Self::default();
        let (mut rest, mut time) = (Reader::new(packed), 0);
        while !rest.is_empty() {
            let entries = next(&mut rest, &mut time).map_err(|_| from.damaged())?;
            from.check(are_whole(entries))?;
            read.is_disordered |= read.count > 0 && time < read.last;
            read.last = time;
            read.count += 1;
        }
        from.check(read.count == count)?;
        let tail = packed.to_vec();
        Ok(Self { heap_bytes: heap::block(tail.capacity()), tail, lacks_id, ..read })
    }
}

/// The tags and fields of a point as they stand in it, side by side: in two runs at the most, as Kapacitor
/// writes points.
#[inline]
pub(super) fn runs<'a>(point: &PointView<'a>) -> SmallVec<[&'a [u8]; 4]> {
    let (body, mut entries) = (point.body(), point.entries());
    let mut runs = SmallVec::new();
    let mut run = 0..0;
    loop {
        match entries.next_range() {
            Some(range) if range.start == run.end => run.end = range.end,
            next => {
                runs.extend(body.get(run).filter(|run| !run.is_empty()));
                let Some(range) = next else { return runs };
                run = range;
            }
        }
    }
}

/// Events in the order of their arrival.
#[derive(Debug, Clone)]
pub(super) struct Iter<'a> {
    rest: Reader<'a>,
    pieces: Chain<slice::Iter<'a, Vec<u8>>, array::IntoIter<&'a Vec<u8>, 1>>,
    time: UnixNanos,
}

/// The next event of a piece, and its time, which is made from that of the one before.
#[inline]
fn next<'a>(rest: &mut Reader<'a>, time: &mut UnixNanos) -> Result<&'a [u8], Damaged> {
    *time = time.wrapping_add(rest.i64()?);
    rest.bytes()
}

impl<'a> Iterator for Iter<'a> {
    type Item = (UnixNanos, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.rest.is_empty() {
            self.rest = Reader::new(self.pieces.next()?);
        }
        let entries = next(&mut self.rest, &mut self.time).ok()?;
        Some((self.time, entries))
    }
}

/// Whether these are readable entries and nothing else.
fn are_whole(bytes: &[u8]) -> bool {
    let mut end = 0;
    for entry in Entries::new(bytes) {
        match entry {
            Ok(entry) if entry.range.start == end => end = entry.range.end,
            _ => return false,
        }
    }
    end == bytes.len()
}

#[cfg(test)]
pub(super) mod testing {
    use super::Events;
    use crate::proto::Point;
    use crate::wire::request;
    use crate::wire::{frame, response};

    pub(in crate::aggregate) fn push(events: &mut Events, point: &Point) {
        let mut bytes = bytes::BytesMut::new();
        response::write_point(point, &mut bytes);
        events.push(&request::point(frame::find(&bytes, usize::MAX).unwrap().unwrap()).unwrap());
    }

    /// A point of any fields, in any order.
    pub(in crate::aggregate) fn push_body(events: &mut Events, body: &[u8]) {
        let mut bytes = Vec::new();
        response::write_point_body(body, &mut bytes);
        events.push(&request::point(frame::find(&bytes, usize::MAX).unwrap().unwrap()).unwrap());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::Point;

    /// Events at these times, each with its number as a field.
    fn at(times: &[i64]) -> Events {
        let mut events = Events::default();
        for (number, &time) in (0..).zip(times) {
            let fields_int = [("number".to_owned(), number)].into();
            let tags = [("host".to_owned(), "web0".to_owned())].into();
            let group = "host=web0".to_owned();
            let point = Point {
                time,
                name: "m".to_owned(),
                group,
                tags,
                fields_int,
                by_name: true,
                ..Point::default()
            };
            testing::push(&mut events, &point);
        }
        events
    }

    fn number(entries: &[u8]) -> i64 {
        let entry = Entries::new(entries).nth(1).unwrap().unwrap();
        assert_eq!(entry.key, b"number");
        match entry.value {
            Some(crate::wire::fields::Value::Varint(number)) => number.cast_signed(),
            _ => 0,
        }
    }

    fn written(events: &Events) -> Vec<u8> {
        let mut out = Vec::new();
        events.write(&mut out);
        out
    }

    proptest! {
        #[test]
        fn they_come_by_time_then_arrival(times in prop::collection::vec(prop_oneof![0..4i64, any::<i64>()], 0..20)) {
            let events = at(&times);
            let mut expected: Vec<_> = times.iter().copied().zip(0i64..).collect();
            let found: Vec<_> = events.iter().map(|(time, entries)| (time, number(entries))).collect();
            prop_assert_eq!(&found, &expected);
            expected.sort_unstable();
            let found: Vec<_> = events.sorted().map(|(time, entries)| (time, number(entries))).collect();
            prop_assert_eq!(found, &*expected);
            prop_assert_eq!(events.len(), times.len());
            let ends = expected.first().zip(expected.last());
            prop_assert_eq!(events.span(), ends.map(|(first, last)| (first.0, last.0)));
        }

        #[test]
        fn what_is_written_reads_back_and_takes_more(times in prop::collection::vec(0..10i64, 0..10), cut in 0..10usize) {
            let cut = cut.min(times.len());
            let bytes = written(&at(&times[..cut]));
            let mut from = Reader::new(&bytes);
            let mut read = Events::read(&mut from).unwrap();
            prop_assert!(from.is_empty());
            prop_assert_eq!(written(&read), bytes);
            // What comes after a restore is as if there had been none.
            let all = at(&times);
            for (time, entries) in all.iter().skip(cut) {
                read.add(time, &[entries]);
            }
            prop_assert_eq!(written(&read), written(&all));
            prop_assert!(read.sorted().eq(all.sorted()));
        }

        #[test]
        fn any_bytes_are_events_or_damaged(bytes: Vec<u8>) {
            if let Ok(events) = Events::read(&mut Reader::new(&bytes)) {
                prop_assert!(events.iter().all(|(_, entries)| are_whole(entries)));
                prop_assert_eq!(events.iter().count(), events.len());
            }
        }
    }

    #[test]
    fn what_was_cut_or_changed_is_damaged_or_readable() {
        let bytes = written(&at(&[5, 3, 9, i64::MIN]));
        for cut in 0..bytes.len() {
            assert!(Events::read(&mut Reader::new(&bytes[..cut])).is_err(), "{cut}");
        }
        for place in 0..bytes.len() {
            for change in [1, 2, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[place] ^= change;
                if let Ok(events) = Events::read(&mut Reader::new(&bytes)) {
                    assert!(events.iter().all(|(_, entries)| are_whole(entries)), "{place} {change}");
                }
            }
        }
    }

    #[test]
    fn what_they_hold_is_known_and_given_back() {
        let mut events = at(&[1; 1000]);
        assert!(events.heap_bytes() >= events.packed_len());
        assert!(events.packed_len() < 1000 * 40, "{}", events.packed_len());
        events.clear();
        assert_eq!((events.heap_bytes(), events.len(), events.span()), (0, 0, None));
        assert_eq!(events.sorted().count(), 0);
    }
}

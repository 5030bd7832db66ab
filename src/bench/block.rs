//! A run of frames, encoded once and sent again and again: for the next round only the times are
//! written anew, the keys where a block holds fewer than there are, and ids.

use bytes::BytesMut;
use kapacitor_udfd::wire::response;

use super::plan::Shape;
use super::points::key_text;
use super::{ids, stamp};

/// Points a block, about: 180 KiB, so that it stays in a core's second-level cache.
const POINTS: u64 = 1024;

#[derive(Debug)]
pub(super) struct Block {
    shape: Shape,
    bytes: BytesMut,
    frames: Vec<FrameEnd>,
    times: Vec<Place>,
    /// Times of batches' ends.
    ends: Vec<Place>,
    keys: Vec<Place>,
    ids: Vec<Place>,
    points: u64,
}

/// Where a frame ends, and how many points there are up to there.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameEnd {
    pub(super) at: usize,
    pub(super) points: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Begin,
    Point,
    End,
}

/// Where a point's time, key or id stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: usize,
    point: u64,
}

impl Block {
    /// How many points the blocks of this shape hold: whole batches, and each key equally often if
    /// there are few.
    pub(super) fn usual_points(shape: Shape) -> u64 {
        let unit = shape.batch.max(1);
        let round = unit.saturating_mul(shape.keys);
        if round <= POINTS { POINTS / round * round } else { (POINTS / unit).max(1) * unit }
    }

    /// The frames of so many points, from the one with the number `first` on.
    pub(super) fn new(shape: Shape, first: u64, points: u64) -> Self {
        let mut block = Self {
            shape,
            bytes: BytesMut::new(),
            frames: Vec::new(),
            times: Vec::new(),
            ends: Vec::new(),
            keys: Vec::new(),
            ids: Vec::new(),
            points,
        };
        for point in 0..points {
            block.push(first, point);
        }
        if shape.tags == 0 || Self::usual_points(shape).is_multiple_of(shape.batch.max(1) * shape.keys) {
            // The keys repeat with the block.
            block.keys = Vec::new();
        }
        block
    }

    /// Turns the block into the one that begins with the point `first`.
    pub(super) fn move_to(&mut self, first: u64) {
        let clock = self.shape.clock;
        for place in &self.times {
            let time = stamp::encode(clock.time(first + place.point));
            overwrite(&mut self.bytes, place.at, &time);
        }
        for place in &self.ends {
            let time = stamp::encode(clock.latest(first + place.point));
            overwrite(&mut self.bytes, place.at, &time);
        }
        let mut written = None;
        let mut text = String::new();
        for place in &self.keys {
            let key = self.shape.key(first + place.point);
            if written.replace(key) != Some(key) {
                text = key_text(key);
            }
            overwrite(&mut self.bytes, place.at, text.as_bytes());
        }
        for place in &self.ids {
            let id = ids::text(self.shape.id(first + place.point));
            overwrite(&mut self.bytes, place.at, &id);
        }
    }

    pub(super) fn points(&self) -> u64 {
        self.points
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All frames, in order.
    pub(super) fn frames(&self) -> &[FrameEnd] {
        &self.frames
    }

    fn push(&mut self, first: u64, point: u64) {
        let number = first + point;
        let shape = self.shape;
        if shape.batch > 0 && number.is_multiple_of(shape.batch) {
            let left = (self.points - point).min(shape.batch);
            self.frame(point, number, Part::Begin, |out| response::write(&shape.begin(number, left), out));
        }
        self.frame(point, number, Part::Point, |out| response::write(&shape.point(number), out));
        if let Some(end) = self.frames.last_mut() {
            end.points += 1;
        }
        let last = (number + 1).is_multiple_of(shape.batch.max(1)) || point + 1 == self.points;
        if shape.batch > 0 && last {
            self.frame(point, number, Part::End, |out| response::write(&shape.end(number), out));
        }
    }

    /// Data frames are the same in both directions, so the library's writer of responses serves.
    fn frame(&mut self, point: u64, number: u64, part: Part, write: impl FnOnce(&mut BytesMut)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let frame = self.bytes.get(start..).unwrap_or_default();
        let clock = self.shape.clock;
        let time = match part {
            Part::Begin => None,
            Part::Point => Some((clock.time(number), &mut self.times)),
            Part::End => Some((clock.latest(number), &mut self.ends)),
        };
        if let Some((time, known)) = time {
            let varint = stamp::encode(time);
            known.extend(places(frame, &varint).take(1).map(|at| Place { at: start + at, point }));
        }
        if self.shape.tags > 0 {
            let key = key_text(self.shape.key(number));
            self.keys.extend(places(frame, key.as_bytes()).map(|at| Place { at: start + at, point }));
        }
        if self.shape.ids > 0 && part == Part::Point {
            let id = ids::text(self.shape.id(number));
            self.ids.extend(places(frame, &id).map(|at| Place { at: start + at, point }));
        }
        let points = self.frames.last().map_or(0, |end| end.points);
        self.frames.push(FrameEnd { at: self.bytes.len(), points });
    }
}

fn places(frame: &[u8], needle: &[u8]) -> impl Iterator<Item = usize> {
    let windows = frame.windows(needle.len()).enumerate();
    windows.filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}

#[inline]
fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + with.len()) {
        place.copy_from_slice(with);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kapacitor_udfd::proto::Request;
    use kapacitor_udfd::proto::request::Message;
    use prost::Message as _;

    use super::*;
    use crate::bench::clock::Clock;

    fn shapes() -> impl Iterator<Item = Shape> {
        [1, 3, 100, 5000].into_iter().flat_map(|keys| {
            let shape = move |(tags, fields, batch, ids)| {
                let jittery = Clock::new(Duration::from_micros(1), Duration::from_micros(70));
                let clock = if fields == 4 { Clock::PLAIN } else { jittery };
                Shape { keys, ids, tags, fields, batch, clock }
            };
            [
                (0, 0, 0, 0),
                (3, 4, 0, 0),
                (12, 9, 0, 0),
                (3, 4, 10, 0),
                (1, 1, 2000, 0),
                (3, 5, 0, keys * 30),
                (2, 5, 10, keys * 30),
            ]
            .map(shape)
        })
    }

    #[test]
    fn a_block_that_is_moved_is_the_block_made_there() {
        for shape in shapes() {
            let points = Block::usual_points(shape);
            let mut moved = Block::new(shape, 0, points);
            for first in [points, 7 * points] {
                moved.move_to(first);
                let made = Block::new(shape, first, points);
                let plain =
                    |block: &Block| block.frames.iter().map(|end| (end.at, end.points)).collect::<Vec<_>>();
                assert_eq!(plain(&moved), plain(&made), "{shape:?}");
                assert!(moved.bytes() == made.bytes(), "{shape:?} from {first}");
                assert_eq!(tags_and_times(&moved), tags_and_times(&made), "{shape:?} from {first}");
            }
        }
    }

    fn tags_and_times(block: &Block) -> Vec<String> {
        let mut rest = block.bytes();
        let mut found = Vec::new();
        while !rest.is_empty() {
            let request = Request::decode_length_delimited(&mut rest).unwrap();
            let Some(message) = request.message else { panic!("empty") };
            found.push(match message {
                Message::Point(p) => format!("{} {} {:?} {:?}", p.time, p.group, p.tags, p.dimensions),
                other => format!("{other:?}"),
            });
        }
        found
    }

    #[test]
    fn a_point_takes_about_180_bytes() {
        let block = Block::new(
            Shape { keys: 100, ids: 0, tags: 3, fields: 4, batch: 0, clock: Clock::PLAIN },
            0,
            100,
        );
        let each = block.bytes().len() / 100;
        assert!((170..=190).contains(&each), "{each}");
    }
}

//! Checks a function that gathers points into sessions: every point that was sent comes back once, in a batch
//! of its id.

use kapacitor_udfd::proto::EndBatch;

use super::ids;
use super::order::{Odd, points};
use super::plan::Shape;
use super::points::{KEY, key_text};

/// What a connection got, point by point.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    shape: Shape,
    sent: u64,
    /// A bit for each point that was sent: it has come.
    seen: Vec<u64>,
    came: u64,
    open: Open,
    twice: Odd,
    foreign: Odd,
    /// Points whose tag is not the id they were sent with.
    renamed: Odd,
    /// Points in a batch that another id's point began.
    mixed: Odd,
    /// Batches whose tags or time are not what their points say, or that have none.
    batches: Odd,
}

/// The batch that is open.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    id: Option<u64>,
    last: Option<i64>,
}

impl Sessions {
    /// Of a connection that sends so many points.
    pub(super) fn new(shape: Shape, sent: u64) -> Self {
        Self {
            shape,
            sent,
            seen: vec![0; usize::try_from(sent.div_ceil(u64::from(u64::BITS))).unwrap_or_default()],
            came: 0,
            open: Open::default(),
            twice: Odd::default(),
            foreign: Odd::default(),
            renamed: Odd::default(),
            mixed: Odd::default(),
            batches: Odd::default(),
        }
    }

    /// A point with this time and id has come.
    #[inline]
    pub(super) fn take(&mut self, time: i64, id: Option<&str>) {
        self.open.last = self.open.last.max(Some(time));
        let Some(number) = self.shape.clock.number(time, self.sent) else {
            return self.foreign.note(|| format!("a point with time {time}"));
        };
        let sent_with = self.shape.id(number);
        if id.is_none_or(|id| id.as_bytes() != ids::text(sent_with)) {
            self.renamed.note(|| format!("point {number} with id {id:?}"));
        }
        if *self.open.id.get_or_insert(sent_with) != sent_with {
            self.mixed.note(|| format!("point {number}"));
        }
        let (word, bit) = (number / u64::from(u64::BITS), 1 << (number % u64::from(u64::BITS)));
        let word = usize::try_from(word).ok().and_then(|word| self.seen.get_mut(word));
        match word {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                self.came += 1;
            }
            _ => self.twice.note(|| format!("point {number}")),
        }
    }

    /// The batch has ended.
    pub(super) fn end(&mut self, end: &EndBatch) {
        let Open { id, last } = std::mem::take(&mut self.open);
        let Some(last) = last else {
            return self.batches.note(|| "one without points".to_owned());
        };
        if end.tmax < last {
            self.batches.note(|| format!("one that ends at {} and has a point at {last}", end.tmax));
        }
        // Ids are only sent with the tag that points are grouped by.
        if let Some(key) = id.map(|id| key_text(id % self.shape.keys))
            && end.tags.get(KEY) != Some(&key)
        {
            self.batches.note(|| format!("one with the tags {:?} and points of {KEY}={key}", end.tags));
        }
    }

    /// How many of the points sent have come.
    pub(super) fn came(&self) -> u64 {
        self.came
    }

    pub(super) fn is_complete(&self) -> bool {
        self.came >= self.sent
    }

    /// What was wrong, in words.
    pub(super) fn faults(&self) -> Vec<String> {
        let missing = Odd { count: self.sent - self.came, first: format!("point {}", self.first_missing()) };
        let kinds = [
            (&missing, "missing"),
            (&self.twice, "received twice"),
            (&self.foreign, "received that were not sent"),
            (&self.renamed, "received with another id"),
            (&self.mixed, "in a batch of another id"),
        ];
        let found = kinds.into_iter().filter(|(odd, _)| odd.count > 0);
        let mut faults: Vec<_> = found
            .map(|(odd, what)| format!("{} {what}, the first: {}", points(odd.count), odd.first))
            .collect();
        if self.batches.count > 0 {
            let Odd { count, first } = &self.batches;
            let batches = if *count == 1 {
                "1 batch not as its".to_owned()
            } else {
                format!("{count} batches not as their")
            };
            faults.push(format!("{batches} points are, the first: {first}"));
        }
        faults
    }

    fn first_missing(&self) -> u64 {
        let word = self.seen.iter().position(|word| *word != u64::MAX).unwrap_or(self.seen.len());
        let bit = self.seen.get(word).map_or(0, |word| word.trailing_ones());
        word as u64 * u64::from(u64::BITS) + u64::from(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::clock::Clock;

    const SHAPE: Shape = Shape { keys: 2, ids: 10, tags: 3, fields: 4, batch: 0, clock: Clock::PLAIN };

    /// A point's time and id.
    type Point = (i64, String);

    fn text(id: u64) -> String {
        String::from_utf8(ids::text(id).to_vec()).unwrap()
    }

    fn of(id: u64) -> impl Iterator<Item = u64> {
        (0..100).filter(move |&number| SHAPE.id(number) == id)
    }

    /// Each id's points in a batch, and `change` made to one of these.
    fn check(change: impl Fn(&mut Vec<Point>, &mut EndBatch), faults: &[String]) {
        let mut sessions = Sessions::new(SHAPE, 100);
        for id in 0..10 {
            let mut points: Vec<Point> = of(id).map(|number| (SHAPE.clock.time(number), text(id))).collect();
            let tags = [("user".to_owned(), key_text(id % 2))].into();
            let mut end = EndBatch { tmax: points[9].0, tags, ..EndBatch::default() };
            if id == 3 {
                change(&mut points, &mut end);
            }
            for (time, id) in points {
                sessions.take(time, Some(&id));
            }
            sessions.end(&end);
        }
        assert_eq!(sessions.faults(), faults);
        assert_eq!(sessions.is_complete(), !faults.iter().any(|fault| fault.contains("missing")));
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let (first, of_four) = (of(3).next().unwrap(), of(4).next().unwrap());
        let point = |what: &str| format!("1 point {what}");
        check(|_, _| {}, &[]);
        check(|points, _| drop(points.remove(0)), &[point(&format!("missing, the first: point {first}"))]);
        check(
            |points, _| points.insert(0, points[0].clone()),
            &[point(&format!("received twice, the first: point {first}"))],
        );
        check(
            |points, _| points.insert(0, (-5, text(3))),
            &[point("received that were not sent, the first: a point with time -5")],
        );
        check(
            |points, _| points[0].1 = "somebody".to_owned(),
            &[point(&format!(
                r#"received with another id, the first: point {first} with id Some("somebody")"#
            ))],
        );
        check(
            |points, _| points.insert(1, (SHAPE.clock.time(of_four), text(4))),
            &[
                point(&format!("received twice, the first: point {of_four}")),
                point(&format!("in a batch of another id, the first: point {of_four}")),
            ],
        );
    }

    #[test]
    fn batches_are_held_to_their_points() {
        let wrong = |first: &str| format!("1 batch not as its points are, the first: {first}");
        let (first, last) = (of(3).next().unwrap(), SHAPE.clock.time(of(3).last().unwrap()));
        check(
            |points, _| points.clear(),
            &[format!("10 points missing, the first: point {first}"), wrong("one without points")],
        );
        check(
            |_, end| end.tmax = last - 1,
            &[wrong(&format!("one that ends at {} and has a point at {last}", last - 1))],
        );
        check(
            |_, end| drop(end.tags.insert("user".to_owned(), "nobody".to_owned())),
            &[wrong(r#"one with the tags {"user": "nobody"} and points of user=u00000001"#)],
        );
    }
}

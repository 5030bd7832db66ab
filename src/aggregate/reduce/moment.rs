//! `first` and `last`: the value of any type at the earliest or the latest event time. Of events at the same
//! time `first` has the one that arrived first, `last` the one that arrived last.

use super::Tally;
use super::held::Held;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
}

#[derive(Debug, Default)]
pub(crate) struct Moment {
    held: Held,
    /// Of what is held.
    time: i64,
}

impl Moment {
    #[inline]
    pub(super) fn update(&mut self, end: End, value: Value<'_>, time: i64, tally: &mut Tally) {
        let wins = match end {
            End::First => time < self.time,
            End::Last => time >= self.time,
        };
        if wins || matches!(self.held, Held::Absent) {
            let before = self.heap_bytes();
            self.held.set(value);
            self.time = time;
            tally.grew(before, self.heap_bytes());
            if let Value::Text(text) = value {
                tally.longest_text = tally.longest_text.max(text.len());
            }
        }
    }

    pub(super) fn result(&self) -> Option<Value<'_>> {
        self.held.value()
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        self.held.heap_bytes()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.held.write(out);
        if !matches!(self.held, Held::Absent) {
            pack::write_i64(out, self.time);
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let held = Held::read(from)?;
        let time = if matches!(held, Held::Absent) { 0 } else { from.i64()? };
        Ok(Self { held, time })
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::testing::{check, check_timed};
    use crate::aggregate::reduce::{Kind, Tally};
    use crate::value::Value::{self, Bool, Double, Int, Text};

    #[test]
    fn firsts_and_lasts() {
        let check = |events: &[(Value<'_>, i64)], first: Value<'_>, last: Value<'_>| {
            check_timed(&Kind::First, events, Some(first));
            check_timed(&Kind::Last, events, Some(last));
        };
        check(&[(Int(1), 5)], Int(1), Int(1));
        check(&[(Int(1), 5), (Int(2), 6)], Int(1), Int(2));
        check(&[(Int(1), 5), (Int(2), 4)], Int(2), Int(1));
        check(&[(Int(1), 5), (Int(2), 5), (Int(3), 5)], Int(1), Int(3));
        check(&[(Int(1), i64::MAX), (Int(2), i64::MIN)], Int(2), Int(1));
        check(&[(Int(1), i64::MIN), (Int(2), i64::MAX)], Int(1), Int(2));
        check(&[(Bool(false), -1), (Double(-0.0), 0), (Bool(true), 1)], Bool(false), Bool(true));
        check(&[(Text(b"a"), 1), (Int(i64::MIN), 2)], Text(b"a"), Int(i64::MIN));
        check(&[(Text(b""), 1), (Text(b"\xff\0"), 2)], Text(b""), Text(b"\xff\0"));
        check(
            &[(Double(f64::NAN), 0), (Double(0.5), 1), (Double(f64::INFINITY), 2)],
            Double(0.5),
            Double(0.5),
        );
    }

    #[test]
    fn what_is_not_finite_is_counted() {
        let tally = check(&Kind::Last, &[Double(f64::NAN)], None);
        assert_eq!(tally, Tally { not_finite: 1, ..Tally::default() });
    }

    #[test]
    fn the_length_of_a_text_taken_is_told() {
        let check = |kind, held, longest_text| {
            let values = [Text(b"four"), Text(b"sixsix"), Text(b"x")];
            let tally = check(&kind, &values, Some(Text(held)));
            assert_eq!((tally.longest_text, tally.longest_list), (longest_text, 0));
        };
        check(Kind::First, b"four", 4);
        check(Kind::Last, b"x", 6);
    }
}

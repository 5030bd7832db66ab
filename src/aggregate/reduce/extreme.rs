//! `min` and `max`: the winner keeps its own type; of equal values the earlier stays.

use std::cmp::Ordering;

use super::number::Number;
use crate::pack::{Damaged, Reader};
use crate::value::Value;

#[derive(Debug, Default)]
pub(crate) struct Extreme(Option<Number>);

impl Extreme {
    /// `side` is what the new value must be for the old one to win: `Less` for `min`.
    #[inline]
    pub(super) fn update(&mut self, side: Ordering, number: Number) {
        if self.0.is_none_or(|winner| number.exact_cmp(winner) == side) {
            self.0 = Some(number);
        }
    }

    pub(super) fn result(&self) -> Option<Value<'static>> {
        self.0.map(Number::value)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        Number::write(self.0, out);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let winner = Number::read(from)?;
        from.check(winner.is_none_or(|winner| winner.double().is_finite()))?;
        Ok(Self(winner))
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::testing::check;
    use crate::aggregate::reduce::{Kind, Tally};
    use crate::value::Value::{self, Bool, Double, Int, Text};

    #[test]
    fn extremes() {
        let check = |values: &[Value<'_>], min: Value<'_>, max: Value<'_>| {
            check(&Kind::Min, values, Some(min));
            check(&Kind::Max, values, Some(max));
        };
        check(&[Int(3)], Int(3), Int(3));
        check(&[Int(3), Int(-1), Int(2)], Int(-1), Int(3));
        check(&[Int(1), Double(1.5), Double(0.5)], Double(0.5), Double(1.5));
        check(&[Int(1), Double(1.0)], Int(1), Int(1));
        check(&[Double(1.0), Int(1)], Double(1.0), Double(1.0));
        check(&[Double(0.0), Double(-0.0)], Double(-0.0), Double(0.0));
        check(&[Double(-0.0), Int(0)], Double(-0.0), Int(0));
        let two53 = 9_007_199_254_740_992.0;
        check(&[Double(two53), Int((1 << 53) + 1)], Double(two53), Int((1 << 53) + 1));
        check(&[Int((1 << 53) - 1), Double(two53)], Int((1 << 53) - 1), Double(two53));
        let two63 = 9_223_372_036_854_775_808.0;
        check(&[Double(two63), Int(i64::MAX)], Int(i64::MAX), Double(two63));
        check(&[Double(-two63), Int(i64::MIN)], Double(-two63), Double(-two63));
        check(&[Double(f64::NAN), Int(1), Text(b"0"), Double(f64::INFINITY)], Int(1), Int(1));
    }

    #[test]
    fn what_is_no_finite_number_is_skipped_and_counted() {
        for kind in [Kind::Min, Kind::Max] {
            let tally = check(&kind, &[Double(f64::NAN), Text(b"1"), Bool(false)], None);
            assert_eq!(tally, Tally { skipped_type: 2, not_finite: 1, ..Tally::default() });
        }
    }
}

//! `sum`: of ints an int, exact until it saturates; a double from the first double on.

use super::Tally;
use super::number::Number;
use crate::pack::{Damaged, Reader};
use crate::value::Value;

/// None before the first value, so that the sum of -0.0 is -0.0.
#[derive(Debug, Default)]
pub(crate) struct Sum(Option<Number>);

impl Sum {
    #[inline]
    pub(super) fn update(&mut self, number: Number, tally: &mut Tally) {
        self.0 = Some(match (self.0, number) {
            (None, first) => first,
            (Some(Number::Int(sum)), Number::Int(int)) => {
                let (exact, overflowed) = sum.overflowing_add(int);
                tally.saturated += u64::from(overflowed);
                Number::Int(if overflowed { sum.saturating_add(int) } else { exact })
            }
            (Some(sum), number) => Number::Double(sum.double() + number.double()),
        });
    }

    pub(super) fn result(&self) -> Option<Value<'static>> {
        self.0.map(Number::value)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        Number::write(self.0, out);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Number::read(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::testing::{check, snapshot};
    use crate::aggregate::reduce::{Kind, Tally};
    use crate::value::Value::{self, Bool, Double, Int, Text};

    #[test]
    fn sums() {
        let check = |values: &[Value<'_>], sum| check(&Kind::Sum, values, sum);
        check(&[], None);
        check(&[Int(i64::MAX - 1), Int(1)], Some(Int(i64::MAX)));
        check(&[Int((1 << 53) + 1), Int(2)], Some(Int((1 << 53) + 3)));
        check(&[Double(-0.0)], Some(Double(-0.0)));
        check(&[Double(-0.0), Double(-0.0)], Some(Double(-0.0)));
        check(&[Double(-0.0), Int(0)], Some(Double(0.0)));
        check(&[Int(1), Double(0.5), Int(2)], Some(Double(3.5)));
        check(&[Double(1e308), Double(1e308)], Some(Double(f64::INFINITY)));
        check(&[Double(1e308), Double(1e308), Double(1.0)], Some(Double(f64::INFINITY)));
    }

    #[test]
    fn an_int_sum_saturates_at_each_step_and_is_counted() {
        let check = |values: &[Value<'_>], sum, saturated| {
            let tally = check(&Kind::Sum, values, Some(sum));
            assert_eq!(tally, Tally { saturated, ..Tally::default() });
        };
        check(&[Int(i64::MAX), Int(1)], Int(i64::MAX), 1);
        check(&[Int(i64::MAX), Int(1), Int(7), Int(-1)], Int(i64::MAX - 1), 2);
        check(&[Int(i64::MIN), Int(-1)], Int(i64::MIN), 1);
        check(&[Int(i64::MAX), Int(1), Double(0.0)], Double(9_223_372_036_854_775_808.0), 1);
        check(&[Int(i64::MAX), Double(1.0), Int(i64::MAX)], Double(18_446_744_073_709_551_616.0), 0);
    }

    #[test]
    fn what_is_no_finite_number_is_skipped_and_counted() {
        let values = [Text(b"7"), Int(1), Bool(true), Double(f64::NAN), Double(f64::NEG_INFINITY), Int(2)];
        let tally = check(&Kind::Sum, &values, Some(Int(3)));
        assert_eq!(tally, Tally { skipped_type: 2, not_finite: 2, ..Tally::default() });
        check(&Kind::Sum, &[Text(b"7"), Double(f64::INFINITY)], None);
    }

    #[test]
    fn a_snapshot_is_as_long_as_the_sum() {
        let len = |values: &[Value<'_>]| snapshot(&Kind::Sum, values).len();
        assert_eq!([len(&[]), len(&[Int(42)]), len(&[Int(20_000)]), len(&[Double(0.5)])], [1, 2, 4, 9]);
    }
}

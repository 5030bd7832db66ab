//! `mean`: Welford's running mean, which does not lose the small values behind a great sum.

use super::number::double_of_count;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

#[derive(Debug, Default)]
pub(crate) struct Mean {
    count: u64,
    mean: f64,
}

impl Mean {
    #[inline]
    pub(super) fn update(&mut self, value: f64) {
        self.count = self.count.saturating_add(1);
        self.mean += (value - self.mean) / double_of_count(self.count);
    }

    /// Infinite or NaN if values were further apart than a double reaches.
    pub(super) fn result(&self) -> Option<Value<'static>> {
        (self.count > 0).then_some(Value::Double(self.mean))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        pack::write_u64(out, self.count);
        if self.count > 0 {
            pack::write_f64(out, self.mean);
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = from.u64()?;
        let mean = if count > 0 { from.f64()? } else { 0.0 };
        Ok(Self { count, mean })
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::testing::check;
    use crate::aggregate::reduce::{Kind, Tally};
    use crate::value::Value::{self, Bool, Double, Int, Text};

    #[test]
    fn means() {
        let check = |values: &[Value<'_>], mean: f64| {
            check(&Kind::Mean, values, Some(Double(mean)));
        };
        check(&[Int(3)], 3.0);
        check(&[Int(1), Int(2)], 1.5);
        check(&[Int(1), Double(2.5), Int(-2)], 0.5);
        check(&[Double(0.5), Text(b"x"), Double(f64::NAN), Double(1.5)], 1.0);
        check(&[Double(1e308), Double(1e308), Double(1e308)], 1e308);
        check(&[Int(i64::MAX), Int(i64::MAX)], 9_223_372_036_854_775_808.0);
        check(&[Double(f64::MAX), Double(f64::MIN)], f64::NEG_INFINITY);
    }

    #[test]
    fn what_is_no_finite_number_is_skipped_and_counted() {
        let tally = check(&Kind::Mean, &[Double(f64::INFINITY), Text(b"1"), Bool(true)], None);
        assert_eq!(tally, Tally { skipped_type: 2, not_finite: 1, ..Tally::default() });
    }
}

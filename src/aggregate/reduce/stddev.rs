//! `stddev`: the sample standard deviation, as Kapacitor's, by Welford's method.

use super::Tally;
use super::number::double_of_count;
use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

/// None before the first value. Boxed, since three numbers would make every reducer larger.
#[derive(Debug, Default)]
pub(crate) struct Stddev(Option<Box<Welford>>);

#[derive(Debug, Default)]
struct Welford {
    count: u64,
    mean: f64,
    /// The sum of the squares of what values differ from the mean.
    squares: f64,
}

impl Stddev {
    #[inline]
    pub(super) fn update(&mut self, value: f64, tally: &mut Tally) {
        if self.0.is_none() {
            tally.grew(0, heap::boxed::<Welford>());
        }
        let state = self.0.get_or_insert_default();
        state.count = state.count.saturating_add(1);
        let before = value - state.mean;
        state.mean += before / double_of_count(state.count);
        state.squares += before * (value - state.mean);
    }

    /// Infinite or NaN if values were too far apart for their squares to be doubles.
    pub(super) fn result(&self) -> Option<Value<'static>> {
        let state = self.0.as_deref().filter(|state| state.count > 1)?;
        Some(Value::Double((state.squares / double_of_count(state.count - 1)).sqrt()))
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        if self.0.is_some() { heap::boxed::<Welford>() } else { 0 }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        pack::write_u64(out, self.0.as_ref().map_or(0, |state| state.count));
        if let Some(state) = &self.0 {
            pack::write_f64(out, state.mean);
            pack::write_f64(out, state.squares);
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = from.u64()?;
        if count == 0 {
            return Ok(Self(None));
        }
        Ok(Self(Some(Box::new(Welford { count, mean: from.f64()?, squares: from.f64()? }))))
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::testing::check;
    use crate::aggregate::reduce::{Kind, Tally};
    use crate::heap;
    use crate::value::Value::{self, Bool, Double, Int, Text};

    #[test]
    fn standard_deviations() {
        let check = |values: &[Value<'_>], stddev: Option<f64>| {
            check(&Kind::Stddev, values, stddev.map(Double));
        };
        check(&[], None);
        check(&[Int(3)], None);
        check(&[Int(3), Text(b"4")], None);
        check(&[Int(3), Int(3)], Some(0.0));
        check(&[Int(1), Int(3)], Some(2f64.sqrt()));
        check(&[2, 4, 4, 4, 5, 5, 7, 9].map(Int), Some((32f64 / 7.0).sqrt()));
        check(&[Double(1e9), Double(1e9 + 1.0), Double(f64::NAN), Double(1e9 + 2.0)], Some(1.0));
        check(&[Double(1e200), Double(-1e200)], Some(f64::INFINITY));
    }

    #[test]
    fn what_is_no_finite_number_is_skipped_and_counted() {
        let tally = check(&Kind::Stddev, &[Double(f64::NAN), Text(b"1"), Bool(true), Int(1)], None);
        let grown = heap::boxed::<[f64; 3]>().cast_signed();
        assert_eq!(tally, Tally { skipped_type: 2, not_finite: 1, grown, ..Tally::default() });
    }
}

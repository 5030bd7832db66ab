//! `percentile`: exact up to 128 values, by the nearest rank as InfluxQL has it; above that from a sketch.

use thin_vec::ThinVec;

use super::Tally;
use super::number::double_of_count;
use super::sketch::Sketch;
use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

/// So many values are kept as they are: 1 KiB, about what the smallest sketch takes.
pub(super) const EXACT: usize = 128;

#[derive(Debug)]
pub(crate) enum Percentile {
    /// In the order of arrival.
    Exact(ThinVec<f64>),
    Sketch(Box<Sketch>),
}

impl Default for Percentile {
    fn default() -> Self {
        Self::Exact(ThinVec::new())
    }
}

impl Percentile {
    #[inline]
    pub(super) fn update(&mut self, value: f64, tally: &mut Tally) {
        let before = self.heap_bytes();
        self.insert(value);
        tally.grew(before, self.heap_bytes());
    }

    #[inline]
    fn insert(&mut self, value: f64) {
        match self {
            Self::Exact(values) if values.len() < EXACT => values.push(value),
            Self::Exact(values) => {
                let mut sketch = Sketch::default();
                values.iter().for_each(|&value| sketch.add(value));
                sketch.add(value);
                *self = Self::Sketch(Box::new(sketch));
            }
            Self::Sketch(sketch) => sketch.add(value),
        }
    }

    /// `p` from 0 to 100.
    pub(super) fn result(&self, p: f64) -> Option<Value<'static>> {
        match self {
            Self::Exact(values) => nearest_rank(values, p),
            Self::Sketch(sketch) => sketch.at_rank(rank(sketch.count(), p)?),
        }
        .map(Value::Double)
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Exact(values) => heap::thin(values),
            Self::Sketch(sketch) => heap::boxed::<Sketch>() + sketch.heap_bytes(),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Exact(values) => {
                pack::write_usize(out, values.len());
                values.iter().for_each(|&value| pack::write_f64(out, value));
            }
            Self::Sketch(sketch) => {
                pack::write_usize(out, EXACT + 1);
                sketch.write(out);
            }
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = from.usize()?;
        if count > EXACT {
            from.check(count == EXACT + 1)?;
            let sketch = Sketch::read(from)?;
            from.check(sketch.count() > EXACT as u64)?;
            return Ok(Self::Sketch(Box::new(sketch)));
        }
        let mut values = ThinVec::new();
        for _ in 0..count {
            let value = from.f64()?;
            from.check(value.is_finite())?;
            values.push(value);
        }
        Ok(Self::Exact(values))
    }
}

/// The index of a percentile among so many sorted values, as InfluxQL's: floor(n * p / 100 + 0.5) - 1, but at
/// least the first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and at the far end saturating is what is wanted"
)]
fn rank(count: u64, p: f64) -> Option<u64> {
    let last = count.checked_sub(1)?;
    let nth = (double_of_count(count) * p / 100.0 + 0.5) as u64;
    Some(nth.saturating_sub(1).min(last))
}

fn nearest_rank(values: &[f64], p: f64) -> Option<f64> {
    let rank = usize::try_from(rank(values.len() as u64, p)?).ok()?;
    let mut sorted = [0.0; EXACT];
    let sorted = sorted.get_mut(..values.len())?;
    sorted.copy_from_slice(values);
    let (_, value, _) = sorted.select_nth_unstable_by(rank, f64::total_cmp);
    Some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::reduce::Kind;
    use crate::aggregate::reduce::testing::check;
    use crate::value::Value::{Bool, Double, Int, Text};

    #[test]
    fn percentiles_of_few_values_are_exact() {
        let check = |p, values: &[Value<'_>], percentile: Option<f64>| {
            check(&Kind::Percentile { p }, values, percentile.map(Double));
        };
        check(50.0, &[], None);
        check(50.0, &[Int(7)], Some(7.0));
        let ten: Vec<_> = (1..=10).rev().map(Int).collect();
        for (p, expected) in [(0.0, 1.0), (4.9, 1.0), (14.9, 1.0), (15.0, 2.0), (50.0, 5.0), (90.0, 9.0)] {
            check(p, &ten, Some(expected));
        }
        for (p, expected) in [(94.9, 9.0), (95.0, 10.0), (100.0, 10.0)] {
            check(p, &ten, Some(expected));
        }
        check(100.0, &[Double(0.0), Double(-0.0)], Some(0.0));
        check(0.0, &[Double(0.0), Double(-0.0)], Some(-0.0));
        check(50.0, &[Int(1), Double(f64::NAN), Text(b"9"), Double(2.5), Bool(true), Int(3)], Some(2.5));
        let full: Vec<_> = (1..=128).map(Int).collect();
        check(50.0, &full, Some(64.0));
        check(99.0, &full, Some(127.0));
    }

    #[test]
    fn what_is_no_finite_number_is_skipped_and_counted() {
        let tally = check(&Kind::Percentile { p: 1.0 }, &[Double(f64::NAN), Text(b"1"), Bool(true)], None);
        assert_eq!(tally, Tally { skipped_type: 2, not_finite: 1, ..Tally::default() });
    }
}

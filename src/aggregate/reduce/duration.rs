//! `duration`: the last event time less the first, in units.

use super::number::{double, double_of_count};
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

/// Before the first event `first` is greater than `last`.
#[derive(Debug)]
pub(crate) struct Duration {
    first: i64,
    last: i64,
}

impl Default for Duration {
    fn default() -> Self {
        Self { first: i64::MAX, last: i64::MIN }
    }
}

impl Duration {
    #[inline]
    pub(super) fn update(&mut self, time: i64) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    pub(super) fn result(&self, unit: i64) -> Option<Value<'static>> {
        let nanos = double_of_count(self.last.abs_diff(self.first));
        (self.first <= self.last).then_some(Value::Double(nanos / double(unit)))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let some = self.first <= self.last;
        pack::write_u8(out, u8::from(some));
        if some {
            pack::write_i64(out, self.first);
            pack::write_u64(out, self.last.abs_diff(self.first));
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        match from.u8()? {
            0 => Ok(Self::default()),
            1 => {
                let (first, length) = (from.i64()?, from.u64()?);
                let last = first.checked_add_unsigned(length).ok_or_else(|| from.damaged())?;
                Ok(Self { first, last })
            }
            _ => Err(from.damaged()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::testing::check_times;
    use crate::aggregate::reduce::{Kind, Tally};
    use crate::value::Value::Double;

    #[test]
    fn durations() {
        let check = |unit, times: &[i64], duration: Option<f64>| {
            let tally = check_times(&Kind::Duration { unit }, times, duration.map(Double));
            assert_eq!(tally, Tally::default());
        };
        let second = 1_000_000_000;
        check(second, &[], None);
        check(second, &[7], Some(0.0));
        check(second, &[second, 3 * second / 2], Some(0.5));
        check(second, &[9 * second, second, 4 * second], Some(8.0));
        check(1, &[1_600_000_000_000_000_000, 1_600_000_000_000_000_001], Some(1.0));
        check(1, &[i64::MAX], Some(0.0));
        check(1, &[i64::MIN], Some(0.0));
        check(1, &[i64::MIN, i64::MAX], Some(18_446_744_073_709_551_615.0));
        check(60 * second, &[0, -30 * second], Some(0.5));
    }
}

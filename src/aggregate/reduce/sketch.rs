//! Percentiles of any number of values in bounded memory: a DDSketch (Masson, Rim and Lee, VLDB 2019).
//!
//! What it says of a rank is within 1 % of the value at that rank, as long as of the values of one sign the
//! greatest is less than 6 * 10^17 times the smallest; beyond that those nearest to zero are taken for larger
//! than they are. The same values give the same answers, in any order, restored or not.

use sketches_ddsketch::{Config, DDSketch};

use super::number::double_of_count;
use crate::heap;
use crate::pack::{self, Damaged, Reader};

/// Bins of each sign; 16 KiB.
const MAX_BINS: u32 = 2048;
const RELATIVE_ERROR: f64 = 0.01;

pub(crate) struct Sketch {
    inner: DDSketch,
    /// Our own, since the inner ones aren't exact once restored.
    min: f64,
    max: f64,
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sketch of {} values from {} to {}", self.count(), self.min, self.max)
    }
}

impl Default for Sketch {
    fn default() -> Self {
        Self { inner: DDSketch::new(config()), min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

/// Smaller than the smallest normal double is zero.
fn config() -> Config {
    Config::new(RELATIVE_ERROR, MAX_BINS, f64::MIN_POSITIVE)
}

impl Sketch {
    /// A value that is finite.
    pub(super) fn add(&mut self, value: f64) {
        self.inner.add(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    pub(super) fn count(&self) -> u64 {
        self.inner.count() as u64
    }

    /// The value that would stand at `rank` if all were sorted, and `rank` is less than their number.
    pub(super) fn at_rank(&self, rank: u64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        if rank == 0 || rank >= last {
            return Some(if rank == 0 { self.min } else { self.max });
        }
        // It multiplies by `last` and rounds down: aim at the middle of what leads to `rank`.
        let quantile = (double_of_count(rank) + 0.5) / double_of_count(last);
        let value = self.inner.quantile(quantile.min(1.0)).ok()??;
        Some(value.clamp(self.min, self.max))
    }

    /// At most: a vector of the sketch's, which we can't see, may have room for twice what is in it.
    pub(super) fn heap_bytes(&self) -> usize {
        heap::block(self.inner.length() * 2 * size_of::<u64>())
    }

    /// As DataDog's libraries write it, which is compact and has been the same for years.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        pack::write_f64(out, self.min);
        pack::write_f64(out, self.max);
        pack::write_bytes(out, &self.inner.to_java_bytes());
    }

    /// Every bin is filled anew. The sketch's own reader trusts what it reads, and takes other settings.
    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let (min, max) = (from.f64()?, from.f64()?);
        from.check(min.is_finite() && max.is_finite() && min <= max)?;
        let mut inner = DDSketch::new(config());
        let mut blocks = Reader::new(from.bytes()?);
        while !blocks.is_empty() {
            read_block(&mut blocks, &mut inner).map_err(|_| from.damaged())?;
        }
        Ok(Self { inner, min, max })
    }
}

/// Reads one block of DataDog's encoding: `com.datadoghq.sketch.ddsketch.encoding`.
fn read_block(from: &mut Reader<'_>, into: &mut DDSketch) -> Result<(), Damaged> {
    match from.u8()? {
        // The number of values: the bins say it.
        0xa0 => read_count(from).map(drop),
        // Sum, least and greatest.
        0x84 | 0x88 | 0x8c => from.f64().map(drop),
        // Logarithmic mapping: gamma and an offset.
        0x02 => {
            let (gamma, offset) = (from.f64()?, from.f64()?);
            let ours = gamma.to_bits() == config().gamma.to_bits() && offset == 0.0;
            from.check(ours)
        }
        // Values taken for zero.
        0x04 => {
            let count = read_count(from)?;
            add(into, 0.0, count, from)
        }
        // Bins of positive, of negative values.
        0x05 => read_bins(from, into, 1.0),
        0x07 => read_bins(from, into, -1.0),
        _ => Err(from.damaged()),
    }
}

fn read_bins(from: &mut Reader<'_>, into: &mut DDSketch, sign: f64) -> Result<(), Damaged> {
    let config = config();
    let keys = config.key(f64::MIN_POSITIVE)..=config.key(f64::MAX);
    let bins = from.count(2)?;
    from.check(bins <= MAX_BINS as usize)?;
    let (mut last, mut first_key) = (0i32, None);
    for bin in 0..bins {
        let delta = i32::try_from(from.i64()?).map_err(|_| from.damaged())?;
        let key = last.checked_add(delta).filter(|key| keys.contains(key)).ok_or_else(|| from.damaged())?;
        let first = *first_key.get_or_insert(key);
        from.check(bin == 0 || delta > 0)?;
        from.check(key.abs_diff(first) < MAX_BINS)?;
        let count = read_count(from)?;
        add(into, sign * value_in(&config, key), count, from)?;
        last = key;
    }
    Ok(())
}

/// A value that belongs to the bin: its middle, but for the outermost bins, which doubles don't fill.
fn value_in(config: &Config, key: i32) -> f64 {
    config.value(key).clamp(f64::MIN_POSITIVE.next_up(), f64::MAX)
}

fn add(into: &mut DDSketch, value: f64, count: u64, from: &Reader<'_>) -> Result<(), Damaged> {
    /// More than anybody counts, and small enough that no sum of them overflows.
    const MOST: u64 = 1 << 48;
    from.check(count > 0 && into.count() as u64 + count <= MOST)?;
    into.add_with_count(value, count);
    Ok(())
}

/// A count in DataDog's variable-length double: the bits of the number plus one, of which small whole numbers
/// have the rightmost zero, rotated and written from the left in groups of seven.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
fn read_count(from: &mut Reader<'_>) -> Result<u64, Damaged> {
    let mut bits = 0u64;
    for shift in [57, 50, 43, 36, 29, 22, 15, 8, 1, 0] {
        let byte = u64::from(from.u8()?);
        if shift == 1 {
            // The ninth byte, the last, has eight bits.
            bits |= byte;
            break;
        }
        bits |= (byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    let count = f64::from_bits(bits.rotate_right(6).wrapping_add(1f64.to_bits())) - 1.0;
    from.check(count >= 0.0 && count <= 2f64.powi(52) && count.fract() == 0.0)?;
    Ok(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::reduce::testing::{check, run};
    use crate::aggregate::reduce::{Kind, Reducer};
    use crate::value::Value::Double;

    /// Values in no order, the same each time.
    fn shuffled(count: u64, value: impl Fn(f64) -> f64) -> Vec<f64> {
        let scrambled = (0..count).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11);
        scrambled.map(|bits| value(double_of_count(bits) / 2f64.powi(53))).collect()
    }

    #[test]
    fn what_is_said_of_a_rank_is_within_a_hundredth() {
        let check = |mut values: Vec<f64>| {
            let mut sketch = Sketch::default();
            for &value in &values {
                sketch.add(value);
            }
            values.sort_by(f64::total_cmp);
            for (rank, &exact) in values.iter().enumerate() {
                let said = sketch.at_rank(rank as u64).unwrap();
                assert!((said - exact).abs() <= exact.abs() * 0.010_001, "{said} for {exact} at {rank}");
            }
            assert_eq!(
                (sketch.at_rank(0), sketch.at_rank(1 << 40)),
                (values.first().copied(), values.last().copied())
            );
        };
        check(shuffled(2_000, |x| x * 100.0));
        check(shuffled(2_000, |x| x - 0.5));
        check(shuffled(2_000, |x| (x * 40.0).exp()));
        check(shuffled(2_000, |x| -(x * 40.0 - 600.0).exp()));
        check(shuffled(2_000, |x| (x * 10.0).floor() - 5.0));
        check(shuffled(2_000, |x| 1.7e308 * (1.0 - x / 10.0)));
        check(shuffled(2_000, |x| 2.3e-308 * (1.0 + x)));
        check(vec![-0.0; 200]);
    }

    #[test]
    fn values_too_far_apart_spoil_only_those_nearest_to_zero() {
        let mut values = shuffled(1_000, |x| 1e-300 * (1.0 + x));
        values.extend(shuffled(1_000, |x| 1e300 * (1.0 + x)));
        values.extend(shuffled(1_000, |x| -1e-300 * (1.0 + x)));
        values.extend(shuffled(1_000, |x| -1e300 * (1.0 + x)));
        let mut sketch = Sketch::default();
        for &value in &values {
            sketch.add(value);
        }
        values.sort_by(f64::total_cmp);
        for (rank, &exact) in values.iter().enumerate().filter(|(_, exact)| exact.abs() > 1.0) {
            let said = sketch.at_rank(rank as u64).unwrap();
            assert!((said - exact).abs() <= exact.abs() * 0.010_001, "{said} for {exact} at {rank}");
        }
        assert!(sketch.heap_bytes() <= 2 * 2 * 2048 * 8 + 64);
    }

    #[test]
    fn a_sketch_restored_is_the_sketch() {
        for p in [1.0, 50.0] {
            let kind = Kind::Percentile { p };
            let check = |values: Vec<f64>| {
                let values: Vec<_> = values.into_iter().map(Double).collect();
                let (state, _) = run(&kind, &values);
                check(&kind, &values, state.result(&kind));
            };
            check(shuffled(129, |x| x * 1e6));
            check(shuffled(400, |x| (x - 0.5) * 1e6));
            check(shuffled(300, |x| ((x - 0.5) * 1400.0).exp()));
            check(shuffled(300, |x| -((x - 0.5) * 1400.0).exp()));
        }
    }

    #[test]
    fn every_bin_is_filled_anew() {
        let config = config();
        for key in config.key(f64::MIN_POSITIVE.next_up())..=config.key(f64::MAX) {
            assert_eq!(config.key(value_in(&config, key)), key);
        }
    }

    #[test]
    fn counts_read_back_as_datadogs_libraries_write_them() {
        let mut sketch = Sketch::default();
        for (value, count) in [(1.0, 1), (2.0, 127), (3.0, 128), (-4.0, 1 << 20), (0.0, (1 << 40) + 1)] {
            sketch.inner.add_with_count(value, count);
        }
        (sketch.min, sketch.max) = (-4.0, 3.0);
        let mut bytes = Vec::new();
        sketch.write(&mut bytes);
        let restored = Sketch::read(&mut Reader::new(&bytes)).unwrap();
        assert_eq!(restored.count(), sketch.count());
        assert_eq!(restored.inner.to_java_bytes().len(), sketch.inner.to_java_bytes().len());
    }

    #[test]
    fn a_sketch_of_few_values_can_not_be() {
        let kind = Kind::Percentile { p: 50.0 };
        let mut bytes = Vec::new();
        pack::write_usize(&mut bytes, 129);
        let mut sketch = Sketch::default();
        for value in shuffled(128, |x| x) {
            sketch.add(value);
        }
        sketch.write(&mut bytes);
        assert!(Reducer::read(&kind, &mut Reader::new(&bytes)).is_err());
    }
}

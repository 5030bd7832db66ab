//! `countDistinct`: how many different values, by type and value, doubles by their bits.
//!
//! Up to 128 it is exact: 64-bit hashes are counted, and the chance that among 128 values two have the same
//! is 4 * 10^-16. Above that it is an estimate with a standard error of 1.6 %, of a HyperLogLog with 4,096
//! registers.

use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use hyperloglockless::HyperLogLog;
use siphasher::sip::SipHasher13;
use thin_vec::ThinVec;

use super::Tally;
use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

/// So many are counted exactly: 1 KiB.
const EXACT: usize = 128;
/// So many had been seen when the estimate began.
const LEAST_ESTIMATE: i64 = 129;
/// 2^12 registers of a byte.
const PRECISION: u8 = 12;
const REGISTERS: usize = 1 << PRECISION;

#[derive(Debug)]
pub(crate) enum CountDistinct {
    /// Hashes, ascending.
    Exact(ThinVec<u64>),
    Estimate(Box<Registers>),
}

/// It is given hashes, and never asks for a hasher: this is the smallest that fits.
type Registers = HyperLogLog<BuildHasherDefault<DefaultHasher>>;

impl Default for CountDistinct {
    fn default() -> Self {
        Self::Exact(ThinVec::new())
    }
}

impl CountDistinct {
    pub(super) fn update(&mut self, value: Value<'_>, tally: &mut Tally) {
        let before = self.heap_bytes();
        self.insert(hash(value));
        tally.grew(before, self.heap_bytes());
    }

    fn insert(&mut self, hash: u64) {
        match self {
            Self::Exact(hashes) => {
                let Err(place) = hashes.binary_search(&hash) else { return };
                if hashes.len() < EXACT {
                    return hashes.insert(place, hash);
                }
                // The hashes are all the registers want to know of a value: nothing is lost.
                let mut registers = Registers::with_hasher(PRECISION, BuildHasherDefault::default());
                hashes.iter().for_each(|&hash| registers.insert_hash(hash));
                registers.insert_hash(hash);
                *self = Self::Estimate(Box::new(registers));
            }
            Self::Estimate(registers) => registers.insert_hash(hash),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "saturating is as good as any answer there")]
    pub(super) fn result(&self) -> Option<Value<'static>> {
        let count = match self {
            Self::Exact(hashes) => i64::try_from(hashes.len()).unwrap_or(i64::MAX),
            Self::Estimate(registers) => (registers.raw_count().round() as i64).max(LEAST_ESTIMATE),
        };
        (count > 0).then_some(Value::Int(count))
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Exact(hashes) => heap::thin(hashes),
            Self::Estimate(_) => heap::boxed::<Registers>() + heap::block(REGISTERS),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Exact(hashes) => {
                pack::write_usize(out, hashes.len());
                hashes.iter().for_each(|&hash| pack::write_fixed(out, hash));
            }
            Self::Estimate(registers) => {
                pack::write_usize(out, EXACT + 1);
                write_registers(registers, out);
            }
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = from.usize()?;
        if count > EXACT {
            from.check(count == EXACT + 1)?;
            return Ok(Self::Estimate(Box::new(read_registers(from)?)));
        }
        let mut hashes = ThinVec::new();
        for _ in 0..count {
            let hash = from.fixed()?;
            from.check(hashes.last().is_none_or(|&last| last < hash))?;
            hashes.push(hash);
        }
        Ok(Self::Exact(hashes))
    }
}

/// The seeds are fixed, since hashes are kept in snapshots. Attack: who knows them can find values that collide
/// and spoil his own count, no more: nothing is looked up by them but in a sorted list.
#[inline]
fn hash(value: Value<'_>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0x6b61_7061_6369_746f, 0x722d_7564_6664_0001);
    let (kind, bits) = match value {
        Value::Text(text) => {
            hasher.write(b"t");
            hasher.write(text);
            return hasher.finish();
        }
        Value::Int(int) => (b'i', int.cast_unsigned()),
        Value::Double(double) => (b'd', double.to_bits()),
        Value::Bool(bool) => (b'b', u64::from(bool)),
    };
    let mut bytes = [kind; 9];
    if let Some(rest) = bytes.last_chunk_mut() {
        *rest = bits.to_le_bytes();
    }
    hasher.write(&bytes);
    hasher.finish()
}

/// Registers as bytes, but runs of zeros as a zero and their length. Behind them the running sum, which adds up
/// a little differently in another order.
fn write_registers(registers: &Registers, out: &mut Vec<u8>) {
    let (mut registers, _, _, sum) = registers.parts();
    while let Some((&register, rest)) = registers.split_first() {
        pack::write_u8(out, register);
        registers = rest;
        if register == 0 {
            let more = rest.iter().take_while(|&&register| register == 0).count();
            pack::write_usize(out, more);
            registers = rest.get(more..).unwrap_or_default();
        }
    }
    pack::write_f64(out, sum);
}

fn read_registers(from: &mut Reader<'_>) -> Result<Registers, Damaged> {
    let mut registers = Vec::with_capacity(REGISTERS);
    while registers.len() < REGISTERS {
        let register = from.u8()?;
        from.check(register <= greatest(registers.len()))?;
        registers.push(register);
        if register == 0 {
            let more = from.usize()?;
            from.check(more <= REGISTERS - registers.len())?;
            registers.resize(registers.len() + more, 0);
        }
    }
    let sum = from.f64()?;
    // Two to the minus register, by its exponent: a power for each takes longer than all the rest.
    let exact: f64 =
        registers.iter().map(|&register| f64::from_bits((1023 - u64::from(register)) << 52)).sum();
    from.check((sum - exact).abs() < 1e-6)?;
    let zeros = registers.iter().map(|&register| usize::from(register == 0)).sum();
    Ok(Registers::from_parts(registers.into_boxed_slice(), BuildHasherDefault::default(), zeros, sum))
}

/// What the register at `index` can be at most: one more than the trailing zeros of a hash that begins with it.
fn greatest(index: usize) -> u8 {
    let tail = u64::BITS - u32::from(PRECISION);
    u8::try_from(1 + ((index as u64) << tail).trailing_zeros()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::reduce::testing::{check, run};
    use crate::aggregate::reduce::{Kind, Tally};
    use crate::value::Value::{Bool, Double, Int, Text};

    #[test]
    fn few_values_are_counted_exactly() {
        let check = |values: &[Value<'_>], count| check(&Kind::CountDistinct, values, Some(Int(count)));
        check(&[Int(1)], 1);
        check(&[Int(1), Int(2), Int(1)], 2);
        check(&[Int(1), Double(1.0), Text(b"1"), Bool(true), Int(1)], 4);
        check(&[Double(0.0), Double(-0.0), Int(0), Bool(false), Text(b"")], 5);
        check(&[Text(b"i\x01\0\0\0\0\0\0\0"), Int(1), Double(f64::NAN)], 2);
        let values: Vec<_> = (0..1000).map(|n| Int(n * 7919 % 128)).collect();
        check(&values, 128);
    }

    #[test]
    fn nothing_comes_of_no_value() {
        check(&Kind::CountDistinct, &[], None);
        let tally = check(&Kind::CountDistinct, &[Double(f64::NAN)], None);
        assert_eq!(tally, Tally { not_finite: 1, ..Tally::default() });
    }

    #[test]
    fn hashes_are_what_they_were_when_a_snapshot_was_written() {
        // From another implementation of SipHash-1-3.
        let check = |value, expected: u64| assert_eq!(hash(value), expected, "{value:?}");
        check(Int(0), 0x49c1_068b_0e0d_94e0);
        check(Double(0.0), 0xf6c6_d59d_2cc9_3094);
        check(Bool(true), 0xa7fb_e976_cf6a_247a);
        check(Text(b"text"), 0xfb54_ac77_1933_8628);
    }

    #[test]
    fn many_values_are_estimated() {
        let check = |count: i64| {
            let values: Vec<_> = (0..count).chain(0..count / 2).map(Int).collect();
            let (state, _) = run(&Kind::CountDistinct, &values);
            let Some(Int(estimate)) = state.result(&Kind::CountDistinct) else { panic!("no count") };
            // Three standard errors.
            assert!((estimate - count).abs() * 1000 <= count * 49, "{estimate} for {count}");
        };
        [129, 130, 200, 1_000, 5_000, 20_000, 100_000, 1_000_000].into_iter().for_each(check);
    }

    #[test]
    fn an_estimate_restored_is_the_estimate() {
        let values: Vec<_> = (0..300).map(Int).collect();
        let (state, _) = run(&Kind::CountDistinct, &values);
        check(&Kind::CountDistinct, &values, state.result(&Kind::CountDistinct));
    }
}

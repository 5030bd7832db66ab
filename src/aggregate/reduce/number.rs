//! Ints and doubles side by side, without losing a digit of either.

use std::cmp::Ordering;

use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

/// A value that is a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Double(f64),
}

impl Number {
    #[inline]
    pub(crate) fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Int(int) => Some(Self::Int(int)),
            Value::Double(double) => Some(Self::Double(double)),
            Value::Text(_) | Value::Bool(_) => None,
        }
    }

    pub(crate) fn value(self) -> Value<'static> {
        match self {
            Self::Int(int) => Value::Int(int),
            Self::Double(double) => Value::Double(double),
        }
    }

    #[inline]
    pub(crate) fn double(self) -> f64 {
        match self {
            Self::Int(int) => double(int),
            Self::Double(double) => double,
        }
    }

    /// The order of numbers that are finite, exact: no int is rounded to a double. -0.0 is less than 0.0 and
    /// the int 0.
    #[inline]
    pub(crate) fn exact_cmp(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(&b),
            (Self::Int(a), Self::Double(b)) => cmp_int(a, b),
            (Self::Double(a), Self::Int(b)) => cmp_int(b, a).reverse(),
        }
    }

    /// What a number or none takes in a snapshot: one byte and the number.
    pub(crate) fn write(number: Option<Self>, out: &mut Vec<u8>) {
        match number {
            None => pack::write_u8(out, 0),
            Some(Self::Int(int)) => {
                pack::write_u8(out, 1);
                pack::write_i64(out, int);
            }
            Some(Self::Double(double)) => {
                pack::write_u8(out, 2);
                pack::write_f64(out, double);
            }
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Option<Self>, Damaged> {
        Ok(match from.u8()? {
            0 => None,
            1 => Some(Self::Int(from.i64()?)),
            2 => Some(Self::Double(from.f64()?)),
            _ => return Err(from.damaged()),
        })
    }
}

/// The double nearest to an int.
#[expect(clippy::cast_precision_loss, reason = "what is asked for")]
#[inline]
pub(crate) fn double(int: i64) -> f64 {
    int as f64
}

/// The double nearest to a count.
#[expect(clippy::cast_precision_loss, reason = "what is asked for")]
#[inline]
pub(crate) fn double_of_count(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "in range, and the fraction is looked at apart")]
fn cmp_int(int: i64, double: f64) -> Ordering {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0; // 2^63
    if double >= BEYOND {
        return Ordering::Less;
    }
    if double < -BEYOND {
        return Ordering::Greater;
    }
    // Below 2^63 the whole part of a double is an int exactly. What is left decides, and -0.0 is below zero.
    let left = if double == 0.0 { double } else { double.fract() };
    int.cmp(&(double as i64)).then_with(|| 0.0f64.total_cmp(&left))
}

#[cfg(test)]
mod tests {
    use super::Number::{Double, Int};
    use super::*;

    #[test]
    fn ints_and_doubles_compare_exactly() {
        /// Each is less than the next.
        const ASCENDING: &[Number] = &[
            Double(f64::MIN),
            Double(-9_223_372_036_854_777_856.0),
            Int(i64::MIN),
            Int(i64::MIN + 1),
            Double(-9_223_372_036_854_774_784.0),
            Int(-9_007_199_254_740_993),
            Double(-9_007_199_254_740_992.0),
            Int(-2),
            Double(-1.5),
            Int(-1),
            Double(-0.5),
            Double(-f64::MIN_POSITIVE),
            Double(-0.0),
            Int(0),
            Double(5e-324),
            Double(0.5),
            Int(1),
            Double(1.5),
            Int(9_007_199_254_740_991),
            Double(9_007_199_254_740_992.0),
            Int(9_007_199_254_740_993),
            Double(9_007_199_254_740_994.0),
            Double(9_223_372_036_854_774_784.0),
            Int(i64::MAX - 1),
            Int(i64::MAX),
            Double(9_223_372_036_854_775_808.0),
            Double(f64::MAX),
        ];
        for (a, left) in ASCENDING.iter().enumerate() {
            for (b, right) in ASCENDING.iter().enumerate() {
                assert_eq!(left.exact_cmp(*right), a.cmp(&b), "{left:?} and {right:?}");
            }
        }
    }

    #[test]
    fn an_int_equals_the_double_that_is_it() {
        let check = |int: i64, double: f64| {
            assert_eq!(Int(int).exact_cmp(Double(double)), Ordering::Equal, "{int}");
            assert_eq!(Double(double).exact_cmp(Int(int)), Ordering::Equal, "{int}");
        };
        check(0, 0.0);
        check(-1, -1.0);
        check(1, 1.0);
        check(1 << 53, 9_007_199_254_740_992.0);
        check(-(1 << 53), -9_007_199_254_740_992.0);
        check(i64::MIN, -9_223_372_036_854_775_808.0);
    }
}

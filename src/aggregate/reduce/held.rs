//! A value kept for later.

use thin_vec::ThinVec;

use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

/// A [`Value`] of our own, or none yet; 16 bytes and the text.
#[derive(Debug, Default)]
pub(crate) enum Held {
    #[default]
    Absent,
    Int(i64),
    Double(f64),
    Bool(bool),
    Text(ThinVec<u8>),
}

impl Held {
    /// Takes a value in place of the old one. Text takes the place of text without allocating, where it fits.
    #[inline]
    pub(crate) fn set(&mut self, value: Value<'_>) {
        *self = match value {
            Value::Int(int) => Self::Int(int),
            Value::Double(double) => Self::Double(double),
            Value::Bool(bool) => Self::Bool(bool),
            Value::Text(new) => {
                if let Self::Text(old) = self {
                    old.clear();
                    old.extend_from_slice(new);
                    return;
                }
                Self::Text(ThinVec::from(new))
            }
        };
    }

    #[inline]
    pub(crate) fn value(&self) -> Option<Value<'_>> {
        Some(match self {
            Self::Absent => return None,
            Self::Int(int) => Value::Int(*int),
            Self::Double(double) => Value::Double(*double),
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Text(text) => Value::Text(text),
        })
    }

    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        if let Self::Text(text) = self { heap::thin(text) } else { 0 }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let tag = match self {
            Self::Absent => 0,
            Self::Int(_) => 1,
            Self::Double(_) => 2,
            Self::Bool(false) => 3,
            Self::Bool(true) => 4,
            Self::Text(_) => 5,
        };
        pack::write_u8(out, tag);
        match self {
            Self::Absent | Self::Bool(_) => {}
            Self::Int(int) => pack::write_i64(out, *int),
            Self::Double(double) => pack::write_f64(out, *double),
            Self::Text(text) => pack::write_bytes(out, text),
        }
    }

    /// Doubles that aren't finite are refused, as they are never held.
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(match from.u8()? {
            0 => Self::Absent,
            1 => Self::Int(from.i64()?),
            2 => {
                let double = from.f64()?;
                from.check(double.is_finite())?;
                Self::Double(double)
            }
            3 => Self::Bool(false),
            4 => Self::Bool(true),
            5 => Self::Text(ThinVec::from(from.bytes()?)),
            _ => return Err(from.damaged()),
        })
    }
}

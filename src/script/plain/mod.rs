//! Conditions that are a plain comparison: these need no engine. They mean exactly what the engine says that they
//! mean, its doubles too, which are equal if they are nearly so.

mod parse;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::state::{Keys, State, Step};
use crate::value::Value;

/// Where a plain condition looks things up. Slots are those of `Scripts::event_names`.
pub(crate) trait Look {
    fn tag(&self, slot: usize) -> Option<&[u8]>;
    fn field(&self, slot: usize) -> Option<Value<'_>>;
    /// `task.count`.
    fn count(&self) -> u64;
}

/// What was read: `None` is `()`.
type Read<'a> = Option<Value<'a>>;

/// Such a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain {
    Compare(Operand, Operator, Operand),
    /// The operand itself.
    Is(Operand),
    Not(Box<Plain>),
    And(Box<Plain>, Box<Plain>),
    Or(Box<Plain>, Box<Plain>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Unit,
    Int(i64),
    Double(f64),
    Bool(bool),
    Text(Box<[u8]>),
    /// Fields, then tags.
    Event(usize),
    Tag(usize),
    Field(usize),
    Count,
    Map(Step),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Plain {
    /// `source` as such a condition, if it is one.
    pub(super) fn parse(source: &str, names: &Names, keys: &Keys) -> Option<Self> {
        parse::plain(source, names, keys)
    }

    /// Whether it holds, with this map. `None` if the engine has to say: where it would be an error, too.
    #[inline]
    pub(super) fn holds(&self, look: &impl Look, map: &State) -> Option<bool> {
        match self {
            Self::Compare(left, operator, right) => {
                Some(operator.compare(left.value(look, map)?, right.value(look, map)?))
            }
            Self::Is(operand) => match operand.value(look, map)? {
                Some(Value::Bool(bool)) => Some(bool),
                _ => None,
            },
            Self::Not(plain) => plain.holds(look, map).map(|holds| !holds),
            Self::And(left, right) => Some(left.holds(look, map)? && right.holds(look, map)?),
            Self::Or(left, right) => Some(left.holds(look, map)? || right.holds(look, map)?),
        }
    }
}

impl Operand {
    /// Its value. `None` is what only the engine knows.
    #[inline]
    fn value<'a>(&'a self, look: &'a impl Look, map: &'a State) -> Option<Read<'a>> {
        let tag = |slot| look.tag(slot).filter(|tag| !tag.is_empty()).map(Value::Text);
        let read = match self {
            Self::Unit => None,
            Self::Int(int) => Some(Value::Int(*int)),
            Self::Double(double) => Some(Value::Double(*double)),
            Self::Bool(bool) => Some(Value::Bool(*bool)),
            Self::Text(text) => return Some(Some(Value::Text(text))),
            Self::Event(slot) => look.field(*slot).or_else(|| tag(*slot)),
            Self::Tag(slot) => tag(*slot),
            Self::Field(slot) => look.field(*slot),
            Self::Count => Some(Value::Int(i64::try_from(look.count()).unwrap_or(i64::MAX))),
            Self::Map(step) => match map.held(&[])?.get(step) {
                Some(value) => return value.scalar().map(Some),
                None => None,
            },
        };
        match read {
            // To the engine this is an error.
            Some(Value::Text(text)) if std::str::from_utf8(text).is_err() => None,
            read => Some(read),
        }
    }
}

impl Operator {
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "as the engine does")]
    fn compare(self, left: Read<'_>, right: Read<'_>) -> bool {
        match (left, right) {
            (Some(Value::Int(left)), Some(Value::Int(right))) => self.of_order(left.cmp(&right)),
            (Some(Value::Text(left)), Some(Value::Text(right))) => self.of_order(left.cmp(right)),
            (Some(Value::Bool(left)), Some(Value::Bool(right))) => self.of_order(left.cmp(&right)),
            (Some(Value::Double(left)), Some(Value::Double(right))) => self.of_doubles(left, right),
            (Some(Value::Double(left)), Some(Value::Int(right))) => self.of_doubles(left, right as f64),
            (Some(Value::Int(left)), Some(Value::Double(right))) => self.of_doubles(left as f64, right),
            (None, None) => self == Self::Equal,
            _ => self == Self::NotEqual,
        }
    }

    fn of_order(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    fn of_doubles(self, left: f64, right: f64) -> bool {
        let scale = if left * right == 0.0 { 1.0 } else { left.abs().max(right.abs()) };
        if scale == 0.0 {
            // Zero and no number at all.
            return matches!(self, Self::Equal | Self::LessOrEqual | Self::GreaterOrEqual);
        }
        let difference = (left - right) / scale;
        match self {
            Self::Equal => (left - right).abs() / scale <= f64::EPSILON,
            Self::NotEqual => (left - right).abs() / scale > f64::EPSILON,
            Self::Greater => difference > f64::EPSILON,
            Self::GreaterOrEqual => difference > -f64::EPSILON,
            Self::Less => (right - left) / scale > f64::EPSILON,
            Self::LessOrEqual => (right - left) / scale > -f64::EPSILON,
        }
    }
}

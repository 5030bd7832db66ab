//! Reducers that remember all they have seen, and go through it when asked.

use super::value::Value;

#[derive(Debug, Clone)]
pub enum Kind {
    Count,
    Sum,
    Min,
    Max,
    Mean,
    Stddev,
    First,
    Last,
    CountDistinct,
    Distinct,
    Percentile(f64),
    List,
    Concat(String),
    Duration(i64),
}

/// An event's time and what the event said.
pub type Seen = (i64, Value);

impl Kind {
    pub fn takes(&self, value: &Value) -> bool {
        use Kind as K;
        let numbers_only = matches!(self, K::Sum | K::Min | K::Max | K::Mean | K::Stddev | K::Percentile(_));
        !numbers_only || value.is_number()
    }

    /// Whether maxListSize counts what it has seen.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::List | Self::Concat(_) | Self::Distinct)
    }

    pub fn is_any_or_list(&self) -> bool {
        self.is_list() || matches!(self, Self::First | Self::Last)
    }

    /// What comes out, not looking at whether it is finite.
    pub fn result(&self, seen: &[Seen]) -> Option<Value> {
        if let Self::Count = self {
            return Some(Value::Int(int(seen.len())));
        }
        if seen.is_empty() {
            return None;
        }
        let values = || seen.iter().map(|(_, value)| value);
        Some(match self {
            Self::Count => unreachable!(),
            Self::Sum => sum(seen).0,
            Self::Min => values().reduce(|a, b| if b.compare(a).is_lt() { b } else { a })?.clone(),
            Self::Max => values().reduce(|a, b| if b.compare(a).is_gt() { b } else { a })?.clone(),
            Self::Mean => Value::Double(welford(seen).0),
            Self::Stddev if seen.len() < 2 => return None,
            Self::Stddev => Value::Double((welford(seen).1 / double(seen.len() - 1)).sqrt()),
            Self::First => seen.iter().reduce(|a, b| if b.0 < a.0 { b } else { a })?.1.clone(),
            Self::Last => seen.iter().reduce(|a, b| if b.0 >= a.0 { b } else { a })?.1.clone(),
            Self::CountDistinct => Value::Int(int(distinct(seen).len())),
            Self::Distinct => json(distinct(seen).into_iter()),
            Self::Percentile(p) => percentile(seen, *p),
            Self::List => json(values()),
            Self::Concat(separator) => {
                Value::Text(values().map(Value::text).collect::<Vec<_>>().join(separator))
            }
            Self::Duration(unit) => duration(seen, *unit),
        })
    }

    /// How many elements maxListSize sees in it.
    pub fn elements(&self, seen: &[Seen]) -> usize {
        match self {
            Self::Distinct => distinct(seen).len(),
            Self::List | Self::Concat(_) => seen.len(),
            _ => 0,
        }
    }
}

/// How often the int sum of what was seen left the range of an int.
pub fn saturations(seen: &[Seen]) -> u64 {
    if seen.is_empty() { 0 } else { sum(seen).1 }
}

fn sum(seen: &[Seen]) -> (Value, u64) {
    let (mut total, mut saturated) = (seen[0].1.clone(), 0);
    for (_, value) in &seen[1..] {
        total = match (&total, value) {
            (Value::Int(a), Value::Int(b)) => {
                saturated += u64::from(a.checked_add(*b).is_none());
                Value::Int(a.saturating_add(*b))
            }
            (a, b) => Value::Double(a.double() + b.double()),
        };
    }
    (total, saturated)
}

/// Mean, and the sum of the squared distances from it.
fn welford(seen: &[Seen]) -> (f64, f64) {
    let (mut mean, mut squares) = (0.0, 0.0);
    for (n, (_, value)) in seen.iter().enumerate() {
        let value = value.double();
        let delta = value - mean;
        mean += delta / double(n + 1);
        squares += delta * (value - mean);
    }
    (mean, squares)
}

/// In order of first appearance.
fn distinct(seen: &[Seen]) -> Vec<&Value> {
    let mut distinct: Vec<&Value> = vec![];
    for (_, value) in seen {
        if !distinct.iter().any(|known| known.is(value)) {
            distinct.push(value);
        }
    }
    distinct
}

fn json<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    Value::Text(format!("[{}]", values.map(Value::json).collect::<Vec<_>>().join(",")))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the indices there are"
)]
fn percentile(seen: &[Seen], p: f64) -> Value {
    let mut sorted: Vec<f64> = seen.iter().map(|(_, value)| value.double()).collect();
    sorted.sort_by(f64::total_cmp);
    let index = (double(sorted.len()) * p / 100.0 + 0.5).floor() - 1.0;
    Value::Double(sorted[index.clamp(0.0, double(sorted.len() - 1)) as usize])
}

#[expect(clippy::cast_precision_loss, reason = "the output is a double")]
fn duration(seen: &[Seen], unit: i64) -> Value {
    let first = seen.iter().map(|(time, _)| i128::from(*time)).min().unwrap();
    let last = seen.iter().map(|(time, _)| i128::from(*time)).max().unwrap();
    Value::Double((last - first) as f64 / unit as f64)
}

fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap()
}

fn double(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap())
}

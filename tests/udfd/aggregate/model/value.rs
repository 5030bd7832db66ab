//! Values of events, as plain as can be: read from a point, written as an id, as JSON.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use kapacitor_udfd::proto::Point;

#[derive(Debug, Clone)]
pub enum Value {
    Text(String),
    Int(i64),
    Double(f64),
    Bool(bool),
}

/// The tag of this name; an empty one is none.
pub fn tag(point: &Point, name: &str) -> Option<Value> {
    point.tags.get(name).filter(|value| !value.is_empty()).map(|value| Value::Text(value.clone()))
}

/// The field of this name: a boolean over a double over an int over a string.
pub fn field(point: &Point, name: &str) -> Option<Value> {
    if let Some(&bool) = point.fields_bool.get(name) {
        return Some(Value::Bool(bool));
    }
    if let Some(&double) = point.fields_double.get(name) {
        return Some(Value::Double(double));
    }
    if let Some(&int) = point.fields_int.get(name) {
        return Some(Value::Int(int));
    }
    point.fields_string.get(name).map(|text| Value::Text(text.clone()))
}

/// Whether there was one.
pub fn remove_field(point: &mut Point, name: &str) -> bool {
    let gone = [
        point.fields_bool.remove(name).is_some(),
        point.fields_double.remove(name).is_some(),
        point.fields_int.remove(name).is_some(),
        point.fields_string.remove(name).is_some(),
    ];
    gone.contains(&true)
}

/// All fields, each once.
pub fn fields(point: &Point) -> Vec<(String, Value)> {
    let names = point.fields_bool.keys().chain(point.fields_double.keys());
    let names = names.chain(point.fields_int.keys()).chain(point.fields_string.keys());
    let names: BTreeSet<&String> = names.collect();
    names.into_iter().map(|name| (name.clone(), field(point, name).unwrap())).collect()
}

impl Value {
    pub fn put(self, point: &mut Point, name: &str) {
        let name = name.to_owned();
        match self {
            Self::Text(text) => drop(point.fields_string.insert(name, text)),
            Self::Int(int) => drop(point.fields_int.insert(name, int)),
            Self::Double(double) => drop(point.fields_double.insert(name, double)),
            Self::Bool(bool) => drop(point.fields_bool.insert(name, bool)),
        }
    }

    pub fn is_finite(&self) -> bool {
        if let Self::Double(double) = self { double.is_finite() } else { true }
    }

    /// As ids and concat write it.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Int(int) => int.to_string(),
            Self::Double(double) => double.to_string(),
            Self::Bool(bool) => bool.to_string(),
        }
    }

    pub fn json(&self) -> String {
        match self {
            Self::Text(text) => serde_json::to_string(text).unwrap(),
            Self::Int(int) => int.to_string(),
            Self::Double(double) => serde_json::to_string(double).unwrap(),
            Self::Bool(bool) => bool.to_string(),
        }
    }

    /// One value to distinct and countDistinct: the type counts, and each bit of a double.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => a.to_bits() == b.to_bits(),
            (Self::Bool(a), Self::Bool(b)) => a == b,
            _ => false,
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Double(_))
    }

    #[expect(clippy::cast_precision_loss, reason = "that is what turning an int into a double means")]
    pub fn double(&self) -> f64 {
        match self {
            Self::Int(int) => *int as f64,
            Self::Double(double) => *double,
            Self::Text(_) | Self::Bool(_) => panic!("no number: {self:?}"),
        }
    }

    /// Whether an int is the same number as a double.
    #[expect(clippy::cast_possible_truncation, reason = "a double that was an int is no larger than an i128")]
    pub fn is_exact_double(&self) -> bool {
        matches!(self, Self::Int(int) if self.double() as i128 == i128::from(*int))
    }

    /// Numbers as they are, not as doubles. -0.0 comes before 0.0, and an int 0 is 0.0.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Int(int), Self::Double(double)) => compare_mixed(*int, *double),
            (Self::Double(double), Self::Int(int)) => compare_mixed(*int, *double).reverse(),
            (a, b) => a.double().total_cmp(&b.double()),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "beyond an i128 it is still on the right side")]
fn compare_mixed(int: i64, double: f64) -> Ordering {
    if int == 0 && double == 0.0 {
        return 0.0f64.total_cmp(&double);
    }
    let whole = double.trunc() as i128;
    i128::from(int).cmp(&whole).then_with(|| 0.0.partial_cmp(&double.fract()).unwrap())
}

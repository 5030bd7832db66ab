//! What scripts calculate with.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::super::value::Value;

/// Why a script goes no further.
pub type Result<T> = std::result::Result<T, String>;

pub type Map = BTreeMap<String, Dynamic>;

#[derive(Debug, Clone)]
pub enum Dynamic {
    /// What is missing is.
    Unit,
    Scalar(Value),
    List(Vec<Dynamic>),
    Map(Map),
}

impl Dynamic {
    pub fn int(int: i64) -> Self {
        Self::Scalar(Value::Int(int))
    }

    pub fn bool(bool: bool) -> Self {
        Self::Scalar(Value::Bool(bool))
    }

    pub fn text(text: &str) -> Self {
        Self::Scalar(Value::Text(text.to_owned()))
    }

    /// Only a boolean says whether.
    pub fn is_true(&self) -> Result<bool> {
        match self {
            Self::Scalar(Value::Bool(bool)) => Ok(*bool),
            other => Err(format!("no boolean: {other:?}")),
        }
    }

    pub fn as_text(&self) -> Result<&str> {
        match self {
            Self::Scalar(Value::Text(text)) => Ok(text),
            other => Err(format!("no string: {other:?}")),
        }
    }

    /// What a field can hold.
    pub fn field(&self) -> Result<Value> {
        match self {
            Self::Scalar(value) if value.is_finite() => Ok(value.clone()),
            other => Err(format!("no value for a field: {other:?}")),
        }
    }

    /// As an entry of a map: what is missing in it is not there.
    #[must_use]
    pub fn stored(self) -> Self {
        match self {
            Self::Map(map) => {
                let there = map.into_iter().filter(|(_, value)| !matches!(value, Self::Unit));
                Self::Map(there.map(|(name, value)| (name, value.stored())).collect())
            }
            Self::List(list) => Self::List(list.into_iter().map(Self::stored).collect()),
            other => other,
        }
    }

    pub fn json(&self) -> String {
        match self {
            Self::Unit => "null".to_owned(),
            Self::Scalar(value) => value.json(),
            Self::List(list) => format!("[{}]", list.iter().map(Self::json).collect::<Vec<_>>().join(",")),
            Self::Map(map) => {
                let name = |name: &String| serde_json::to_string(name).unwrap();
                let entries = map.iter().map(|(key, value)| format!("{}:{}", name(key), value.json()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// In place of a list or a map there is what it is as a field.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unit, Self::Unit) => true,
            (Self::Scalar(a), Self::Scalar(b)) if a.is_number() && b.is_number() => match (a, b) {
                (Value::Int(a), Value::Int(b)) => a == b,
                (a, b) => difference(a, b).abs() <= f64::EPSILON,
            },
            (Self::Scalar(a), Self::Scalar(b)) => a.is(b),
            _ => false,
        }
    }

    pub fn not(&self) -> Result<Self> {
        Ok(Self::bool(!self.is_true()?))
    }

    pub fn negative(&self) -> Result<Self> {
        match self {
            Self::Scalar(Value::Int(int)) => int.checked_neg().map(Self::int).ok_or("overflow".to_owned()),
            Self::Scalar(Value::Double(double)) => Ok(double_of(-double)),
            other => Err(format!("- {other:?}")),
        }
    }

    /// All but `&&`, `||` and `??`, which don't look at both.
    pub fn combine(&self, operator: &str, other: &Self) -> Result<Self> {
        match operator {
            "==" => Ok(Self::bool(self.is(other))),
            "!=" => Ok(Self::bool(!self.is(other) && !is_no_number(self, other))),
            "<" | "<=" | ">" | ">=" => Ok(Self::bool(is_ordered(operator, self, other))),
            "+" | "-" => sum_or_difference(operator, self, other),
            _ => calculate(operator, self, other),
        }
    }
}

fn double_of(double: f64) -> Dynamic {
    Dynamic::Scalar(Value::Double(double))
}

/// Doubles that are nearly equal are equal to the engine: it looks at how far they are apart, of the larger one's
/// size.
fn difference(a: &Value, b: &Value) -> f64 {
    let (a, b) = (a.double(), b.double());
    let scale = if a * b == 0.0 { 1.0 } else { a.abs().max(b.abs()) };
    // Of NaN and 0 it makes one, too.
    if scale == 0.0 { 0.0 } else { (a - b) / scale }
}

/// Between what can't be compared there is no difference either.
fn is_no_number(a: &Dynamic, b: &Dynamic) -> bool {
    match (a, b) {
        (Dynamic::Scalar(a), Dynamic::Scalar(b)) if a.is_number() && b.is_number() => {
            difference(a, b).is_nan()
        }
        _ => false,
    }
}

/// Of different types neither is more.
fn is_ordered(operator: &str, a: &Dynamic, b: &Dynamic) -> bool {
    let order = match (a, b) {
        (Dynamic::Scalar(Value::Int(a)), Dynamic::Scalar(Value::Int(b))) => Some(a.cmp(b)),
        (Dynamic::Scalar(Value::Text(a)), Dynamic::Scalar(Value::Text(b))) => Some(a.cmp(b)),
        (Dynamic::Scalar(a), Dynamic::Scalar(b)) if a.is_number() && b.is_number() => {
            let difference = difference(a, b);
            let is_equal = difference.abs() <= f64::EPSILON;
            if is_equal { Some(Ordering::Equal) } else { difference.partial_cmp(&0.0) }
        }
        _ => None,
    };
    order.is_some_and(|order| match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// What is missing is as if it were not there.
fn sum_or_difference(operator: &str, a: &Dynamic, b: &Dynamic) -> Result<Dynamic> {
    let takes = |value: &Dynamic| match value {
        Dynamic::Unit => true,
        Dynamic::Scalar(Value::Text(_)) | Dynamic::List(_) => operator == "+",
        Dynamic::Scalar(value) => value.is_number(),
        Dynamic::Map(_) => false,
    };
    match (a, b) {
        (Dynamic::Unit, Dynamic::Unit) => Ok(Dynamic::Unit),
        (Dynamic::Unit, b) if operator == "-" && takes(b) => b.negative(),
        (Dynamic::Unit, some) | (some, Dynamic::Unit) if takes(some) => Ok(some.clone()),
        (Dynamic::Scalar(Value::Text(a)), Dynamic::Scalar(Value::Text(b))) if operator == "+" => {
            Ok(Dynamic::text(&format!("{a}{b}")))
        }
        (Dynamic::List(a), Dynamic::List(b)) if operator == "+" => {
            Ok(Dynamic::List([&a[..], &b[..]].concat()))
        }
        (a, b) => calculate(operator, a, b),
    }
}

fn calculate(operator: &str, a: &Dynamic, b: &Dynamic) -> Result<Dynamic> {
    let (Dynamic::Scalar(a), Dynamic::Scalar(b)) = (a, b) else {
        return Err(format!("{a:?} {operator} {b:?}"));
    };
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => {
            let result = match operator {
                "+" => a.checked_add(*b),
                "-" => a.checked_sub(*b),
                "*" => a.checked_mul(*b),
                "/" => a.checked_div(*b),
                "%" => a.checked_rem(*b),
                _ => None,
            };
            result.map(Dynamic::int).ok_or(format!("{a} {operator} {b}"))
        }
        (a, b) if a.is_number() && b.is_number() => {
            let (a, b) = (a.double(), b.double());
            match operator {
                "+" => Ok(double_of(a + b)),
                "-" => Ok(double_of(a - b)),
                "*" => Ok(double_of(a * b)),
                "/" => Ok(double_of(a / b)),
                "%" => Ok(double_of(a % b)),
                _ => Err(format!("{a} {operator} {b}")),
            }
        }
        (a, b) => Err(format!("{a:?} {operator} {b:?}")),
    }
}

/// A map as fields: nested ones flattened, lists as JSON.
pub fn fields(map: &Map) -> Vec<(String, Value)> {
    let mut fields = vec![];
    for (name, value) in map {
        match value {
            Dynamic::Unit => {}
            Dynamic::Scalar(value) => fields.push((name.clone(), value.clone())),
            Dynamic::List(_) => fields.push((name.clone(), Value::Text(value.json()))),
            Dynamic::Map(map) => {
                let nested = self::fields(map).into_iter();
                fields.extend(nested.map(|(inner, value)| (format!("{name}.{inner}"), value)));
            }
        }
    }
    fields
}

/// Methods that change nothing.
pub fn look(on: &Dynamic, name: &str, arguments: &[Dynamic]) -> Option<Dynamic> {
    let length = |length: usize| Dynamic::int(i64::try_from(length).unwrap());
    match (on, name, arguments) {
        (Dynamic::List(list), "len", []) => Some(length(list.len())),
        (Dynamic::Map(map), "len", []) => Some(length(map.len())),
        (Dynamic::List(list), "is_empty", []) => Some(Dynamic::bool(list.is_empty())),
        (Dynamic::Map(map), "is_empty", []) => Some(Dynamic::bool(map.is_empty())),
        (Dynamic::List(list), "contains", [one]) => {
            Some(Dynamic::bool(list.iter().any(|known| known.is(one))))
        }
        (Dynamic::Map(map), "contains", [Dynamic::Scalar(key)]) => {
            Some(Dynamic::bool(map.contains_key(&key.text())))
        }
        (Dynamic::Map(map), "get", [Dynamic::Scalar(key)]) => {
            Some(map.get(&key.text()).cloned().unwrap_or(Dynamic::Unit))
        }
        (Dynamic::Map(map), "keys", []) => {
            Some(Dynamic::List(map.keys().map(|key| Dynamic::text(key)).collect()))
        }
        _ => None,
    }
}

pub fn at_mut(list: &mut [Dynamic], at: i64) -> Result<&mut Dynamic> {
    usize::try_from(at).ok().and_then(|at| list.get_mut(at)).ok_or(format!("no element {at}"))
}

pub fn entry(of: &Dynamic, key: &Value) -> Result<Dynamic> {
    match (of, key) {
        (Dynamic::Map(map), Value::Text(name)) => Ok(map.get(name).cloned().unwrap_or(Dynamic::Unit)),
        (Dynamic::List(list), Value::Int(at)) => {
            usize::try_from(*at).ok().and_then(|at| list.get(at)).cloned().ok_or(format!("no element {at}"))
        }
        _ => Err(format!("no {key:?} of {of:?}")),
    }
}

//! A JSON array of values as text that grows, and such an array read back.

use std::io::Write;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::value::Value;

/// How the text of an array is kept while it grows: whole, so that it can be given out as it is.
pub(super) trait Array: Write {
    /// Takes the last byte away.
    fn pop(&mut self) -> Option<u8>;

    /// Appends a value.
    fn push_json(&mut self, value: Value<'_>)
    where
        Self: Sized,
    {
        let before = if self.pop().is_some() { b"," } else { b"[" };
        // Into memory: it can't fail.
        let _ = self.write_all(before);
        value.write_json(self);
        let _ = self.write_all(b"]");
    }
}

impl Array for Vec<u8> {
    fn pop(&mut self) -> Option<u8> {
        self.pop()
    }
}

impl Array for thin_vec::ThinVec<u8> {
    fn pop(&mut self) -> Option<u8> {
        self.pop()
    }
}

/// The elements of an array that [`Array::push_json`] wrote. `None` if it can't have.
pub(super) fn elements(array: &[u8]) -> Option<impl Iterator<Item = &[u8]> + Clone> {
    let inside = array.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let (mut quoted, mut escaped) = (false, false);
    let ends_element = move |&byte: &u8| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' => return !quoted,
            _ => {}
        }
        false
    };
    let elements = inside.split(ends_element);
    elements.clone().all(is_scalar).then_some(elements)
}

fn is_scalar(json: &[u8]) -> bool {
    json.trim_ascii().len() == json.len() && serde_json::from_slice::<Scalar>(json).is_ok()
}

/// An int64, a finite double, a boolean or a string.
struct Scalar;

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an int64, a double, a boolean or a string")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_u64<E: Error>(self, int: u64) -> Result<Scalar, E> {
                i64::try_from(int).map(|_| Scalar).map_err(E::custom)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_str<E>(self, _: &str) -> Result<Scalar, E> {
                Ok(Scalar)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_taken_apart_as_it_was_put_together() {
        let values = [
            Value::Int(-1),
            Value::Int(i64::MAX),
            Value::Double(f64::MIN),
            Value::Double(f64::MAX),
            Value::Double(5e-324),
            Value::Bool(true),
            Value::Text(br#"a","b\"#),
            Value::Text(b""),
            Value::Text(b"]["),
        ];
        let mut array = Vec::new();
        for value in values {
            array.push_json(value);
        }
        let expected = values.map(|value| {
            let mut json = Vec::new();
            value.write_json(&mut json);
            json
        });
        assert_eq!(elements(&array).unwrap().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_no_array_of_values_is_none() {
        let check = |text: &str| assert!(elements(text.as_bytes()).is_none(), "{text}");
        for text in ["", "[", "]", "[]", "1", "[1", "1]", "[1,]", "[,1]", "[1 ,2]", "[1, 2]", "[1,2]]"] {
            check(text);
        }
        for text in ["[null]", "[[1]]", "[{}]", "[nan]", "[1e400]", "[9223372036854775808]", r#"["a]"#] {
            check(text);
        }
        for text in [r#"["a\"]"#, r#"["a"b"]"#, r"[\,]", "[\"\n\"]", "[01]", r#"["a""b"]"#] {
            check(text);
        }
        assert!(elements(b"[\"\xff\"]").is_none());
    }
}

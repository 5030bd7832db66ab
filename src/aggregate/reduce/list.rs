//! `list`: all values in the order of their arrival, as a JSON array.

use thin_vec::ThinVec;

use super::Tally;
use super::json::{self, Array};
use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

#[derive(Debug, Default)]
pub(crate) struct List {
    /// The whole array; empty before the first value.
    text: ThinVec<u8>,
    count: usize,
}

impl List {
    pub(super) fn update(&mut self, value: Value<'_>, tally: &mut Tally) {
        let before = self.heap_bytes();
        self.text.push_json(value);
        self.count += 1;
        tally.grew(before, self.heap_bytes());
        tally.saw(self.count, self.text.len());
    }

    pub(super) fn result(&self) -> Option<Value<'_>> {
        (self.count > 0).then_some(Value::Text(&self.text))
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        heap::thin(&self.text)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        pack::write_bytes(out, &self.text);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let text = from.bytes()?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        let elements = json::elements(text).ok_or_else(|| from.damaged())?;
        Ok(Self { text: ThinVec::from(text), count: elements.count() })
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::Kind;
    use crate::aggregate::reduce::testing::check;
    use crate::value::Value::{self, Bool, Double, Int, Text};

    #[test]
    fn lists() {
        let check = |values: &[Value<'_>], list: Option<&str>, not_finite| {
            let tally = check(&Kind::List, values, list.map(|list| Text(list.as_bytes())));
            let count = values.len() - usize::try_from(not_finite).unwrap();
            assert_eq!((tally.longest_list, tally.longest_text), (count, list.map_or(0, str::len)));
            assert_eq!((tally.not_finite, tally.skipped_type), (not_finite, 0));
        };
        check(&[], None, 0);
        check(&[Int(1)], Some("[1]"), 0);
        check(&[Int(1), Int(1), Double(1.0), Text(b"1")], Some(r#"[1,1,1.0,"1"]"#), 0);
        check(&[Bool(true), Text(b"a\"b\\"), Bool(false)], Some(r#"[true,"a\"b\\",false]"#), 0);
        check(&[Double(-0.0), Double(f64::NAN), Double(1e300)], Some("[-0.0,1e+300]"), 1);
        check(&[Int(i64::MIN), Text(b"\xff,")], Some("[-9223372036854775808,\"\u{fffd},\"]"), 0);
        check(&[Text(b""), Text(b"\x01")], Some(r#"["","\u0001"]"#), 0);
        check(&[Double(f64::NAN)], None, 1);
    }
}

//! `concat`: all values in the order of their arrival, as text with a separator between them.

use thin_vec::ThinVec;

use super::Tally;
use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

#[derive(Debug, Default)]
pub(crate) struct Concat {
    text: ThinVec<u8>,
    /// Of values.
    count: usize,
}

impl Concat {
    pub(super) fn update(&mut self, separator: &str, value: Value<'_>, tally: &mut Tally) {
        let before = self.heap_bytes();
        if self.count > 0 {
            self.text.extend_from_slice(separator.as_bytes());
        }
        value.write_text(&mut self.text);
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
        pack::write_usize(out, self.count);
        if self.count > 0 {
            pack::write_bytes(out, &self.text);
        }
    }

    pub(super) fn read(separator: &str, from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = from.usize()?;
        let Some(separators) = count.checked_sub(1) else { return Ok(Self::default()) };
        // Without a separator any number of empty values may be in it, but for one that lets `count` overflow.
        from.check(isize::try_from(count).is_ok())?;
        let text = from.bytes()?;
        from.check(separators.checked_mul(separator.len()).is_some_and(|least| least <= text.len()))?;
        Ok(Self { text: ThinVec::from(text), count })
    }
}

#[cfg(test)]
mod tests {
    use crate::aggregate::reduce::Kind;
    use crate::aggregate::reduce::testing::check;
    use crate::value::Value::{self, Bool, Double, Int, Text};

    #[test]
    fn concatenations() {
        let check = |separator: &str, values: &[Value<'_>], text: Option<&[u8]>| {
            let tally = check(&Kind::Concat { separator: separator.into() }, values, text.map(Text));
            let count = values.iter().filter(|value| !matches!(value, Double(f64::INFINITY))).count();
            assert_eq!((tally.longest_list, tally.longest_text), (count, text.map_or(0, <[u8]>::len)));
            assert_eq!(tally.not_finite, (values.len() - count) as u64);
        };
        check(",", &[], None);
        check(",", &[Text(b"")], Some(b""));
        check(",", &[Text(b""), Text(b"")], Some(b","));
        check("", &[Text(b""), Text(b""), Text(b"")], Some(b""));
        check(", ", &[Text(b"a"), Int(-1), Bool(true), Bool(false)], Some(b"a, -1, true, false"));
        check("/", &[Double(1.0), Double(f64::INFINITY), Double(-0.0), Double(0.1)], Some(b"1/-0/0.1"));
        check("", &[Text(b"\xff"), Text(b"\xfe\0")], Some(b"\xff\xfe\0"));
        check(" → ", &[Text(b"a"), Text(b" \xe2")], Some(b"a \xe2\x86\x92  \xe2"));
        check(",", &[Double(f64::INFINITY)], None);
    }
}

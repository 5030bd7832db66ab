//! `distinct`: each value once, in the order of first appearance, as a JSON array. Values are the same if
//! their JSON is: the int 1, the double 1.0 and the text `1` are three.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::Tally;
use super::json::{self, Array};
use crate::heap;
use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

/// None before the first value.
#[derive(Debug, Default)]
pub(crate) struct Distinct(Option<Box<Set>>);

#[derive(Debug, Default)]
struct Set {
    /// The whole array.
    text: Vec<u8>,
    /// Where in it each element is. Half the memory of `usize`; an event that makes text longer than 4 GiB is
    /// more than a frame can hold, and the limits of a task are below that.
    elements: HashTable<Range<u32>>,
    /// Random seeds. Attack: values chosen so that their hashes collide, and each then looks through all. They
    /// reach no snapshot: the table is made anew.
    seeds: RandomState,
}

impl Distinct {
    pub(super) fn update(&mut self, value: Value<'_>, tally: &mut Tally) {
        let before = self.heap_bytes();
        let set = self.0.get_or_insert_default();
        set.insert(value);
        tally.saw(set.elements.len(), set.text.len());
        tally.grew(before, self.heap_bytes());
    }

    pub(super) fn result(&self) -> Option<Value<'_>> {
        self.0.as_ref().filter(|set| !set.elements.is_empty()).map(|set| Value::Text(&set.text))
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |set| {
            let table = heap::block(set.elements.allocation_size());
            heap::boxed::<Set>() + heap::block(set.text.capacity()) + table
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        pack::write_bytes(out, self.0.as_ref().map_or(&[], |set| &set.text));
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let text = from.bytes()?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        let elements = json::elements(text).ok_or_else(|| from.damaged())?;
        let mut set = Set { text: text.to_vec(), ..Set::default() };
        let mut start = 1;
        for element in elements {
            let end = start + element.len();
            from.check(set.claim(start, end))?;
            start = end + 1;
        }
        Ok(Self(Some(Box::new(set))))
    }
}

impl Set {
    fn insert(&mut self, value: Value<'_>) {
        let old_len = self.text.len();
        self.text.push_json(value);
        // Behind the comma or the first bracket, and before the last.
        let start = old_len.max(1);
        if !self.claim(start, self.text.len() - 1) {
            self.text.truncate(old_len);
            // The comma.
            if let Some(last) = self.text.last_mut() {
                *last = b']';
            }
        }
    }

    /// Whether the element that stands there is none yet. It is one from then on.
    fn claim(&mut self, start: usize, end: usize) -> bool {
        let Self { text, elements, seeds } = self;
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else { return false };
        let element = |range: &Range<u32>| text.get(range.start as usize..range.end as usize);
        let hash = |range: &Range<u32>| seeds.hash_one(element(range));
        let new = from..to;
        match elements.entry(hash(&new), |old| element(old) == element(&new), hash) {
            Entry::Occupied(_) => false,
            Entry::Vacant(vacant) => {
                vacant.insert(new);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::reduce::Kind;
    use crate::aggregate::reduce::testing::check;
    use crate::value::Value::{Bool, Double, Int, Text};

    #[test]
    fn distinct_values() {
        let check = |values: &[Value<'_>], count, json: &str| {
            let tally = check(&Kind::Distinct, values, Some(Text(json.as_bytes())));
            assert_eq!((tally.longest_list, tally.longest_text), (count, json.len()));
        };
        check(&[Int(1)], 1, "[1]");
        check(&[Int(2), Int(1), Int(2), Int(1)], 2, "[2,1]");
        check(&[Int(1), Double(1.0), Text(b"1"), Int(1), Double(1.0), Text(b"1")], 3, r#"[1,1.0,"1"]"#);
        check(&[Double(0.0), Double(-0.0), Int(0), Double(-0.0)], 3, "[0.0,-0.0,0]");
        check(&[Bool(true), Text(b"true"), Bool(true)], 2, r#"[true,"true"]"#);
        check(&[Text(b""), Text(b",\""), Text(b""), Text(b",\"")], 2, r#"["",",\""]"#);
        check(&[Text(b"\xff"), Text(b"\xfe"), Double(f64::NAN)], 1, "[\"\u{fffd}\"]");
    }

    #[test]
    fn nothing_comes_of_no_value() {
        check(&Kind::Distinct, &[], None);
        let tally = check(&Kind::Distinct, &[Double(f64::NAN)], None);
        assert_eq!(tally, Tally { not_finite: 1, ..Tally::default() });
    }

    #[test]
    fn many_values_are_each_there_once() {
        let values: Vec<_> = (0..3000).map(|n| Int(n * 7919 % 1000)).collect();
        let mut expected = values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>();
        expected.truncate(1000);
        let json = format!("[{}]", expected.join(",").replace("Int(", "").replace(')', ""));
        let tally = check(&Kind::Distinct, &values, Some(Text(json.as_bytes())));
        assert_eq!(tally.longest_list, 1000);
    }

    #[test]
    fn an_element_twice_in_a_snapshot_is_damaged() {
        let read = |json: &[u8]| {
            let mut bytes = Vec::new();
            pack::write_bytes(&mut bytes, json);
            Distinct::read(&mut Reader::new(&bytes)).is_ok()
        };
        assert_eq!(
            [&b"[1,2]"[..], b"[1,1]", b"[]", b"[1,,2]", b""].map(read),
            [true, false, false, false, true]
        );
    }
}

//! The begin and the end of a batch written by hand, from bytes that need not be UTF-8. The frames around
//! them are `response`'s.

use bytes::BufMut;

use super::batch::number;
use super::varint;

/// The largest `BeginBatch.size` written. Kapacitor allocates as many slots at once and counts the points
/// all the same.
pub(crate) const MAX_SIZE_HINT: i64 = 1 << 20;

/// What the begin and the end of a batch both say. `tags`: sorted by name, each name once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a, T> {
    pub(crate) name: &'a [u8],
    pub(crate) group: &'a [u8],
    pub(crate) tags: T,
    pub(crate) by_name: bool,
}

/// A `BeginBatch` message. Only what is written here goes out as one; the buffer is used again.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct BeginBody(Vec<u8>);

/// An `EndBatch` message, likewise.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct EndBody(Vec<u8>);

impl BeginBody {
    /// Replaces what was written before. `size`: how many points will come, a hint.
    pub(crate) fn write<'a, T>(&mut self, head: Head<'a, T>, size: usize)
    where
        T: IntoIterator<Item = (&'a [u8], &'a [u8])>,
    {
        let Self(out) = self;
        out.clear();
        text(number::NAME, head.name, out);
        text(number::GROUP, head.group, out);
        tags(number::BEGIN_TAGS, head.tags, out);
        let size = i64::try_from(size).unwrap_or(MAX_SIZE_HINT).min(MAX_SIZE_HINT);
        integer(number::BEGIN_SIZE, size.cast_unsigned(), out);
        integer(number::BY_NAME, u64::from(head.by_name), out);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl EndBody {
    /// Replaces what was written before.
    pub(crate) fn write<'a, T>(&mut self, head: Head<'a, T>, tmax: i64)
    where
        T: IntoIterator<Item = (&'a [u8], &'a [u8])>,
    {
        let Self(out) = self;
        out.clear();
        text(number::NAME, head.name, out);
        text(number::GROUP, head.group, out);
        integer(number::END_TMAX, tmax.cast_unsigned(), out);
        tags(number::END_TAGS, head.tags, out);
        integer(number::BY_NAME, u64::from(head.by_name), out);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// As proto3 has it, what is empty or zero is not said.
fn text(number: u32, text: &[u8], out: &mut Vec<u8>) {
    if !text.is_empty() {
        varint::write(u64::from(number) << 3 | 2, out);
        varint::write(text.len() as u64, out);
        out.put_slice(text);
    }
}

fn integer(number: u32, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        varint::write(u64::from(number) << 3, out);
        varint::write(value, out);
    }
}

fn tags<'a>(number: u32, tags: impl IntoIterator<Item = (&'a [u8], &'a [u8])>, out: &mut Vec<u8>) {
    for (name, value) in tags {
        varint::write(u64::from(number) << 3 | 2, out);
        varint::write((text_len(name) + text_len(value)) as u64, out);
        text(1, name, out);
        text(2, value, out);
    }
}

/// How long a text of an entry is, its tag of one byte included.
fn text_len(text: &[u8]) -> usize {
    if text.is_empty() { 0 } else { 1 + varint::len(text.len() as u64) + text.len() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::proto;

    fn bytes<'a>(tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<(&'a [u8], &'a [u8])> {
        tags.into_iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
    }

    proptest! {
        #[test]
        fn they_are_written_as_prost_writes_them(
            name: String, group: String,
            tags in prop::collection::btree_map(".{0,200}", ".{0,200}", 0..5),
            size in 0..=MAX_SIZE_HINT, tmax: i64, by_name: bool,
        ) {
            let head =
                Head { name: name.as_bytes(), group: group.as_bytes(), tags: bytes(&tags), by_name };
            let (mut begin, mut end) = (BeginBody::default(), EndBody(b"what was there".to_vec()));
            begin.write(head.clone(), usize::try_from(size).unwrap());
            end.write(head, tmax);
            let expected = proto::BeginBatch {
                name: name.clone(), group: group.clone(), tags: tags.clone(), size, by_name,
            };
            prop_assert_eq!(begin.bytes(), expected.encode_to_vec());
            let expected = proto::EndBatch { name, group, tmax, tags, by_name };
            prop_assert_eq!(end.bytes(), expected.encode_to_vec());
        }
    }

    #[test]
    fn a_size_is_never_more_than_kapacitor_should_make_room_for() {
        for size in [1 << 20, (1 << 20) + 1, usize::MAX] {
            let mut begin = BeginBody::default();
            begin.write(Head { name: b"", group: b"", tags: [], by_name: false }, size);
            assert_eq!(proto::BeginBatch::decode(begin.bytes()).unwrap().size, MAX_SIZE_HINT, "{size}");
        }
    }
}

//! The begin and the end of a batch as views of their frames.

use std::collections::BTreeMap;

use super::WireError;
use super::fields::{Fields, Value};
use super::frame::Frame;
use crate::proto;

/// Field numbers of `BeginBatch` and `EndBatch` in the proto file.
pub(super) mod number {
    pub(in super::super) const NAME: u32 = 1;
    pub(in super::super) const GROUP: u32 = 2;
    pub(in super::super) const BY_NAME: u32 = 5;

    pub(in super::super) const BEGIN_TAGS: u32 = 3;
    pub(in super::super) const BEGIN_SIZE: u32 = 4;

    pub(in super::super) const END_TMAX: u32 = 3;
    pub(in super::super) const END_TAGS: u32 = 4;
}

/// A batch's tags by name, as Kapacitor sent them: text that may be no UTF-8. The last of a name counts.
pub type Tags<'a> = BTreeMap<&'a [u8], &'a [u8]>;

/// A borrowed `BeginBatch`.
#[derive(Debug, Clone, Copy)]
pub struct BeginBatchView<'a> {
    frame: &'a [u8],
    body: &'a [u8],
    size: i64,
}

impl<'a> BeginBatchView<'a> {
    /// `None` when the message's structure is broken.
    pub(crate) fn new(frame: Frame<'a>, body: &'a [u8]) -> Option<Self> {
        let mut view = Self { frame: frame.bytes(), body, size: 0 };
        for field in Fields::new(body) {
            match field.ok()? {
                field if field.number != number::BEGIN_SIZE => {}
                field => match field.value {
                    Value::Varint(size) => view.size = size.cast_signed(),
                    _ => return None,
                },
            }
        }
        Some(view)
    }

    /// The frame it came in, length included.
    pub fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// How many points Kapacitor expects to send: a hint.
    pub fn size(&self) -> i64 {
        self.size
    }

    /// Name, group, tags and size, decoded.
    pub fn to_begin(&self) -> Result<proto::BeginBatch, WireError> {
        Ok(prost::Message::decode(self.body)?)
    }

    /// The names of the batch's tags, which are the dimensions of its group. Names that are not
    /// UTF-8 are left out.
    pub fn tag_names(&self) -> impl Iterator<Item = &'a str> {
        entries(self.body, number::BEGIN_TAGS).filter_map(|(name, _)| std::str::from_utf8(name).ok())
    }

    /// The measurement as Kapacitor sent it: text that may be no UTF-8.
    pub fn name(&self) -> &'a [u8] {
        text(self.body, number::NAME)
    }

    /// Kapacitor's group: all points of the batch are of it.
    pub(crate) fn group(&self) -> &'a [u8] {
        text(self.body, number::GROUP)
    }

    /// Whether the measurement is part of the group.
    pub(crate) fn by_name(&self) -> bool {
        varint(self.body, number::BY_NAME) != 0
    }

    /// The tags of the batch's group.
    pub fn tags(&self) -> Tags<'a> {
        entries(self.body, number::BEGIN_TAGS).collect()
    }
}

/// A borrowed `EndBatch`.
#[derive(Debug, Clone, Copy)]
pub struct EndBatchView<'a> {
    frame: &'a [u8],
    body: &'a [u8],
}

impl<'a> EndBatchView<'a> {
    /// `None` when the message's structure is broken.
    pub(crate) fn new(frame: Frame<'a>, body: &'a [u8]) -> Option<Self> {
        Fields::new(body).all(|field| field.is_ok()).then_some(Self { frame: frame.bytes(), body })
    }

    /// The frame it came in, length included.
    pub fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// Name, group, tags and tmax, decoded.
    pub fn to_end(&self) -> Result<proto::EndBatch, WireError> {
        Ok(prost::Message::decode(self.body)?)
    }

    /// The batch's time, in nanoseconds since 1970.
    pub fn tmax(&self) -> i64 {
        varint(self.body, number::END_TMAX).cast_signed()
    }
}

/// What stands last under a number; what is of another wire type counts for nothing.
fn text(message: &[u8], number: u32) -> &[u8] {
    let texts = Fields::new(message).flatten().filter(|field| field.number == number);
    texts
        .filter_map(|field| if let Value::Bytes(text) = field.value { Some(text) } else { None })
        .last()
        .unwrap_or(&[])
}

fn varint(message: &[u8], number: u32) -> u64 {
    let numbers = Fields::new(message).flatten().filter(|field| field.number == number);
    numbers
        .filter_map(|field| if let Value::Varint(value) = field.value { Some(value) } else { None })
        .last()
        .unwrap_or(0)
}

/// The entries of a map of texts, in the order of the message.
fn entries(message: &[u8], number: u32) -> impl Iterator<Item = (&[u8], &[u8])> {
    let entries = Fields::new(message).flatten().filter(move |field| field.number == number);
    entries.filter_map(|field| match field.value {
        Value::Bytes(entry) => Some((text(entry, 1), text(entry, 2))),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::wire::request::{Request, number as request};
    use crate::wire::{frame, response, varint};

    /// A message with `body` as the part of this number.
    fn framed(number: u32, body: &[u8]) -> BytesMut {
        let mut bytes = BytesMut::new();
        response::write_header(number, body.len(), &mut bytes);
        bytes.extend_from_slice(body);
        bytes
    }

    /// `(number, text)` one after the other.
    fn texts(fields: &[(u32, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (number, text) in fields {
            varint::write(u64::from(number << 3 | 2), &mut body);
            varint::write(text.len() as u64, &mut body);
            body.extend_from_slice(text);
        }
        body
    }

    #[test]
    fn what_is_no_utf8_and_what_stands_twice_is_read() {
        let entry = |name, value| texts(&[(1, name), (2, value)]);
        let tags =
            [entry(b"b\xff", b"old"), entry(b"a", b"\xfe"), entry(b"b\xff", b"new"), texts(&[(1, b"none")])];
        let expected = Tags::from([(&b"a"[..], &b"\xfe"[..]), (b"b\xff", b"new"), (b"none", b"")]);
        let check = |tags_number: u32, number: u32, more: &[u8], read: &dyn Fn(Request<'_>)| {
            let mut fields = vec![(1, &b"first"[..]), (1, b"m\xff"), (2, b"g\xff")];
            fields.extend(tags.iter().map(|entry| (tags_number, &entry[..])));
            let mut body = texts(&fields);
            body.extend_from_slice(more);
            let bytes = framed(number, &body);
            let mut scratch = Vec::new();
            read(Request::parse(frame::find(&bytes, 1000).unwrap().unwrap(), &mut scratch).unwrap());
        };
        check(3, request::BEGIN, &[4 << 3, 7, 5 << 3, 1], &|request| {
            let Request::Begin(begin) = request else { panic!("{request:?}") };
            assert_eq!((begin.name(), begin.group(), begin.by_name()), (&b"m\xff"[..], &b"g\xff"[..], true));
            assert_eq!((begin.tags(), begin.size()), (expected.clone(), 7));
            assert_eq!(begin.tag_names().collect::<Vec<_>>(), ["a", "none"]);
        });
        check(4, request::END, &[3 << 3, 8, 3 << 3, 9], &|request| {
            let Request::End(end) = request else { panic!("{request:?}") };
            assert_eq!(end.tmax(), 9);
        });
    }

    #[test]
    fn what_is_left_out_is_empty() {
        let [begin, end] = [request::BEGIN, request::END].map(|number| framed(number, &[]));
        let mut scratch = Vec::new();
        let frame = frame::find(&begin, 1000).unwrap().unwrap();
        let Ok(Request::Begin(begin)) = Request::parse(frame, &mut scratch) else { panic!("no begin") };
        assert_eq!((begin.name(), begin.group(), begin.by_name()), (&b""[..], &b""[..], false));
        assert_eq!((begin.tags(), begin.size()), (Tags::new(), 0));
        let mut scratch = Vec::new();
        let frame = frame::find(&end, 1000).unwrap().unwrap();
        let Ok(Request::End(end)) = Request::parse(frame, &mut scratch) else { panic!("no end") };
        assert_eq!(end.tmax(), 0);
    }
}

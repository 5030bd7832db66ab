//! A point's message written field by field, from bytes that need not be UTF-8. The frame around it is
//! `response`'s.

use bytes::BufMut;

use super::entry::EntryKind;
use super::fields::Value;
use super::point::{FieldValue, number};
use super::{patch, response, varint};

/// Writes points as Kapacitor sends them, without a message in between: for who makes many.
///
/// ```
/// use bytes::BytesMut;
/// use kapacitor_udfd::wire::frame;
/// use kapacitor_udfd::wire::point::FieldValue;
/// use kapacitor_udfd::wire::point_writer::PointWriter;
/// use kapacitor_udfd::wire::request::Request;
///
/// let (mut writer, mut out) = (PointWriter::default(), BytesMut::new());
/// writer.time(1_700_000_000_000_000_000);
/// writer.name(b"cpu");
/// writer.tag(b"host", b"web0");
/// writer.field(b"load", FieldValue::Double(0.5));
/// writer.finish(&mut out);
///
/// let frame = frame::find(&out, 1024)?.expect("it is whole");
/// let mut scratch = Vec::new();
/// let Request::Point(point) = Request::parse(frame, &mut scratch)? else { panic!("it is a point") };
/// assert_eq!(point.name(), Ok("cpu"));
/// # Ok::<(), kapacitor_udfd::wire::WireError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct PointWriter {
    body: Vec<u8>,
}

impl PointWriter {
    /// Nanoseconds since 1970.
    pub fn time(&mut self, nanos: i64) {
        time(nanos, &mut self.body);
    }

    /// The measurement. In a batch, its begin and its end say so.
    pub fn name(&mut self, name: &[u8]) {
        text(number::NAME, name, &mut self.body);
    }

    /// The database, for a point outside of batches.
    pub fn database(&mut self, database: &[u8]) {
        text(number::DATABASE, database, &mut self.body);
    }

    /// The retention policy, likewise.
    pub fn retention_policy(&mut self, retention_policy: &[u8]) {
        text(number::RETENTION_POLICY, retention_policy, &mut self.body);
    }

    /// Kapacitor's group, such as `host=web0`.
    pub fn group(&mut self, group: &[u8]) {
        text(number::GROUP, group, &mut self.body);
    }

    /// The name of a tag that points are grouped by. Kapacitor sends them in the order of their bytes.
    pub fn dimension(&mut self, name: &[u8]) {
        text(number::DIMENSION, name, &mut self.body);
    }

    /// The measurement is part of the group.
    pub fn by_name(&mut self) {
        by_name(&mut self.body);
    }

    /// A tag. Of two with one name the later one counts.
    pub fn tag(&mut self, name: &[u8], value: &[u8]) {
        patch::write_entry(name, EntryKind::Tag, Value::Bytes(value), &mut self.body);
    }

    /// A field. Of two with one name and type the later one counts; of two types see [`PointView`](super::point::PointView).
    pub fn field(&mut self, name: &[u8], value: FieldValue<'_>) {
        let kind = match value {
            FieldValue::String(_) => EntryKind::String,
            FieldValue::Int(_) => EntryKind::Int,
            FieldValue::Double(_) => EntryKind::Double,
            FieldValue::Bool(_) => EntryKind::Bool,
        };
        patch::write_entry(name, kind, value.into(), &mut self.body);
    }

    /// Appends the frame, and begins another point. Without it nothing is sent, and what is written next belongs to
    /// the same point.
    pub fn finish(&mut self, out: &mut impl BufMut) {
        response::write_point_body(&self.body, out);
        self.body.clear();
    }
}

/// Appends the time.
pub(crate) fn time(time: i64, out: &mut Vec<u8>) {
    varint::write(u64::from(number::TIME) << 3, out);
    varint::write(time.cast_unsigned(), out);
}

/// Appends that the measurement is part of the group.
pub(crate) fn by_name(out: &mut Vec<u8>) {
    varint::write(u64::from(number::BY_NAME) << 3, out);
    out.put_u8(1);
}

/// Appends one of the point's texts by its number: measurement, group, a dimension. What is empty need
/// not be said, but for a dimension.
pub(crate) fn text(number: u32, text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() && number != number::DIMENSION {
        return;
    }
    varint::write(u64::from(number) << 3 | 2, out);
    varint::write(text.len() as u64, out);
    out.put_slice(text);
}

//! A point as it is printed: tags and fields by name, each name once, together with what its batch says. Knows
//! nothing of how that looks.

use kapacitor_udfd::value::Value;
use kapacitor_udfd::wire::WireError;
use kapacitor_udfd::wire::batch::BeginBatchView;
use kapacitor_udfd::wire::point::PointView;
use smallvec::SmallVec;

/// What a batch says of its points.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(super) name: Vec<u8>,
    pub(super) tags: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Batch {
    /// What the begin of a batch says; kept, since its points come later.
    pub(crate) fn of(begin: &BeginBatchView<'_>) -> Self {
        let tags = begin.tags().into_iter().filter(|(_, value)| !value.is_empty());
        let tags = tags.map(|(name, value)| (name.to_vec(), value.to_vec()));
        Self { name: begin.name().to_vec(), tags: tags.collect() }
    }
}

/// A point to print.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) name: &'a [u8],
    /// Without empty ones, which to Kapacitor are no tags.
    pub(super) tags: SmallVec<[(&'a [u8], &'a [u8]); 8]>,
    pub(super) fields: SmallVec<[(&'a [u8], Value<'a>); 8]>,
    pub(super) time: i64,
}

impl<'a> Row<'a> {
    /// A point's own tags go before its batch's.
    pub(super) fn of(point: &PointView<'a>, batch: Option<&'a Batch>) -> Result<Self, WireError> {
        let mut row = Self {
            name: point.name_as_sent(),
            tags: SmallVec::new(),
            fields: SmallVec::new(),
            time: point.time(),
        };
        if let Some(batch) = batch {
            if row.name.is_empty() {
                row.name = &batch.name;
            }
            row.tags.extend(batch.tags.iter().map(|(name, value)| (&name[..], &value[..])));
        }
        for tag in point.tags_as_sent() {
            row.tags.push(tag?);
        }
        for field in point.fields_as_sent() {
            row.fields.push(field?);
        }
        row.tags.sort_by_key(|(name, _)| *name);
        row.tags.dedup_by(keep_last);
        row.tags.retain(|(_, value)| !value.is_empty());
        row.fields.sort_by_key(|(name, value)| (*name, rank(*value)));
        row.fields.dedup_by(keep_last);
        Ok(row)
    }
}

/// For `dedup_by`, which would keep the first of a name.
fn keep_last<T: Copy>(next: &mut (&[u8], T), kept: &mut (&[u8], T)) -> bool {
    let same = next.0 == kept.0;
    if same {
        kept.1 = next.1;
    }
    same
}

/// Which one Kapacitor takes of two fields of a name: the one that is greater here.
fn rank(value: Value<'_>) -> u8 {
    match value {
        Value::Text(_) => 0,
        Value::Int(_) => 1,
        Value::Double(_) => 2,
        Value::Bool(_) => 3,
    }
}

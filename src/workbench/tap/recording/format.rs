//! One entry of the file, to bytes and back. Knows no files.
//!
//! ```text
//! length u32 | CRC-32 of the body u32 | body: event u8, connection u32, time i64, bytes
//! ```
//!
//! All numbers are little-endian. The length is the body's.

use super::RecordingError;

/// The line a recording begins with; the number is the version.
pub(super) const HEADER: &[u8] = b"kapacitor-udfd recording 1\n";
/// What every version begins with.
pub(super) const MAGIC: &[u8] = b"kapacitor-udfd recording ";

/// Length and CRC.
pub(super) const HEAD: usize = 8;
/// Event, connection and time.
const FIXED: usize = 13;

/// The most bytes one entry has. What reads a file needs no more memory for an entry, whatever its length says.
pub(crate) const MAX_BYTES: usize = 1 << 20;
const MAX_BODY: usize = FIXED + MAX_BYTES;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// From Kapacitor: requests.
    ToFunction,
    /// From the function: responses.
    ToKapacitor,
}

/// What happened on a connection, as it stands in the file, with bytes that are borrowed or its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<B> {
    pub(crate) connection: u32,
    /// Nanoseconds since 1970.
    pub(crate) at: i64,
    pub(crate) what: What<B>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What<B> {
    /// Kapacitor has connected.
    Opened,
    /// Bytes came, whole frames or not; at most [`MAX_BYTES`].
    Bytes(Direction, B),
    /// No more comes this way.
    Ended(Direction),
    /// Nothing is open of it any more.
    Closed,
}

/// A body's length that may be one.
pub(super) fn is_length(length: u32) -> bool {
    (FIXED..=MAX_BODY).contains(&(length as usize))
}

impl<B> Record<B> {
    /// The same, with its bytes in another form.
    pub(crate) fn map<C>(self, form: impl FnOnce(B) -> C) -> Record<C> {
        let Self { connection, at, what } = self;
        let what = match what {
            What::Opened => What::Opened,
            What::Bytes(direction, bytes) => What::Bytes(direction, form(bytes)),
            What::Ended(direction) => What::Ended(direction),
            What::Closed => What::Closed,
        };
        Record { connection, at, what }
    }
}

impl<B: AsRef<[u8]>> Record<B> {
    /// Appends the entry. Bytes beyond [`MAX_BYTES`] are not taken: see [`Writer`](super::Writer).
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (event, bytes) = match &self.what {
            What::Opened => (0, &[][..]),
            What::Bytes(Direction::ToFunction, bytes) => (1, bytes.as_ref()),
            What::Bytes(Direction::ToKapacitor, bytes) => (2, bytes.as_ref()),
            What::Ended(Direction::ToFunction) => (3, &[][..]),
            What::Ended(Direction::ToKapacitor) => (4, &[][..]),
            What::Closed => (5, &[][..]),
        };
        let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
        let (connection, at) = (self.connection.to_le_bytes(), self.at.to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        for part in [&[event][..], &connection, &at, bytes] {
            crc.update(part);
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most MAX_BODY")]
        let length = (FIXED + bytes.len()) as u32;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&crc.finalize().to_le_bytes());
        out.push(event);
        for part in [&connection[..], &at, bytes] {
            out.extend_from_slice(part);
        }
    }
}

impl<'a> Record<&'a [u8]> {
    /// The entry with this body, which stands at byte `offset` of the file.
    pub(super) fn read(crc: u32, body: &'a [u8], offset: u64) -> Result<Self, RecordingError> {
        let damaged = |what| RecordingError::Damaged { offset, what };
        if crc32fast::hash(body) != crc {
            return Err(damaged("its checksum is wrong"));
        }
        let parts = || {
            let (event, rest) = body.split_first()?;
            let (connection, rest) = rest.split_first_chunk()?;
            let (at, bytes) = rest.split_first_chunk()?;
            Some((*event, u32::from_le_bytes(*connection), i64::from_le_bytes(*at), bytes))
        };
        let (event, connection, at, bytes) = parts().ok_or_else(|| damaged("it is too short"))?;
        let what = match (event, bytes) {
            (0, []) => What::Opened,
            (1, bytes) => What::Bytes(Direction::ToFunction, bytes),
            (2, bytes) => What::Bytes(Direction::ToKapacitor, bytes),
            (3, []) => What::Ended(Direction::ToFunction),
            (4, []) => What::Ended(Direction::ToKapacitor),
            (5, []) => What::Closed,
            _ => return Err(damaged("it is of an unknown kind")),
        };
        Ok(Self { connection, at, what })
    }
}

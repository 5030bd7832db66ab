//! Reads a recording: bytes become frames again, each with the time at which its last byte came.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use bytes::Bytes;

use super::RecordingError;
use super::format::{Direction, HEAD, HEADER, MAGIC, Record, What, is_length};
use crate::workbench::tap::frames::{NoFrames, Splitter};

/// Attack: a file of many connections, each with the beginning of a large frame.
const MAX_HELD: usize = 512 << 20;

/// What happened on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Counts from 1, in the order in which Kapacitor connected.
    pub(crate) connection: u32,
    /// Nanoseconds since 1970 by the clock of the tap; where that was set back, times fall.
    pub(crate) at: i64,
    pub(crate) event: Event,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Kapacitor has connected.
    Opened,
    /// A whole frame, length included, at the time of its last byte.
    Frame { direction: Direction, bytes: Bytes },
    /// Bytes that are no frame, with the reason the first time: all of what follows in this direction, or, without
    /// any reason, what there was of a frame when the direction ended.
    NoFrame { direction: Direction, bytes: Bytes, why: Option<NoFrames> },
    /// No more comes this way: Kapacitor has no more data, or the function has said all.
    Ended { direction: Direction },
    /// Nothing is open of it any more.
    Closed,
}

/// Gives the entries of a recording one after the other, in bounded memory. Ends after an error.
pub(crate) struct Reader<R> {
    file: R,
    /// Of the next entry in the file.
    offset: u64,
    body: Vec<u8>,
    /// Each direction that has begun and not ended.
    splitters: HashMap<(u32, Direction), Splitter>,
    held: usize,
    /// What stands before the next entry of the file.
    ready: VecDeque<Entry>,
    /// The direction that has more frames in it, and when they came.
    current: Option<(u32, Direction, i64)>,
    cut: Option<u64>,
    ended: bool,
}

impl Reader<BufReader<File>> {
    pub(crate) fn open(path: &Path) -> Result<Self, RecordingError> {
        let file =
            File::open(path).map_err(|source| RecordingError::Open { path: path.to_owned(), source })?;
        Self::new(BufReader::with_capacity(256 << 10, file))
    }
}

impl<R: Read> Reader<R> {
    /// Reads the header, and refuses what is no recording.
    pub(crate) fn new(mut file: R) -> Result<Self, RecordingError> {
        let mut header = Vec::new();
        let read = file.by_ref().take(HEADER.len() as u64).read_to_end(&mut header);
        read.map_err(|source| RecordingError::Read { offset: 0, source })?;
        if header != HEADER {
            let version = header.strip_prefix(MAGIC).filter(|version| !version.is_empty());
            let version = version.map(|version| String::from_utf8_lossy(version).trim().to_owned());
            return Err(
                version.map_or(RecordingError::NoRecording, |version| RecordingError::Version { version })
            );
        }
        Ok(Self {
            file,
            offset: HEADER.len() as u64,
            body: Vec::new(),
            splitters: HashMap::new(),
            held: 0,
            ready: VecDeque::new(),
            current: None,
            cut: None,
            ended: false,
        })
    }

    /// After the last entry: where the file breaks off inside one, if it does. The tap was killed there, or is still
    /// writing.
    pub(crate) fn cut(&self) -> Option<u64> {
        self.cut
    }

    fn advance(&mut self) -> Result<Option<Entry>, RecordingError> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Ok(Some(entry));
            }
            if let Some(entry) = self.next_frame()? {
                return Ok(Some(entry));
            }
            if !self.read_entry()? {
                return Ok(None);
            }
        }
    }

    /// What is whole among the bytes that came last.
    fn next_frame(&mut self) -> Result<Option<Entry>, RecordingError> {
        let Some((connection, direction, at)) = self.current else { return Ok(None) };
        let splitter = self.splitters.entry((connection, direction)).or_default();
        let event = match splitter.next() {
            Some(Ok(bytes)) => Event::Frame { direction, bytes },
            Some(Err(why)) => Event::NoFrame { direction, bytes: splitter.rest(), why: Some(why) },
            None => {
                self.current = None;
                self.held += splitter.held();
                if self.held > MAX_HELD {
                    return Err(RecordingError::TooMuchOpen { offset: self.offset, held: self.held });
                }
                return Ok(None);
            }
        };
        Ok(Some(Entry { connection, at, event }))
    }

    /// Takes the next entry of the file; false at its end.
    fn read_entry(&mut self) -> Result<bool, RecordingError> {
        let Some(crc) = self.read_body()? else { return Ok(false) };
        let body = std::mem::take(&mut self.body);
        let record = Record::read(crc, &body, self.offset)?;
        self.offset += (HEAD + body.len()) as u64;
        self.take(&record);
        self.body = body;
        Ok(true)
    }

    /// Reads an entry's body: its checksum. `None` at the end of what is whole.
    fn read_body(&mut self) -> Result<Option<u32>, RecordingError> {
        let mut head = [0; HEAD];
        let got = self.read_up_to(&mut head)?;
        if got == 0 {
            return Ok(None);
        }
        let [l0, l1, l2, l3, c0, c1, c2, c3] = head;
        let (length, crc) = (u32::from_le_bytes([l0, l1, l2, l3]), u32::from_le_bytes([c0, c1, c2, c3]));
        if got == HEAD && !is_length(length) {
            return Err(RecordingError::Damaged { offset: self.offset, what: "its length can't be right" });
        }
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        body.resize(if got == HEAD { length as usize } else { 0 }, 0);
        let whole = got == HEAD && self.read_up_to(&mut body)? == body.len();
        self.body = body;
        if !whole {
            self.cut = Some(self.offset);
        }
        Ok(whole.then_some(crc))
    }

    /// Reads until `buffer` is full or the file ends.
    fn read_up_to(&mut self, buffer: &mut [u8]) -> Result<usize, RecordingError> {
        let mut got = 0;
        while let Some(rest) = buffer.get_mut(got..).filter(|rest| !rest.is_empty()) {
            match self.file.read(rest) {
                Ok(0) => break,
                Ok(read) => got += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(RecordingError::Read { offset: self.offset, source }),
            }
        }
        Ok(got)
    }

    fn take(&mut self, record: &Record<&[u8]>) {
        let Record { connection, at, what } = *record;
        let event = match what {
            What::Opened => Event::Opened,
            What::Bytes(direction, bytes) => return self.take_bytes(connection, direction, at, bytes),
            What::Ended(direction) => {
                self.end(connection, direction, at);
                Event::Ended { direction }
            }
            What::Closed => {
                self.end(connection, Direction::ToFunction, at);
                self.end(connection, Direction::ToKapacitor, at);
                Event::Closed
            }
        };
        self.ready.push_back(Entry { connection, at, event });
    }

    fn take_bytes(&mut self, connection: u32, direction: Direction, at: i64, bytes: &[u8]) {
        let splitter = self.splitters.entry((connection, direction)).or_default();
        if splitter.is_lost() {
            let bytes = Bytes::copy_from_slice(bytes);
            let event = Event::NoFrame { direction, bytes, why: None };
            return self.ready.push_back(Entry { connection, at, event });
        }
        self.held -= splitter.held();
        splitter.push(bytes);
        self.current = Some((connection, direction, at));
    }

    /// What was left of a direction.
    fn end(&mut self, connection: u32, direction: Direction, at: i64) {
        let Some(mut splitter) = self.splitters.remove(&(connection, direction)) else { return };
        self.held -= splitter.held();
        let bytes = splitter.rest();
        if !bytes.is_empty() {
            let event = Event::NoFrame { direction, bytes, why: None };
            self.ready.push_back(Entry { connection, at, event });
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Entry, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

//! Writes a recording. What is in the file is good up to the last whole entry, whatever happens.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::RecordingError;
use super::format::{HEADER, MAX_BYTES, Record, What};

/// From here on entries are written without waiting for more.
const FULL: usize = 256 << 10;

/// A recording that is being made. Entries are gathered: see [`Writer::flush`].
pub(crate) struct Writer<W> {
    file: W,
    gathered: Vec<u8>,
    written: u64,
}

impl Writer<File> {
    /// A new file, which only its owner may read: points and options may be secrets.
    pub(crate) fn create(path: &Path) -> Result<Self, RecordingError> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => RecordingError::Exists { path: path.to_owned() },
            _ => RecordingError::Create { path: path.to_owned(), source },
        })?;
        Self::new(file).map_err(|source| RecordingError::Create { path: path.to_owned(), source })
    }

    /// After an error: takes off what was written of an entry in part, as far as that is possible.
    pub(crate) fn cut_off(self) {
        // Who reads it finds the last whole entry anyway.
        let _ = self.file.set_len(self.written);
    }
}

impl<W: Write> Writer<W> {
    /// Begins with the header line.
    pub(crate) fn new(mut file: W) -> io::Result<Self> {
        file.write_all(HEADER)?;
        Ok(Self { file, gathered: Vec::new(), written: HEADER.len() as u64 })
    }

    pub(crate) fn write(&mut self, record: &Record<impl AsRef<[u8]>>) -> io::Result<()> {
        let Record { connection, at, what } = record;
        match what {
            What::Bytes(direction, bytes) => bytes.as_ref().chunks(MAX_BYTES).try_for_each(|bytes| {
                let what = What::Bytes(*direction, bytes);
                self.gather(&Record { connection: *connection, at: *at, what })
            }),
            _ => self.gather(record),
        }
    }

    /// To be called when nothing more is at hand: up to here the file then survives this process.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if !self.gathered.is_empty() {
            self.file.write_all(&self.gathered)?;
            self.written += self.gathered.len() as u64;
            self.gathered.clear();
        }
        self.file.flush()
    }

    /// How long the file is up to its last whole entry: tests cut it there.
    #[cfg(test)]
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    fn gather(&mut self, record: &Record<impl AsRef<[u8]>>) -> io::Result<()> {
        record.write(&mut self.gathered);
        if self.gathered.len() < FULL { Ok(()) } else { self.flush() }
    }
}

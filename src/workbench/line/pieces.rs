//! Input in pieces: what is read and not yet used, and where its next line break is. Knows bytes, not line protocol.

use std::io::{self, BufRead, ErrorKind, Read};

/// How much is read at once.
const PIECE: usize = 256 * 1024;

/// Where a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// So many bytes on there is a line break.
    Break(usize),
    /// The input ends after so many bytes.
    Input(usize),
    /// There is no line break within the limit.
    TooFar,
}

#[derive(Debug)]
pub(super) struct Pieces<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What lies before it is used.
    start: usize,
    /// What lies behind it is free.
    end: usize,
    piece: usize,
}

impl<R: Read> Pieces<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, end: 0, piece: PIECE }
    }

    /// Reads pieces of this size instead.
    #[cfg(test)]
    pub(super) fn with_piece(reader: R, piece: usize) -> Self {
        Self { piece, ..Self::new(reader) }
    }

    /// What is read and not used.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Where the line ends that goes on `from` bytes ahead, if it does within `max` bytes from here.
    #[inline]
    pub(super) fn line_end(&mut self, from: usize, max: usize) -> io::Result<End> {
        let mut searched = from.min(self.bytes().len());
        loop {
            let fresh = self.bytes().get(searched..).unwrap_or_default();
            // No byte by byte search: this is the way to the standard library's fast one.
            let length = { fresh }.skip_until(b'\n')?;
            if length > 0 && fresh.get(length - 1) == Some(&b'\n') {
                let end = searched + length - 1;
                return Ok(if end > max { End::TooFar } else { End::Break(end) });
            }
            searched += length;
            if searched > max {
                return Ok(End::TooFar);
            }
            if !self.fill()? {
                return Ok(End::Input(searched));
            }
        }
    }

    /// Uses so many bytes.
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> &[u8] {
        let from = self.start;
        self.start = from.saturating_add(length).min(self.end);
        self.buffer.get(from..self.start).unwrap_or_default()
    }

    /// Uses everything up to the next line break and the break itself, however far it is.
    pub(super) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.bytes();
            let length = { bytes }.skip_until(b'\n')?;
            let found = length > 0 && bytes.get(length - 1) == Some(&b'\n');
            self.take(length);
            if found || !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Reads more. `false` at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        self.make_room();
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let length = loop {
            match self.reader.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                length => break length?,
            }
        };
        self.end += length;
        Ok(length > 0)
    }

    /// Room for a piece. What is not used yet is less than a line and comes to the front.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < self.end + self.piece {
            self.buffer.resize(self.end + self.piece, 0);
        }
    }
}

//! Frames from a socket, blocking: a buffer and the library's frame finder.

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;

use kapacitor_udfd::wire::frame::{self, Frame};

/// More than a unix socket holds.
const BUFFER: usize = 256 << 10;
/// A snapshot comes as one frame; the most that the daemon can be told to take.
const MAX_FRAME: usize = 2 << 30;

#[derive(Debug)]
pub(crate) struct Frames {
    socket: UnixStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filled {
    Bytes(usize),
    EndOfStream,
    /// Nothing within the socket's read timeout.
    Nothing,
}

impl Frames {
    pub(crate) fn new(socket: UnixStream) -> Self {
        Self { socket, buffer: vec![0; BUFFER], start: 0, end: 0 }
    }

    /// Reads once.
    pub(crate) fn fill(&mut self) -> io::Result<Filled> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        match self.socket.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
            Ok(0) => Ok(Filled::EndOfStream),
            Ok(bytes) => {
                self.end += bytes;
                Ok(Filled::Bytes(bytes))
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Ok(Filled::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// The next whole frame of what has been read.
    #[inline]
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Frame<'_>>> {
        let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
        let Some(frame) = frame::find(rest, MAX_FRAME)? else { return Ok(None) };
        self.start += frame.bytes().len();
        Ok(Some(frame))
    }

    /// How many bytes of an unfinished frame there are.
    pub(crate) fn rest(&self) -> usize {
        self.end - self.start
    }

    pub(crate) fn socket(&self) -> &UnixStream {
        &self.socket
    }
}

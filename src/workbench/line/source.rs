//! A file or standard input, line by line. Knows where lines end and which are worth a look, and gives the places of
//! errors; what is in a line is `read`'s.

use std::io::{self, Read};

use super::bad::BadLine;
use super::fault::What;
use super::parts::{Head, Line, Parts};
use super::pieces::{End, Pieces};
use super::read::{is_blank, read};
use super::value::Closing;

/// The longest line, breaks in strings included. An input without line breaks would otherwise be read into
/// memory whole.
const MAX_LINE: usize = 1024 * 1024;

/// How many line breaks a line's strings may have. A quote that is never closed must not make every line behind it
/// a search through a megabyte.
const MAX_BREAKS: usize = 1000;

/// What some editors write at the begin of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Lines of line protocol from a reader. Memory is bounded: some pieces, at the most one line beyond its limit.
///
/// A line break inside of a string belongs to it, as in Kapacitor, but only if the string is closed and all that
/// follows in its line can be read. Else the error is the one line's where the string begins, and the next line
/// is read as if nothing had happened: a forgotten quote costs one line. Outside of strings a break ends the
/// line, after a backslash too. `\r\n` is a line break like `\n`.
#[derive(Debug)]
pub(crate) struct Source<R> {
    name: String,
    pieces: Pieces<R>,
    parts: Parts,
    /// Lines of the file that are used.
    lines: u64,
    /// The rest of the line is too long and of no use.
    skips: bool,
}

impl<R: Read> Source<R> {
    /// `name` is what errors call it.
    pub(crate) fn new(name: impl Into<String>, reader: R) -> Self {
        Self::of_pieces(name.into(), Pieces::new(reader))
    }

    #[cfg(test)]
    pub(super) fn in_pieces(name: &str, reader: R, piece: usize) -> Self {
        Self::of_pieces(name.to_owned(), Pieces::with_piece(reader, piece))
    }

    fn of_pieces(name: String, pieces: Pieces<R>) -> Self {
        Self { name, pieces, parts: Parts::default(), lines: 0, skips: false }
    }

    /// How many bytes came from the reader.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.pieces.bytes_read()
    }

    /// How many lines of the file are done, blank ones and comments too.
    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    /// The next line that is neither blank nor a comment; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<Line<'_>, BadLine>>> {
        let Some(found) = self.find()? else { return Ok(None) };
        let taken = self.pieces.take(found.length + 1);
        let text = taken.get(..found.length).and_then(|line| std::str::from_utf8(trimmed(line)).ok());
        Ok(Some(match found.head {
            Ok(head) => Ok(Line::new(text.unwrap_or_default(), &head, &self.parts)),
            Err(bad) => Err(bad),
        }))
    }

    fn find(&mut self) -> io::Result<Option<Found>> {
        if std::mem::take(&mut self.skips) {
            self.pieces.skip_line()?;
        }
        loop {
            let length = match self.pieces.line_end(0, MAX_LINE)? {
                End::Input(0) => return Ok(None),
                End::Break(length) | End::Input(length) => length,
                End::TooFar => return Ok(Some(self.too_long())),
            };
            if self.lines == 0 && self.pieces.bytes().starts_with(BYTE_ORDER_MARK) {
                self.pieces.take(BYTE_ORDER_MARK.len());
                continue;
            }
            self.lines += 1;
            if is_idle(self.line(length)) {
                self.pieces.take(length + 1);
                continue;
            }
            return self.judge(length).map(Some);
        }
    }

    /// Reads the line of this length, or the longer one whose string goes on behind it.
    fn judge(&mut self, length: usize) -> io::Result<Found> {
        let line = trimmed(self.pieces.bytes().get(..length).unwrap_or_default());
        let fault = match std::str::from_utf8(line) {
            Ok(text) => match read(text, &mut self.parts) {
                Ok(head) => return Ok(Found { length, head: Ok(head) }),
                Err(fault) => fault,
            },
            Err(error) => What::NotUtf8.at(error.valid_up_to()),
        };
        if fault.what == What::OpenString
            && let Some(found) = self.join(length, fault.at)?
        {
            return Ok(found);
        }
        let bad = BadLine::new(&self.name, self.lines, self.line(length), &fault);
        Ok(Found { length, head: Err(bad) })
    }

    /// The line of this length together with the next ones up to where the string ends that begins at `quote`, if
    /// that is a line as a whole.
    fn join(&mut self, mut length: usize, mut quote: usize) -> io::Result<Option<Found>> {
        let mut closing = Closing::default();
        let mut from = quote + 1;
        for breaks in 1..=MAX_BREAKS {
            let (End::Break(end) | End::Input(end)) = self.pieces.line_end(length + 1, MAX_LINE)? else {
                return Ok(None);
            };
            if end <= length {
                return Ok(None);
            }
            length = end;
            let whole = self.pieces.bytes().get(..length).unwrap_or_default();
            if closing.find(whole.get(from..).unwrap_or_default()).is_none() {
                from = length;
                continue;
            }
            let Ok(text) = std::str::from_utf8(trimmed(whole)) else { return Ok(None) };
            match read(text, &mut self.parts) {
                Ok(head) => {
                    self.lines += breaks as u64;
                    return Ok(Some(Found { length, head: Ok(head) }));
                }
                Err(fault) if fault.what == What::OpenString && fault.at > quote => {
                    quote = fault.at;
                    closing = Closing::default();
                    closing.find(whole.get(quote + 1..).unwrap_or_default());
                    from = length;
                }
                Err(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    fn too_long(&mut self) -> Found {
        self.lines += 1;
        self.skips = true;
        let fault = What::LineTooLong { max: MAX_LINE }.at(0);
        let bad = BadLine::new(&self.name, self.lines, self.line(MAX_LINE), &fault);
        Found { length: 0, head: Err(bad) }
    }

    fn line(&self, length: usize) -> &[u8] {
        trimmed(self.pieces.bytes().get(..length).unwrap_or_default())
    }
}

/// A line that is found, up to its line break.
struct Found {
    length: usize,
    head: Result<Head, BadLine>,
}

/// Without the `\r` of a Windows line break.
fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether a line is blank or a comment.
fn is_idle(line: &[u8]) -> bool {
    line.iter().find(|byte| !is_blank(**byte)).is_none_or(|byte| *byte == b'#')
}

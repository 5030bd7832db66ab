//! A file or standard input, line by line. Knows where lines end and which are worth a look, and gives the places of
//! errors; what is in a line is `read`'s.

use std::io::{self, Read};

use super::bad::BadLine;
use super::fault::{Fault, What};
use super::pieces::{End, Pieces};
use super::read::{Line, read};
use super::scan::is_blank;
use super::value::Closing;

/// The longest line, breaks in strings included. An input without line breaks would otherwise be read into
/// memory whole.
const MAX_LINE: usize = 1024 * 1024;

/// How many line breaks a line's strings may have. A quote that is never closed must not make every line behind it
/// a search through a megabyte.
const MAX_BREAKS: u64 = 1000;

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
    /// The line, where the crate needs it in other words.
    repaired: String,
    /// What one is in the lines' times, in nanoseconds.
    unit: i64,
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

    /// The same with times in units of so many nanoseconds.
    pub(crate) fn in_units_of(self, unit: i64) -> Self {
        Self { unit, ..self }
    }

    #[cfg(test)]
    pub(super) fn in_pieces(name: &str, reader: R, piece: usize) -> Self {
        Self::of_pieces(name.to_owned(), Pieces::with_piece(reader, piece))
    }

    fn of_pieces(name: String, pieces: Pieces<R>) -> Self {
        Self { name, pieces, repaired: String::new(), unit: 1, lines: 0, skips: false }
    }

    /// Gives `see` the next line that is neither blank nor a comment, and returns what `see` makes of it; `None` at the
    /// end. It is called once, if at all.
    pub(crate) fn next<T>(
        &mut self,
        mut see: impl FnMut(Result<&Line<'_>, BadLine>) -> T,
    ) -> io::Result<Option<T>> {
        let mut length = match self.find()? {
            None => return Ok(None),
            Some(Ok(length)) => length,
            Some(Err(bad)) => return Ok(Some(see(Err(bad)))),
        };
        let mut seen = self.give(length, |line| see(Ok(line)));
        if let Err(Fault { at, what: What::OpenString }) = seen
            && let Some((joined, breaks)) = self.join(length, at)?
        {
            length = joined;
            self.lines += breaks;
            seen = self.give(length, |line| see(Ok(line)));
        }
        let seen = seen.unwrap_or_else(|fault| {
            see(Err(BadLine::new(&self.name, self.lines, self.line(length), &fault)))
        });
        self.pieces.take(length + 1);
        Ok(Some(seen))
    }

    /// Reads what is there, up to this length, as a line.
    fn give<T>(&mut self, length: usize, see: impl FnOnce(&Line<'_>) -> T) -> Result<T, Fault> {
        let line = trimmed(self.pieces.bytes().get(..length).unwrap_or_default());
        let text = std::str::from_utf8(line).map_err(|error| What::NotUtf8.at(error.valid_up_to()))?;
        let line = read(text, &mut self.repaired)?;
        if line.time().is_some_and(|time| time.checked_mul(self.unit).is_none()) {
            let text_of_time = text.trim_end_matches(' ');
            let at = text_of_time.rfind(' ').map_or(0, |space| space + 1);
            let text = text_of_time.get(at..).unwrap_or_default().to_owned();
            return Err(What::TimeTooLarge { text }.at(at));
        }
        Ok(see(&line))
    }

    /// How long the next line is, which is neither blank nor a comment.
    fn find(&mut self) -> io::Result<Option<Result<usize, BadLine>>> {
        if std::mem::take(&mut self.skips) {
            self.pieces.skip_line()?;
        }
        loop {
            let length = match self.pieces.line_end(0, MAX_LINE)? {
                End::Input(0) => return Ok(None),
                End::Break(length) | End::Input(length) => length,
                End::TooFar => return Ok(Some(Err(self.too_long()))),
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
            return Ok(Some(Ok(length)));
        }
    }

    /// How long the line of this length is together with the next ones up to where the string ends that begins at
    /// `quote`, and how many they are, if that is a line as a whole.
    fn join(&mut self, mut length: usize, mut quote: usize) -> io::Result<Option<(usize, u64)>> {
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
            match self.give(length, |_| ()) {
                Ok(()) => return Ok(Some((length, breaks))),
                Err(Fault { at, what: What::OpenString }) if at > quote => {
                    quote = at;
                    closing = Closing::default();
                    closing.find(self.pieces.bytes().get(quote + 1..length).unwrap_or_default());
                    from = length;
                }
                Err(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    fn too_long(&mut self) -> BadLine {
        self.lines += 1;
        self.skips = true;
        let fault = What::LineTooLong { max: MAX_LINE }.at(0);
        BadLine::new(&self.name, self.lines, self.line(MAX_LINE), &fault)
    }

    fn line(&self, length: usize) -> &[u8] {
        trimmed(self.pieces.bytes().get(..length).unwrap_or_default())
    }
}

/// Without the `\r` of a Windows line break.
fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether a line is blank or a comment.
fn is_idle(line: &[u8]) -> bool {
    line.iter().find(|byte| !is_blank(**byte)).is_none_or(|byte| *byte == b'#')
}

//! From what was seen to lines, in either form. Knows no stdout.

use std::io::{self, Write};

use kapacitor_udfd::wire::frame;

use super::decode::decode;
use super::json::{Line, More, Speaker, Tag};
use super::message::{Decoded, Kind};
use super::recording::Direction;
use super::screen::{Seen, Sight};
use super::text::{Head, counted, details, visible};
use crate::figures::thousands;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
}

#[derive(Clone, Copy)]
pub(super) struct Sheet {
    form: Form,
}

/// What stands in front of every line about a connection.
#[derive(Clone, Copy)]
struct Place {
    at: i64,
    connection: u32,
    direction: Option<Direction>,
}

const NO_MESSAGE: &str = "no message";
const SHOWN_NO_MORE: &str = "nothing more is shown of this direction; it is passed on all the same";

impl Sheet {
    pub(super) fn new(form: Form) -> Self {
        Self { form }
    }

    pub(super) fn write(self, seen: &Seen, out: &mut impl Write) -> io::Result<()> {
        let place = |direction| Place { at: seen.at, connection: seen.connection, direction };
        match &seen.what {
            Sight::Opened => self.other(place(None), "opened", More::Nothing {}, "", out),
            Sight::Closed => self.other(place(None), "closed", More::Nothing {}, "", out),
            Sight::Ended(direction) => {
                self.other(place(Some(*direction)), "ended", More::Nothing {}, "", out)
            }
            Sight::Frames(direction, frames) => self.frames(place(Some(*direction)), frames, out),
            Sight::Large(direction, kind, bytes) => self.large(place(Some(*direction)), *kind, *bytes, out),
            Sight::Unfinished(direction, bytes) => {
                let error = "a message that did not end".to_owned();
                let text = format!("{} of {error}", counted(*bytes, "byte"));
                let more = More::Undecodable { bytes: Some(*bytes), error };
                self.other(place(Some(*direction)), NO_MESSAGE, more, &text, out)
            }
            Sight::Lost(direction, why) => {
                let text = format!("{why}; {SHOWN_NO_MORE}");
                let more = More::Undecodable { bytes: None, error: why.to_string() };
                self.other(place(Some(*direction)), "no frames", more, &text, out)
            }
            Sight::LeftOut(messages) => self.left_out(seen.at, *messages, out),
        }
    }

    fn frames(self, place: Place, mut frames: &[u8], out: &mut impl Write) -> io::Result<()> {
        let Some(direction) = place.direction else { return Ok(()) };
        while let Ok(Some(frame)) = frame::find(frames, usize::MAX) {
            let bytes = frame.bytes().len();
            match decode(frame.message(), direction) {
                Ok(decoded) => self.message(place, bytes, &decoded, out)?,
                Err(error) => self.no_message(place, bytes, error.to_string(), out)?,
            }
            frames = frames.get(bytes..).unwrap_or_default();
        }
        Ok(())
    }

    fn message(self, place: Place, bytes: usize, decoded: &Decoded, out: &mut impl Write) -> io::Result<()> {
        match self.form {
            Form::Text => line(place, name(decoded.kind), &details(decoded), out),
            Form::Json => {
                let more = More::Message { bytes, message: &decoded.message, lossy: decoded.lossy };
                json(place, Tag::Message(decoded.kind), more, out)
            }
        }
    }

    fn large(self, place: Place, kind: Option<Kind>, bytes: usize, out: &mut impl Write) -> io::Result<()> {
        let Some(kind) = kind else {
            return self.no_message(place, bytes, "too large to be read".to_owned(), out);
        };
        match self.form {
            Form::Text => {
                line(place, name(kind), &format!("{}: too large to be shown", counted(bytes, "byte")), out)
            }
            Form::Json => json(place, Tag::Message(kind), More::Large { bytes, large: true }, out),
        }
    }

    fn no_message(self, place: Place, bytes: usize, error: String, out: &mut impl Write) -> io::Result<()> {
        let text = format!("{}: {error}", counted(bytes, "byte"));
        self.other(place, NO_MESSAGE, More::Undecodable { bytes: Some(bytes), error }, &text, out)
    }

    fn other(
        self,
        place: Place,
        kind: &'static str,
        more: More<'_>,
        text: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        match self.form {
            Form::Text => line(place, kind, &visible(text), out),
            Form::Json => json(place, Tag::Other(kind), more, out),
        }
    }

    fn left_out(self, at: i64, messages: u64, out: &mut impl Write) -> io::Result<()> {
        match self.form {
            Form::Text => {
                let s = if messages == 1 { "" } else { "s" };
                writeln!(out, "{} message{s} not shown: stdout is slow", thousands(messages))
            }
            Form::Json => {
                let (connection, from) = (None, None);
                let kind = Tag::Other("left out");
                object(&Line { at, connection, from, kind, more: More::LeftOut { messages } }, out)
            }
        }
    }
}

fn line(place: Place, kind: &'static str, text: &str, out: &mut impl Write) -> io::Result<()> {
    let Place { at, connection, direction } = place;
    let line = format!("{}{text}", Head { at, connection, direction, kind });
    writeln!(out, "{}", line.trim_end())
}

fn json(place: Place, kind: Tag, more: More<'_>, out: &mut impl Write) -> io::Result<()> {
    let Place { at, connection, direction } = place;
    let from = direction.map(Speaker::of);
    object(&Line { at, connection: Some(connection), from, kind, more }, out)
}

fn object(line: &Line<'_>, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Info => "info",
        Kind::Init => "init",
        Kind::Keepalive => "keepalive",
        Kind::Snapshot => "snapshot",
        Kind::Restore => "restore",
        Kind::Begin => "begin",
        Kind::Point => "point",
        Kind::End => "end",
        Kind::Error => "error",
    }
}

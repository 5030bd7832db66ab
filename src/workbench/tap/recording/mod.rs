//! What a tap has seen, in a file: who opened, which bytes went which way and when, who ended. `docs/tap.md` has the
//! format for those who read it with something else. Knows no sockets and no messages, but for what [`conversations`]
//! says of them.

mod error;

mod format;

mod writer;

mod reader;

mod summary;

pub(crate) use self::error::RecordingError;
pub(crate) use self::format::{Direction, Record, What};
pub(crate) use self::reader::{Event, Reader};
pub(crate) use self::summary::{Conversation, conversations};
pub(crate) use self::writer::Writer;

#[cfg(test)]
mod tests;

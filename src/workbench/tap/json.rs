//! A message as a JSON object on a line, for programs. `docs/tap.md` has the shape.

use serde::Serialize;

use super::message::{Kind, Message};
use super::recording::Direction;

/// What every line has.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    /// Nanoseconds since 1970.
    pub(super) at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<Speaker>,
    pub(super) kind: Tag,
    #[serde(flatten)]
    pub(super) more: More<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Speaker {
    Kapacitor,
    Function,
}

impl Speaker {
    pub(super) fn of(direction: Direction) -> Self {
        match direction {
            Direction::ToFunction => Self::Kapacitor,
            Direction::ToKapacitor => Self::Function,
        }
    }
}

/// What the line is about: a message, or what happened to the connection or to the tap.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Tag {
    Message(Kind),
    Other(&'static str),
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum More<'a> {
    Message {
        /// Of the frame, its length included.
        bytes: usize,
        #[serde(flatten)]
        message: &'a Message,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        lossy: bool,
    },
    Large {
        bytes: usize,
        large: bool,
    },
    Undecodable {
        #[serde(skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
        error: String,
    },
    LeftOut {
        messages: u64,
    },
    Nothing {},
}

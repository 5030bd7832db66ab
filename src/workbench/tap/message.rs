//! What a frame can say, as it is shown. Knows neither bytes nor lines.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::{Serialize, Serializer};

/// What a message is about, whichever way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Info,
    Init,
    Keepalive,
    Snapshot,
    Restore,
    Begin,
    Point,
    End,
    Error,
}

/// One message, to be shown.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) kind: Kind,
    pub(super) message: Message,
    /// Whether some text was no UTF-8.
    pub(super) lossy: bool,
}

/// The names are those of Kapacitor's own `udf.proto`, for what it has.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Message {
    /// A question with nothing in it.
    Asks {},
    Info {
        wants: &'static str,
        provides: &'static str,
        options: BTreeMap<String, Vec<&'static str>>,
    },
    Init {
        task: String,
        node: String,
        options: Vec<Call>,
    },
    /// To Init and Restore.
    Answer {
        success: bool,
        error: String,
    },
    /// A snapshot, asked for or given back.
    State {
        size: usize,
    },
    Keepalive {
        time: i64,
    },
    Error {
        error: String,
    },
    Begin(Begin),
    Point(Box<Point>),
    End(End),
}

/// An option as a TICKscript called it.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) values: Vec<Argument>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "value", rename_all = "lowercase")]
pub(super) enum Argument {
    Bool(bool),
    Int(i64),
    Double(Double),
    String(String),
    Duration(i64),
    /// What Kapacitor has no way to send.
    None,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Begin {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) size: i64,
    pub(super) by_name: bool,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct End {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) tmax: i64,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) by_name: bool,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Point {
    pub(super) time: i64,
    pub(super) name: String,
    pub(super) database: String,
    pub(super) retention_policy: String,
    pub(super) group: String,
    pub(super) dimensions: Vec<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) fields_double: BTreeMap<String, Double>,
    pub(super) fields_int: BTreeMap<String, i64>,
    pub(super) fields_string: BTreeMap<String, String>,
    pub(super) fields_bool: BTreeMap<String, bool>,
    pub(super) by_name: bool,
}

/// A double that JSON has words for, also where it has no number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Double(pub(super) f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

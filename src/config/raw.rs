//! The configuration file as it is written: keys and their types, and values that can be judged alone.
//! What values mean together, and every default, is decided elsewhere.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::handler::HandlerKind;
use super::log::{LogFormat, LogLevel};
use super::reader::{Accepted, Readable};
use super::value::{
    Count, Directory, FunctionName, Group, Mode, OneOf, Size, SocketPath, Switch, Time, Uids,
};
use crate::edge::Edge;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawConfig {
    pub(super) socket_dir: Option<Spanned<Directory>>,
    pub(super) log_level: Option<OneOf<LogLevel>>,
    pub(super) log_format: Option<OneOf<LogFormat>>,
    pub(super) limits: RawLimits,
    pub(super) functions: RawFunctions,
}

pub(super) type RawFunctions = BTreeMap<Spanned<FunctionName>, RawFunction>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawLimits {
    pub(super) max_frame: Option<Spanned<Size>>,
    pub(super) max_snapshot: Option<Spanned<Size>>,
    pub(super) max_handler_time: Option<Spanned<Time>>,
    pub(super) max_connections: Option<Spanned<Count>>,
    pub(super) grace_period: Option<Spanned<Time>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawFunction {
    pub(super) enabled: Option<Spanned<Switch>>,
    pub(super) handler: Option<Spanned<OneOf<HandlerKind>>>,
    pub(super) wants: Option<Spanned<OneOf<Edge>>>,
    pub(super) provides: Option<Spanned<OneOf<Edge>>>,
    pub(super) socket: Option<Spanned<SocketPath>>,
    pub(super) mode: Option<Mode>,
    pub(super) group: Option<Group>,
    pub(super) allowed_uids: Option<Spanned<Uids>>,
    pub(super) script_operations: Option<Spanned<Count>>,
    pub(super) script_time: Option<Spanned<Time>>,
}

/// What a key accepts, in words, if it has a single value: for text that is no TOML, so that no type has
/// seen it.
pub(super) fn accepted(key: &str) -> Option<String> {
    Some(match key {
        "socket_dir" => words::<Directory>(),
        "log_level" => words::<OneOf<LogLevel>>(),
        "log_format" => words::<OneOf<LogFormat>>(),
        "max_frame" | "max_snapshot" => words::<Size>(),
        "max_handler_time" | "grace_period" | "script_time" => words::<Time>(),
        "max_connections" | "script_operations" => words::<Count>(),
        "enabled" => words::<Switch>(),
        "handler" => words::<OneOf<HandlerKind>>(),
        "wants" | "provides" => words::<OneOf<Edge>>(),
        "socket" => words::<SocketPath>(),
        "mode" => words::<Mode>(),
        "group" => words::<Group>(),
        "allowed_uids" => words::<Uids>(),
        _ => return None,
    })
}

fn words<T: Readable>() -> String {
    Accepted::<T>::new().to_string()
}

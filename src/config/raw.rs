//! The configuration file as it is written: keys and their types, and values that can be judged alone.
//! What values mean together, and every default, is decided elsewhere.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::handler::HandlerKind;
use super::log::{LogFormat, LogLevel};
use super::value::{FunctionName, Group, Mode, OneOf, Size, Time};
use crate::edge::Edge;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawConfig {
    pub(super) socket_dir: Option<Spanned<String>>,
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
    pub(super) max_connections: Option<Spanned<i64>>,
    pub(super) grace_period: Option<Spanned<Time>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawFunction {
    pub(super) enabled: Option<Spanned<bool>>,
    pub(super) handler: Option<Spanned<OneOf<HandlerKind>>>,
    pub(super) wants: Option<Spanned<OneOf<Edge>>>,
    pub(super) provides: Option<Spanned<OneOf<Edge>>>,
    pub(super) socket: Option<Spanned<String>>,
    pub(super) mode: Option<Mode>,
    pub(super) group: Option<Group>,
    pub(super) allowed_uids: Option<Spanned<Vec<u32>>>,
}

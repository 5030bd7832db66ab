//! The daemon's configuration: from TOML and the command line, validated once, into types that later
//! code trusts. Opens no socket and knows nothing of the protocol.

mod error;
mod functions;
mod handler;
mod limits;
mod log;
mod overrides;
mod raw;
mod reader;
mod value;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::edge::Edge;
use crate::limits::Limits;
use crate::script::Budget;

pub use self::error::{ConfigError, Problem};
pub use self::handler::HandlerKind;
pub use self::log::{LogConfig, LogFormat, LogLevel};
pub use self::overrides::{Overrides, SocketOverride};

use self::error::Located;
use self::raw::RawConfig;

/// Where sockets are if nothing else is said.
const SOCKET_DIR: &str = "/tmp";

/// What one daemon serves, and how. `Config::default()` is what an empty file means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The functions served: at least one, no two on the same socket.
    pub functions: Vec<FunctionConfig>,
    /// The bounds of every connection, within the ranges that [`Limits`] states.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: LogConfig,
}

/// One function that a TICKscript can call as `@name()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionConfig {
    /// An identifier of TICKscript, unique among the functions.
    pub name: String,
    /// What answers to it.
    pub handler: HandlerKind,
    /// What Kapacitor has to send. The handler is known to serve `wants` with `provides`.
    pub wants: Edge,
    /// What Kapacitor gets back.
    pub provides: Edge,
    /// Where Kapacitor connects.
    pub socket: SocketConfig,
    /// What a script may use up in one call, where the handler runs scripts: at least one operation and 1 ms.
    pub budget: Budget,
}

/// A Unix socket and who may connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketConfig {
    /// Absolute, UTF-8, and no longer than the system's `sun_path` takes.
    pub path: PathBuf,
    /// The permission bits of the socket's file, 0 to 0o777 (default 0o660).
    pub mode: u32,
    /// The group of the socket's file, by name or gid; `None` leaves the daemon's own.
    pub group: Option<String>,
    /// If given, only these users are served, whatever the file's permissions. Never empty.
    pub allowed_uids: Option<Vec<u32>>,
}

impl Config {
    /// Reads `file`, or takes the defaults without one, and puts `overrides` on top.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, ConfigError> {
        let Some(path) = file else {
            return Self::parse("", Path::new("(no file)"), overrides);
        };
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path, overrides)
    }

    /// As [`Config::load`], from the text of a file. `file` is only named in errors.
    pub fn parse(text: &str, file: &Path, overrides: &Overrides) -> Result<Self, ConfigError> {
        let parsed = toml::Deserializer::parse(text).map_err(|error| Located::syntax(&error, text));
        parsed
            .and_then(|toml| Ok(RawConfig::deserialize(toml)?))
            .and_then(|raw| Self::validate(raw, overrides))
            .map_err(|refused| refused.in_file(file, text))
    }

    fn validate(raw: RawConfig, overrides: &Overrides) -> Result<Self, Located> {
        let socket_dir = overrides::socket_dir(raw.socket_dir, overrides)?;
        Ok(Self {
            functions: functions::validate(raw.functions, &socket_dir, &overrides.sockets)?,
            limits: limits::validate(raw.limits)?,
            log: LogConfig {
                level: log::choose(overrides.log_level, raw.log_level),
                format: log::choose(overrides.log_format, raw.log_format),
            },
        })
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            functions: functions::defaults(Path::new(SOCKET_DIR)),
            limits: Limits::default(),
            log: LogConfig::default(),
        }
    }
}

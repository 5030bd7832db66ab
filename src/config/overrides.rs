//! What the command line says over the file. Knows the options' meaning, not how they are parsed from
//! the arguments.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;
use toml::Spanned;

use super::SOCKET_DIR;
use super::error::{Located, Problem};
use super::log::{LogFormat, LogLevel};
use super::value::Directory;

/// What the command line says; each given value wins over the file's.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Where sockets with a relative path, and those without one, are. Absolute.
    pub socket_dir: Option<PathBuf>,
    /// Sockets of single functions, the last one for a name winning.
    pub sockets: Vec<SocketOverride>,
    /// See [`LogConfig::level`](super::LogConfig).
    pub log_level: Option<LogLevel>,
    /// See [`LogConfig::format`](super::LogConfig).
    pub log_format: Option<LogFormat>,
}

/// The socket of one function, parsed from `NAME=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOverride {
    /// A function that the configuration serves.
    pub function: String,
    /// Absolute.
    pub path: PathBuf,
}

/// A `NAME=PATH` that was neither.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("accepted is NAME=PATH, such as mirror=/run/mirror.sock")]
pub struct NotNameAndPath;

impl FromStr for SocketOverride {
    type Err = NotNameAndPath;

    fn from_str(given: &str) -> Result<Self, NotNameAndPath> {
        match given.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                Ok(Self { function: name.to_owned(), path: PathBuf::from(path) })
            }
            _ => Err(NotNameAndPath),
        }
    }
}

/// The socket directory that holds: the command line's, else the file's, else the default.
pub(super) fn socket_dir(raw: Option<Spanned<Directory>>, overrides: &Overrides) -> Result<PathBuf, Located> {
    let (dir, mark) = match (&overrides.socket_dir, raw) {
        (Some(dir), _) => (dir.clone(), None),
        (None, Some(raw)) => (PathBuf::from(&raw.get_ref().0), Some(raw.span())),
        (None, None) => (PathBuf::from(SOCKET_DIR), None),
    };
    // Kapacitor is told the same path, and runs in a directory of its own.
    if Path::is_absolute(&dir) { Ok(dir) } else { Err(Problem::RelativeSocketDir { dir }.at(mark)) }
}

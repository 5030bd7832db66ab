//! Why a socket could not be bound, in words that say what to do next.

use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use thiserror::Error;

/// The socket could not be bound; the daemon does not start.
#[derive(Debug, Error)]
pub enum BindError {
    /// Somebody listens there, perhaps another instance of the daemon.
    #[error("{} is served by another process; stop that one or give this function another socket", path.display())]
    Served {
        /// The socket's path.
        path: PathBuf,
    },
    /// What is there is left alone.
    #[error("{} is {found}, not a socket; move it away or give this function another socket", path.display())]
    NotASocket {
        /// The socket's path.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// The directory for the socket is missing.
    #[error("cannot create {}: there is no such directory; create it or choose another with socket_dir", path.display())]
    NoDirectory {
        /// The socket's path.
        path: PathBuf,
    },
    /// The group is neither a name the system knows nor a number.
    #[error("group `{group}` is unknown on this machine; create it or give another, by name or gid")]
    UnknownGroup {
        /// The group as configured.
        group: String,
        /// What went wrong when it was looked up, if the answer was not simply no.
        source: Option<Errno>,
    },
    /// The system does not let this user give the file to that group.
    #[error("cannot give {} to group {group}; only root or a member of the group can", path.display())]
    Group {
        /// The socket's path.
        path: PathBuf,
        /// The group as configured.
        group: String,
        /// What the system said.
        source: io::Error,
    },
    /// Anything else that the system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl BindError {
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    pub(super) fn group(path: &Path, group: &str, source: io::Error) -> Self {
        Self::Group { path: path.to_owned(), group: group.to_owned(), source }
    }

    pub(super) fn bind(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NoDirectory { path },
            // It was free a moment ago.
            io::ErrorKind::AddrInUse => Self::Served { path },
            _ => Self::Io { doing: "create", path, source },
        }
    }
}

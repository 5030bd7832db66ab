//! Why a socket could not be bound, in words that say what to do next.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::Uid;
use thiserror::Error;

use super::access::user_name;

/// The socket could not be bound; the daemon does not start.
#[derive(Debug, Error)]
pub enum BindError {
    /// Somebody listens there, perhaps another instance of the daemon.
    #[error("{} is served by another process; stop that one or choose another socket", path.display())]
    Served {
        /// The socket's path.
        path: PathBuf,
    },
    /// What is there is left alone.
    #[error("{} is {found}, not a socket; move it away or choose another socket", path.display())]
    NotASocket {
        /// The socket's path.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// What is there was left by another user, who alone can tell what it is or remove it.
    #[error(
        "cannot {doing} {}, which user {owner} left there; if nobody serves it, remove it as that user; \
         or choose another path with --socket-dir or --socket",
        path.display()
    )]
    OfAnother {
        /// What was tried.
        doing: &'static str,
        /// The socket's path.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// What the system said.
        source: io::Error,
    },
    /// The directory for the socket is closed to the daemon's user.
    #[error(
        "cannot {doing} {}: its directory is closed to user {}; open it, or choose another with --socket-dir or --socket",
        path.display(), user_name(Uid::effective().as_raw())
    )]
    ClosedDirectory {
        /// What was tried.
        doing: &'static str,
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The directory for the socket is missing.
    #[error("cannot create {}: there is no such directory; create it or choose another with --socket-dir", path.display())]
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

    pub(super) fn look(path: &Path, source: io::Error) -> Self {
        Self::in_directory("look at", path, source)
    }

    pub(super) fn probe(path: &Path, found: &Metadata, source: io::Error) -> Self {
        let doing = "find out who serves";
        match source.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EACCES) => Self::of_another(doing, path, found, source),
            _ => Self::io(doing, path, source),
        }
    }

    pub(super) fn remove(path: &Path, found: &Metadata, source: io::Error) -> Self {
        let doing = "remove the stale socket";
        match source.raw_os_error().map(Errno::from_raw) {
            // A sticky directory, such as /tmp.
            Some(Errno::EPERM) => Self::of_another(doing, path, found, source),
            _ => Self::in_directory(doing, path, source),
        }
    }

    fn of_another(doing: &'static str, path: &Path, found: &Metadata, source: io::Error) -> Self {
        Self::OfAnother { doing, path: path.to_owned(), owner: user_name(found.uid()), source }
    }

    fn in_directory(doing: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::ClosedDirectory { doing, path: path.to_owned(), source },
            _ => Self::io(doing, path, source),
        }
    }

    pub(super) fn bind(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NoDirectory { path: path.to_owned() },
            // It was free a moment ago.
            io::ErrorKind::AddrInUse => Self::Served { path: path.to_owned() },
            _ => Self::in_directory("create", path, source),
        }
    }
}

//! Unix sockets that a daemon can count on: bound where the configuration says, open to exactly whom it
//! says, gone at the end. Knows nothing of what is said over them.

mod access;
mod error;

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, lchown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::errno::Errno;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Group};
use socket2::{Domain, SockAddr, Socket, Type};

pub use self::access::{Access, User};
pub use self::error::BindError;

use crate::config::SocketConfig;

/// A listening socket, and the duty to remove its file.
#[derive(Debug)]
pub struct BoundSocket {
    // Before the listener, so that it is dropped first: see `SocketFile`.
    file: SocketFile,
    listener: UnixListener,
    access: Access,
}

/// Removes the socket's file when dropped, if it is still the one that was created. To be dropped when no
/// more is accepted, before the listener is: then nobody finds a file behind which nobody listens, and the
/// path is free for a successor while the last connections finish.
#[derive(Debug)]
#[must_use = "dropping it removes the socket's file"]
pub struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// Binds and listens as configured, non-blocking; a stale file in the way is replaced.
///
/// For a moment the process's umask is changed: call it before there are threads that create files. Of two
/// daemons that find the same stale file in the same instant, one may remove the other's new socket; to
/// rule that out would take a lock file beside every socket.
pub fn bind(config: &SocketConfig) -> Result<BoundSocket, BindError> {
    let path = &config.path;
    let group = config.group.as_deref().map(gid).transpose()?;
    clear(path)?;
    let (file, listener) = listen(path, config.mode)?;
    if let Some((name, gid)) = group {
        lchown(path, None, Some(gid.as_raw())).map_err(|source| BindError::group(path, name, source))?;
    }
    // After lchown: until then the group's bits would have been for another group.
    fs::set_permissions(path, Permissions::from_mode(config.mode))
        .map_err(|source| BindError::io("set the mode of", path, source))?;
    let access = Access::read(path, config.allowed_uids.clone())
        .map_err(|source| BindError::io("read the permissions of", path, source))?;
    Ok(BoundSocket { file, listener, access })
}

/// Whether this machine knows the group that [`bind`] would give the socket's file to.
pub fn find_group(config: &SocketConfig) -> Result<(), BindError> {
    config.group.as_deref().map(gid).transpose().map(|_| ())
}

impl BoundSocket {
    /// Who may connect, as the file system now has it.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The listener, to accept from, and the guard, to drop when no more is accepted.
    pub fn into_parts(self) -> (UnixListener, SocketFile) {
        (self.listener, self.file)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = Identity::at(&self.path).is_ok_and(|found| found == self.identity);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the socket file stays behind");
        }
    }
}

/// Which file it is. The time of birth is for the case that the listener went first, somebody else's
/// socket came in its place, and got the same inode number.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

impl Identity {
    fn at(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino(), born: metadata.created().ok() })
    }
}

/// A group by its name or, if no group is called so, by its number.
fn gid(name: &str) -> Result<(&str, Gid), BindError> {
    let unknown = |source| BindError::UnknownGroup { group: name.to_owned(), source };
    match Group::from_name(name) {
        Ok(Some(group)) => Ok((name, group.gid)),
        Ok(None) => match name.parse() {
            Ok(number) => Ok((name, Gid::from_raw(number))),
            Err(_) => Err(unknown(None)),
        },
        Err(errno) => Err(unknown(Some(errno))),
    }
}

/// Makes the path free, if nobody is behind it.
fn clear(path: &Path) -> Result<(), BindError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(BindError::look(path, source)),
    };
    if !found.file_type().is_socket() {
        return Err(BindError::NotASocket { path: path.to_owned(), found: kind(&found) });
    }
    if is_served(path).map_err(|source| BindError::probe(path, &found, source))? {
        return Err(BindError::Served { path: path.to_owned() });
    }
    fs::remove_file(path).map_err(|source| BindError::remove(path, &found, source))
}

fn kind(found: &Metadata) -> &'static str {
    let kind = found.file_type();
    if kind.is_file() {
        "a regular file"
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else {
        "a special file"
    }
}

/// Whether somebody listens at the path. Does not wait, since a full backlog tells as much as an accept.
fn is_served(path: &Path) -> io::Result<bool> {
    let connect = || {
        let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        probe.set_nonblocking(true)?;
        probe.connect(&SockAddr::unix(path)?)
    };
    let Err(error) = connect() else { return Ok(true) };
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ECONNREFUSED) => Ok(false),
        // A full backlog, and a socket of another type, which only its owner can have bound.
        Some(Errno::EAGAIN | Errno::EPROTOTYPE) => Ok(true),
        _ => Err(error),
    }
}

/// Binds with the owner's permissions alone, so that nobody gets in before group and mode are set.
fn listen(path: &Path, mode: u32) -> Result<(SocketFile, UnixListener), BindError> {
    let before = umask(Mode::from_bits_truncate(!(mode & 0o600)));
    let listener = UnixListener::bind(path);
    umask(before);
    let listener = listener.map_err(|source| BindError::bind(path, source))?;
    let identity = Identity::at(path).map_err(|source| BindError::io("look at", path, source))?;
    let file = SocketFile { path: path.to_owned(), identity };
    listener.set_nonblocking(true).map_err(|source| BindError::io("set up", path, source))?;
    Ok((file, listener))
}

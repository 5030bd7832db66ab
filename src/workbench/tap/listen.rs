//! The socket Kapacitor finds in place of the function's, open to whom that is open, and what to tell of it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;
use kapacitor_udfd::config::SocketConfig;
use kapacitor_udfd::socket::{self, BindError, BoundSocket, User};
use nix::unistd::Gid;

use super::notes::Notes;

/// Of a function that isn't there yet.
const MODE: u32 = 0o660;

/// The user that Kapacitor's packages create and run kapacitord as.
const KAPACITOR: &str = "kapacitor";

/// Binds with the mode and group of the upstream's socket.
pub(super) fn bind(path: &Path, upstream: &Path, notes: &Notes) -> anyhow::Result<BoundSocket> {
    let config = like(path, upstream);
    let bound = match socket::bind(&config) {
        Err(BindError::Group { .. }) => {
            let group = config.group.as_deref().unwrap_or_default();
            notes.say(format!(
                "warning: only root or a member of group {group}, whose upstream is, can give it the socket; \
                 it keeps the group of this process"
            ));
            socket::bind(&SocketConfig { group: None, ..config })
        }
        bound => bound,
    };
    bound.context("cannot listen for Kapacitor")
}

fn like(path: &Path, upstream: &Path) -> SocketConfig {
    let found = fs::metadata(upstream).ok().filter(|found| found.file_type().is_socket());
    let mode = found.as_ref().map_or(MODE, |found| found.permissions().mode() & 0o777);
    let group = found.map(|found| found.gid()).filter(|&gid| Gid::effective().as_raw() != gid);
    let group = group.map(|gid| gid.to_string());
    SocketConfig { path: path.to_owned(), mode, group, allowed_uids: None }
}

/// What to do so that Kapacitor comes this way.
pub(super) fn welcome(bound: &BoundSocket, path: &Path, upstream_path: &Path) -> String {
    let (path, upstream, access) = (path.display(), upstream_path.display(), bound.access());
    let warning = User::named(KAPACITOR)
        .filter(|user| !access.admits(user))
        .map(|_| format!("warning: kapacitord usually runs as user {KAPACITOR}, who cannot connect to it\n"));
    let missing = match is_socket(upstream_path) {
        Some(true) => String::new(),
        Some(false) => format!("warning: {upstream} is no socket; connections are closed until it is one\n"),
        None => {
            format!("warning: nobody listens at {upstream} yet; connections are closed until somebody does\n")
        }
    };
    format!(
        "Between Kapacitor at {path} and the function at {upstream}.\n\
         Who may connect: {access}\n\
         In kapacitor.conf, the function has\n    socket = \"{path}\"\n\
         If that is new there, restart kapacitord, once the function and this are up; else disable and enable its \
         tasks.\n{}{}Ready.",
        missing,
        warning.unwrap_or_default(),
    )
}

/// Whether it is a socket, if anything is there. To dial it would be a connection that the function has to take.
fn is_socket(upstream: &Path) -> Option<bool> {
    fs::metadata(upstream).ok().map(|found| found.file_type().is_socket())
}

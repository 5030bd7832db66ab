//! What the daemon does to socket files: which it takes, which it leaves alone, and whom it lets in.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal::{SIGKILL, SIGTERM};
use nix::unistd::{Uid, getegid};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::daemon::{Daemon, run, stderr, stdout, udfd};
use crate::place::{Place, ended, under_shell};
use crate::scene::eventually;
use crate::support::{dial, frame_of, point};

/// A user of every system.
const NOBODY: u32 = 65534;

#[test]
fn a_stale_socket_is_replaced() {
    let place = Place::new();
    drop(UnixListener::bind(place.path("mirror.sock")).unwrap());
    assert!(fs::metadata(place.path("mirror.sock")).unwrap().file_type().is_socket());
    let _daemon = place.start();
    UnixStream::connect(place.path("mirror.sock")).unwrap();
}

#[test]
fn a_killed_daemon_is_followed_by_the_next() {
    let place = Place::new();
    assert_eq!(place.start().end(SIGKILL).0, None);
    assert!(place.path("mirror.sock").exists());
    assert_eq!(place.start().end(SIGTERM).0, Some(0));
}

#[test]
fn a_served_socket_is_refused_and_left_alone() {
    let place = Place::new();
    let daemon = place.start();
    let path = place.path("mirror.sock").display().to_string();
    place.fails(1, &["error: function `mirror` cannot be served", &path, "served by another process; stop"]);
    UnixStream::connect(&path).unwrap();
    assert_eq!(daemon.end(SIGTERM).0, Some(0));
}

#[test]
fn a_served_socket_with_a_full_backlog_is_refused() {
    let place = Place::new();
    let address = SockAddr::unix(place.path("mirror.sock")).unwrap();
    let socket = || Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let busy = socket();
    busy.bind(&address).unwrap();
    busy.listen(0).unwrap();
    let waiting = || {
        let peer = socket();
        peer.set_nonblocking(true).unwrap();
        peer.connect(&address).map(|()| peer)
    };
    let _waiting: Vec<_> = std::iter::from_fn(|| waiting().ok()).collect();
    place.fails(1, &["served by another process"]);
}

#[test]
fn what_is_no_socket_is_refused_and_left_alone() {
    let place = Place::new();
    let path = place.path("mirror.sock");
    fs::write(&path, "precious").unwrap();
    place.fails(1, &[&path.display().to_string(), "is a regular file, not a socket; move it away"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

    fs::remove_file(&path).unwrap();
    symlink("elsewhere", &path).unwrap();
    place.fails(1, &["is a symbolic link, not a socket"]);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    place.fails(1, &["is a directory, not a socket"]);
}

/// As root leaves them to a daemon that then runs as somebody else.
#[test]
fn a_socket_of_another_user_is_left_to_that_user() {
    if !Uid::effective().is_root() {
        return; // It takes two users.
    }
    let remedy = "remove it as that user; or choose another path with --socket-dir or --socket: ";
    let closed = "its directory is closed to user nobody; open it, or choose another with --socket-dir";
    let sticky = 0o1777;
    for (directory, socket, words) in [
        (
            0o777,
            0o600,
            &["find out who serves", "which user root left there", remedy, "Permission denied"][..],
        ),
        (sticky, 0o666, &["remove the stale socket", "which user root left there", remedy, "not permitted"]),
        (0o755, 0o666, &["cannot remove the stale socket", closed]),
        (0o700, 0o666, &["cannot look at", closed]),
    ] {
        let place = Place::new();
        let path = place.path("mirror.sock");
        drop(UnixListener::bind(&path).unwrap());
        fs::set_permissions(&path, Permissions::from_mode(socket)).unwrap();
        fs::set_permissions(&place.dir, Permissions::from_mode(directory)).unwrap();
        let failed = udfd(&place.args).uid(NOBODY).gid(NOBODY).output().unwrap();
        ended(&failed, 1, words);
        ended(&failed, 1, &[&path.display().to_string()]);
    }
    let place = Place::new();
    fs::set_permissions(&place.dir, Permissions::from_mode(0o755)).unwrap();
    let failed = udfd(&place.args).uid(NOBODY).gid(NOBODY).output().unwrap();
    ended(&failed, 1, &["cannot create ", closed]);
}

#[test]
fn a_failure_leaves_no_socket_of_another_function() {
    let place = Place::new();
    fs::write(place.path("mirrorBatch.sock"), "").unwrap();
    place.fails(1, &["mirrorBatch"]);
    assert!(!place.path("mirror.sock").exists());
}

#[test]
fn a_missing_directory_is_named() {
    let place = Place::new();
    let missing = place.path("missing");
    let output = run(["--socket-dir", missing.to_str().unwrap()]);
    ended(&output, 1, &["missing/mirror.sock: there is no such directory; create it"]);
}

#[test]
fn an_unknown_group_is_named() {
    let place = Place::configured("[functions.mirror]\ngroup = \"no-such-group\"\n");
    let words = "group `no-such-group` is unknown on this machine; create it or give another";
    place.fails(1, &["error: function `mirror` cannot be served: ", words]);
    assert!(!place.path("mirror.sock").exists());
    // The machine it is checked on need not be the one it is for.
    let checked = place.run(&["check"]);
    ended(&checked, 0, &["warning: function `mirror` could not be served: ", words]);
    assert!(stdout(&checked).starts_with("mirror: mirror, stream -> stream, "));
    let numbered = Place::configured("[functions.mirror]\ngroup = 4242424\n").run(&["check"]);
    assert_eq!((numbered.status.code(), stderr(&numbered)), (Some(0), String::new()));
}

#[test]
fn a_group_that_is_not_ours_is_refused() {
    if Uid::effective().is_root() {
        return; // root may give a file to any group.
    }
    let place = Place::configured("[functions.mirror]\ngroup = \"root\"\n");
    place.fails(1, &["to group root; only root or a member of the group can"]);
    assert!(!place.path("mirror.sock").exists());
}

#[test]
fn mode_and_group_are_as_configured_whatever_the_umask() {
    // Any group will do for root; anybody else has their own.
    let gid = if Uid::effective().is_root() { 12345 } else { getegid().as_raw() };
    for umask in ["000", "077", "777"] {
        let place = Place::configured(&format!("[functions.mirror]\nmode = \"0620\"\ngroup = {gid}\n"));
        let daemon = Daemon::spawn(&mut under_shell(&format!("umask {umask}"), &place.args));
        assert_eq!(mode(&place.path("mirror.sock")), 0o620, "umask {umask}");
        assert_eq!(mode(&place.path("mirrorBatch.sock")), 0o660, "umask {umask}");
        assert_eq!(fs::metadata(place.path("mirror.sock")).unwrap().gid(), gid);
        assert!(daemon.welcome().contains("mode 0620, owner "));
    }
}

#[test]
fn allowed_uids_are_told() {
    let place = Place::configured("[functions.mirror]\nallowed_uids = [0, 998]\n");
    assert!(place.start().welcome().contains(", and of these only uids 0, 998\n"));
}

#[test]
fn somebody_elses_file_is_not_removed() {
    let place = Place::new();
    let daemon = place.start();
    fs::remove_file(place.path("mirror.sock")).unwrap();
    let _other = UnixListener::bind(place.path("mirror.sock")).unwrap();
    assert_eq!(daemon.end(SIGTERM).0, Some(0));
    UnixStream::connect(place.path("mirror.sock")).unwrap();
}

/// What lasts is the connections, not the sockets: the next daemon need not wait for them.
#[tokio::test]
async fn the_files_go_before_the_connections() {
    let place = Place::configured("[limits]\ngrace_period = \"20s\"\n");
    let mut old = place.start();
    let mut peer = dial(&place.path("mirror.sock")).await;
    peer.init().await;
    // It does not read, so the daemon waits to write.
    let flood = frame_of(point(1)).repeat(1 << 12);
    while let Ok(sent) = timeout(Duration::from_millis(300), peer.writer().write_all(&flood)).await {
        sent.unwrap();
    }
    old.signal(SIGTERM);
    let gone = || !place.path("mirror.sock").exists() && !place.path("mirrorBatch.sock").exists();
    eventually("the files are gone", gone).await;
    assert!(old.is_running(), "{}", old.log());

    let new = place.start();
    assert!(old.is_running(), "{}", old.log());
    drop(peer);
    eventually("the old daemon ends", || !old.is_running()).await;
    dial(&place.path("mirror.sock")).await.init().await;
    assert_eq!(new.end(SIGTERM).0, Some(0));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

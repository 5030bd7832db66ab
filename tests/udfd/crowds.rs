//! Many peers of the running daemon, one after another and at once.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use kapacitor_udfd::proto::response::Message as R;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use prost::Message;

use super::scene::*;
use super::support::*;

/// How much the daemon may have grown when all are gone.
const GROWTH: usize = 4 << 20;

/// Opens and drops `count` connections: one says nothing, the next half an Init, the next begins and
/// sends a point.
fn open_and_drop(socket: &Path, count: usize) {
    let init = frame_of(hostile_init());
    let begun = [&init[..], &frame_of(point(1))].concat();
    let answers = proto_response(initialised()).len() + proto_response(R::Point(point(1))).len();
    for round in 0..count {
        let mut peer = UnixStream::connect(socket).unwrap();
        match round % 3 {
            0 => {}
            1 => peer.write_all(&init[..init.len() / 2]).unwrap(),
            _ => {
                peer.write_all(&begun).unwrap();
                peer.read_exact(&mut vec![0; answers]).unwrap();
            }
        }
    }
}

fn proto_response(message: R) -> Vec<u8> {
    kapacitor_udfd::proto::Response { message: Some(message) }.encode_length_delimited_to_vec()
}

#[tokio::test]
async fn ten_thousand_connections_opened_and_dropped_leave_nothing_behind() {
    let mut scene = Scene::start().await;
    let files = scene.open_files();
    let mut run = async |count| {
        let socket = scene.socket("mirror");
        let dropping = tokio::task::spawn_blocking(move || open_and_drop(&socket, count));
        scene.goes_on_during(dropping).await.unwrap();
        eventually("the connections' files are closed", || scene.open_files() == files).await;
        scene.memory()
    };
    // Thread stacks and the allocator's arenas come with the first ones.
    let before = run(1_000).await;
    let after = run(9_000).await;
    tell(&format!("resident: {before} bytes after 1,000 connections, {after} after 10,000"));
    assert!(after < before + GROWTH, "grown from {before} to {after} bytes");
    let log = scene.end().await;
    assert_eq!(lines(&log, "connection ended: the stream ended inside a frame").len(), 3_333);
    assert_eq!(lines(&log, HOSTILE).len(), 3_333);
    assert_eq!(log.matches("ERROR").count(), 3_333);
    assert_eq!(log.matches("WARN").count(), 0);
}

#[tokio::test]
async fn of_1025_connections_at_once_1024_are_served_and_one_waits() {
    allow_open_files(1_200);
    let mut scene = Scene::start().await;
    let before = scene.memory();
    // With the neighbour 1,024.
    let mut peers = Vec::new();
    for time in 0..1_023 {
        let mut peer = scene.hostile("mirror").await;
        peer.send(point(time)).await;
        peers.push(peer);
    }
    let mut waiting = scene.dial("mirror").await;
    waiting.send(hostile_init()).await;
    eventually("a warning", || scene.daemon.log().contains("limits.max_connections are open")).await;
    for (time, peer) in (0..).zip(&mut peers) {
        peer.expect(R::Point(point(time))).await;
    }
    scene.goes_on().await;
    tell(&format!("resident: {before} bytes with 1 connection, {} with 1,024", scene.memory()));
    let answer = tokio::time::timeout(std::time::Duration::from_millis(50), waiting.next_frame()).await;
    assert!(answer.is_err(), "the 1,025th is served");

    let mut first = peers.swap_remove(0);
    first.half_close().await;
    first.expect_end().await;
    waiting.expect(initialised()).await;
    waiting.send(point(1)).await;
    waiting.expect(R::Point(point(1))).await;
    drop((peers, waiting));
    let log = scene.end().await;
    assert_eq!(lines(&log, HOSTILE).len(), 1_024);
    // The one that waited was the 1,024th in its turn: that is not said anew within a minute.
    assert_eq!(lines(&log, "limits.max_connections are open").len(), 1);
    assert_eq!(log.matches("ERROR").count() + log.matches("WARN").count(), 1, "{log}");
}

/// For this process: the daemon raises its own limit.
fn allow_open_files(wanted: u64) {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    assert!(hard >= wanted, "the hard limit of open files is {hard}: raise it to {wanted} (ulimit -Hn)");
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(wanted), hard).unwrap();
}

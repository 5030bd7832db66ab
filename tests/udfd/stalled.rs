//! Peers of the running daemon that don't get on: they do not read, trickle, or stop in mid-frame.

use std::time::Duration;

use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto::{self, response::Message as R};
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::timeout;

use super::laws::requests;
use super::scene::*;
use super::support::*;

/// How much the daemon may grow by a peer that does not read.
const GROWTH: usize = 16 << 20;

/// More than any socket's buffers and the daemon's own hold.
const ENOUGH: usize = 16 << 20;

/// What the peer offers in one write.
const AT_ONCE: usize = 32 << 10;

/// Requests one after the other, as far as somebody takes them.
struct Flood {
    request: fn(i64) -> Vec<u8>,
    count: i64,
    /// What of them is still to be written.
    rest: Vec<u8>,
    written: usize,
}

impl Flood {
    fn of(request: fn(i64) -> Vec<u8>) -> Self {
        Self { request, count: 0, rest: vec![], written: 0 }
    }

    /// Writes until not a byte has been taken for as long as `patience`.
    async fn write(&mut self, socket: &OwnedWriteHalf, patience: Duration) {
        while let Ok(writable) = timeout(patience, socket.writable()).await {
            writable.unwrap();
            while self.rest.len() < AT_ONCE {
                self.rest.extend((self.request)(self.count));
                self.count += 1;
            }
            // Not an error: it was not writable after all.
            let taken = socket.try_write(&self.rest).unwrap_or(0);
            self.rest.drain(..taken);
            self.written += taken;
            assert!(self.written < ENOUGH, "read from without end");
        }
    }
}

/// A peer writes until nothing has been taken from it for as long as `patience`. Then it reads, and all
/// that it wrote is answered.
async fn never_reads(request: fn(i64) -> Vec<u8>, answer: impl Fn(i64) -> Vec<u8>, patience: Duration) {
    let mut scene = Scene::start().await;
    let (mut write, mut read) = scene.hostile("mirror").await.split();
    let before = scene.memory();
    let mut flood = Flood::of(request);
    scene.goes_on_during(flood.write(write.writer(), patience)).await;
    let after = scene.memory();
    tell(&format!("resident: {before} bytes before, {after} after {} bytes were written", flood.written));
    assert!(flood.written > 0 && after < before + GROWTH, "grown from {before} to {after} bytes");

    let rest = async {
        write.send_bytes(&flood.rest).await;
        write.half_close().await;
    };
    let back = async {
        for number in 0..flood.count {
            assert_eq!(read.next_frame().await.unwrap(), answer(number), "answer {number}");
        }
        read.expect_end().await;
    };
    scene.goes_on_during(async { tokio::join!(rest, back) }).await;
    assert!(scene.memory() < before + GROWTH);
    let log = scene.end().await;
    let [line] = lines(&log, HOSTILE)[..] else { panic!("not one line: {log}") };
    assert!(line.contains("INFO") && line.contains("connection closed"), "{line}");
}

/// A mirror sends them back as they are.
fn numbered(time: i64) -> Vec<u8> {
    frame_of(point(time))
}

#[tokio::test]
async fn a_peer_that_never_reads_is_not_read_from_and_loses_nothing() {
    never_reads(numbered, numbered, Duration::from_secs(2)).await;
}

#[tokio::test]
async fn a_peer_that_asks_for_more_than_it_sends_and_never_reads_is_no_different() {
    let info = |_| frame_of(proto::InfoRequest {});
    let answer = requests::play(Edge::Stream, &info(0), &[usize::MAX]).sent();
    assert!(answer.len() > 50 * info(0).len(), "{}", answer.len());
    never_reads(info, |_| answer.clone(), Duration::from_secs(2)).await;
}

/// The daemon's queue is bounded in bytes, not in frames.
#[tokio::test]
async fn a_peer_that_sends_large_points_and_never_reads_is_no_different() {
    let large = |time| frame_of(proto::Point { name: "x".repeat(2 << 20), ..point(time) });
    never_reads(large, large, Duration::from_secs(2)).await;
}

#[tokio::test]
#[ignore = "takes a minute: run by .ci/run"]
async fn a_peer_that_never_reads_for_a_minute_is_not_read_from_and_loses_nothing() {
    never_reads(numbered, numbered, Duration::from_mins(1)).await;
}

#[tokio::test]
async fn a_peer_that_never_reads_keeps_the_daemon_no_longer_than_the_grace_period() {
    let mut scene = Scene::configured("[limits]\ngrace_period = \"300ms\"\n").await;
    let (mut write, _read) = scene.hostile("mirror").await.split();
    scene.goes_on_during(Flood::of(numbered).write(write.writer(), Duration::from_millis(200))).await;
    let log = scene.end().await;
    let cut_off = lines(&log, "connections cut off: not finished within limits.grace_period");
    assert!(cut_off.len() == 1 && cut_off[0].contains("connections=1"), "{log}");
}

#[tokio::test]
async fn a_conversation_that_trickles_in_byte_by_byte_is_served() {
    let stream = include_bytes!("../captures/stream-restored-then-disabled.c2s");
    let mut scene = Scene::start().await;
    let mut peer = scene.dial("mirror").await;
    for byte in stream {
        peer.send_bytes(&[*byte]).await;
        scene.goes_on().await;
    }
    peer.half_close().await;
    let played = requests::play(Edge::Stream, stream, &[usize::MAX]);
    assert_eq!(peer.rest().await, played.sent());
    assert_eq!(played.fault, None);
    let log = scene.end().await;
    assert_eq!(lines(&log, "connection closed points=5 batches=0 snapshots=2").len(), 1, "{log}");
    assert_eq!(log.matches("ERROR").count(), 0, "{log}");
}

/// A point that is answered, and half of the next one.
async fn stops_in_mid_frame(scene: &mut Scene) -> (SocketPeer, usize) {
    let mut peer = scene.hostile("mirror").await;
    let frame = frame_of(point(1));
    let half = frame.len() / 2;
    peer.send_bytes(&[&frame, &frame[..half]].concat()).await;
    peer.expect(R::Point(point(1))).await;
    for _ in 0..100 {
        scene.goes_on().await;
    }
    (peer, half)
}

#[tokio::test]
async fn a_peer_that_stops_in_mid_frame_is_told_when_it_closes() {
    let mut scene = Scene::start().await;
    let (mut peer, half) = stops_in_mid_frame(&mut scene).await;
    peer.half_close().await;
    let words = format!("the stream ended inside a frame, after {half} bytes of it");
    peer.expect_error(&words).await;
    let log = scene.end().await;
    let [line] = lines(&log, HOSTILE)[..] else { panic!("not one line: {log}") };
    assert!(line.contains("ERROR") && line.contains(&words), "{line}");
}

#[tokio::test]
async fn a_peer_that_stops_in_mid_frame_for_ever_does_not_keep_the_daemon() {
    let mut scene = Scene::start().await;
    let (mut peer, _) = stops_in_mid_frame(&mut scene).await;
    let log = scene.end().await;
    peer.expect_end().await;
    let [line] = lines(&log, HOSTILE)[..] else { panic!("not one line: {log}") };
    assert!(line.contains("INFO") && line.contains("connection closed"), "{line}");
    assert!(!log.contains("cut off"), "the grace period was waited for: {log}");
}

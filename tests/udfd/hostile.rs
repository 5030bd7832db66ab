//! Peers of the running daemon that send what is no conversation: each is told so and its connection
//! closed, one line of the log says whose it was, and another connection goes on.

use std::io::ErrorKind;

use kapacitor_udfd::edge::Edge;
use tokio::io::AsyncWriteExt;

use super::laws::requests;
use super::scene::*;
use super::support::*;

/// A peer that has begun in good order sends `bytes`, and is told `words`.
async fn check(bytes: &[u8], words: &str) {
    let scene = Scene::start().await;
    let peer = scene.hostile("mirror").await;
    let log = refused(scene, peer, bytes, words).await;
    told_once(&log, &format!("udf{{function=mirror {HOSTILE}}}"), words);
}

/// `peer` sends `bytes` in two pieces and is told `words`; the daemon's log.
async fn refused(mut scene: Scene, mut peer: SocketPeer, bytes: &[u8], words: &str) -> String {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    scene.goes_on().await;
    send(&mut peer, first).await;
    scene.goes_on().await;
    send(&mut peer, second).await;
    peer.expect_error(words).await;
    scene.end().await
}

/// The daemon may have heard enough before all is sent.
async fn send(peer: &mut SocketPeer, bytes: &[u8]) {
    if let Err(error) = peer.writer().write_all(bytes).await {
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    }
}

/// Nothing else in the log is worse than information.
fn told_once(log: &str, whose: &str, words: &str) {
    let [line] = lines(log, "connection ended")[..] else { panic!("not one line: {log}") };
    for part in ["ERROR", whose, words, "its Kapacitor task stops"] {
        assert!(line.contains(part), "no {part:?} in: {line}");
    }
    assert_eq!(log.matches("ERROR").count() + log.matches("WARN").count(), 1, "{log}");
}

#[tokio::test]
async fn a_length_of_2_to_the_63_is_refused() {
    check(
        &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        "frame of 9223372036854775808 bytes; at most 268435456 are accepted (limits.max_frame)",
    )
    .await;
}

#[tokio::test]
async fn a_varint_of_eleven_bytes_is_refused() {
    let varint = [&[0x80; 10][..], &[0x01]].concat();
    check(&varint, "bad frame length: a varint of more than 64 bits").await;
}

#[tokio::test]
async fn a_truncated_frame_is_told_by_how_much_came() {
    let frame = frame_of(point(1));
    for cut in [1, 2, frame.len() - 1] {
        let mut scene = Scene::start().await;
        let mut peer = scene.hostile("mirror").await;
        // The whole one before it is answered.
        peer.send_bytes(&[&frame, &frame[..cut]].concat()).await;
        scene.goes_on().await;
        peer.half_close().await;
        assert_eq!(peer.next_frame().await.unwrap(), frame);
        let words = format!("the stream ended inside a frame, after {cut} bytes of it");
        peer.expect_error(&words).await;
        let log = scene.end().await;
        told_once(&log, &format!("udf{{function=mirror {HOSTILE}}}"), &words);
    }
}

#[tokio::test]
async fn a_frame_over_the_limit_is_refused_although_all_of_it_comes() {
    let scene = Scene::configured("[limits]\nmax_frame = \"4KiB\"\n").await;
    let mut peer = scene.hostile("mirror").await;
    peer.send_bytes(&point_of(4096)).await;
    assert_eq!(peer.next_frame().await.unwrap(), point_of(4096));
    let words = "frame of 4097 bytes; at most 4096 are accepted (limits.max_frame)";
    let log = refused(scene, peer, &point_of(4097), words).await;
    told_once(&log, &format!("udf{{function=mirror {HOSTILE}}}"), words);
}

/// A frame with a message of so many bytes.
fn point_of(bytes: usize) -> Vec<u8> {
    let mut point = point(1);
    let header = 2;
    while frame_of(point.clone()).len() < header + bytes {
        point.database.push('d');
    }
    frame_of(point)
}

#[tokio::test]
async fn a_request_with_no_message_is_refused() {
    check(&[0], "request without a known message; accepted are info, init, keepalive").await;
}

#[tokio::test]
async fn an_unknown_oneof_is_refused() {
    // Field 31 of Request, an empty message.
    check(&[3, 0xfa, 0x01, 0x00], "request without a known message; accepted are info, init, keepalive")
        .await;
}

#[tokio::test]
async fn a_second_init_is_refused() {
    check(&frame_of(hostile_init()), "got a second init; a connection serves one node of one Kapacitor task")
        .await;
}

#[tokio::test]
async fn a_point_before_init_is_refused() {
    let scene = Scene::start().await;
    let peer = scene.dial("mirror").await;
    let words = "got a point before a successful init; a connection begins with info or init";
    let log = refused(scene, peer, &frame_of(point(1)), words).await;
    // It has not said whose it is.
    told_once(&log, "udf{function=mirror}", words);
}

#[tokio::test]
async fn an_end_of_a_batch_without_its_begin_is_refused() {
    let scene = Scene::start().await;
    let peer = scene.hostile("mirrorBatch").await;
    let words = "got an EndBatch without a BeginBatch before it";
    let log = refused(scene, peer, &frame_of(end(1)), words).await;
    told_once(&log, &format!("udf{{function=mirrorBatch {HOSTILE}}}"), words);
}

#[tokio::test]
async fn random_bytes_are_answered_as_the_agent_answers_them() {
    const CONNECTIONS: usize = 600;
    let mut scene = Scene::start().await;
    let mut random = Random(20_260_722);
    let mut faults = 0;
    for round in 0..CONNECTIONS {
        let stream = random.stream(round);
        let played = requests::play(Edge::Stream, &stream, &[usize::MAX]);
        faults += usize::from(played.fault.is_some());
        let mut peer = scene.dial("mirror").await;
        let conversation = async {
            send(&mut peer, &stream).await;
            peer.half_close().await;
            peer.rest().await
        };
        let got = scene.goes_on_during(conversation).await;
        assert_eq!(got, played.sent(), "round {round}: {stream:x?}");
    }
    let log = scene.end().await;
    assert!(faults > CONNECTIONS / 2, "{faults}");
    assert_eq!(lines(&log, "connection ended").len(), faults);
    assert_eq!(log.matches("ERROR").count() + log.matches("WARN").count(), faults, "{log}");
}

/// The same at each run: <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(2000)).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// Bytes alone, bytes in a conversation, or points of which some are damaged.
    fn stream(&mut self, round: usize) -> Vec<u8> {
        let init = frame_of(hostile_init());
        match round % 3 {
            0 => self.bytes(),
            1 => [init, self.bytes()].concat(),
            _ => {
                let mut points: Vec<_> = (0..20).flat_map(|time| frame_of(point(time))).collect();
                for _ in 0..self.below(4) {
                    let at = self.below(points.len());
                    points[at] = self.next().to_le_bytes()[0];
                }
                [init, points].concat()
            }
        }
    }
}

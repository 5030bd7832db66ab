//! Scripts that never end, in a real process: Kapacitor goes on hearing from it, and so does everybody else.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kapacitor_udfd::proto::{self, Response, response::Message as R};
use kapacitor_udfd::wire::frame;
use prost::Message;

use super::raw::raw;
use super::scenario::options;
use crate::daemon::Daemon;
use crate::place::Place;
use crate::scene::tell;
use crate::support::{frame_of, init_request};

/// Kapacitor with a timeout of 10 s asks twice in that time.
const KEEPALIVE: Duration = Duration::from_secs(5);

struct Peer {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Peer {
    fn new(place: &Place, function: &str, options: Vec<proto::Option>) -> Self {
        let stream = UnixStream::connect(place.path(&format!("{function}.sock"))).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut peer = Self { stream, buffer: vec![] };
        peer.write(&frame_of(init_request(options)));
        match peer.answer() {
            R::Init(answer) => assert!(answer.success, "{}", answer.error),
            other => panic!("{other:?}"),
        }
        peer
    }

    fn write(&mut self, frames: &[u8]) {
        self.stream.write_all(frames).unwrap();
    }

    fn keepalive(&mut self, time: i64) {
        self.write(&frame_of(proto::KeepaliveRequest { time }));
    }

    /// The next message.
    fn answer(&mut self) -> R {
        loop {
            if let Ok(Some(frame)) = frame::find(&self.buffer, usize::MAX) {
                let length = frame.bytes().len();
                let response = Response::decode_length_delimited(frame.bytes()).unwrap();
                self.buffer.drain(..length);
                return response.message.unwrap();
            }
            let mut chunk = [0; 16 << 10];
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(read > 0, "closed");
            self.buffer.extend_from_slice(&chunk[..read]);
        }
    }
}

/// How long the longest silence was while so many points came back.
fn longest_silence(peer: &mut Peer, points: usize) -> Duration {
    let (mut longest, mut last, mut came) = (Duration::ZERO, Instant::now(), 0);
    while came < points {
        let answer = peer.answer();
        longest = longest.max(last.elapsed());
        last = Instant::now();
        match answer {
            R::Point(point) => {
                assert_eq!(point.tags["tags"], "_aggregateexception");
                came += 1;
            }
            R::Keepalive(_) => {}
            other => panic!("{other:?}"),
        }
    }
    longest
}

/// The longest that a connection of the same daemon waits for an answer, until it is told to stop.
fn longest_wait(mut peer: Peer, is_over: &AtomicBool) -> Duration {
    let mut longest = Duration::ZERO;
    for time in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let asked = Instant::now();
        peer.keepalive(time);
        while !matches!(peer.answer(), R::Keepalive(answer) if answer.time == time) {}
        longest = longest.max(asked.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    longest
}

/// As Kapacitor does: points as fast as they are taken, and keepalives in their midst and behind them.
fn send(mut stream: UnixStream, points: usize, is_over: &AtomicBool) {
    let point = raw(1).int(b"x", 7).frame();
    let (mut sent, mut asked, mut time) = (0, Instant::now(), 0);
    stream.write_all(&frame_of(proto::KeepaliveRequest { time })).unwrap();
    while !is_over.load(Ordering::Relaxed) {
        if sent < points {
            stream.write_all(&point.repeat(100)).unwrap();
            sent += 100;
        } else {
            std::thread::sleep(Duration::from_millis(20));
        }
        if asked.elapsed() >= KEEPALIVE {
            (asked, time) = (Instant::now(), time + 1);
            stream.write_all(&frame_of(proto::KeepaliveRequest { time })).unwrap();
        }
    }
}

struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn survives(daemon: &Daemon, place: &Place, script: &str) {
    const POINTS: usize = 10_000;
    let mut peer = Peer::new(place, "script", options![code(script)]);
    let other = Peer::new(place, "mirror", options![]);
    let (is_over, began) = (AtomicBool::new(false), Instant::now());
    let (silence, wait) = std::thread::scope(|scope| {
        let other = scope.spawn(|| longest_wait(other, &is_over));
        let (writer, is_over) = (peer.stream.try_clone().unwrap(), &is_over);
        scope.spawn(move || send(writer, POINTS, is_over));
        // However it ends, the others end too.
        let ending = Ending(is_over);
        let silence = longest_silence(&mut peer, POINTS);
        drop(ending);
        (silence, other.join().unwrap())
    });
    tell(&format!(
        "{script}: {POINTS} points in {:?}, silent for {silence:?}; others wait {wait:?}",
        began.elapsed()
    ));
    assert!(silence < Duration::from_secs(2), "silent for {silence:?}: {}", daemon.log());
    assert!(wait < Duration::from_secs(1), "another connection waited for {wait:?}");
}

#[test]
fn endless_loops_hold_nobody_up() {
    let place = Place::new();
    let daemon = place.start();
    survives(&daemon, &place, "loop {}");
    survives(&daemon, &place, "loop { try { loop {} } catch { map.n += 1 } }");
}

#[test]
fn on_error_stop_tells_kapacitor() {
    let place = Place::new();
    let _daemon = place.start();
    let mut peer =
        Peer::new(&place, "script", options![code("event.y = 1;\nevent.z = oops(event.y)"), onError("stop")]);
    peer.write(&raw(1).int(b"x", 7).frame());
    match peer.answer() {
        R::Error(error) => {
            for part in ["oops", "code:2:", "^"] {
                assert!(error.error.contains(part), "{part:?} is not in {:?}", error.error);
            }
        }
        other => panic!("{other:?}"),
    }
}

//! What a daemon's memory does under `@aggregate()`: the process's, not what the node counts.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use kapacitor_udfd::proto::{self, response};
use nix::sys::signal::Signal::SIGTERM;

use super::raw::{Raw, raw};
use super::scenario::{ns, options};
use crate::daemon::Daemon;
use crate::place::Place;
use crate::scene::tell;
use crate::support::{frame_of, framed, init_request, initialised, keepalive};

/// A daemon and a peer that floods it.
struct Flooded {
    function: &'static str,
    daemon: Daemon,
    _place: Place,
    peer: UnixStream,
    marks: i64,
}

impl Flooded {
    fn new(options: Vec<proto::Option>) -> Self {
        Self::of("aggregate", options)
    }

    fn of(function: &'static str, options: Vec<proto::Option>) -> Self {
        let place = Place::new();
        let daemon = place.start();
        let mut peer = UnixStream::connect(place.path(&format!("{function}.sock"))).unwrap();
        peer.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        peer.write_all(&frame_of(init_request(options))).unwrap();
        let mut answer = vec![0; answer(initialised()).len()];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(answer, self::answer(initialised()));
        Self { function, daemon, _place: place, peer, marks: 0 }
    }

    /// Sends the points with these numbers, drops what comes back, and waits until all have been worked off.
    fn send(&mut self, numbers: std::ops::Range<i64>, mut frame: impl FnMut(i64, &mut Vec<u8>) + Send) {
        self.marks += 1;
        let (mut write, mark) = (self.peer.try_clone().unwrap(), self.marks);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut chunk = vec![];
                for number in numbers {
                    frame(number, &mut chunk);
                    if chunk.len() > 60 << 10 {
                        write.write_all(&chunk).unwrap();
                        chunk.clear();
                    }
                }
                chunk.extend(frame_of(proto::KeepaliveRequest { time: mark }));
                write.write_all(&chunk).unwrap();
            });
            self.discard(&answer(keepalive(mark)));
        });
    }

    /// Reads until what came ends with these bytes.
    fn discard(&mut self, end: &[u8]) {
        let (mut buffer, mut kept) = (vec![0; 256 << 10], 0);
        loop {
            let read = self.peer.read(&mut buffer[kept..]).unwrap();
            assert!(read > 0, "closed: {}", self.daemon.log());
            let all = kept + read;
            if buffer[..all].ends_with(end) {
                return;
            }
            kept = all.min(end.len());
            buffer.copy_within(all - kept..all, 0);
        }
    }

    /// Bytes that are resident.
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.daemon.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    }

    /// The connection ends, and the daemon; the counters as they were logged.
    fn end(self) -> String {
        drop(self.peer);
        while !self.daemon.log().contains("at the end: ") {
            std::thread::sleep(Duration::from_millis(5));
        }
        Self::counters(self.function, self.daemon)
    }

    /// The daemon ends, which is no end of the stream: what waits is not handed on.
    fn shut_down(self) -> String {
        Self::counters(self.function, self.daemon)
    }

    fn counters(function: &str, daemon: Daemon) -> String {
        let (code, log) = daemon.end(SIGTERM);
        assert_eq!(code, Some(0), "{log}");
        let (whose, counters) = log.lines().find_map(|line| line.split_once("at the end: ")).unwrap();
        for part in [&*format!("function={function} "), "task=\"", "node=\""] {
            assert!(whose.contains(part), "it does not say whose they are: {whose}");
        }
        counters.to_owned()
    }
}

fn answer(message: response::Message) -> Vec<u8> {
    framed(&proto::Response { message: Some(message) })
}

/// A number from the counters' line.
fn told(counters: &str, name: &str) -> usize {
    let mut words = counters.split_whitespace().filter_map(|word| word.split_once('='));
    words.find(|(key, _)| *key == name).map_or(0, |(_, count)| count.parse().unwrap())
}

/// Frames like `point`'s, in which eight bytes `00000000` are a number of eight digits.
fn numbered(point: &Raw) -> impl FnMut(i64, &mut Vec<u8>) + Send + use<> {
    let template = point.frame();
    let places: Vec<_> = template.windows(8).enumerate().filter(|(_, text)| *text == b"00000000").collect();
    let places: Vec<_> = places.into_iter().map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    move |number, out| {
        let start = out.len();
        out.extend_from_slice(&template);
        let digits = format!("{number:08}");
        for at in &places {
            out[start + at..start + at + 8].copy_from_slice(digits.as_bytes());
        }
    }
}

/// The same number of tasks open, whoever comes.
fn ids_without_end(millions: i64) {
    let mut flooded = Flooded::new(options![taskId("user"), count("n"), sum("x", "s"), maxTasks(100_000)]);
    let mut frame = numbered(&raw(1).tag(b"user", b"user-00000000").int(b"x", 7));
    flooded.send(0..1_000_000, &mut frame);
    let before = flooded.memory();
    flooded.send(1_000_000..millions * 1_000_000, &mut frame);
    let after = flooded.memory();
    tell(&format!("resident: {before} bytes after a million ids, {after} after {millions} million"));
    assert!(before.abs_diff(after) * 20 <= before, "from {before} to {after}");
    let counters = flooded.end();
    assert_eq!(told(&counters, "open_tasks"), 100_000, "{counters}");
    let created = usize::try_from(millions).unwrap() * 1_000_000;
    assert_eq!((told(&counters, "created"), told(&counters, "out_evicted")), (created, created - 100_000));
}

#[test]
#[ignore = "takes minutes: run by .ci/run"]
fn ten_million_ids_take_no_more_memory_than_one_million() {
    ids_without_end(10);
}

/// `state_bytes` is what the process has grown by.
fn is_honest(options: Vec<proto::Option>, point: &Raw) {
    is_honest_of("aggregate", options, point);
}

fn is_honest_of(function: &'static str, options: Vec<proto::Option>, point: &Raw) {
    const TASKS: i64 = 200_000;
    let waits = options.iter().any(|option| option.name == "maxDelay");
    let options = [options, options![taskId("user"), timeout(ns(1 << 50))]].concat();
    let mut flooded = Flooded::of(function, options);
    let mut frame = numbered(point);
    // Buffers are there.
    flooded.send(99_000_000..99_001_000, &mut frame);
    let before = flooded.memory();
    flooded.send(0..TASKS, &mut frame);
    let grown = flooded.memory() - before;
    let counters = flooded.shut_down();
    assert_eq!(told(&counters, "open_tasks"), if waits { 0 } else { 201_000 }, "{counters}");
    let told = told(&counters, "state_bytes");
    let counted = told - told / 201;
    tell(&format!("resident: grown by {grown} bytes, of which {counted} are counted"));
    assert!(grown.abs_diff(counted) * 10 <= grown * 3, "grown by {grown}, counted {counted}");
}

#[test]
fn what_a_node_says_it_holds_is_what_the_process_has_grown_by() {
    let point = raw(1).tag(b"user", b"user-00000000").int(b"x", 7).double(b"load", 0.5);
    is_honest(options![count("n"), sum("x", "s")], &point);
    is_honest(options![count("n"), list("x", "l"), stddev("x", "sd"), keep("*")], &point);
    let grouped = raw(1).grouped(b"user", b"user-00000000").int(b"x", 7);
    is_honest(options![count("n")], &grouped);
    let long = raw(1).tag(b"user", &[&[b'u'; 40][..], b"00000000"].concat()).text(b"x", &[b'x'; 99]);
    is_honest(options![last("x", "l"), distinct("x", "d"), concat("x", ",", "c")], &long);
}

#[test]
fn so_it_is_with_sessions_points_that_wait_and_event_time() {
    let time = || options![timeoutTimestampField("time")];
    let point = raw(1).tag(b"user", b"user-00000000").int(b"x", 7).double(b"load", 0.5);
    is_honest_of("session", options![], &point);
    let few = raw(1).tag(b"user", b"user-00000000");
    is_honest_of("session", time(), &few.text(b"x", &[b'x'; 300]));
    is_honest([time(), options![maxDelay(ns(1 << 50))]].concat(), &point);
    let grouped = raw(1).grouped(b"user", b"user-00000000").int(b"x", 7);
    is_honest([time(), options![count("n")]].concat(), &grouped);
    is_honest([time(), options![maxDelay(ns(1 << 50))]].concat(), &grouped);
}

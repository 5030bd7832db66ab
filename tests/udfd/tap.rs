//! `tap`: what goes through it is the same, whatever is shown or not.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use kapacitor_udfd::proto;
use nix::sys::signal::Signal::{SIGINT, SIGTERM};
use tempfile::TempDir;

use crate::support::*;
use crate::tapping::{Between, Tap, exactly, read_recording, rest};

fn captures() -> Vec<(String, Vec<u8>)> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures");
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|it| it == "c2s"));
    let read = |file: PathBuf| (file.display().to_string(), fs::read(file).unwrap());
    let captures: Vec<_> = files.map(read).collect();
    assert_eq!(captures.len(), 8);
    captures
}

/// Sends in pieces of this size and half-closes.
fn send(mut end: &UnixStream, bytes: &[u8], size: usize) {
    for piece in bytes.chunks(size) {
        end.write_all(piece).unwrap();
    }
    end.shutdown(Shutdown::Write).unwrap();
}

#[test]
fn bytes_go_both_ways_unchanged_whole_and_one_by_one_and_are_recorded() {
    let between = Between::new();
    let record = between.path("all.rec");
    let mut tap = between.start(&["--record", record.to_str().unwrap()]);
    let mut sent = Vec::new();
    for (name, capture) in captures() {
        for size in [usize::MAX, 1] {
            let (kapacitor, function) = between.connect();
            thread::scope(|scope| {
                scope.spawn(|| send(&kapacitor, &capture, size));
                scope.spawn(|| send(&function, &capture, size));
                assert_eq!(scope.spawn(|| rest(&function)).join().unwrap(), capture, "{name} by {size}");
                assert_eq!(rest(&kapacitor), capture, "{name} by {size}");
            });
            sent.push(capture.clone());
            tap.shows(&format!("#{} -- closed", sent.len()));
        }
    }
    let (code, rest, _) = tap.end(SIGTERM);
    assert_eq!((code, rest.as_str()), (Some(0), ""));

    let entries = read_recording(&record);
    for (number, sent) in (1..).zip(sent) {
        let of_it: Vec<_> = entries.iter().filter(|entry| entry.1 == number).collect();
        let bytes =
            |event| of_it.iter().filter(|it| it.0 == event).flat_map(|it| it.3.clone()).collect::<Vec<_>>();
        assert_eq!((bytes(1), bytes(2)), (sent.clone(), sent));
        assert_eq!((of_it[0].0, of_it[of_it.len() - 1].0), (0, 5));
        assert!(of_it.iter().filter(|it| it.0 == 3 || it.0 == 4).count() == 2);
        assert!(of_it.is_sorted_by_key(|it| it.2));
    }
    assert_eq!(fs::metadata(&record).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn each_side_ends_for_itself() {
    let between = Between::new();
    let mut tap = between.start(&[]);
    let (mut kapacitor, mut function) = between.connect();
    kapacitor.write_all(&frame_of(point(1))).unwrap();
    kapacitor.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&function), frame_of(point(1)));
    tap.shows("#1 -> ended");
    function.write_all(&frame_of(point(2))).unwrap();
    exactly(&kapacitor, &frame_of(point(2)));
    drop(function);
    assert_eq!(rest(&kapacitor), b"");
    tap.shows("#1 -- closed");

    let (mut kapacitor, function) = between.connect();
    function.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&kapacitor), b"");
    kapacitor.write_all(&frame_of(point(3))).unwrap();
    exactly(&function, &frame_of(point(3)));
    drop(kapacitor);
    assert_eq!(rest(&function), b"");
    tap.shows("#2 -- closed");
}

#[test]
fn who_is_left_alone_can_not_write_any_more() {
    let between = Between::new();
    let _tap = between.start(&[]);
    for function_goes in [true, false] {
        let (kapacitor, function) = between.connect();
        let (gone, mut left) = if function_goes { (function, kapacitor) } else { (kapacitor, function) };
        (&gone).write_all(b"\x01x").unwrap();
        drop(gone);
        assert_eq!(rest(&left), b"\x01x");
        let refused = (0..2000).find_map(|_| {
            thread::sleep(Duration::from_millis(1));
            left.write_all(b"\x01y").err()
        });
        assert_eq!(refused.expect("an error").kind(), ErrorKind::BrokenPipe);
    }
}

#[test]
fn without_an_upstream_connections_are_closed_and_it_says_so() {
    let dir = TempDir::new().unwrap();
    let (socket, upstream) = (dir.path().join("tap.sock"), dir.path().join("real.sock"));
    let mut tap = Tap::start(&socket, &upstream, &[]);
    tap.says("warning: nobody listens at");
    let kapacitor = UnixStream::connect(&socket).unwrap();
    assert_eq!(rest(&kapacitor), b"");
    tap.says("connection 1 closed at once: cannot dial");
    tap.says("real.sock: No such file or directory");
    tap.shows("#1 -- closed");

    let function = UnixListener::bind(&upstream).unwrap();
    let mut kapacitor = UnixStream::connect(&socket).unwrap();
    kapacitor.write_all(&frame_of(point(1))).unwrap();
    exactly(&function.accept().unwrap().0, &frame_of(point(1)));
    tap.shows("#2 -> point");
}

#[test]
fn an_upstream_that_is_no_socket_is_told() {
    let dir = TempDir::new().unwrap();
    let upstream = dir.path().join("real.sock");
    fs::write(&upstream, "").unwrap();
    let tap = Tap::start(&dir.path().join("tap.sock"), &upstream, &[]);
    tap.says("real.sock is no socket; connections are closed until it is one");
}

/// Also where only points are asked for: it may be what is looked for.
#[test]
fn a_message_that_does_not_end_is_shown() {
    let between = Between::new();
    let mut tap = between.start(&["--only", "point"]);
    let (mut kapacitor, mut function) = between.connect();
    kapacitor.write_all(&frame_of(point(1))).unwrap();
    exactly(&function, &frame_of(point(1)));
    function.write_all(b"\x7f1234567").unwrap();
    drop(function);
    assert_eq!(rest(&kapacitor), b"\x7f1234567");
    let shown = tap.shows("did not end");
    assert!(shown[1].ends_with("#1 <- no message 8 bytes of a message that did not end"), "{shown:?}");
    drop(kapacitor);

    // One that is too large to be held.
    let (kapacitor, mut function) = between.connect();
    let large = [&[0x80, 0x80, 0x80, 0x01, 0x22][..], &[7; 9_995]].concat();
    function.write_all(&large).unwrap();
    drop(function);
    assert_eq!(rest(&kapacitor), large);
    let shown = tap.shows("did not end");
    assert!(shown[0].ends_with("#2 <- no message 10000 bytes of a message that did not end"), "{shown:?}");
    drop(kapacitor);
    let (_, shown, _) = tap.end(SIGTERM);
    assert_eq!(shown, "");
}

#[test]
fn what_is_no_frame_goes_on_and_is_shown_no_more() {
    let between = Between::new();
    let mut tap = between.start(&[]);
    let (mut kapacitor, mut function) = between.connect();
    // A frame that is no message, bytes that are no frames, and what would be one.
    let odd = [b"\x03abc".to_vec(), vec![0xff; 20], frame_of(point(1))].concat();
    kapacitor.write_all(&odd).unwrap();
    exactly(&function, &odd);
    let shown = tap.shows("-> no frames");
    assert!(shown[1].contains("#1 -> no message 4 bytes: undecodable request"), "{shown:?}");
    let words = "a frame length that is no number of 64 bits; nothing more is shown of this direction";
    assert!(shown[2].contains(words), "{shown:?}");
    kapacitor.write_all(&frame_of(point(2))).unwrap();
    exactly(&function, &frame_of(point(2)));
    // The other way is shown.
    function.write_all(&frame_of(point(3))).unwrap();
    assert_eq!(tap.shows("#1 <- point").len(), 1);

    let (mut kapacitor, function) = between.connect();
    let long = [&[0x80, 0x80, 0x80, 0x80, 0x02][..], b"more"].concat();
    kapacitor.write_all(&long).unwrap();
    exactly(&function, &long);
    tap.shows("#2 -> no frames a frame of 536870912 bytes, more than 268435456; nothing more");
}

#[test]
fn what_is_large_is_shown_by_its_size_and_what_comes_behind_as_ever() {
    let between = Between::new();
    let mut tap = between.start(&[]);
    let (kapacitor, function) = between.connect();
    let state = proto::SnapshotResponse { snapshot: vec![7; 100 << 20] };
    let mut sent = framed(&proto::Response { message: Some(proto::response::Message::Snapshot(state)) });
    let large = sent.len();
    sent.extend(frame_of(point(1)));
    thread::scope(|scope| {
        scope.spawn(|| send(&function, &sent, 1 << 20));
        assert!(rest(&kapacitor) == sent);
    });
    let shown = tap.shows("<- point");
    assert!(shown[1].ends_with(&format!("<- snapshot  {large} bytes: too large to be shown")), "{shown:?}");
}

/// A hundred connections that have each sent nearly all of a frame of 1 MiB: there is room for 64.
#[test]
fn what_is_held_of_frames_that_do_not_end_has_a_limit() {
    let between = Between::new();
    let mut tap = between.start(&["--only", "point"]);
    let mut large = point(1);
    large.fields_string.insert("text".to_owned(), "x".repeat(1_000_000));
    let large = frame_of(large);
    let (begun, end) = large.split_at(large.len() - 10);
    let mut connections = Vec::new();
    for _ in 0..100 {
        let (mut kapacitor, function) = between.connect();
        thread::scope(|scope| {
            scope.spawn(|| kapacitor.write_all(begun).unwrap());
            exactly(&function, begun);
        });
        connections.push((kapacitor, function));
    }
    let shown = tap.shows("too large to be shown");
    assert_eq!(shown.len(), 1, "{shown:?}");
    for (kapacitor, function) in &mut connections {
        kapacitor.write_all(&[end, &frame_of(point(2))].concat()).unwrap();
        exactly(function, &[end, &frame_of(point(2))].concat());
    }
    drop(connections);
    let (_, shown, said) = tap.end(SIGTERM);
    let not_shown = shown.lines().filter(|line| line.contains("too large to be shown")).count() + 1;
    assert_eq!(not_shown, 100 - (64 << 20) / begun.len(), "{said}");
}

#[test]
fn a_closed_stdout_ends_the_show_and_nothing_else() {
    let between = Between::new();
    let mut tap = between.start(&[]);
    tap.stdout = None;
    let (mut kapacitor, function) = between.connect();
    for time in 0..50 {
        kapacitor.write_all(&frame_of(point(time))).unwrap();
        exactly(&function, &frame_of(point(time)));
    }
    tap.says("stdout is closed: nothing more is shown; the tap goes on, and SIGINT or SIGTERM end it");
    drop((kapacitor, function));
    let (mut kapacitor, function) = between.connect();
    kapacitor.write_all(&frame_of(point(51))).unwrap();
    exactly(&function, &frame_of(point(51)));
    drop((kapacitor, function));
    let (code, _, said) = tap.end(SIGINT);
    assert_eq!((code, said.matches("stdout is closed").count()), (Some(0), 1), "{said}");
}

#[test]
fn a_stdout_that_nobody_reads_holds_nothing_up() {
    const MESSAGES: usize = 700;
    let between = Between::new();
    let mut tap = between.start(&["--only", "point"]);
    let (kapacitor, function) = between.connect();
    let mut large = point(1);
    large.fields_string.insert("text".to_owned(), "x".repeat(64 << 10));
    let sent = frame_of(large).repeat(MESSAGES);
    thread::scope(|scope| {
        scope.spawn(|| send(&kapacitor, &sent, usize::MAX));
        assert!(rest(&function) == sent);
    });
    drop((kapacitor, function));
    let slow = tap.shows("messages not shown: stdout is slow");
    let left_out = slow.last().unwrap().split(' ').next().unwrap().parse::<usize>().unwrap();
    let shown = slow.len() - 1;
    assert!(shown > 100 && shown + left_out <= MESSAGES, "{shown} and {left_out}");
    let (code, rest, _) = tap.end(SIGTERM);
    let late: usize = rest
        .lines()
        .filter(|line| line.contains("not shown"))
        .map(|l| l.split(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    let points = rest.lines().filter(|line| line.contains("-> point")).count();
    assert_eq!((code, shown + left_out + points + late), (Some(0), MESSAGES));
}

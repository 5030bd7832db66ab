//! `tap`: its start and its end, its socket and its file.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal::{SIGINT, SIGKILL, SIGTERM};

use crate::daemon::run;
use crate::place::{ended, under_shell};
use crate::support::*;
use crate::tapping::{Between, Tap, exactly, read_recording, rest};

#[test]
fn a_signal_lets_conversations_end_and_a_second_does_not() {
    for signal in [SIGTERM, SIGINT] {
        let between = Between::new();
        let mut tap = between.start(&[]);
        let (mut kapacitor, mut function) = between.connect();
        kapacitor.write_all(&frame_of(point(1))).unwrap();
        tap.shows("-> point");
        tap.signal(signal);
        // The function sees an end, and says its last.
        assert_eq!(rest(&function), frame_of(point(1)));
        assert!(!between.path("tap.sock").exists());
        function.write_all(&frame_of(point(2))).unwrap();
        drop(function);
        assert_eq!(rest(&kapacitor), frame_of(point(2)));
        let (code, shown, said) = tap.wait();
        assert_eq!(code, Some(0), "{said}");
        assert!(shown.contains("<- point") && shown.ends_with("-- closed\n"), "{shown}");
        assert!(said.contains("Ending 1 connection: its Kapacitor task stops"), "{said}");
    }
    let between = Between::new();
    let mut tap = between.start(&[]);
    let (_kapacitor, function) = between.connect();
    tap.shows("opened");
    tap.signal(SIGTERM);
    assert_eq!(rest(&function), b"");
    assert!(tap.is_running());
    assert_eq!(tap.end(SIGTERM).0, Some(143));
}

#[test]
fn a_socket_is_taken_only_where_nobody_is() {
    let between = Between::new();
    let upstream = between.path("real.sock");
    let tap_at = |name: &str| Tap::command(&between.path(name), &upstream, &[]).output().unwrap();
    let mut tap = between.start(&[]);
    ended(
        &tap_at("tap.sock"),
        1,
        &["cannot listen for Kapacitor: ", "tap.sock is served by another process"],
    );
    ended(&tap_at("real.sock"), 64, &["--socket and --upstream are the same"]);
    fs::write(between.path("file"), "").unwrap();
    ended(&tap_at("file"), 1, &["is a regular file, not a socket"]);
    ended(&tap_at("no/such.sock"), 1, &["there is no such directory"]);
    // A stale one is replaced.
    tap.signal(SIGKILL);
    while tap.is_running() {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(between.path("tap.sock").exists());
    let mut tap = between.start(&[]);
    let _connection = between.connect();
    tap.shows("#1 -- opened");
    let refused = run(["--log-level", "info", "tap", "--socket", "/x", "--upstream", "/y"]);
    ended(&refused, 64, &["tap takes its options behind its name"]);
}

#[test]
fn whoever_may_connect_to_the_function_may_connect_to_it() {
    let between = Between::new();
    let mode = |name: &str| fs::metadata(between.path(name)).unwrap().permissions().mode() & 0o777;
    for bits in [0o600, 0o666, 0o620] {
        fs::set_permissions(between.path("real.sock"), fs::Permissions::from_mode(bits)).unwrap();
        let tap = between.start(&[]);
        assert_eq!(mode("tap.sock"), bits);
        let said = tap.stderr();
        assert!(said.contains(&format!("Who may connect: mode {bits:04o}, owner")), "{said}");
        let socket = format!("    socket = \"{}\"\n", between.path("tap.sock").display());
        assert!(said.contains(&socket) && said.contains("restart kapacitord"), "{said}");
    }
}

#[test]
fn a_recording_is_not_overwritten_and_outlives_its_tap() {
    let between = Between::new();
    let record = between.path("it.rec");
    let record = ["--record", record.to_str().unwrap()];
    let mut tap = between.start(&record);
    let (mut kapacitor, function) = between.connect();
    kapacitor.write_all(&frame_of(point(1))).unwrap();
    exactly(&function, &frame_of(point(1)));
    tap.shows("-> point");
    tap.says("Ready.");
    thread::sleep(Duration::from_millis(200));
    tap.end(SIGKILL);
    let entries = read_recording(&between.path("it.rec"));
    assert_eq!((entries.len(), entries[0].0, &entries[1].3), (2, 0, &frame_of(point(1))));

    let again =
        Tap::command(&between.path("tap.sock"), &between.path("real.sock"), &record).output().unwrap();
    ended(&again, 1, &["it.rec exists already; give another name"]);
    assert!(!between.path("tap.sock").exists());
    let nowhere = ["--record", "/no/such/file"];
    let nowhere =
        Tap::command(&between.path("tap.sock"), &between.path("real.sock"), &nowhere).output().unwrap();
    ended(&nowhere, 1, &["cannot create the recording /no/such/file: No such file"]);
}

#[test]
fn a_full_disk_ends_the_recording_and_nothing_else() {
    let between = Between::new();
    let path = |name: &str| between.path(name).display().to_string();
    let args =
        ["tap", "--socket", &path("tap.sock"), "--upstream", &path("real.sock"), "--record", &path("it.rec")];
    // A file of 8 blocks of 512 bytes at most: beyond that writing fails.
    let mut tap = Tap::spawn(&mut under_shell("trap '' XFSZ; ulimit -f 8", &args.map(str::to_owned)));
    let (mut kapacitor, function) = between.connect();
    let written = || fs::metadata(between.path("it.rec")).unwrap().len();
    for time in 0..200 {
        let frame = frame_of(point(time));
        kapacitor.write_all(&frame).unwrap();
        exactly(&function, &frame);
        // What waits is written at once and, where that fails, is not in it: the first ones are not to wait.
        while time < 20 && written() < (time + 1).cast_unsigned() * frame.len() as u64 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    tap.says(
        "it.rec stopped: File too large (os error 27); all up to there is in it, and the tap goes on without",
    );
    kapacitor.write_all(&frame_of(point(200))).unwrap();
    exactly(&function, &frame_of(point(200)));
    drop((kapacitor, function));
    tap.shows("closed");
    assert_eq!(tap.end(SIGTERM).0, Some(1));
    let entries = read_recording(&between.path("it.rec"));
    let recorded: Vec<u8> = entries.into_iter().flat_map(|entry| entry.3).collect();
    let sent: Vec<u8> = (0..200).flat_map(|time| frame_of(point(time))).collect();
    assert!(recorded.len() > 1000 && sent.starts_with(&recorded));
}

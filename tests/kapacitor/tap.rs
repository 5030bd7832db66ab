//! A tap between kapacitord and the daemon: nobody notices, and everything is seen.

use nix::sys::signal::Signal;

use crate::functions::line;
use crate::stack::{Settings, Stack};
use crate::tapping::{Tap, read_recording};

#[test]
#[ignore = "needs kapacitord"]
fn a_tap_shows_a_task_s_conversation_and_changes_nothing() {
    const POINTS: usize = 500;
    let settings =
        Settings { tapped: true, timeout: "600ms", snapshot_interval: "300ms", ..Settings::default() };
    let mut stack = Stack::start_without_daemon(vec![], &settings);
    stack.start_daemon();
    let path = |name: &str| stack.dir.path().join(name);
    let record = path("it.rec");
    let more = ["--record", record.to_str().unwrap()];
    let mut tap = Tap::start(&path("tap.sock"), &path("mirror.sock"), &more);
    stack.kapacitord.wait_until_ready();
    let asked = tap.shows("#1 <- info");
    assert!(asked.last().unwrap().contains("stream -> stream, .defaultField(string, double)"), "{asked:?}");

    let script = "stream|from().measurement('cpu').groupBy('host')@mirror().field('x', 42.0)@sink()";
    stack.define("task", script);
    let init = tap.shows("-> init").pop().unwrap();
    assert!(init.ends_with(" init      task task, node mirror2: .field('x', 42.0)"), "{init}");
    for number in 0..POINTS {
        stack.write(format!("cpu,host=h{} idle={number}.5 {}", number % 3, 1000 + number));
    }
    for number in 0..POINTS {
        let point = stack.sink.next();
        let host = number % 3;
        assert_eq!(line(&point), format!("cpu,host=h{host} idle={number}.5,x=42.0 {}", 1000 + number));
    }
    let first = "-> point     telegraf.autogen [host=h0] cpu,host=h0 idle=0.5 1000";
    let shown = tap.shows(first);
    assert!(shown.iter().any(|line| line.ends_with("<- init      ok")), "{shown:?}");
    tap.shows(&format!("<- point     telegraf.autogen [host=h1] cpu,host=h1 idle=499.5,x=42.0 {}", 1499));
    tap.shows("-> keepalive");
    tap.shows("<- snapshot  ");
    stack.kapacitord.runs("task");

    // Kapacitord ends the conversation, and then the tap is ended.
    stack.kapacitord.disable("task");
    tap.shows("-- closed");
    let (code, rest, said) = tap.end(Signal::SIGTERM);
    assert_eq!(code, Some(0), "{said}");
    assert!(!rest.contains("no message") && !rest.contains("no frames"), "{rest}");
    assert!(!said.contains("Ending"), "{said}");
    let entries = read_recording(&record);
    let count = |event| entries.iter().filter(|entry| entry.0 == event).count();
    assert_eq!((count(0), count(5)), (2, 2));
    let sent: Vec<u8> =
        entries.into_iter().filter(|entry| (entry.0, entry.1) == (1, 2)).flat_map(|it| it.3).collect();
    assert!(sent.windows(4).any(|bytes| bytes == b"idle") && sent.len() > POINTS * 50);
    stack.stop_quietly(&[]);
}

//! What a node's author and its operator are told.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use kapacitor_udfd::proto;
use tracing::{Dispatch, Level};
use tracing_subscriber::fmt::MakeWriter;

use super::raw::{Raw, raw};
use super::scenario::{ns, options};
use crate::laws::node::Node;

/// What is logged meanwhile, at debug and above.
pub fn logged(what: impl FnOnce()) -> String {
    logged_from(Level::DEBUG, what)
}

/// While there is only one subscriber, `tracing` asks the thread that comes to a message first whether anybody listens; if
/// that is another test's thread, which has none, the message is off for all. With a second one it asks both.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

fn logged_from(level: Level, what: impl FnOnce()) -> String {
    LazyLock::force(&SECOND);
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, what);
    let log = log.0.lock().unwrap();
    String::from_utf8(log.clone()).unwrap()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const MINUTE: i64 = 60_000_000_000;

/// The warnings of a node that gets these points.
/// What is warned of, with a point each second.
fn warnings(options: Vec<proto::Option>, points: impl IntoIterator<Item = Raw>) -> Vec<String> {
    warnings_each(MINUTE / 60, options, points)
}

fn warnings_each(
    step: i64,
    options: Vec<proto::Option>,
    points: impl IntoIterator<Item = Raw>,
) -> Vec<String> {
    let log = logged(|| {
        let mut node = Node::new(options);
        for point in points {
            node.now += step;
            node.raw(&point);
        }
        node.until(node.now + MINUTE);
    });
    log.lines().filter(|line| line.contains("WARN kapacitor_udfd::aggregate")).map(str::to_owned).collect()
}

#[track_caller]
fn is_told_once(warnings: &[String], words: &[&str]) {
    let [warning] = warnings else { panic!("not one: {warnings:#?}") };
    for words in words {
        assert!(warning.contains(words), "no {words:?} in {warning}");
    }
}

fn bob(n: i64) -> Raw {
    raw(n).grouped(b"host", b"a").tag(b"user", b"bob")
}

#[test]
fn init_tells_what_recordings_do_and_the_end_tells_all_counters() {
    let log = logged_from(Level::INFO, || {
        let mut node = Node::new(options![taskId("user"), timeout(ns(MINUTE))]);
        for n in 0..7 {
            node.raw(&raw(n).tag(b"user", format!("user{}", n % 3).as_bytes()));
        }
        node.raw(&raw(8));
        node.until(MINUTE);
        node.raw(&bob(9));
        assert_eq!(node.next_deadline(), Some(2 * MINUTE), "nothing is told each minute, and nobody woken");
    });
    let lines: Vec<_> = log.lines().filter(|line| line.contains("aggregate")).collect();
    let [begin, end] = lines[..] else { panic!("{log}") };
    assert!(begin.contains("INFO") && begin.contains("a recording that is replayed fast expires nothing"));
    let (_, told) = end.split_once(" INFO kapacitor_udfd::aggregate: ").unwrap();
    let (open, counters) = told.split_once(" state_bytes=").unwrap();
    assert_eq!(open, "at the end: open_tasks=1");
    let (_, counters) = counters.split_once(' ').unwrap();
    assert_eq!(counters, "points=9 events=8 no_id=1 created=4 out_timeout=3");
}

#[test]
fn at_debug_the_counters_are_told_each_minute() {
    let log = logged(|| {
        let mut node = Node::new(options![timeout(ns(10 * MINUTE))]);
        node.until(MINUTE - 1);
        node.raw(&bob(1));
        node.until(MINUTE);
        node.raw(&bob(1));
        node.until(MINUTE + 1);
        assert_eq!(node.next_deadline(), Some(2 * MINUTE));
        // Late: the minute counts from here.
        node.until(3 * MINUTE + 5);
        node.until(4 * MINUTE);
        node.until(4 * MINUTE + 5);
    });
    let told: Vec<_> = log.lines().filter_map(|line| line.split_once("so far: ")).collect();
    assert!(told.iter().all(|(level, _)| level.contains("DEBUG")), "{log}");
    let points = told.iter().map(|(_, told)| told.split_once(" points=").unwrap().1);
    let one = "1 events=1 created=1";
    let two = "2 events=2 created=1";
    assert_eq!(points.collect::<Vec<_>>(), [one, two, two]);
}

#[test]
fn a_thousand_points_without_an_id_are_told_once() {
    let lacking = |from: i64| (from..3_000).map(raw);
    let options = || options![taskId("%{user}-%{session}")];
    is_told_once(&warnings(options(), lacking(0)), &["none of the first 1000 points", "user, session"]);
    is_told_once(&warnings(options(), (0..1_000).map(raw)), &["none of the first 1000 points"]);
    assert_eq!(warnings(options(), (0..999).map(raw)), [""; 0]);
    let with_id = bob(0).tag(b"session", b"7");
    assert_eq!(warnings(options(), [with_id].into_iter().chain(lacking(1))), [""; 0]);
}

#[test]
fn an_id_that_is_a_dimension_is_told_once() {
    let points = || (0..5).map(|n| raw(n).grouped(b"host", format!("host{n}").as_bytes()));
    let dimension = ["taskId names a tag that points are grouped by", "host"];
    is_told_once(&warnings(options![taskId("host")], points()), &dimension);
    is_told_once(&warnings(options![taskId("%{host}")], points()), &dimension);
    let with_user = || points().map(|point| point.tag(b"user", b"bob"));
    assert_eq!(warnings(options![taskId("%{host}-%{user}")], with_user()), [""; 0]);
}

#[test]
fn many_open_tasks_are_told_at_the_threshold_and_then_each_fifth() {
    let told = |threshold: i64, points: i64| {
        let options = options![taskId("user"), mapCountWarningThreshold(threshold)];
        let warnings = warnings(options, (0..points).map(|n| raw(n).int(b"user", n)));
        let open = |line: &String| line.split_once("open=").unwrap().1.split(' ').next().unwrap().to_owned();
        assert!(warnings.iter().all(|line| line.contains("many tasks are open")), "{warnings:?}");
        warnings.iter().map(open).collect::<Vec<_>>()
    };
    assert_eq!(told(10, 9), [""; 0]);
    assert_eq!(told(10, 15), ["10", "12", "14"]);
    assert_eq!(told(5_000, 7_000), ["5000", "6000", "7000"]);
    assert_eq!(told(1, 3), ["1", "2", "3"]);
    assert_eq!(told(0, 100), [""; 0]);
    // However many events a second has.
    let options = options![taskId("user"), mapCountWarningThreshold(1)];
    let seldom = warnings_each(MINUTE / 240, options, (0..12).map(|n| raw(n).int(b"user", n)));
    assert_eq!(seldom.len(), 3, "{seldom:?}");
    // 5,000 unless said otherwise.
    let unsaid = warnings(options![taskId("user")], (0..5_001).map(|n| raw(n).int(b"user", n)));
    is_told_once(&unsaid, &["many tasks are open", "open=5000 threshold=5000"]);
}

#[test]
fn a_tag_option_that_is_a_dimension_is_told_once() {
    let options = options![tagOnTimeout("host", "gone"), timeout(ns(1)), reasonTag("why")];
    let points = (0..3).map(|n| raw(n).grouped(b"host", format!("host{n}").as_bytes()));
    is_told_once(&warnings(options, points), &["tag not set: points are grouped by it", "tag=\"host\""]);
}

#[test]
fn an_output_that_turns_from_int_to_double_is_told_once() {
    let options = options![last("x", "l"), maxEvents(1)];
    let points =
        [raw(0).int(b"x", 1), raw(1).double(b"x", 0.5), raw(2).int(b"x", 1), raw(3).double(b"x", 0.5)];
    is_told_once(&warnings(options, points), &["field=\"l\"", ".float()"]);
}

/// Names are chosen by others, and a group by measurement has a line break anyway.
#[test]
fn no_name_makes_a_line_of_the_log_of_its_own() {
    let name = b"x\nERROR forged";
    let point = |n| raw(n).tag(b"user", b"bob");
    let points = [point(0).int(name, 1), point(1).double(name, 0.5)];
    let log = warnings(options![keep("*"), maxEvents(1)], points);
    is_told_once(&log, &["field=\"x\\nERROR forged\"", ".float()"]);
    let forged = raw(0).grouped(b"host", name);
    let log = warnings(options![tagOnTimeout("host", "gone"), timeout(ns(1))], [forged]);
    is_told_once(&log, &["tag=\"host\"", "group=\"host=x\\nERROR forged\""]);
}

#[test]
fn points_that_can_not_be_read_and_a_pointless_option_are_told_once() {
    let broken = |n| raw(n).broken(&[0x0a, 0x7f]);
    is_told_once(&warnings(options![], [broken(0), broken(1), raw(2)]), &["can't be read: no task takes it"]);
    is_told_once(&warnings(options![endOfTask(true)], [raw(0), raw(1)]), &["endOfTask: every event ends"]);
}

#[test]
fn a_restore_is_told_with_its_age() {
    let restored = |options: Vec<proto::Option>| {
        let mut node = Node::new(options.clone());
        node.raw(&bob(1));
        let snapshot = node.snapshot();
        let log = logged(|| drop(Node::restored(options, 3 * MINUTE, &snapshot)));
        log.lines().find(|line| line.contains("seconds=180")).unwrap_or_else(|| panic!("{log}")).to_owned()
    };
    let line = restored(options![]);
    assert!(line.contains("INFO") && line.contains("restored") && line.contains("tasks=1"), "{line}");
    let line = restored(options![maxRestoreAge(ns(MINUTE))]);
    assert!(line.contains("WARN") && line.contains("maxRestoreAge") && line.contains("tasks=1"), "{line}");
}

//! A conversation by its peer's time, and what an observer sees of tasks.

use std::sync::{Arc, Mutex};

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::aggregate::{Aggregate, EARLIEST, Observer, Output, Reason, Seen, announced};
use kapacitor_udfd::connection::{self, AtEnd, Summary};
use kapacitor_udfd::handler::Handler;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::response::Message;
use kapacitor_udfd::proto::{self, Point};
use tokio::task::JoinHandle;

use super::support::*;

const SECOND: i64 = 1_000_000_000;
const START: i64 = 1_700_000_000 * SECOND;

struct Played {
    peer: Peer,
    ended: JoinHandle<Summary>,
}

fn played(handler: impl Handler, at_end: AtEnd) -> Played {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let (reader, writer) = tokio::io::split(theirs);
    let limits = Arc::new(Limits::default());
    let ended = tokio::spawn(connection::play(reader, writer, Box::new(handler), limits, at_end));
    let (reader, writer) = tokio::io::split(ours);
    Played { peer: Peer::new(reader, writer), ended }
}

impl Played {
    /// At a time in seconds.
    async fn at(&mut self, seconds: i64) {
        self.peer.send(proto::KeepaliveRequest { time: START + seconds * SECOND }).await;
    }

    async fn init(&mut self, options: Vec<proto::Option>) {
        let (task_id, node_id) = ("t".to_owned(), "aggregate2".to_owned());
        self.peer.send(proto::InitRequest { options, task_id, node_id }).await;
    }

    /// All that comes until the end: keepalives as seconds, points by id, count and seconds.
    async fn heard(&mut self) -> Vec<String> {
        self.peer.half_close().await;
        let mut heard = vec![];
        while let Some(message) = self.peer.next().await {
            heard.push(match message {
                Message::Init(init) => format!("init {}", init.success),
                Message::Keepalive(proto::KeepaliveResponse { time }) => match announced(time) {
                    Some(number) => format!("number {number}"),
                    None => format!("at {}", (time - START) / SECOND),
                },
                Message::Point(Point { tags, fields_int, time, .. }) => {
                    let seconds = (time - START) / SECOND;
                    format!("point {} {} {seconds}", tags["id"], fields_int.get("n").unwrap_or(&0))
                }
                Message::Error(error) => format!("error {}", error.error),
                other => format!("{other:?}"),
            });
        }
        heard
    }
}

fn event(id: &str, seconds: i64) -> Point {
    Point {
        time: START + seconds * SECOND,
        name: "requests".to_owned(),
        tags: [("id".to_owned(), id.to_owned())].into(),
        fields_int: [("a".to_owned(), 1)].into(),
        ..Point::default()
    }
}

fn options(texts: &[(&str, &[&str])], timeout: i64) -> Vec<proto::Option> {
    let text = |text: &&str| proto::OptionValue {
        r#type: proto::ValueType::String.into(),
        value: Some(proto::option_value::Value::StringValue((*text).to_owned())),
    };
    let timeout = proto::OptionValue {
        r#type: proto::ValueType::Duration.into(),
        value: Some(proto::option_value::Value::DurationValue(timeout * SECOND)),
    };
    let texts = texts.iter().map(|(name, values)| proto::Option {
        name: (*name).to_owned(),
        values: values.iter().map(text).collect(),
    });
    texts.chain([proto::Option { name: "inactivityTimeout".to_owned(), values: vec![timeout] }]).collect()
}

/// Ten seconds after the last event; its point has the time at which it comes out.
fn ten_seconds() -> Vec<proto::Option> {
    options(&[("taskId", &["id"]), ("count", &["n"]), ("pointTime", &["emit"])], 10)
}

fn aggregate() -> Aggregate {
    Aggregate::new(Function::STREAM)
}

#[tokio::test]
async fn what_is_due_happens_at_its_moment_and_before_the_time_is_answered() {
    let mut played = played(aggregate(), AtEnd::Wait);
    played.at(0).await;
    played.init(ten_seconds()).await;
    played.peer.send(event("a", 0)).await;
    played.at(4).await;
    played.peer.send(event("b", 4)).await;
    played.at(9).await;
    played.at(3).await;
    played.peer.send(event("b", 3)).await;
    played.at(60).await;
    played.peer.send(event("c", 60)).await;
    let expected = [
        "at 0",
        "init true",
        "at 4",
        "at 9",
        "at 3",
        "point a 1 10",
        "point b 2 19",
        "at 60",
        "point c 1 70",
    ];
    assert_eq!(played.heard().await, expected);
    assert_eq!(played.ended.await.unwrap().counters.points, 4);
}

#[tokio::test]
async fn a_stream_that_stops_leaves_open_tasks_where_they_are() {
    let mut played = played(aggregate(), AtEnd::Stop);
    played.at(0).await;
    played.init(ten_seconds()).await;
    played.peer.send(event("a", 0)).await;
    assert_eq!(played.heard().await, ["at 0", "init true"]);
}

#[tokio::test]
async fn options_that_are_refused_end_nothing_but_the_conversation() {
    let mut played = played(aggregate(), AtEnd::Wait);
    played.init(options(&[("nothing", &[])], 10)).await;
    assert_eq!(played.heard().await, ["init false"]);
    assert!(played.ended.await.unwrap().fault.is_none());
}

#[tokio::test]
async fn a_handler_that_fails_is_told_of() {
    let handler = Scripted::stream().on_point(|_, _, _| Err("not this one".into()));
    let mut played = played(handler, AtEnd::Wait);
    played.at(0).await;
    played.init(vec![]).await;
    played.peer.send(event("a", 0)).await;
    assert_eq!(played.heard().await, ["at 0", "init true", "error not this one"]);
    assert_eq!(played.ended.await.unwrap().fault.unwrap().kind(), "handler");
}

/// Writes down what it sees.
#[derive(Debug, Default, Clone)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Observer for Notes {
    fn see(&mut self, seen: Seen<'_>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let seconds = |time: i64| (time - START) / SECOND;
        self.0.lock().unwrap().push(match seen {
            Seen::Event { task, time, at } => {
                format!(
                    "event of {} behind {} at {} {}",
                    text(task.id),
                    task.events,
                    seconds(time),
                    seconds(at)
                )
            }
            Seen::Restored { task } => format!("{} is back", text(task.id)),
            Seen::Ended { task, reason, at, comes_out } => {
                format!("end of {} {} at {} {comes_out}", text(task.id), reason.word(), seconds(at))
            }
            Seen::Out { number, output: Output::Result { task, reason, at } } => {
                assert!(matches!(reason, Reason::Inactivity | Reason::Flush));
                format!("{number} of {} with {} at {}", text(task.id), task.events, seconds(at))
            }
            Seen::Out { number, output: Output::Emitted { task } } => {
                format!("{number} emitted by {}", text(task.id))
            }
            Seen::Out { number, output: Output::Passed } => format!("{number} passed"),
            Seen::Gone { counters } => format!("gone after {} points", counters.points),
        });
    }
}

#[tokio::test]
async fn an_observer_sees_events_ends_and_outputs_and_each_output_is_announced() {
    let notes = Notes::default();
    let handler = aggregate().observed_by(Box::new(notes.clone()));
    let mut played = played(handler, AtEnd::Wait);
    played.at(0).await;
    let code = "if event.a == 1 { emit(event) }";
    let mut given = ten_seconds();
    given.extend(options(&[("code", &[code])], 10).into_iter().take(1));
    played.init(given).await;
    played.peer.send(event("a", 0)).await;
    played.at(4).await;
    played.peer.send(event("a", 4)).await;
    let expected = [
        "at 0",
        "init true",
        "number 0",
        "point a 0 0",
        "at 4",
        "number 1",
        "point a 0 4",
        "number 2",
        "point a 2 14",
    ];
    assert_eq!(played.heard().await, expected);
    played.ended.await.unwrap();
    let seen = [
        "event of a behind 0 at 0 0",
        "0 emitted by a",
        "event of a behind 1 at 4 4",
        "1 emitted by a",
        "end of a inactivity at 14 true",
        "2 of a with 2 at 14",
        "gone after 2 points",
    ];
    assert_eq!(*notes.0.lock().unwrap(), seen);
}

#[tokio::test]
async fn an_observer_sees_what_a_snapshot_brings_back() {
    let mut first = played(aggregate(), AtEnd::Stop);
    first.at(0).await;
    first.init(ten_seconds()).await;
    first.peer.send(event("a", 0)).await;
    first.peer.send(proto::SnapshotRequest {}).await;
    first.peer.half_close().await;
    let snapshot = loop {
        let came = first.peer.next().await.expect("a snapshot");
        if let Message::Snapshot(proto::SnapshotResponse { snapshot }) = came {
            break snapshot;
        }
    };
    let notes = Notes::default();
    let mut played = played(aggregate().observed_by(Box::new(notes.clone())), AtEnd::Wait);
    played.at(3).await;
    played.init(ten_seconds()).await;
    played.peer.send(proto::RestoreRequest { snapshot }).await;
    played.heard().await;
    played.ended.await.unwrap();
    let seen = notes.0.lock().unwrap();
    assert_eq!(seen[..2], ["a is back", "end of a inactivity at 10 true"], "{seen:?}");
}

/// Times from 1714 on are never taken for a number.
#[test]
fn no_clock_announces_anything() {
    for time in [0, -1, i64::MAX, START, EARLIEST] {
        assert_eq!(announced(time), None, "{time}");
    }
    let numbers = [i64::MIN, i64::MIN + 7, EARLIEST - 1].map(announced);
    assert_eq!(numbers, [Some(0), Some(7), Some((1 << 60) - 1)]);
}

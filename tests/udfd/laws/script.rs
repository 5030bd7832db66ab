//! Any text as a script of `@script()` and of `@aggregate()`, with a small budget.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kapacitor_udfd::Budget;
use kapacitor_udfd::agent::{Agent, Step};
use kapacitor_udfd::aggregate::Aggregate;
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::handler::{Progress, StopReason};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, InitRequest, Point, ValueType, request, response};
use prost::Message;

use super::node::messages;

/// Enough for all that has an end.
const BUDGET: Budget = Budget { operations: 2_000, time: Duration::from_millis(50) };

/// Far more than all calls together may take.
const LONG: Duration = Duration::from_secs(20);

const POINTS: i64 = 3;

const NOW: i64 = 1_700_000_000_000_000_000;

/// Where a script can stand.
const PLACES: [(Function, &str); 5] = [
    (Function::Script, "code"),
    (Function::STREAM, "code"),
    (Function::STREAM, "timeoutCode"),
    (Function::STREAM, "startWhen"),
    (Function::STREAM, "endWhen"),
];

/// Holds for any bytes: the first chooses where the script stands, the rest is its text.
///
/// It is refused in words that name the option, or serves points and ends with the stream, soon. All that is
/// sent is whole and no error, and a snapshot restores to what writes the same.
pub fn holds(bytes: &[u8]) {
    let Some((&choice, text)) = bytes.split_first() else { return };
    let (function, option) = PLACES[usize::from(choice) % PLACES.len()];
    let started = Instant::now();
    let options = vec![string(option, &String::from_utf8_lossy(text))];
    let Some(mut agent) = begun(function, option, &options, vec![]) else { return };
    let mut sent = vec![];
    for number in 0..POINTS {
        sent.extend(take(&mut agent, request::Message::Point(point(number))));
    }
    let snapshot = kept(&mut agent);
    let again = begun(function, option, &options, snapshot.clone());
    assert_eq!(kept(&mut again.unwrap()), snapshot);
    while agent.stop(NOW, StopReason::EndOfStream).unwrap() == Progress::More {
        sent.extend(output(&mut agent));
    }
    sent.extend(output(&mut agent));
    for message in messages(&sent) {
        let message = proto::Response::decode(&*message).unwrap().message.unwrap();
        assert!(!matches!(message, response::Message::Error(_)), "{message:?}");
    }
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
}

/// What fuzzing begins with.
pub const SEEDS: &[&str] = &[
    "map.total += event.amount; map.count += 1",
    "map.l = map.l ?? []; map.l.push(event.path); if map.l.len() > 2 { map.l = map.l.filter(|x| x != ()).sort() }",
    "event.slow = event.amount > 1.0; event.tags.zone = (); event[\"odd name\"] = `${event.host}/${task.count}`",
    "emit(#{a: #{b: event.bytes, c: [1, 2.5, \"x\"]}}); emit(event); emit(map); event.cancel()",
    "fn f(m, k) { m[k] = (m[k] ?? 0) + 1 } f(map, event.host); for k in map.keys() { log(k) }",
    "map.a = #{b: #{c: 1}}; map.a.b.c += 1; map.a.d = map.a.b; map.remove(\"a\"); try { loop {} } catch (e) { throw e }",
    "task.timeout = 10; task.inactivity_timeout = 0.5; if task.count == 3 { task.end() }",
    "event.status == \"completed\" && event.amount >= 1.5 || !event.cached",
    "switch event.bytes { 1 => 2, 3..=5 => 4, _ => event.amount * 2 } > map.total ?? 5",
];

/// A node with these options, and a snapshot if there is one; none if it is refused.
fn begun(function: Function, option: &str, options: &[proto::Option], snapshot: Vec<u8>) -> Option<Agent> {
    let handler = Box::new(Aggregate::with_budget(function, BUDGET));
    let mut agent = Agent::new(|| handler, Arc::new(Limits::default())).unwrap();
    let init =
        InitRequest { options: options.to_vec(), task_id: "cpu_alert".into(), node_id: "script2".into() };
    match answer(&mut agent, request::Message::Init(init)) {
        response::Message::Init(answer) if !answer.success => {
            assert!(answer.error.contains(option), "{}", answer.error);
            return None;
        }
        response::Message::Init(_) => {}
        other => panic!("{other:?}"),
    }
    if !snapshot.is_empty() {
        let restore = request::Message::Restore(proto::RestoreRequest { snapshot });
        let answer = answer(&mut agent, restore);
        assert!(matches!(&answer, response::Message::Restore(answer) if answer.success), "{answer:?}");
    }
    Some(agent)
}

fn kept(agent: &mut Agent) -> Vec<u8> {
    match answer(agent, request::Message::Snapshot(proto::SnapshotRequest {})) {
        response::Message::Snapshot(answer) => answer.snapshot,
        other => panic!("{other:?}"),
    }
}

fn point(number: i64) -> Point {
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Point {
        time: NOW + number,
        name: "requests".into(),
        group: "host=a".into(),
        dimensions: vec!["host".into()],
        tags: [text("host", "a"), text("zone", "eu")].into(),
        fields_double: [("amount".to_owned(), 1.5)].into(),
        fields_int: [("bytes".to_owned(), 20_000 + number)].into(),
        fields_string: [text("path", "/items/123"), text("status", "completed")].into(),
        fields_bool: [("cached".to_owned(), number == 1)].into(),
        ..Point::default()
    }
}

fn string(name: &str, value: &str) -> proto::Option {
    let value = proto::OptionValue {
        r#type: ValueType::String.into(),
        value: Some(Value::StringValue(value.to_owned())),
    };
    proto::Option { name: name.to_owned(), values: vec![value] }
}

fn answer(agent: &mut Agent, message: request::Message) -> response::Message {
    let sent = take(agent, message);
    proto::Response::decode_length_delimited(&*sent).unwrap().message.unwrap()
}

/// A request comes; the bytes sent in return.
fn take(agent: &mut Agent, message: request::Message) -> Vec<u8> {
    let frame = proto::Request { message: Some(message) }.encode_length_delimited_to_vec();
    let mut sent = vec![];
    loop {
        let step = match agent.step(NOW, &frame) {
            Ok(Step::MayTakeLong) => agent.step_aside(NOW, &frame),
            step => step,
        };
        sent.extend(output(agent));
        match step {
            Ok(Step::Took { bytes: 0, .. }) => {}
            Ok(Step::Took { .. }) => return sent,
            other => panic!("{other:?}"),
        }
    }
}

fn output(agent: &mut Agent) -> Vec<u8> {
    agent.take_output().into_iter().flatten().collect()
}

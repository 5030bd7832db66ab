//! Random scripts and random input: few names, ids and moments, so that they meet.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::generate_scripts::script_calls;
use super::model::Model;
use super::scenario::{Argument, Came, Event, Scenario, Step, call, event, ns, options};

pub type Calls = Vec<proto::Option>;

/// Fields and tags that events have.
const NAMES: &[&str] = &["x", "x", "x", "x", "y", "region", "user"];
const OUTPUTS: &[&str] = &["o1", "o2", "o3", "o4", "o5", "x", "region", "host", "count", "time"];
pub const IDS: &[&str] =
    &["user", "user", "user", "session", "host", "%{user}-%{session}", "%{session}%{host}"];

/// Those of one scenario, by their number in [`in_group`].
pub const GROUPS: &[&[usize]] = &[&[0], &[0, 1], &[0, 2, 4], &[3, 1], &[4], &[0, 1, 2, 3, 4]];

prop_compose! {
    pub fn scenario()(
        options in any_options(12).prop_map(accepted),
        start in select(vec![0, 7, 1_700_000_000_000_000_003]),
        groups in select(GROUPS),
        turns in vec(turn(), 1..40),
        end in weighted(0.7, (0..20i64, weighted(0.1, Just(())))),
    ) -> Scenario {
        let mut scenario = Scenario::new("random", options).starting_at(start);
        let mut now = start;
        let longest = longest_gap(&scenario.options);
        for (gap, turn) in turns {
            now += gap.min(longest);
            let grouped = |(group, event)| in_group(groups[group % groups.len()], event);
            let step = match turn {
                Turn::Event(event) => Step::Event { now, point: Box::new(grouped(*event).0) },
                Turn::Burst(came) => {
                    let came = came.into_iter().map(|came| match came {
                        Arrival::Event(event) => grouped(*event).into(),
                        Arrival::Keepalive => Came::Keepalive,
                        Arrival::Snapshot => Came::Snapshot,
                    });
                    Step::Burst { now, came: came.collect() }
                }
                Turn::Time => Step::Time { now },
                Turn::Late => Step::Late { now },
                Turn::Restart(back) => {
                    let snapshot = now;
                    now += back;
                    Step::Restart { now: snapshot, back: now }
                }
            };
            scenario = scenario.step(step, &[]);
        }
        match end {
            None => scenario,
            Some((gap, None)) => scenario.end(now + gap, &[]),
            Some((gap, Some(()))) => scenario.shutdown(now + gap),
        }
    }
}

/// Calls as somebody may write them who has not read what goes together.
pub fn any_options(most: usize) -> impl Strategy<Value = Calls> {
    (weighted(0.85, select(IDS)), vec(calls(), 0..=most)).prop_map(|(id, calls)| {
        let id = id.map(|id| call("taskId", vec![id.into()]));
        id.into_iter().chain(calls.into_iter().flatten()).collect()
    })
}

/// Those that can stand beside the ones before.
fn accepted(calls: Calls) -> Calls {
    let (mut accepted, mut left): (Calls, Calls) = (vec![], calls);
    // A call may need one that comes after it.
    for _ in 0..2 {
        left.retain(|call| {
            accepted.push(call.clone());
            let is_sound = Model::new(Function::STREAM, &accepted, 0).is_ok();
            if !is_sound {
                accepted.pop();
            }
            !is_sound
        });
    }
    accepted
}

/// One call, or some that make sense together.
pub fn calls() -> impl Strategy<Value = Calls> {
    prop_oneof![
        9 => reducer().prop_map(|reducer| vec![reducer]),
        1 => reducer().prop_map(|reducer| {
            let name = reducer.values.last().cloned();
            vec![reducer, proto::Option { name: "float".to_owned(), values: name.into_iter().collect() }]
        }),
        2 => of_names("keep", &["x", "y", "region", "user", "host", "tags", "count", "time", "*", "*"]),
        1 => of_names("float", OUTPUTS),
        1 => durations("timeout", 0..60),
        1 => durations("inactivityTimeout", 0..25),
        // One event: which of the two is it?
        1 => (1..25i64).prop_map(|after| options![timeout(ns(after)), inactivityTimeout(ns(after))]),
        1 => durations("timeoutFlushInterval", 0..12),
        1 => durations("maxRestoreAge", 0..12),
        2 => (0..15i64, any::<bool>()).prop_map(|(every, reset)| {
            options![flushInterval(ns(every)), resetOnFlush(reset)]
        }),
        1 => numbers("maxEvents", 0..5),
        1 => (1..3i64).prop_map(|max| options![maxEvents(max), endOfTask(true)]),
        2 => (0..4i64, select(&["evict", "drop", "reject", "other"][..])).prop_map(|(max, on_overflow)| {
            options![maxTasks(max), onOverflow(on_overflow)]
        }),
        1 => (1..4i64).prop_map(|max| {
            options![maxTasks(max), onOverflow("reject"), pushPreviousMapAsEvent(true)]
        }),
        1 => numbers("maxListSize", 0..5),
        1 => numbers("mapCountWarningThreshold", -1..4),
        5 => select(FLAGS).prop_flat_map(|name| any::<bool>().prop_map(move |on| vec![call(name, vec![on.into()])])),
        1 => select(&["measurement", "reasonTag"][..]).prop_flat_map(|told_apart| {
            any::<bool>().prop_map(move |on| {
                vec![call(told_apart, vec!["told".into()]), call("passThrough", vec![on.into()])]
            })
        }),
        1 => of_names("reasonTag", &["why", "host", "region", "user", "count", "time"]),
        1 => (1..25i64).prop_map(|after| options![mapAction("create"), inactivityTimeout(ns(after))]),
        1 => of_names("mapAction", &["create", "create", "create_or_update", "update"]),
        2 => of_names("pointTime", &["first", "last", "emit", "emit", "now"]),
        1 => of_names("measurement", &["done", "m2"]),
        6 => script_calls(),
        1 => of_names("timeoutTaskIdField", &["id", "o1", "user", "time"]),
        1 => of_names("timeoutTags", &["late", "gone"]),
        1 => select(&["late", "region", "host", "tags", "user", "time"][..]).prop_map(|name| {
            options![tagOnTimeout(name, "yes")]
        }),
    ]
}

const FLAGS: &[&str] = &[
    "groupByTask",
    "endOfTask",
    "pushMapAsEventOnTimeout",
    "pushPreviousMapAsEvent",
    "emitOnEnd",
    "flushOnStop",
    "passThrough",
];

fn of_names(option: &'static str, names: &'static [&'static str]) -> impl Strategy<Value = Calls> {
    select(names).prop_map(move |name| vec![call(option, vec![name.into()])])
}

fn numbers(option: &'static str, range: std::ops::Range<i64>) -> impl Strategy<Value = Calls> {
    range.prop_map(move |number| vec![call(option, vec![number.into()])])
}

fn durations(option: &'static str, range: std::ops::Range<i64>) -> impl Strategy<Value = Calls> {
    range.prop_map(move |nanos| vec![call(option, vec![ns(nanos).into()])])
}

fn reducer() -> impl Strategy<Value = proto::Option> {
    const OF_A_FIELD: &[&str] = &["min", "max", "mean", "stddev", "countDistinct", "distinct", "list"];
    let p = select(vec![0.0, 25.0, 50.0, 99.9, 100.0, 101.0]);
    (select(NAMES), select(OUTPUTS)).prop_flat_map(move |(field, name)| {
        let with = move |option, between: Option<Argument>| {
            let arguments = [Some(field.into()), between, Some(name.into())];
            call(option, arguments.into_iter().flatten().collect())
        };
        prop_oneof![
            5 => select(&["sum", "first", "last"][..]).prop_map(move |option| with(option, None)),
            7 => select(OF_A_FIELD).prop_map(move |option| with(option, None)),
            2 => select(&["count", "n"][..]).prop_map(|name| call("count", vec![name.into()])),
            1 => p.clone().prop_map(move |p| with("percentile", Some(p.into()))),
            1 => select(&["", ", "][..]).prop_map(move |separator| with("concat", Some(separator.into()))),
            1 => (0..4i64).prop_map(move |unit| call("duration", vec![ns(unit).into(), name.into()])),
        ]
    })
}

#[derive(Debug, Clone)]
enum Turn {
    /// With the number of its group.
    Event(Box<(usize, Event)>),
    Burst(Vec<Arrival>),
    Time,
    Late,
    Restart(i64),
}

#[derive(Debug, Clone)]
enum Arrival {
    Event(Box<(usize, Event)>),
    Keepalive,
    Snapshot,
}

/// A second is how long a point is set aside.
pub fn gap() -> impl Strategy<Value = i64> {
    prop_oneof![24 => Just(0), 20 => 0..6i64, 4 => 0..40i64, 1 => Just(1_000_000_000)]
}

/// What flushes by the nanosecond has no second.
pub fn longest_gap(options: &Calls) -> i64 {
    if options.iter().any(|call| call.name == "flushInterval") { 40 } else { i64::MAX }
}

fn turn() -> impl Strategy<Value = (i64, Turn)> {
    let turn = prop_oneof![
        12 => grouped_event().prop_map(Turn::Event),
        1 => vec(arrival(), 2..40).prop_map(Turn::Burst),
        3 => Just(Turn::Time),
        2 => Just(Turn::Late),
        1 => (0..15i64).prop_map(Turn::Restart),
    ];
    (gap(), turn)
}

fn arrival() -> impl Strategy<Value = Arrival> {
    prop_oneof![
        40 => grouped_event().prop_map(Arrival::Event),
        1 => Just(Arrival::Keepalive),
        1 => Just(Arrival::Snapshot),
    ]
}

fn grouped_event() -> impl Strategy<Value = Box<(usize, Event)>> {
    (0..5usize, any_event()).prop_map(Box::new)
}

prop_compose! {
    pub fn any_event()(
        name in select(vec!["requests", "requests", "requests", "m2"]),
        stored in select(vec![("mydb", "autogen"), ("mydb", "autogen"), ("db2", "rp2")]),
        // Often the same.
        time in prop_oneof![20 => -4..12i64, 60 => 0..2i64, 1 => select(vec![i64::MIN, i64::MAX])],
        user in weighted(0.95, id()),
        session in weighted(0.9, id()),
        x in weighted(0.8, value()),
        values in vec((select(&["x", "y", "y", "host", "count"][..]), value()), 0..3),
        tags in vec((select(&["region", "region", "tags", "x", "count"][..]), select(vec!["eu", "us", ""])), 0..3),
    ) -> Event {
        let mut event = event().named(name).stored_in(stored.0, stored.1).at(time);
        for (name, value) in tags {
            event = event.tag(name, value);
        }
        for (name, id) in [("user", user), ("session", session)] {
            event = match id {
                Some((true, value)) => event.tag(name, &value.text()),
                Some((false, value)) => value.put(event, name),
                None => event,
            };
        }
        x.map(|x| ("x", x)).into_iter().chain(values).fold(event, |event, (name, value)| value.put(event, name))
    }
}

/// As Kapacitor groups: by host, by host and measurement, by measurement, not at all.
pub fn in_group(group: usize, event: Event) -> Event {
    let name = event.0.name.clone();
    match group {
        0 => event,
        1 => event.on_host("b"),
        2 => event.without_tag("host").group("host=", &["host"]),
        3 => event.group(&format!("{name}\nhost=a"), &["host"]).by_name(),
        _ => event.group("", &[]),
    }
}

#[derive(Debug, Clone)]
enum Value {
    Int(i64),
    Double(f64),
    Text(&'static str),
    Bool(bool),
}

impl Value {
    fn put(self, event: Event, name: &str) -> Event {
        match self {
            Self::Int(int) => event.int(name, int),
            Self::Double(double) => event.double(name, double),
            Self::Text(text) => event.text(name, text),
            Self::Bool(bool) => event.bool(name, bool),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Int(int) => int.to_string(),
            Self::Double(double) => double.to_string(),
            Self::Text(text) => (*text).to_owned(),
            Self::Bool(bool) => bool.to_string(),
        }
    }
}

/// As a tag or as a field; many are the same text.
fn id() -> impl Strategy<Value = (bool, Value)> {
    let value = prop_oneof![
        6 => select(&["a", "a", "a", "b", "b", "c", "1", "true", ""][..]).prop_map(Value::Text),
        1 => prop_oneof![(1..3i64), select(vec![1 << 53, (1 << 53) + 1, i64::MAX])].prop_map(Value::Int),
        1 => select(vec![1.0, 2.5, -0.0, 9_007_199_254_740_992.0, f64::NAN, f64::INFINITY]).prop_map(Value::Double),
        1 => any::<bool>().prop_map(Value::Bool),
    ];
    (prop::bool::weighted(0.7), value)
}

fn value() -> impl Strategy<Value = Value> {
    let doubles = vec![0.0, -0.0, 1.0, 0.5, -2.5, 1e16, 9_007_199_254_740_992.0, f64::MAX];
    prop_oneof![
        5 => (-3..4i64).prop_map(Value::Int),
        2 => select(vec![i64::MAX, i64::MAX, i64::MIN, (1 << 53) + 1]).prop_map(Value::Int),
        3 => select(doubles).prop_map(Value::Double),
        1 => select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]).prop_map(Value::Double),
        1 => select(&["", "s", "a\"b\n", "1"][..]).prop_map(Value::Text),
        1 => any::<bool>().prop_map(Value::Bool),
    ]
}

//! Random scripts and input for every function: event time, batches, sessions. Built from what `generate` has.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto::Point;
use kapacitor_udfd::proto::option_value::Value;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::generate::{Calls, GROUPS, IDS, any_event, calls, gap, in_group, longest_gap};
use super::generate_scripts::{is_calm, script_calls};
use super::model::Model;
use super::scenario::{Begun, Came, Event, Scenario, Step, batch, call, ns, options};

pub const TO_BATCHES: Function = Function::Aggregate { wants: Edge::Stream, provides: Edge::Batch };
pub const TO_STREAM: Function = Function::Aggregate { wants: Edge::Batch, provides: Edge::Stream };
pub const FUNCTIONS: [Function; 6] =
    [Function::STREAM, TO_BATCHES, TO_STREAM, Function::BATCH, Function::Session, Function::Script];

/// Those that can follow the events' own times.
pub const IN_TIME: [Function; 5] =
    [Function::STREAM, TO_BATCHES, TO_STREAM, Function::BATCH, Function::Session];

/// The group whose points are grouped by measurement too.
const BY_NAME: usize = 3;

/// In one group alone all has an order.
const ALONE: [&[usize]; 5] = [&[0], &[1], &[2], &[3], &[4]];

prop_compose! {
    pub fn any_scenario()(
        function in select(&FUNCTIONS[..]),
        calls in any_calls(12),
        start in select(vec![0, 7, 1_700_000_000_000_000_003]),
        groups in prop_oneof![select(GROUPS), (0..5usize).prop_map(|group| ALONE[group])],
        turns in vec((gap(), turn()), 1..30),
        end in weighted(0.7, (0..20i64, weighted(0.1, Just(())))),
        last in weighted(0.2, vec(timed_event(), 0..6)),
    ) -> Scenario {
        let calls = accepted(function, calls);
        let settings = Settings::of(function, &calls);
        // Grouped by measurement, one host is several groups.
        let is_calm = !settings.is_by_clock && (groups.len() > 1 || groups.contains(&BY_NAME));
        let options = if is_calm {
            // What is left may need what is not.
            accepted(function, calls.into_iter().filter(is_calm_call).map(|call| vec![call]).collect())
        } else {
            calls
        };
        let scenario = Scenario::new("random", options).of(function).starting_at(start);
        let mut builder = Builder { scenario, settings, is_calm, groups, now: start, has_restarted: false };
        let longest = longest_gap(&builder.scenario.options);
        for (gap, turn) in turns {
            builder.now += gap.min(longest);
            builder.turn(turn);
        }
        let last = last.filter(|_| !builder.has_restarted && function.wants() == Edge::Batch);
        if let Some(events) = last {
            // Nothing else comes behind it.
            let begun = begun(groups[0]);
            builder.step(vec![begun.into()]);
            for event in events {
                let event = builder.event(groups[0], event);
                builder.step(vec![event.into()]);
            }
        }
        let Builder { scenario, now, .. } = builder;
        match end {
            None => scenario,
            Some((gap, None)) => scenario.end(now + gap, &[]),
            Some((gap, Some(()))) => scenario.shutdown(now + gap),
        }
    }
}

/// Calls as somebody may write them who has not read what goes together.
pub fn any_calls(most: usize) -> impl Strategy<Value = Vec<Calls>> {
    let id = weighted(0.85, select(IDS).prop_map(|id| vec![call("taskId", vec![id.into()])]));
    let field = select(&["time", "@timestamp", "ts", "ts", "ts"][..]);
    let field = weighted(0.7, field.prop_map(|field| options![timeoutTimestampField(field)]));
    let delay = weighted(0.5, (0..9i64).prop_map(|delay| options![maxDelay(ns(delay))]));
    let end_of_batch = weighted(0.5, Just(options![endOfBatch(false)]));
    let call = prop_oneof![
        12 => calls(),
        3 => script_calls(),
        1 => (-1..4i64).prop_map(|unit| options![timestampUnit(ns(unit))]),
        1 => (-1..9i64).prop_map(|delay| options![maxDelay(ns(delay))]),
        1 => select(&["time", "ts", "x", ""][..]).prop_map(|field| options![timeoutTimestampField(field)]),
        1 => any::<bool>().prop_map(|is_on| options![endOfBatch(is_on)]),
        1 => (1..15i64).prop_map(|every| options![flushInterval(ns(every)), resetOnFlush(true)]),
        2 => (1..3i64, select(&["evict", "evict", "reject", "drop"][..])).prop_map(|(max, on_overflow)| {
            options![maxTasks(max), onOverflow(on_overflow)]
        }),
        1 => (1..4i64).prop_map(|max| options![maxListSize(max), list("x", "o4")]),
        1 => select(&["emitOnEnd", "flushOnStop"][..]).prop_map(|flag| vec![call(flag, vec![true.into()])]),
    ];
    (id, field, delay, end_of_batch, vec(call, 0..=most)).prop_map(
        |(id, field, delay, end_of_batch, calls)| {
            let first = [id, field, delay, end_of_batch].into_iter().flatten();
            first.chain(calls).collect()
        },
    )
}

/// Those that can stand beside the ones before: together, or one without the other.
fn accepted(function: Function, calls: Vec<Calls>) -> Calls {
    let (mut accepted, mut left): (Calls, Vec<Calls>) = (vec![], calls);
    if function == Function::Script {
        // Nothing is accepted without it.
        let code = left.iter().position(|calls| Model::new(function, calls, 0).is_ok());
        accepted = code.map_or(options![code("map.n += 1; event.n = map.n")], |at| left.remove(at));
    }
    // A call may need one that comes after it.
    for _ in 0..2 {
        left.retain(|calls| {
            let with_them = [accepted.clone(), calls.clone()].concat();
            let is_sound = Model::new(function, &with_them, 0).is_ok();
            if is_sound {
                accepted = with_them;
            }
            !is_sound
        });
        left = left.into_iter().flatten().map(|call| vec![call]).collect();
    }
    accepted
}

/// Neither room that tasks of several groups share, nor outputs whose type is now this and now that: across
/// groups, the order in which things happen is not said.
fn is_calm_call(call: &kapacitor_udfd::proto::Option) -> bool {
    let output = call.values.last().and_then(|value| value.value.clone());
    let is_named_count = output == Some(Value::StringValue("count".to_owned()));
    let has_calm_script = call.values.iter().all(|value| match &value.value {
        Some(Value::StringValue(script)) => is_calm(script),
        _ => true,
    });
    call.name != "maxTasks"
        && has_calm_script
        && (!is_named_count || matches!(&*call.name, "count" | "keep" | "reasonTag"))
}

struct Settings {
    is_by_clock: bool,
    /// What ints of `ts` are multiplied with, if it is looked at.
    unit: Option<i64>,
}

impl Settings {
    fn of(function: Function, calls: &Calls) -> Self {
        let values =
            |name: &str| calls.iter().find(|call| call.name == name).map(|call| call.values[0].value.clone());
        let unit = match values("timestampUnit") {
            Some(Some(Value::DurationValue(unit))) => unit,
            _ => 1,
        };
        let ts = Some(Some(Value::StringValue("ts".to_owned())));
        let has_ts = values("timeoutTimestampField") == ts;
        let is_by_clock = Model::new(function, calls, 0).unwrap().is_by_clock();
        Self { is_by_clock, unit: has_ts.then_some(unit) }
    }
}

struct Builder {
    scenario: Scenario,
    settings: Settings,
    is_calm: bool,
    groups: &'static [usize],
    now: i64,
    has_restarted: bool,
}

impl Builder {
    fn turn(&mut self, turn: Turn) {
        let now = self.now;
        match turn {
            Turn::Events { group, events, how } => {
                self.events(self.groups[group % self.groups.len()], events, how);
            }
            Turn::Time => self.push(Step::Time { now }),
            Turn::Late => self.push(Step::Late { now }),
            Turn::Restart(back, delay) => {
                self.has_restarted = true;
                self.now += back;
                let back = self.now;
                let Some(delay) = delay.filter(|_| !self.settings.is_by_clock) else {
                    return self.push(Step::Restart { now, back });
                };
                let mut options = self.scenario.options.clone();
                options.retain(|call| call.name != "maxDelay");
                options.extend(options![maxDelay(ns(delay))]);
                self.push(Step::Changed { now, back, options });
            }
        }
    }

    fn events(&mut self, group: usize, events: Vec<TimedEvent>, how: How) {
        let is_batch = self.scenario.function.wants() == Edge::Batch;
        let begun = begun(group);
        let events: Vec<Came> = events.into_iter().map(|event| self.event(group, event).into()).collect();
        let end = begun.end(self.now + 3);
        let came = if is_batch { [vec![begun.into()], events, vec![end]].concat() } else { events };
        match how {
            How::AtOnce => self.step(came),
            How::Cut { after } => {
                let count = came.len();
                came.into_iter()
                    .take(after.min(count - usize::from(is_batch)))
                    .for_each(|came| self.step(vec![came]));
                self.has_restarted = true;
                self.push(Step::Restart { now: self.now, back: self.now });
            }
            How::OneByOne { pause } => {
                for came in came {
                    self.step(vec![came]);
                    if pause > 0 {
                        self.now += pause;
                        self.push(Step::Time { now: self.now });
                    }
                }
            }
        }
    }

    fn event(&self, group: usize, timed: TimedEvent) -> Event {
        let TimedEvent { event, away, ts, as_in_batch } = timed;
        if self.settings.is_by_clock {
            return in_group(group, event);
        }
        let reference = match away {
            Away::By(nanos) => self.now.saturating_add(nanos),
            Away::Exactly(time) => time,
        };
        let event = match self.settings.unit {
            None => event.at(reference),
            // What is the point's own has its place too.
            Some(unit) => ts.put(event, reference, unit),
        };
        let event = in_group(group, event);
        let event = if self.is_calm { Event(calm(event.0)) } else { event };
        if as_in_batch && self.scenario.function.wants() == Edge::Batch { event.inner() } else { event }
    }

    fn step(&mut self, came: Vec<Came>) {
        self.push(Step::Burst { now: self.now, came });
    }

    fn push(&mut self, step: Step) {
        self.scenario.steps.push((step, vec![]));
    }
}

/// Each name has values of one type.
fn calm(mut point: Point) -> Point {
    point.fields_bool.clear();
    point.fields_double.clear();
    point.fields_string.retain(|name, _| name == "ts");
    for id in ["user", "session"] {
        if let Some(int) = point.fields_int.remove(id) {
            point.tags.insert(id.to_owned(), int.to_string());
        }
    }
    point.tags.retain(|name, _| !["x", "count"].contains(&&**name));
    point
}

/// As [`in_group`] groups points.
fn begun(group: usize) -> Begun {
    match group {
        0 => batch(),
        1 => batch().on_host("b"),
        2 => batch().group("host=").tag("host", ""),
        3 => batch().group("requests\nhost=a").by_name(),
        _ => batch().group("").without_tag("host"),
    }
}

#[derive(Debug, Clone)]
enum Turn {
    /// Of a group; where batches come, one of them.
    Events {
        group: usize,
        events: Vec<TimedEvent>,
        how: How,
    },
    Time,
    Late,
    /// With another maxDelay.
    Restart(i64, Option<i64>),
}

#[derive(Debug, Clone, Copy)]
enum How {
    AtOnce,
    OneByOne {
        pause: i64,
    },
    /// A restart, and the rest does not come.
    Cut {
        after: usize,
    },
}

#[derive(Debug, Clone)]
struct TimedEvent {
    event: Event,
    away: Away,
    ts: Ts,
    as_in_batch: bool,
}

/// How far a reference time is from what the clock says.
#[derive(Debug, Clone)]
enum Away {
    By(i64),
    Exactly(i64),
}

/// How `ts` says it.
#[derive(Debug, Clone)]
enum Ts {
    Int,
    Text,
    Missing,
    Wrong,
}

impl Ts {
    fn put(&self, event: Event, reference: i64, unit: i64) -> Event {
        const SECOND: i64 = 1_000_000_000;
        let of_second = reference.rem_euclid(SECOND);
        match (self, reference.div_euclid(SECOND)) {
            (Self::Text, 0) => event.text("ts", &format!("1970-01-01T01:00:00.{of_second:09}9+01:00")),
            (Self::Text, 1_700_000_000) => event.text("ts", &format!("2023-11-14T22:13:20.{of_second:09}Z")),
            (Self::Int | Self::Text, _) => event.int("ts", reference / unit),
            (Self::Missing, _) => event,
            (Self::Wrong, _) => event.bool("ts", true),
        }
    }
}

fn turn() -> impl Strategy<Value = Turn> {
    let how = prop_oneof![
        10 => Just(How::AtOnce),
        10 => prop_oneof![3 => Just(0), 1 => 1..6i64].prop_map(|pause| How::OneByOne { pause }),
        1 => (1..5usize).prop_map(|after| How::Cut { after }),
    ];
    let events = (0..5usize, vec(timed_event(), 0..5), how);
    prop_oneof![
        12 => events.prop_map(|(group, events, how)| Turn::Events { group, events, how }),
        3 => Just(Turn::Time),
        2 => Just(Turn::Late),
        1 => (0..15i64, weighted(0.3, 0..9i64)).prop_map(|(back, delay)| Turn::Restart(back, delay)),
    ]
}

fn timed_event() -> impl Strategy<Value = TimedEvent> {
    let away = prop_oneof![
        100 => (-6..3i64).prop_map(Away::By),
        60 => (-1..2i64).prop_map(Away::By),
        15 => (-40..40i64).prop_map(Away::By),
        1 => select(vec![i64::MIN, i64::MAX]).prop_map(Away::Exactly),
    ];
    let ts =
        prop_oneof![12 => Just(Ts::Int), 6 => Just(Ts::Text), 1 => Just(Ts::Missing), 1 => Just(Ts::Wrong)];
    (any_event(), away, ts, prop::bool::weighted(0.9)).prop_map(|(event, away, ts, as_in_batch)| TimedEvent {
        event,
        away,
        ts,
        as_in_batch,
    })
}

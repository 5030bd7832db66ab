//! The promise: the same comes out of a recording played at any speed as came out live, wherever each point
//! came later by no more than `maxDelay`.

use std::collections::BTreeMap;

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::StopReason;
use kapacitor_udfd::proto;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::generate_all::IN_TIME;
use super::handled::{Handled, Heard, frame_of_what_came, heard};
use super::model::{Model, Sent};
use super::property::config;
use super::scenario::{Came, Event, batch, event, ns, options, play_one};
use super::text::{lines_of, script};

/// As much as comes at once at full speed.
const BURST: usize = 7;

/// What came, and when, in the order in which it came.
#[derive(Clone)]
struct Recording {
    function: Function,
    options: Vec<proto::Option>,
    came: Vec<(i64, Vec<Came>)>,
}

/// Somebody who gets a recording played.
trait Listener {
    fn take(&mut self, now: i64, came: &[Came]) -> Vec<Sent>;
    fn next_deadline(&self) -> Option<i64>;
    fn on_deadline(&mut self, now: i64) -> Vec<Sent>;
    fn end(&mut self, now: i64) -> Vec<Sent>;

    /// Timers are looked at at each of their moments.
    fn until(&mut self, now: i64) -> Vec<Sent> {
        let mut sent = vec![];
        let mut at = i64::MIN;
        while let Some(due) = self.next_deadline().filter(|&due| due <= now) {
            at = at.max(due);
            sent.extend(self.on_deadline(at));
        }
        sent
    }
}

impl Listener for Model {
    fn take(&mut self, now: i64, came: &[Came]) -> Vec<Sent> {
        came.iter().flat_map(|came| play_one(self, now, came)).collect()
    }

    fn next_deadline(&self) -> Option<i64> {
        self.next_due()
    }

    fn on_deadline(&mut self, now: i64) -> Vec<Sent> {
        self.time(now)
    }

    fn end(&mut self, now: i64) -> Vec<Sent> {
        self.end_of_stream(now)
    }
}

impl Listener for Handled {
    fn take(&mut self, now: i64, came: &[Came]) -> Vec<Sent> {
        let input: Vec<u8> = came.iter().flat_map(frame_of_what_came).collect();
        sent(&Handled::take(self, now, &input).unwrap())
    }

    fn next_deadline(&self) -> Option<i64> {
        Handled::next_deadline(self).unwrap()
    }

    fn on_deadline(&mut self, now: i64) -> Vec<Sent> {
        sent(&Handled::on_deadline(self, now).unwrap())
    }

    fn end(&mut self, now: i64) -> Vec<Sent> {
        sent(&self.stop(now, StopReason::EndOfStream).unwrap())
    }
}

fn sent(frames: &[Vec<u8>]) -> Vec<Sent> {
    let sent = |heard| if let Heard::Sent(sent) = heard { sent } else { panic!("{heard:?}") };
    heard(frames).unwrap().into_iter().map(sent).collect()
}

/// How time goes by while a recording is played.
#[derive(Debug, Clone, Copy)]
enum Speed {
    /// As it was.
    Live,
    /// So many times as fast, much later.
    Times(i64),
    /// All at one moment, some things at once.
    Full,
}

const SPEEDS: [Speed; 3] = [Speed::Live, Speed::Times(10), Speed::Full];

/// When recordings are played, if not live.
const LATER: i64 = 1_700_000_000_000_000_000;

impl Recording {
    /// What comes out.
    fn play(&self, listener: &mut impl Listener, speed: Speed) -> Vec<Sent> {
        let mut sent = vec![];
        let mut now = self.start(speed);
        if let Speed::Full = speed {
            let came: Vec<Came> = self.came.iter().flat_map(|(_, came)| came.clone()).collect();
            for came in came.chunks(BURST) {
                sent.extend(listener.take(now, came));
                sent.extend(listener.until(now));
            }
        }
        for (at, came) in self.came.iter().filter(|_| !matches!(speed, Speed::Full)) {
            now = if let Speed::Times(times) = speed { LATER + at / times } else { *at };
            // What can be read at a moment is read before its timers are looked at.
            sent.extend(listener.until(now - 1));
            sent.extend(listener.take(now, came));
            sent.extend(listener.until(now));
        }
        sent.extend(listener.end(now));
        sent
    }

    fn start(&self, speed: Speed) -> i64 {
        match speed {
            Speed::Live => self.came.first().map_or(0, |(at, _)| *at),
            Speed::Times(_) | Speed::Full => LATER,
        }
    }

    /// By group, in order; where the clock may end tasks between batches, what is in them, in any order.
    fn told(&self, sent: Vec<Sent>) -> BTreeMap<String, Vec<String>> {
        let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let goes_on = self.options.contains(&options![endOfBatch(false)][0]);
        for sent in sent {
            let of_group = told.entry(sent.group().to_owned()).or_default();
            let lines = lines_of(&sent);
            match sent {
                Sent::Batch(_) if goes_on => of_group.extend_from_slice(&lines[1..lines.len() - 1]),
                _ => of_group.extend(lines),
            }
        }
        if goes_on && self.function.provides() == Edge::Batch {
            for lines in told.values_mut() {
                lines.sort();
            }
            told.retain(|_, lines| !lines.is_empty());
        }
        told
    }

    fn is_kept<L: Listener>(&self, new: impl Fn(i64) -> L) -> Result<(), TestCaseError> {
        let model = Model::new(self.function, &self.options, 0);
        let mut model =
            model.map_err(|why| TestCaseError::fail(format!("{why}: {}", script(&self.options))))?;
        let expected = self.told(self.play(&mut model, Speed::Live));
        for speed in SPEEDS {
            let mut listener = new(self.start(speed));
            let told = self.told(self.play(&mut listener, speed));
            prop_assert_eq!(&told, &expected, "{:?}: {:?}", speed, self);
        }
        let late = model.counters().told().get("late").copied();
        prop_assert_eq!(late, None);
        Ok(())
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:?}, {}", self.function, script(&self.options))?;
        for (at, came) in &self.came {
            writeln!(f, "  at {at}: {came:?}")?;
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn the_model_keeps_it(recording in recording()) {
        recording.is_kept(|now| Model::new(recording.function, &recording.options, now).unwrap())?;
    }

    #[test]
    fn the_handler_keeps_it(recording in recording()) {
        recording.is_kept(|now| Handled::start(recording.function, &recording.options, now).unwrap())?;
    }
}

prop_compose! {
    fn recording()(
        function in select(&IN_TIME[..]),
        max_delay in prop_oneof![1 => Just(0), 3 => 1..12i64],
        by_field in any::<bool>(),
        ends_with_batch in any::<bool>(),
        calls in vec(calls(), 0..6),
        outputs in vec(outputs(), 0..4),
        moments in vec(moment(), 1..60),
        hosts in 1..4usize,
        apart in prop_oneof![Just(1i64), Just(1_000)],
    ) -> Recording {
        let is_batch = function.wants() == Edge::Batch;
        let field = if by_field { "ts" } else { "time" };
        let mut options = options![timeoutTimestampField(field), maxDelay(ns(max_delay * apart)), flushOnStop(true)];
        if is_batch {
            options.extend(options![endOfBatch(ends_with_batch)]);
        }
        let scaled = calls.into_iter().chain(outputs).map(|calls| scaled(calls, apart));
        for calls in scaled {
            let with_them = [options.clone(), calls].concat();
            if Model::new(function, &with_them, 0).is_ok() {
                options = with_them;
            }
        }
        let came = came(moments, hosts, max_delay, by_field, apart);
        let came = if is_batch { in_batches(came) } else { came };
        Recording { function, options, came }
    }
}

/// A point: how much later than the one before, how much later it comes, on which host, whose, and what.
type Moment = (i64, i64, usize, usize, i64, i64);

fn moment() -> impl Strategy<Value = Moment> {
    let gap = prop_oneof![4 => Just(0), 6 => 1..4i64, 1 => 0..30i64];
    (gap, 0..12i64, 0..3usize, 0..5usize, -3..4i64, -9..9i64)
}

/// Points in the order in which they come, each with those of its moment.
fn came(
    moments: Vec<Moment>,
    hosts: usize,
    max_delay: i64,
    by_field: bool,
    apart: i64,
) -> Vec<(i64, Vec<Came>)> {
    let mut came: BTreeMap<i64, Vec<Came>> = BTreeMap::new();
    let mut time = 0;
    for (gap, delay, host, user, x, own) in moments {
        time += gap;
        let delay = delay % (max_delay + 1);
        let event = event().on_host(["a", "b", "c"][host % hosts]).int("x", x);
        let event = match user {
            0 => event,
            user => event.tag("user", ["bob", "eve", "kim", "bob"][user - 1]),
        };
        let event = if by_field {
            event.int("ts", time * apart).at((time + own) * apart)
        } else {
            event.at(time * apart)
        };
        came.entry((time + delay) * apart).or_default().push(event.into());
    }
    came.into_iter().collect()
}

/// What comes at one moment comes as a batch for each host.
fn in_batches(came: Vec<(i64, Vec<Came>)>) -> Vec<(i64, Vec<Came>)> {
    let batches = came.into_iter().map(|(at, came)| {
        let mut by_host: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for came in came {
            let Came::Point(point) = came else { continue };
            by_host.entry(point.tags["host"].clone()).or_default().push(Event(*point).inner());
        }
        let batches = by_host.into_iter().flat_map(|(host, points)| batch().on_host(&host).of(points, at));
        (at, batches.collect())
    });
    batches.collect()
}

/// Durations in a script are small numbers, as the times are.
fn scaled(mut calls: Vec<proto::Option>, apart: i64) -> Vec<proto::Option> {
    use proto::option_value::Value;
    for value in calls.iter_mut().flat_map(|call| &mut call.values) {
        if let Some(Value::DurationValue(duration)) = &mut value.value {
            *duration *= apart;
        }
    }
    calls
}

/// Not those for which groups have to wait for one another: maxTasks, maxBytes; nor maxRestoreAge.
fn calls() -> impl Strategy<Value = Vec<proto::Option>> {
    prop_oneof![
        4 => Just(options![taskId("user")]),
        2 => (1..20i64).prop_map(|after| options![timeout(ns(after))]),
        2 => (1..10i64).prop_map(|after| options![inactivityTimeout(ns(after))]),
        1 => (1..12i64).prop_map(|every| options![timeoutFlushInterval(ns(every))]),
        2 => (1..12i64, any::<bool>()).prop_map(|(every, reset)| options![flushInterval(ns(every)), resetOnFlush(reset)]),
        1 => (1..5i64).prop_map(|max| options![maxEvents(max)]),
        1 => (1..5i64).prop_map(|max| options![maxListSize(max), list("x", "l")]),
        1 => (1..5i64).prop_map(|max| options![maxListSize(max)]),
        2 => select(&["first", "last", "emit", "emit"][..]).prop_map(|which| options![pointTime(which)]),
        1 => Just(options![reasonTag("why")]),
        1 => Just(options![reasonTag("why"), passThrough(true), emitOnEnd(true), pushMapAsEventOnTimeout(true)]),
        1 => Just(options![pushPreviousMapAsEvent(true)]),
        1 => Just(options![mapAction("create")]),
        1 => Just(options![groupByTask(true)]),
        1 => Just(options![endOfTask(true)]),
        1 => Just(options![timeoutTags("late"), timeoutTaskIdField("id"), pushMapAsEventOnTimeout(true)]),
        1 => Just(options![pushMapAsEventOnTimeout(false)]),
    ]
}

fn outputs() -> impl Strategy<Value = Vec<proto::Option>> {
    select(vec![
        options![count("n")],
        options![sum("x", "s")],
        options![mean("x", "m")],
        options![first("x", "f")],
        options![last("x", "la")],
        options![concat("x", ",", "c")],
        options![duration(ns(1), "d")],
    ])
}

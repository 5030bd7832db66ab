//! Every function, with random scripts and input: the handler does what the model does, and what the model
//! does has the shape it should.

use std::collections::{BTreeMap, BTreeSet};

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto::{self, Point};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::driver;
use super::generate_all::{FUNCTIONS, any_calls, any_scenario};
use super::model::{Batch, Model, Sent};
use super::property::config;
use super::scenario::{Came, Scenario, Step, options, play};

proptest! {
    #![proptest_config(config(384))]

    #[test]
    fn what_the_model_sends_is_in_order(scenario in any_scenario()) {
        is_in_order(&scenario).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn the_handler_does_what_the_model_does(scenario in any_scenario()) {
        driver::run(&scenario).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn the_handler_refuses_what_the_model_refuses(function in select(&FUNCTIONS[..]), calls in any_calls(4)) {
        let options = calls.concat();
        let (model, handler) = (Model::new(function, &options, 0).err(), driver::refusal(function, &options));
        prop_assert_eq!(
            model.is_some(), handler.is_some(),
            "{:?}: model {:?}, handler {:?}: {}", function, model, handler, super::text::script(&options)
        );
    }
}

type Checked = Result<(), String>;

fn is(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

fn is_in_order(scenario: &Scenario) -> Checked {
    let mut model = Model::new(scenario.function, &scenario.options, scenario.start).unwrap();
    let mut all: Vec<Sent> = vec![];
    for (n, (step, _)) in scenario.steps.iter().enumerate() {
        let sent = play(&mut model, step);
        let checked = sent.iter().try_for_each(batch_is_whole);
        let checked = checked.and_then(|()| each_batch_has_its_own(scenario, step, &sent));
        checked.map_err(|wrong| format!("step {n}: {wrong}"))?;
        all.extend(sent);
    }
    let has_ended = matches!(scenario.steps.last(), Some((Step::End { .. }, _)));
    if has_ended {
        is(model.held_points() == 0, || format!("{} points still wait", model.held_points()))?;
        let flushes = scenario.options.contains(&options![flushOnStop(true)][0]);
        is(!flushes || model.open_tasks() == 0, || format!("{} tasks are open", model.open_tasks()))?;
    }
    if !is_left_in_a_batch(scenario) {
        all_is_counted(scenario, &model, &all)?;
    }
    moments_increase(scenario, &all)
}

fn is_left_in_a_batch(scenario: &Scenario) -> bool {
    let came = scenario.steps.iter().flat_map(|(step, _)| match step {
        Step::Burst { came, .. } => &came[..],
        _ => &[],
    });
    let begun = came.clone().filter(|came| matches!(came, Came::Begin(_))).count();
    let ended = came.filter(|came| matches!(came, Came::End(_))).count();
    begun > ended
}

/// What is sent is either a task's, and counted, or an original.
fn all_is_counted(scenario: &Scenario, model: &Model, all: &[Sent]) -> Checked {
    let told = model.counters().told();
    let out: u64 = told.iter().filter(|(name, _)| name.starts_with("out ")).map(|(_, count)| count).sum();
    let counted = |name: &str| told.get(name).copied().unwrap_or(0);
    let (originals, emitted) = (counted("passed"), counted("emitted"));
    let sent = all.iter().map(|sent| match sent {
        Sent::Batch(_) if scenario.function == Function::Session => 1,
        Sent::Batch(batch) => batch.points.len(),
        Sent::Point(_) => 1,
    });
    let sent = sent.sum::<usize>() as u64;
    is(sent == out + originals + emitted, || {
        format!("{sent} were sent, and counted are {out}, {originals} and {emitted}")
    })
}

fn batch_is_whole(sent: &Sent) -> Checked {
    let Sent::Batch(Batch { begin, points, end }) = sent else { return Ok(()) };
    is(usize::try_from(begin.size) == Ok(points.len()), || format!("{begin:?} of {}", points.len()))?;
    is(points.is_sorted_by_key(|point| point.time), || format!("not sorted: {points:?}"))?;
    let is_one = (&begin.name, &begin.group, &begin.tags, begin.by_name)
        == (&end.name, &end.group, &end.tags, end.by_name);
    is(is_one, || format!("{begin:?} and {end:?}"))?;
    let bare = |point: &Point| {
        let (time, tags) = (point.time, point.tags.clone());
        let Point { fields_bool, fields_double, fields_int, fields_string, .. } = point.clone();
        format!("{point:?}")
            == format!(
                "{:?}",
                Point {
                    time,
                    tags,
                    fields_bool,
                    fields_double,
                    fields_int,
                    fields_string,
                    ..Point::default()
                }
            )
    };
    is(points.iter().all(bare), || format!("more than a batch's points say: {points:?}"))
}

/// One batch comes out for each that comes in.
fn each_batch_has_its_own(scenario: &Scenario, step: &Step, sent: &[Sent]) -> Checked {
    let (Step::Burst { came, .. }, Function::BATCH) = (step, scenario.function) else { return Ok(()) };
    let Some(Came::End(end)) = came.last() else { return Ok(()) };
    match sent.last() {
        Some(Sent::Batch(batch)) => is((batch.end.tmax, &batch.end.group) == (end.tmax, &end.group), || {
            format!("{end:?} came, and {batch:?} was sent")
        }),
        other => Err(format!("{end:?} came, and {other:?} was sent")),
    }
}

/// What nodes behind need that do not take points back in time.
fn moments_increase(scenario: &Scenario, all: &[Sent]) -> Checked {
    let has = |call: &proto::Option| scenario.options.contains(call);
    // What the clock brings about inside a batch does not wait for what the batch's end will bring.
    let goes_on = scenario.function == Function::BATCH && has(&options![endOfBatch(false)][0]);
    // With the id of their tasks, points of two groups may be of one.
    let is_regrouped = has(&options![groupByTask(true)][0]);
    let passes = has(&options![passThrough(true)][0]);
    // What code emits has its event's time.
    let emits =
        ["code", "timeoutCode"].iter().any(|name| scenario.options.iter().any(|call| call.name == *name));
    if !has(&options![pointTime("emit")][0]) || passes || emits || goes_on || is_regrouped {
        return Ok(());
    }
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for sent in all {
        let times = match sent {
            Sent::Point(point) => vec![point.time],
            Sent::Batch(batch) if scenario.function == Function::Session => vec![batch.end.tmax],
            Sent::Batch(batch) => batch.points.iter().map(|point| point.time).collect(),
        };
        for time in times {
            let before = last.insert(sent.group(), time);
            is(before.is_none_or(|before| before < time || time == i64::MAX), || {
                format!("{before:?} was before {time}: {all:?}")
            })?;
        }
    }
    Ok(())
}

/// A generator that never gets somewhere tests nothing there.
#[test]
fn random_scenarios_get_everywhere() {
    let counted = [
        "cancelled",
        "emitted",
        "failed",
        "ignored",
        "late",
        "left_out",
        "no_id",
        "no_time",
        "not_restored",
        "orphans",
        "out end",
        "out evicted",
        "out flush",
        "out inactivity",
        "out max_events",
        "out max_list",
        "out previous",
        "out restart",
        "out stop",
        "out timeout",
        "rejected",
        "vanished inactivity",
        "vanished timeout",
    ];
    let names = ["session", "batches", "event time"]
        .into_iter()
        .flat_map(|what| counted.into_iter().map(move |name| format!("{what}: {name}")));
    let of_scripts = ["cancelled", "dropped", "emitted", "failed", "no_id", "passed"];
    let of_scripts = of_scripts.map(|name| format!("script: {name}"));
    let of_scripts = of_scripts.into_iter().chain(["script: vanished end".to_owned()]);
    let names = names.chain(of_scripts);
    let names = names.chain(["batches: out batch", "batches: vanished batch"].map(str::to_owned));
    let mut missing: BTreeSet<String> = names.collect();
    let mut runner = TestRunner::deterministic();
    for _ in 0..1_000 {
        if missing.is_empty() {
            return;
        }
        let scenario = any_scenario().new_tree(&mut runner).unwrap().current();
        let mut model = Model::new(scenario.function, &scenario.options, scenario.start).unwrap();
        scenario.steps.iter().for_each(|(step, _)| drop(play(&mut model, step)));
        let what = match scenario.function {
            Function::Session => "session",
            Function::Script => "script",
            function if function.wants() == Edge::Batch => "batches",
            _ if model.is_by_clock() => "clock",
            Function::Aggregate { .. } => "event time",
        };
        for name in model.counters().told().into_keys() {
            missing.remove(&format!("{what}: {name}"));
        }
    }
    panic!("{missing:?}");
}

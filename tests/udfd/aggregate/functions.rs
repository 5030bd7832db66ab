//! Which options a function has, and what is refused because of the function or the time it goes by.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto;

use super::driver;
use super::model::Model;
use super::scenario::{ns, options};

const BATCH: Function = Function::BATCH;
const SESSION: Function = Function::Session;
const STREAM: Function = Function::STREAM;
const TO_BATCHES: Function = Function::Aggregate { wants: Edge::Stream, provides: Edge::Batch };
const TO_STREAM: Function = Function::Aggregate { wants: Edge::Batch, provides: Edge::Stream };
const ALL: [Function; 5] = [STREAM, TO_BATCHES, TO_STREAM, BATCH, SESSION];

/// Options, and texts the error has in it.
type Refusal = (Function, Vec<proto::Option>, &'static [&'static str]);

fn not_a_session_s() -> Vec<Refusal> {
    const COMMON: &[&str] = &["session"];
    let options = [
        options![count("n")],
        options![sum("x", "o")],
        options![min("x", "o")],
        options![max("x", "o")],
        options![mean("x", "o")],
        options![stddev("x", "o")],
        options![first("x", "o")],
        options![last("x", "o")],
        options![countDistinct("x", "o")],
        options![count_distinct("x", "o")],
        options![distinct("x", "o")],
        options![percentile("x", 50.0, "o")],
        options![list("x", "o")],
        options![concat("x", ",", "o")],
        options![duration(ns(1), "o")],
        options![keep("x")],
        options![keep("*")],
        options![float("o")],
        options![passThrough(true)],
        options![passThrough(false)],
    ];
    options.map(|options| (SESSION, options, COMMON)).to_vec()
}

fn of_functions() -> Vec<Refusal> {
    vec![
        (STREAM, options![endOfBatch(true)], &["endOfBatch"]),
        (TO_BATCHES, options![endOfBatch(false)], &["endOfBatch"]),
        (SESSION, options![endOfBatch(true)], &["endOfBatch"]),
        (BATCH, options![groupByTask(false)], &["groupByTask"]),
        (BATCH, options![taskId("user"), groupByTask(true)], &["groupByTask"]),
        (BATCH, options![flushInterval(ns(10))], &["flushInterval", "10ns", "endOfBatch"]),
        (
            TO_STREAM,
            options![flushInterval(ns(10)), endOfBatch(true)],
            &["flushInterval", "10ns", "endOfBatch"],
        ),
        (SESSION, options![flushInterval(ns(10))], &["flushInterval", "10ns", "resetOnFlush"]),
        (SESSION, options![flushInterval(ns(10)), resetOnFlush(false)], &["flushInterval", "resetOnFlush"]),
        (SESSION, options![resetOnFlush(true)], &["resetOnFlush", "flushInterval"]),
        (SESSION, options![taskId("user"), reasonTag("user")], &["reasonTag", "user", "taskId"]),
        (SESSION, options![maxListSize(0)], &["maxListSize", "0"]),
    ]
}

fn of_times() -> Vec<Refusal> {
    let mut refused: Vec<Refusal> = vec![];
    for function in [STREAM, TO_BATCHES, SESSION] {
        refused.extend::<Vec<Refusal>>(vec![
            (function, options![maxDelay(ns(5))], &["maxDelay", "timeoutTimestampField"]),
            (function, options![maxDelay(ns(0))], &["maxDelay", "timeoutTimestampField"]),
            (function, options![timestampUnit(ns(1))], &["timestampUnit", "timeoutTimestampField"]),
        ]);
    }
    for function in ALL {
        let own = |name: &str| options![timeoutTimestampField(name), timestampUnit(ns(1_000))];
        let field = |more: Vec<proto::Option>| [options![timeoutTimestampField("ts")], more].concat();
        refused.extend::<Vec<Refusal>>(vec![
            (function, own("time"), &["timestampUnit", "time"]),
            (function, own("@timestamp"), &["timestampUnit", "time"]),
            (function, options![timeoutTimestampField("")], &["timeoutTimestampField"]),
            (function, field(options![timestampUnit(ns(0))]), &["timestampUnit", "0s"]),
            (function, field(options![timestampUnit(ns(-1))]), &["timestampUnit", "-1ns"]),
            (function, field(options![maxDelay(ns(-1))]), &["maxDelay", "-1ns"]),
            (function, field(options![timeout_timestamp_field("ts")]), &["timeoutTimestampField"]),
            (function, field(options![maxDelay(ns(1)), max_delay(ns(1))]), &["maxDelay", "max_delay"]),
            (function, field(options![maxDelay(1)]), &["maxDelay", "duration"]),
        ]);
    }
    for function in [BATCH, TO_STREAM] {
        refused.push((function, options![timestampUnit(ns(1))], &["timestampUnit", "timeoutTimestampField"]));
    }
    refused
}

/// Points that would overwrite each other in InfluxDB.
fn originals() -> Vec<Refusal> {
    let quiet = || options![passThrough(true), onOverflow("drop")];
    let with = |options: Vec<proto::Option>| [quiet(), options].concat();
    vec![
        (BATCH, with(options![emitOnEnd(true)]), &["passThrough", "reasonTag"]),
        (TO_STREAM, with(options![emitOnEnd(true)]), &["passThrough", "reasonTag"]),
        (TO_STREAM, with(options![emitOnEnd(true), timeoutTags("v")]), &["passThrough", "reasonTag"]),
        (BATCH, with(options![emitOnEnd(true), measurement("m")]), &["passThrough", "reasonTag"]),
        (TO_BATCHES, with(options![maxEvents(2)]), &["passThrough", "reasonTag"]),
    ]
}

#[test]
fn what_is_wrong_is_named() {
    model_refuses(not_a_session_s());
    model_refuses(of_functions());
    model_refuses(of_times());
    model_refuses(originals());
}

/// Until the handler does: then [`refuses`] is to be called.
fn model_refuses(refusals: Vec<Refusal>) {
    for (function, options, _) in refusals {
        let script = super::text::script(&options);
        assert!(Model::new(function, &options, 0).is_err(), "the model takes {script} for {function:?}");
    }
}

fn refuses(refusals: Vec<Refusal>) {
    let mut wrong = vec![];
    for (function, options, named) in refusals {
        let script = super::text::script(&options);
        let Some(refusal) = driver::refusal(function, &options) else {
            wrong.push(format!("not refused: {script} for {function:?}"));
            continue;
        };
        let missing = named.iter().filter(|text| !refusal.contains(**text));
        wrong.extend(missing.map(|text| format!("{text:?} is not in {refusal:?}, for {script}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_handler_names_it_too() {
    refuses([not_a_session_s(), of_functions(), of_times(), originals()].concat());
    for (function, options) in accepted() {
        assert_eq!(driver::refusal(function, &options), None, "{}", super::text::script(&options));
    }
}

#[test]
fn what_is_at_the_limit_is_taken() {
    for (function, options) in accepted() {
        assert_eq!(Model::new(function, &options, 0).err(), None, "{}", super::text::script(&options));
    }
}

fn accepted() -> Vec<(Function, Vec<proto::Option>)> {
    let mut accepted = vec![
        (BATCH, options![maxDelay(ns(5))]),
        (BATCH, options![endOfBatch(false), flushInterval(ns(10))]),
        (BATCH, options![end_of_batch(true), flushOnStop(true), pushPreviousMapAsEvent(true)]),
        (TO_STREAM, options![taskId("user"), groupByTask(true), maxDelay(ns(0))]),
        (TO_STREAM, options![passThrough(true), emitOnEnd(true), measurement("m")]),
        (BATCH, options![passThrough(true), onOverflow("drop")]),
        (BATCH, options![passThrough(true), emitOnEnd(true), reasonTag("why")]),
        (TO_BATCHES, options![taskId("user"), groupByTask(true), count("n"), keep("*")]),
        (SESSION, options![flushInterval(ns(10)), resetOnFlush(true)]),
        (SESSION, options![taskId("user"), groupByTask(true), mapAction("create"), endOfTask(true)]),
        (
            SESSION,
            options![timeoutTaskIdField("id"), tagOnTimeout("a", "b"), timeoutTags("c"), reasonTag("d")],
        ),
        (
            SESSION,
            options![maxListSize(1), maxEvents(1), maxTasks(1), maxBytes(1_000_000), onOverflow("drop")],
        ),
        (
            SESSION,
            options![emitOnEnd(false), flushOnStop(true), pushPreviousMapAsEvent(true), maxRestoreAge(ns(1))],
        ),
        (SESSION, options![measurement("m"), pointTime("emit"), timeoutFlushInterval(ns(1)), timeout(ns(5))]),
        (
            SESSION,
            options![inactivityTimeout(ns(1)), pushMapAsEventOnTimeout(false), mapCountWarningThreshold(0)],
        ),
    ];
    for function in ALL {
        accepted.extend([
            (function, options![]),
            (function, options![timeoutTimestampField("time"), maxDelay(ns(0))]),
            (function, options![timeoutTimestampField("@timestamp"), maxDelay(ns(5))]),
            (function, options![timeoutTimestampField("ts"), timestampUnit(ns(1)), maxDelay(ns(5))]),
            (function, options![timeout_timestamp_field("ts"), timestamp_unit(ns(1_000)), max_delay(ns(5))]),
        ]);
    }
    accepted
}

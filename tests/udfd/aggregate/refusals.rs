//! Options that are refused at Init, and what the error names: the option, the value, what is accepted.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;

use super::driver;
use super::model::Model;
use super::scenario::{ns, options};

/// Options, and texts the error has in it.
type Refusal = (Vec<proto::Option>, &'static [&'static str]);

const MINUTES_31: i64 = 31 * 60_000_000_000;

fn numbers() -> Vec<Refusal> {
    vec![
        (options![timeout(ns(0))], &["timeout", "0s"]),
        (options![timeout(ns(-1_000_000_000))], &["timeout", "-1s"]),
        (options![inactivityTimeout(ns(0))], &["inactivityTimeout", "0s"]),
        (options![inactivityTimeout(ns(MINUTES_31))], &["inactivityTimeout", "31m", "timeout", "30m"]),
        (options![timeout(ns(5)), inactivityTimeout(ns(6))], &["inactivityTimeout", "6ns", "timeout", "5ns"]),
        (options![maxEvents(0)], &["maxEvents", "0"]),
        (options![maxEvents(-3)], &["maxEvents", "-3"]),
        (options![maxTasks(0)], &["maxTasks", "0"]),
        (options![maxBytes(0)], &["maxBytes", "0"]),
        (options![maxListSize(0)], &["maxListSize", "0"]),
        (options![flushInterval(ns(0))], &["flushInterval", "0s"]),
        (options![timeoutFlushInterval(ns(-1))], &["timeoutFlushInterval", "-1ns"]),
        (options![maxRestoreAge(ns(0))], &["maxRestoreAge", "0s"]),
        (options![mapCountWarningThreshold(-1)], &["mapCountWarningThreshold", "-1"]),
        (options![duration(ns(0), "d")], &["duration", "0s"]),
        (options![percentile("x", -0.5, "p")], &["percentile", "-0.5", "0", "100"]),
        (options![percentile("x", 100.5, "p")], &["percentile", "100.5", "0", "100"]),
        (options![percentile("x", f64::NAN, "p")], &["percentile", "NaN", "0", "100"]),
    ]
}

fn words() -> Vec<Refusal> {
    vec![
        (
            options![mapAction("merge")],
            &["mapAction", "merge", "create_or_update", "create", "update", "endWhen"],
        ),
        (
            options![mapAction("update")],
            &[
                "mapAction",
                "update",
                "create_or_update",
                "nothing could ever create a task",
                "startWhen",
                "endWhen",
            ],
        ),
        (options![onOverflow("evit")], &["onOverflow", "evit", "evict", "drop", "reject"]),
        (options![pointTime("start")], &["pointTime", "start", "first", "last", "emit"]),
        (options![resetOnFlush(true)], &["resetOnFlush", "flushInterval"]),
        (options![nonsense(1)], &["nonsense", "taskId"]),
        (options![count("a", "b")], &["count", "2"]),
        (options![maxEvents("a")], &["maxEvents", "a", "int"]),
        (options![timeout(10)], &["timeout", "10", "duration"]),
        (options![percentile("x", "95", "p")], &["percentile", "95", "double"]),
    ]
}

/// What means nothing without a script, or is none.
fn scripts() -> Vec<Refusal> {
    vec![
        (options![mapAction("update"), code("1")], &["mapAction", "startWhen"]),
        (options![onError("drop")], &["onError", "drop", "code"]),
        (options![onError("drop"), endWhen("true")], &["onError", "drop", "timeoutCode"]),
        (options![onError("keep"), code("1")], &["onError", "keep", "tag, drop or stop"]),
        (options![maxTimeoutRetries(1), code("1")], &["maxTimeoutRetries", "1", "timeoutCode"]),
        (options![maxTimeoutRetries(-1), timeoutCode("1")], &["maxTimeoutRetries", "-1", "from 0"]),
        (options![code(" ")], &["code", "\" \"", "not empty"]),
        (options![endWhen("")], &["endWhen", "\"\"", "not empty"]),
        (options![code("1"), code("2")], &["code", "twice"]),
    ]
}

fn twice() -> Vec<Refusal> {
    vec![
        (options![taskId("a"), taskId("b")], &["taskId"]),
        (options![taskId("a"), taskIdField("b")], &["taskId", "taskIdField"]),
        (options![taskId("a"), task_id("a")], &["taskId", "task_id"]),
        (options![maxMapSize(1), max_key_size(2)], &["maxMapSize", "max_key_size"]),
        (options![passThrough(false), passThrough(false)], &["passThrough"]),
        (options![count("n"), sum("x", "n")], &["n"]),
        (options![count("n"), keep("n")], &["n"]),
        (options![keep("n"), keep("n")], &["keep", "n"]),
        (options![count("n"), timeoutTaskIdField("n")], &["timeoutTaskIdField", "n"]),
        (options![keep("n"), timeoutTaskIdField("n")], &["timeoutTaskIdField", "n"]),
        (options![count("n"), float("n"), float("n")], &["float", "n"]),
        (options![reasonTag("t"), tagOnTimeout("t", "v")], &["tagOnTimeout", "reasonTag", "t"]),
        (options![tagOnTimeout("t", "v"), tagOnTimeout("t", "w")], &["tagOnTimeout", "t"]),
        (options![reasonTag("tags"), timeoutTags("v")], &["reasonTag", "timeoutTags", "tags"]),
        (options![tagOnTimeout("tags", "v"), timeoutTags("v")], &["tagOnTimeout", "timeoutTags", "tags"]),
    ]
}

fn names() -> Vec<Refusal> {
    vec![
        (options![taskId("")], &["taskId"]),
        (options![taskId("%{user")], &["taskId", "%{user"]),
        (options![taskId("a%{}")], &["taskId", "a%{}"]),
        (options![taskId("%{a}%{b")], &["taskId", "%{a}%{b"]),
        (options![count("")], &["count"]),
        (options![sum("", "s")], &["sum"]),
        (options![sum("x", "")], &["sum"]),
        (options![duration(ns(1), "")], &["duration"]),
        (options![keep("")], &["keep"]),
        (options![reasonTag("")], &["reasonTag"]),
        (options![measurement("")], &["measurement"]),
        (options![timeoutTaskIdField("")], &["timeoutTaskIdField"]),
        (options![tagOnTimeout("", "v")], &["tagOnTimeout"]),
        (options![float("n")], &["float", "n"]),
        (options![keep("n"), float("n")], &["float", "n"]),
        (options![list("x", "l"), float("l")], &["float", "l"]),
        (options![distinct("x", "l"), float("l")], &["float", "l"]),
        (options![concat("x", ",", "l"), float("l")], &["float", "l"]),
        (options![taskId("user"), count("user")], &["count", "user", "taskId"]),
        (options![taskId("%{a}-%{b}"), sum("x", "b")], &["sum", "b", "taskId"]),
        (options![taskId("user"), timeoutTaskIdField("user")], &["timeoutTaskIdField", "user", "taskId"]),
        (options![taskId("user"), reasonTag("user")], &["reasonTag", "user", "taskId"]),
        (options![taskId("user"), tagOnTimeout("user", "v")], &["tagOnTimeout", "user", "taskId"]),
        (options![taskId("tags"), timeoutTags("v")], &["timeoutTags", "tags", "taskId"]),
    ]
}

/// What `InfluxDB` calls a point's time: as a field or tag of its own it drops the point.
fn time() -> Vec<Refusal> {
    vec![
        (options![count("time")], &["count", "\"time\""]),
        (options![sum("x", "time")], &["sum", "\"time\""]),
        (options![min("x", "time")], &["min", "\"time\""]),
        (options![max("x", "time")], &["max", "\"time\""]),
        (options![mean("x", "time")], &["mean", "\"time\""]),
        (options![stddev("x", "time")], &["stddev", "\"time\""]),
        (options![first("x", "time")], &["first", "\"time\""]),
        (options![last("x", "time")], &["last", "\"time\""]),
        (options![countDistinct("x", "time")], &["countDistinct", "\"time\""]),
        (options![distinct("x", "time")], &["distinct", "\"time\""]),
        (options![percentile("x", 50.0, "time")], &["percentile", "\"time\""]),
        (options![list("x", "time")], &["list", "\"time\""]),
        (options![concat("x", ",", "time")], &["concat", "\"time\""]),
        (options![duration(ns(1), "time")], &["duration", "\"time\""]),
        (options![keep("time")], &["keep", "\"time\""]),
        (options![keep("*"), keep("time")], &["keep", "\"time\""]),
        (options![timeoutTaskIdField("time")], &["timeoutTaskIdField", "\"time\""]),
        (options![reasonTag("time")], &["reasonTag", "\"time\""]),
        (options![tagOnTimeout("time", "v")], &["tagOnTimeout", "\"time\""]),
    ]
}

/// Points that would overwrite each other in InfluxDB.
fn originals() -> Vec<Refusal> {
    const NAMED: &[&str] = &["passThrough", "measurement", "reasonTag"];
    let quiet = || options![passThrough(true), onOverflow("drop")];
    let with = |options: Vec<proto::Option>| ([quiet(), options].concat(), NAMED);
    vec![
        (options![passThrough(true)], NAMED),
        with(options![pushMapAsEventOnTimeout(true)]),
        with(options![emitOnEnd(true), endOfTask(true)]),
        with(options![emitOnEnd(true), endOfTask(true), timeoutTags("v")]),
        with(options![pushPreviousMapAsEvent(true)]),
        with(options![maxEvents(2)]),
        with(options![flushInterval(ns(10))]),
        with(options![flushInterval(ns(10)), tagOnTimeout("k", "v")]),
        with(options![flushOnStop(true)]),
        with(options![list("x", "l")]),
        with(options![concat("x", ",", "l")]),
        with(options![distinct("x", "l")]),
        with(options![first("x", "l")]),
        with(options![last("x", "l")]),
        with(options![keep("x")]),
        with(options![code("1")]),
        with(options![emitOnEnd(true), endWhen("true")]),
        with(options![emitOnEnd(true), startWhen("true"), tagOnTimeout("k", "v")]),
    ]
}

fn check(refusals: Vec<Refusal>) {
    let mut wrong = vec![];
    for (options, named) in refusals {
        let script = super::text::script(&options);
        assert!(Model::new(Function::STREAM, &options, 0).is_err(), "the model takes {script}");
        let refusal =
            driver::refusal(Function::STREAM, &options).unwrap_or_else(|| panic!("not refused: {script}"));
        let missing = named.iter().filter(|text| !refusal.contains(**text));
        wrong.extend(missing.map(|text| format!("{text:?} is not in {refusal:?}, for {script}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_is_named() {
    check(numbers());
    check(words());
    check(scripts());
    check(twice());
    check(names());
    check(time());
    check(originals());
}

#[test]
fn what_is_at_the_limit_is_taken() {
    let quiet = || options![passThrough(true), onOverflow("reject")];
    let with = |options: Vec<proto::Option>| [quiet(), options].concat();
    let accepted = [
        options![],
        options![timeoutFlushInterval(ns(0)), mapCountWarningThreshold(0), maxEvents(1), maxTasks(1)],
        options![timeout(ns(5)), inactivityTimeout(ns(5))],
        options![percentile("x", 0.0, "a"), percentile("x", 100.0, "b"), percentile("x", 95, "c")],
        options![resetOnFlush(false)],
        options![concat("x", "", "c")],
        options![taskId("user"), keep("user")],
        options![taskId("user}")],
        options![keep("*"), count("n")],
        options![reasonTag("n"), count("n")],
        options![tagOnTimeout("tags", "v")],
        options![sum("x", "s"), float("s")],
        options![sum("time", "s"), measurement("time"), tagOnTimeout("k", "time"), count("Time")],
        quiet(),
        with(options![sum("x", "s"), emitOnEnd(true)]),
        with(options![endOfTask(true)]),
        with(options![maxEvents(1), keep("x"), tagOnTimeout("k", "v")]),
        with(options![pushMapAsEventOnTimeout(true), timeoutTags("v")]),
        options![passThrough(true), reasonTag("why")],
        with(options![endWhen("true"), startWhen("true")]),
        with(options![code("1"), timeoutTags("v")]),
        options![mapAction("update"), startWhen("true")],
        options![timeoutCode("1"), maxTimeoutRetries(0), onError("stop")],
        options![passThrough(true), measurement("m")],
        options![passThrough(true), timeoutTags("v")],
    ];
    for options in accepted {
        let script = super::text::script(&options);
        assert_eq!(Model::new(Function::STREAM, &options, 0).err(), None, "{script}");
        assert_eq!(driver::refusal(Function::STREAM, &options), None, "{script}");
    }
}

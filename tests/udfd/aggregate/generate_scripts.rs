//! Random scripts and conditions: few names, so that what one line leaves the next one meets.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::generate::Calls;
use super::scenario::{ns, options};

/// Of values that are no numbers there is no sum: strings would be joined.
const STATEMENTS: &[&str] = &[
    "map.n += 1",
    "map.n += 1",
    "if event.x < 1000000 { map.s += event.x }",
    "if event.x > -1000 && event.x < 1000 { map.l = (map.l ?? []) + [event.x] }",
    "map.o1 = event.x",
    "map.last = event.x",
    "map.deep = #{a: task.count, b: #{c: event.region}}",
    "if map.deep != () { map.deep.a = 7; map.deep.b.d += 1 }",
    "map.region = task.count",
    "map.u = event.user",
    "map.n = ()",
    "map.clear()",
    "map.t = task.timeout; map.i = task.inactivity_timeout",
    "map.since = task.last - task.created",
    "map.r = task.restored; map.id = task.id",
    "event.y = event.x",
    "event.y = event.x ?? 1",
    "event.x = 1",
    "event.x = ()",
    "event.x = -event.x",
    "event.z = task.count",
    "event.n = map.n",
    r#"event.tags.kind = "k""#,
    "event.tags.region = ()",
    r#"event.tags.user = "a""#,
    r#"event.tags.host = "b""#,
    "event.cancel()",
    "task.end()",
    "task.timeout = 0",
    "task.inactivity_timeout = 0.0",
    "task.timeout = 0.000000004",
    "task.timeout = 0.00000002; task.inactivity_timeout = 0.000000008",
    "task.inactivity_timeout = 0.000000003",
    "emit(#{e: event.x})",
    "emit(#{e: task.count, region: 1, deep: #{n: map.n}})",
    "emit(event)",
    "emit(map)",
    "oops()",
];

const IFS: &[&str] = &[
    "event.x > 0",
    "event.x <= 1.0",
    "event.x == event.y",
    r#"event.x == "s""#,
    r#"event.user == "a""#,
    r#"event.region != "eu""#,
    r#""y" in event"#,
    "event.time > 1",
    "event.x",
];

const IFS_OF_TASKS: &[&str] = &[
    "task.count == 2",
    "task.count > 1",
    "map.n > 1",
    "map.n == 1",
    "task.restored",
    "event.z == 2",
    "map.n * 2 > 3",
];

const AT_TIMEOUTS: &[&str] = &[
    "event.r = task.reason",
    "event.o1 = ()",
    "event.count = ()",
    "event.x = event.o1",
    "event.n2 = map.n",
    "event.c = task.count; event.at = event.time",
    r#"event.o2 = "s""#,
    "event.o1 = 0.5",
    r#"event.tags.kind = "k""#,
    r#"event.tags.user = "u""#,
    r#"event.tags.host = "b""#,
    "event.cancel()",
    "emit(#{e: task.count})",
    "emit(event)",
    "oops()",
    "oops()",
    "map.n = 1",
];

/// The value of an emitted point or of a map is now of this type and now of that.
const RESTLESS: &[&str] = &["emit(event)", "emit(map)", "0.5", r#""s""#, "event.o1"];

/// Whether each name that a script sets has values of one type, if those of events have.
pub fn is_calm(script: &str) -> bool {
    !RESTLESS.iter().any(|restless| script.contains(restless))
}

pub fn code() -> impl Strategy<Value = String> {
    lines(STATEMENTS, 5)
}

fn timeout_code() -> impl Strategy<Value = String> {
    lines(AT_TIMEOUTS, 3)
}

fn lines(statements: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let line = (select(statements), proptest::option::weighted(0.5, condition()));
    let line = line.prop_map(|(statement, condition)| match condition {
        Some(condition) => format!("if {condition} {{ {statement} }}"),
        None => format!("{statement};"),
    });
    vec(line, 1..=most).prop_map(|lines| lines.join("\n"))
}

/// Of an event and its task.
fn condition() -> impl Strategy<Value = &'static str> {
    prop_oneof![select(IFS), select(IFS_OF_TASKS)]
}

/// One option of scripts, or some that make sense together.
pub fn script_calls() -> impl Strategy<Value = Calls> {
    let action = select(&["create", "create_or_update", "update"][..]);
    let word = || select(&["tag", "drop"][..]);
    prop_oneof![
        6 => code().prop_map(|code| options![code(&*code)]),
        2 => (code(), word()).prop_map(|(code, word)| options![code(&*code), onError(word)]),
        2 => select(IFS).prop_map(|condition| options![startWhen(condition)]),
        2 => (select(IFS), action).prop_map(|(condition, action)| {
            options![startWhen(condition), mapAction(action)]
        }),
        3 => condition().prop_map(|condition| options![endWhen(condition)]),
        2 => timeout_code().prop_map(|code| options![timeoutCode(&*code)]),
        2 => (timeout_code(), 0..3i64, word()).prop_map(|(code, retries, word)| {
            options![timeoutCode(&*code), maxTimeoutRetries(retries), onError(word)]
        }),
        1 => (1..3i64, 1..3i64).prop_map(|(retries, max)| {
            options![timeoutCode("oops()"), maxTimeoutRetries(retries), maxTasks(max), timeout(ns(9))]
        }),
        1 => wrong(),
    ]
}

/// What is refused, alone or always.
fn wrong() -> impl Strategy<Value = Calls> {
    prop_oneof![
        select(&["", "  ", "event.x = = 1", "map.n += 1 map.n += 1", "if event.x { ", "\"open"][..])
            .prop_map(|code| options![code(code)]),
        select(&["", "event.x >", "task.count == 2", "map.n == 1", "event.x == 1)"][..])
            .prop_map(|condition| options![startWhen(condition)]),
        select(&["tag", "ignore", ""][..]).prop_map(|word| options![onError(word)]),
        (-1..2i64).prop_map(|retries| options![maxTimeoutRetries(retries)]),
    ]
}

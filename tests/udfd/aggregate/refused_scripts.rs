//! Scripts and conditions that are refused at Init, and what the error shows: where, the line with a caret, what
//! would mend it.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;

use super::driver;
use super::model::Model;
use super::scenario::options;

/// Options, and texts the error has in it.
type Refusal = (Function, Vec<proto::Option>, &'static [&'static str]);

const STREAM: Function = Function::STREAM;
const SESSION: Function = Function::Session;
const SCRIPT: Function = Function::Script;

fn options_of_scripts() -> Vec<Refusal> {
    vec![
        (
            STREAM,
            options![code("map.n += 1"), onError("ignore")],
            &["onError", "ignore", "tag", "drop", "stop"],
        ),
        (STREAM, options![onError("tag")], &["onError", "code", "timeoutCode"]),
        (STREAM, options![endWhen("event.x"), onError("tag")], &["onError", "code"]),
        (STREAM, options![code("map.n += 1"), code("map.n += 1")], &["code"]),
        (
            STREAM,
            options![timeoutCode("event.x = 1"), timeout_code("event.x = 1")],
            &["timeoutCode", "timeout_code"],
        ),
        (STREAM, options![startWhen("event.x"), start_when("event.x")], &["startWhen", "start_when"]),
        (STREAM, options![endWhen("event.x"), end_when("event.x")], &["endWhen", "end_when"]),
        (STREAM, options![code("")], &["code"]),
        (STREAM, options![code(" \n\t")], &["code"]),
        (STREAM, options![timeoutCode("")], &["timeoutCode"]),
        (STREAM, options![startWhen("")], &["startWhen"]),
        (STREAM, options![endWhen("  ")], &["endWhen"]),
        (STREAM, options![code(5)], &["code", "5", "string"]),
        (STREAM, options![mapAction("update")], &["mapAction", "update", "startWhen", "endWhen"]),
        (STREAM, options![maxTimeoutRetries(1)], &["maxTimeoutRetries", "timeoutCode"]),
        (STREAM, options![timeoutCode("event.x = 1"), maxTimeoutRetries(-1)], &["maxTimeoutRetries", "-1"]),
        (STREAM, options![startWhen("map.n > 1")], &["startWhen", "map"]),
        (STREAM, options![startWhen("task.count > 1")], &["startWhen", "task"]),
        (STREAM, options![code("map.n += 1"), passThrough(true)], &["passThrough", "reasonTag"]),
        (SESSION, options![timeoutCode("event.x = 1")], &["timeoutCode", "session"]),
        (SESSION, options![maxTimeoutRetries(1)], &["maxTimeoutRetries", "session"]),
        (SESSION, options![startWhen("map.n > 1")], &["startWhen", "map"]),
        (SCRIPT, options![], &["code", "@script()"]),
        (SCRIPT, options![taskId("user")], &["code", "@script()"]),
        (SCRIPT, options![code("map.n += 1"), timeoutCode("event.x = 1")], &["timeoutCode"]),
        (SCRIPT, options![code("map.n += 1"), startWhen("event.x")], &["startWhen"]),
        (SCRIPT, options![code("map.n += 1"), endWhen("event.x")], &["endWhen"]),
        (SCRIPT, options![code("map.n += 1"), count("n")], &["count"]),
        (SCRIPT, options![code("map.n += 1"), passThrough(true)], &["passThrough"]),
        (SCRIPT, options![code("map.n += 1"), maxTasks(0)], &["maxTasks", "0"]),
    ]
}

/// Each with where the error is.
fn sources() -> Vec<Refusal> {
    vec![
        (STREAM, options![code("event.x = = 1")], &["code:1:", "event.x = = 1", "^"]),
        (STREAM, options![code("map.n += 1;\nmap.m += ")], &["code:2:", "map.m += ", "^"]),
        (STREAM, options![code("map.n += 1\nmap.m += 1")], &["code:2:", "map.m += 1", "^", ";"]),
        (STREAM, options![code("if event.x { map.n += 1")], &["code:1:", "^"]),
        (STREAM, options![timeoutCode("event.x = \"open")], &["timeoutCode:1:", "^"]),
        (STREAM, options![startWhen("event.x >")], &["startWhen:1:", "event.x >", "^"]),
        (STREAM, options![endWhen("event.x == 1)")], &["endWhen:1:", "^"]),
        (SESSION, options![code("event.x = = 1")], &["code:1:", "^"]),
        (SCRIPT, options![code("event.x = = 1")], &["code:1:", "^"]),
        (STREAM, options![end_when("event.x >")], &["end_when:1:", "^"]),
    ]
}

/// What the language takes, and nobody can mean: the model does not look so far.
fn names() -> Vec<Refusal> {
    vec![
        (STREAM, options![code("map.n += evnt.x")], &["code:1:", "evnt", "^"]),
        (STREAM, options![code("map = #{}")], &["code:1:", "map", "^"]),
        (STREAM, options![code("let map = 1")], &["code:1:", "map", "^"]),
        (STREAM, options![code("event = 1")], &["code:1:", "event", "^"]),
        (STREAM, options![code("task = 1")], &["code:1:", "task", "^"]),
        (STREAM, options![code("eval(\"1\")")], &["code:1:", "eval", "^"]),
    ]
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
fn what_is_wrong_is_named() {
    refuses(options_of_scripts());
}

#[test]
fn where_it_is_is_shown() {
    refuses(sources());
    refuses(names());
}

#[test]
fn the_model_refuses_it_too() {
    for (function, options, _) in [options_of_scripts(), sources()].concat() {
        let script = super::text::script(&options);
        assert!(Model::new(function, &options, 0).is_err(), "the model takes {script} for {function:?}");
    }
}

#[test]
fn what_is_in_order_is_taken() {
    let code = || options![code("map.n += 1")];
    let with = |more: Vec<proto::Option>| [code(), more].concat();
    let accepted = [
        (STREAM, with(options![onError("stop")])),
        (STREAM, with(options![onError("drop"), timeoutCode("event.x = 1"), maxTimeoutRetries(0)])),
        (STREAM, options![timeoutCode("event.x = 1"), onError("tag"), max_timeout_retries(3)]),
        (STREAM, options![startWhen("event.x"), mapAction("update"), endWhen("map.n > task.count")]),
        (STREAM, with(options![passThrough(true), reasonTag("why")])),
        (STREAM, options![endWhen("event.x"), passThrough(true), onOverflow("drop")]),
        (Function::BATCH, with(options![startWhen("event.x"), end_when("event.y")])),
        (SESSION, with(options![startWhen("event.x"), endWhen("task.count > 3"), onError("drop")])),
        (SESSION, options![startWhen("event.x"), mapAction("create")]),
        (SCRIPT, code()),
        (SCRIPT, with(options![taskId("user"), maxTasks(1), maxBytes(1_000_000), onError("stop")])),
        (SCRIPT, with(options![mapCountWarningThreshold(0)])),
    ];
    for (function, options) in accepted {
        let script = super::text::script(&options);
        assert_eq!(Model::new(function, &options, 0).err(), None, "{script}");
        assert_eq!(driver::refusal(function, &options), None, "{script}");
    }
}

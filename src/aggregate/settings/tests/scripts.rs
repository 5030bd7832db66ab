//! Scripts and conditions: where they may be, what needs one, and the settings of `@script()`.

use super::super::*;
use super::{EACH, Nanos, SECOND, Written, call, refused, refused_of, script, settings, settings_of};
use crate::proto;

fn text(option: &str, text: &str) -> ScriptText {
    ScriptText { option: option.to_owned(), text: text.to_owned() }
}

#[test]
fn scripts_are_kept_as_they_were_given() {
    for function in EACH {
        let script = script!(code(" a ") startWhen("b") end_when("c") onError("drop") mapAction("update"));
        let settings = settings_of(function, &script);
        assert_eq!(settings.code, Some(text("code", " a ")));
        let conditions = (Some(text("startWhen", "b")), Some(text("end_when", "c")));
        assert_eq!((settings.start_when, settings.end_when), conditions);
        assert_eq!((settings.on_error, settings.map_action), (OnError::Drop, MapAction::Update));
    }
    let settings = settings(&script!(timeout_code("x") maxTimeoutRetries(3) on_error("stop")));
    assert_eq!((settings.timeout_code, settings.max_timeout_retries), (Some(text("timeout_code", "x")), 3));
    assert_eq!((settings.code, settings.on_error), (None, OnError::Stop));
}

#[test]
fn a_script_says_something_and_is_given_once() {
    for name in ["code", "timeout_code"] {
        for empty in ["", " \n\t"] {
            let script = proto::InitRequest { options: vec![call(name, vec![empty.value()])], ..script!() };
            let words =
                format!("option {name}: script is the string {empty:?}; accepted is one that is not empty");
            refused(&script, &words);
        }
    }
    for name in ["startWhen", "end_when"] {
        let script = proto::InitRequest { options: vec![call(name, vec![" ".value()])], ..script!() };
        let words =
            format!("option {name}: condition is the string \" \"; accepted is one that is not empty");
        refused(&script, &words);
    }
    refused(&script!(code("1") code("2")), "option code is given twice; give it once");
    refused(
        &script!(endWhen("1") end_when("2")),
        "option end_when is given twice, before as endWhen; give it once",
    );
    refused(&script!(code(1)), "option code: script is the int 1; accepted is string");
}

#[test]
fn what_means_nothing_without_a_script_is_refused() {
    let retries = "option maxTimeoutRetries: the int 0 means nothing without timeoutCode; give that too, or leave it \
                   out";
    refused(&script!(maxTimeoutRetries(0)), retries);
    refused(&script!(code("1") maxTimeoutRetries(0)), retries);
    refused(
        &script!(timeoutCode("1") maxTimeoutRetries(-1)),
        "option maxTimeoutRetries: retries is the int -1; accepted is an int from 0",
    );
    for function in EACH {
        let needs = if function == Function::Session { "code" } else { "code or timeoutCode" };
        let words = format!(
            "option on_error: the string \"tag\" means nothing without a script that can fail; give {needs} too, or \
             leave it out"
        );
        refused_of(function, &script!(on_error("tag")), &words);
        refused_of(function, &script!(on_error("tag") endWhen("1") startWhen("1")), &words);
        assert_eq!(settings_of(function, &script!(on_error("tag") code("1"))).on_error, OnError::Tag);
    }
    refused(
        &script!(onError("log") code("1")),
        "option onError: action is the string \"log\"; accepted is tag, drop or stop",
    );
}

#[test]
fn update_needs_an_event_that_creates() {
    let words = "option mapAction: with \"update\" nothing could ever create a task; say with startWhen which event \
                 does (and with endWhen which one ends it), or use create_or_update or create";
    for function in EACH {
        refused_of(function, &script!(mapAction("update")), words);
        refused_of(function, &script!(mapAction("update") endWhen("1") code("1")), words);
        let script = script!(startWhen("1") mapAction("create"));
        assert_eq!(settings_of(function, &script).map_action, MapAction::Create);
    }
}

#[test]
fn a_map_can_grow_and_a_condition_can_t() {
    assert!(settings(&script!(code("1"))).can_grow());
    assert!(!settings(&script!(endWhen("1") timeoutCode("1"))).can_grow());
}

/// Where code can end a task, `emitOnEnd` brings its point out beside the originals.
#[test]
fn originals_are_told_apart_from_what_scripts_end() {
    let check = |script: proto::InitRequest, causes: &str, remedies: &str| {
        let words = format!(
            "option passThrough: the tasks' points, which come out by {causes}, could overwrite the originals in \
             InfluxDB; give them a name or tag of their own with {remedies}"
        );
        refused(&script, &words);
    };
    let (plain, tagged) = ("measurement or reasonTag", "measurement, reasonTag or tagOnTimeout");
    check(script!(passThrough(true) onOverflow("drop") emitOnEnd(true) endWhen("1")), "emitOnEnd", plain);
    check(
        script!(passThrough(true) onOverflow("drop") emitOnEnd(true) code("1")),
        "emitOnEnd, maxListSize",
        plain,
    );
    let restart =
        script!(passThrough(true) onOverflow("drop") emitOnEnd(true) startWhen("1") tagOnTimeout("a", "b"));
    check(restart, "emitOnEnd", plain);
    // A map that grows too large ends its task.
    check(script!(passThrough(true) onOverflow("drop") code("1")), "maxListSize", tagged);
    for script in [
        script!(passThrough(true) onOverflow("drop") endWhen("1") startWhen("1")),
        script!(passThrough(true) onOverflow("drop") emitOnEnd(true) startWhen("1") mapAction("create")),
        script!(passThrough(true) onOverflow("drop") timeoutTags("a") code("1")),
        script!(passThrough(true) reasonTag("why") code("emit(event)") emitOnEnd(true)),
    ] {
        assert!(settings(&script).pass_through);
    }
}

#[test]
fn a_script_s_points_go_on_and_its_maps_stay() {
    let check = |script, change: fn(&mut Settings)| {
        let mut expected = Settings {
            function: Function::Script,
            code: Some(text("code", "1")),
            timeout: i64::MAX,
            on_overflow: OnOverflow::Drop,
            push_on_timeout: false,
            emit_on_end: false,
            pass_through: true,
            ..settings(&script!())
        };
        change(&mut expected);
        assert_eq!(settings_of(Function::Script, &script), expected);
    };
    check(script!(code("1")), |_| {});
    check(script!(code("1") task_id("a")), |s| s.task_id = Template::parse("a").ok());
    check(script!(code("1") timeout(Nanos(5))), |s| s.timeout = 5);
    check(script!(code("1") inactivityTimeout(Nanos(i64::MAX))), |s| s.inactivity_timeout = Some(i64::MAX));
    check(script!(maxMapSize(7) code("1") maxBytes(8)), |s| (s.max_tasks, s.max_bytes) = (7, 8));
    check(script!(code("1") onError("stop")), |s| s.on_error = OnError::Stop);
    check(script!(code("1") maxRestoreAge(Nanos(3))), |s| s.max_restore_age = Some(3));
    check(script!(code("1") mapCountWarningThreshold(0)), |s| s.warning_threshold = 0);
    refused_of(
        Function::Script,
        &script!(code("1") timeout(Nanos(SECOND)) inactivityTimeout(Nanos(2 * SECOND))),
        "option inactivityTimeout: 2s is longer than the timeout of 1s; lower it or raise timeout",
    );
}

#[test]
fn script_needs_code() {
    let words = "option code: @script() needs it, and it is not given; accepted is a script for every point, such as \
                 .code('''event.total = event.price * event.count''')";
    refused_of(Function::Script, &script!(), words);
    refused_of(Function::Script, &script!(taskId("a") onError("stop")), words);
}

#[test]
fn script_says_what_to_do_instead() {
    let check = |script: proto::InitRequest, words: &str| {
        let option = &script.options[0].name;
        refused_of(Function::Script, &script, &format!("option {option}: {words}"));
    };
    let gather = "points go on one by one and none are gathered; use @aggregate() for one point of many";
    for script in [
        script!(sum("a", "b")),
        script!(count("n")),
        script!(keep("*")),
        script!(flushInterval(Nanos(1))),
        script!(push_map_as_event_on_timeout(true)),
        script!(emitOnEnd(true)),
        script!(tagOnTimeout("a", "b")),
    ] {
        check(script, gather);
    }
    let over = "a map that is over is forgotten, and no point comes of it; use @aggregate() for one";
    check(script!(timeoutCode("1")), over);
    check(script!(maxTimeoutRetries(1)), over);
    let some = "the script runs on every point; put an if around what is for some of them only";
    check(script!(start_when("1")), some);
    check(script!(mapAction("create")), some);
    let end = "the script runs on every point; task.end() in it forgets the map, and task.count is the number of points";
    check(script!(endWhen("1")), end);
    check(script!(maxEvents(1)), end);
    check(script!(endOfTask(true)), end);
    check(script!(onOverflow("drop")), "at maxTasks and maxBytes the oldest map is forgotten; leave it out");
    check(
        script!(passThrough(true)),
        "every point goes on but those of which the script says event.cancel(); leave it out",
    );
    check(
        script!(groupByTask(true)),
        "points stay in their group; group behind the node, such as with |groupBy('tag')",
    );
    check(
        script!(timeoutTimestampField("time")),
        "maps are forgotten by the clock; compare event.time with what the map holds, or use @aggregate()",
    );
    check(script!(endOfBatch(true)), "no batch comes in; use @aggregateBatch() for batches");
    check(
        script!(measurement("m")),
        "points go on with their own measurement, tags and time; event.tags.x = 'y' is for more tags",
    );
    let unknown = Settings::new(Function::Script, &script!(cod("x"))).unwrap_err().to_string();
    let words = "unknown option cod; did you mean code? accepted are taskId, code, onError, timeout, ";
    assert!(unknown.starts_with(words), "{unknown}");
}

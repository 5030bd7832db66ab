//! In which words a script's calls are refused.

use super::super::*;
use super::{Nanos, SECOND, Written, call, refused, script, settings};
use crate::proto;
use crate::proto::option_value::Value;

#[test]
fn what_can_t_be_meant_is_refused() {
    let unknown = Settings::new(Function::STREAM, &script!(keeep("x"))).unwrap_err().to_string();
    let words = "unknown option keeep; did you mean keep? accepted are taskId, groupByTask, count, sum, ";
    assert!(unknown.starts_with(words), "{unknown}");
    refused(&script!(timeout("10m")), "option timeout: time is the string \"10m\"; accepted is duration");
    refused(
        &script!(maxMapSize(1) max_tasks(1)),
        "option max_tasks is given twice, before as maxMapSize; give it once",
    );
    refused(
        &script!(inactivityTimeout(Nanos(3_600 * SECOND))),
        "option inactivityTimeout: 1h is longer than the timeout of 30m; lower it or raise timeout",
    );
    refused(
        &script!(timeout(Nanos(1)) inactivity_timeout(Nanos(2))),
        "option inactivity_timeout: 2ns is longer than the timeout of 1ns; lower it or raise timeout",
    );
    refused(
        &script!(map_action("end")),
        "option map_action: action is the string \"end\"; accepted is create_or_update, create or update; \
         which event ends a task is said with endWhen",
    );
    refused(
        &script!(onOverflow("Evict")),
        "option onOverflow: action is the string \"Evict\"; accepted is evict, drop or reject",
    );
    refused(
        &script!(pointTime("")),
        "option pointTime: which is the string \"\"; accepted is first, last or emit",
    );
    refused(
        &script!(resetOnFlush(true)),
        "option resetOnFlush: TRUE means nothing without a flush; give flushInterval too",
    );
    for (text, why) in
        [("", "it is empty"), ("%{a", "%{ is not followed by }"), ("%{}", "%{} has no name in it")]
    {
        refused(
            &script!(taskId(text)),
            &format!(
                "option taskId: {text:?} is no template, since {why}; accepted is the name of a tag or field, \
                 or a template such as '%{{host}}-%{{session}}'"
            ),
        );
    }
}

#[test]
fn numbers_have_their_ranges() {
    let over_0 = "a duration over 0s";
    for option in ["timeout", "inactivityTimeout", "flushInterval", "maxRestoreAge"] {
        for (nanos, word) in [(0, "0s"), (-SECOND, "-1s")] {
            let value = Value::DurationValue(nanos);
            let which = if option == "maxRestoreAge" { "age" } else { "time" };
            let script = proto::InitRequest { options: vec![call(option, vec![value])], ..script!() };
            refused(
                &script,
                &format!("option {option}: {which} is the duration {word}; accepted is {over_0}"),
            );
        }
    }
    refused(
        &script!(timeoutFlushInterval(Nanos(-1))),
        "option timeoutFlushInterval: time is the duration -1ns; accepted is a duration from 0s",
    );
    refused(
        &script!(duration(Nanos(0), "d")),
        "option duration: unit is the duration 0s; accepted is a duration over 0s",
    );
    refused(&script!(maxEvents(0)), "option maxEvents: events is the int 0; accepted is an int from 1");
    refused(&script!(maxTasks(-1)), "option maxTasks: tasks is the int -1; accepted is an int from 1");
    refused(&script!(maxBytes(0)), "option maxBytes: bytes is the int 0; accepted is an int from 1");
    refused(&script!(maxListSize(0)), "option maxListSize: values is the int 0; accepted is an int from 1");
    refused(
        &script!(mapCountWarningThreshold(-1)),
        "option mapCountWarningThreshold: tasks is the int -1; accepted is an int from 0",
    );
    for (p, word) in [(-0.1, "-0.1"), (100.1, "100.1"), (f64::NAN, "NaN")] {
        let words =
            format!("option percentile: p is the double {word}; accepted is a double from 0.0 to 100.0");
        refused(&script!(percentile("f", p, "p")), &words);
    }
}

#[test]
fn names_say_something() {
    let check = |script: proto::InitRequest, argument| {
        let option = &script.options[0].name;
        let words =
            format!("option {option}: {argument} is the string \"\"; accepted is one that is not empty");
        refused(&script, &words);
    };
    check(script!(count("")), "as");
    check(script!(sum("", "x")), "field");
    check(script!(sum("x", "")), "as");
    check(script!(concat("", "", "x")), "field");
    check(script!(percentile("x", 5.0, "")), "as");
    check(script!(duration(Nanos(1), "")), "as");
    check(script!(keep("")), "name");
    check(script!(float("")), "as");
    check(script!(timeoutTaskIdField("")), "field");
    check(script!(tagOnTimeout("", "x")), "key");
    check(script!(tagOnTimeout("x", "")), "value");
    check(script!(timeoutTags("")), "tag");
    check(script!(reasonTag("")), "key");
    check(script!(measurement("")), "name");
    check(script!(timeoutTimestampField("")), "field");
}

#[test]
fn names_are_given_once() {
    let check = |script: proto::InitRequest, second, what, name, first| {
        let words = format!(
            "option {second}: the {what} {name:?} is given by option {first} already; choose another name"
        );
        refused(&script, &words);
    };
    check(script!(sum("a", "x") sum("b", "x")), "sum", "field", "x", "sum");
    check(script!(count("x") count_distinct("b", "x")), "count_distinct", "field", "x", "count");
    check(script!(count("x") keep("x")), "keep", "field", "x", "count");
    check(script!(keep("x") keep("x")), "keep", "field", "x", "keep");
    check(script!(taskId("x") keep("x") keep("x")), "keep", "field", "x", "keep");
    check(script!(timeoutTaskIdField("x") count("x")), "count", "field", "x", "timeoutTaskIdField");
    check(script!(reasonTag("x") tagOnTimeout("x", "1")), "tagOnTimeout", "tag", "x", "reasonTag");
    check(script!(tagOnTimeout("x", "1") tagOnTimeout("x", "1")), "tagOnTimeout", "tag", "x", "tagOnTimeout");
    check(script!(timeoutTags("a") reasonTag("tags")), "reasonTag", "tag", "tags", "timeoutTags");
    check(script!(reasonTag("tags") timeout_tags("a")), "timeout_tags", "tag", "tags", "reasonTag");
}

#[test]
fn the_id_s_names_are_the_id_s() {
    let check = |option, script: proto::InitRequest| {
        let words = format!(
            "option {option}: \"x\" is what taskId names, which is on its points anyway; choose another name"
        );
        refused(&script, &words);
    };
    check("sum", script!(sum("a", "x") taskId("x")));
    check("timeoutTaskIdField", script!(taskId("%{y}%{x}") timeoutTaskIdField("x")));
    check("reasonTag", script!(taskId("x") reasonTag("x")));
    check("tagOnTimeout", script!(taskId("x") tagOnTimeout("x", "1")));
    let tags = "option timeoutTags: \"tags\" is what taskId names, which is on its points anyway; choose another name";
    refused(&script!(taskId("tags") timeoutTags("a")), tags);
}

#[test]
fn only_what_can_be_a_number_is_a_float() {
    refused(
        &script!(float("x") sum("a", "b") list("a", "c") mean("a", "m")),
        "option float: there is no output \"x\"; accepted is \"b\", \"m\"",
    );
    refused(
        &script!(keep("x") float("x")),
        "option float: there is no output \"x\"; accepted is the name of an output that can be a number, such as sum's",
    );
    for script in [
        script!(sum("a", "b") list("a", "x") float("x")),
        script!(sum("a", "b") distinct("a", "x") float("x")),
        script!(sum("a", "b") concat("a", ",", "x") float("x")),
    ] {
        refused(&script, "option float: the output \"x\" is always a string; accepted is \"b\"");
    }
    refused(
        &script!(sum("a", "b") float("b") float("b")),
        "option float: \"b\" is given twice; give it once",
    );
}

#[test]
fn originals_and_tasks_points_are_told_apart() {
    let check = |script: proto::InitRequest, causes, remedies| {
        let words = format!(
            "option passThrough: the tasks' points, which come out by {causes}, could overwrite the originals in \
             InfluxDB; give them a name or tag of their own with {remedies}"
        );
        refused(&script, &words);
    };
    let (plain, tagged) = ("measurement or reasonTag", "measurement, reasonTag or tagOnTimeout");
    check(script!(passThrough(true)), "onOverflow evict", tagged);
    check(
        script!(passThrough(true) pushMapAsEventOnTimeout(true) maxEvents(1) flushOnStop(true)),
        "pushMapAsEventOnTimeout, maxEvents, flushOnStop, onOverflow evict",
        tagged,
    );
    check(script!(passThrough(true) onOverflow("drop") keep("a")), "maxListSize", tagged);
    check(script!(passThrough(true) onOverflow("drop") first("a", "b")), "maxListSize", tagged);
    check(
        script!(passThrough(true) onOverflow("drop") pushPreviousMapAsEvent(true)),
        "pushPreviousMapAsEvent, flushOnStop",
        tagged,
    );
    check(
        script!(passThrough(true) onOverflow("drop") endOfTask(true) emitOnEnd(true) tagOnTimeout("a", "b")),
        "emitOnEnd",
        plain,
    );
    check(
        script!(passThrough(true) onOverflow("drop") flushInterval(Nanos(1)) timeoutTags("b")),
        "flushInterval",
        plain,
    );
    let fine = |script| {
        let settings = settings(&script);
        assert!(settings.pass_through && settings.measurement.is_none());
        (settings.push_on_timeout, settings.emit_on_end)
    };
    // Nothing of a task's comes out.
    assert_eq!(fine(script!(passThrough(true) onOverflow("drop"))), (false, false));
    assert_eq!(fine(script!(passThrough(true) onOverflow("reject") endOfTask(true))), (false, false));
    assert_eq!(fine(script!(passThrough(true) onOverflow("reject") emitOnEnd(true))), (false, true));
    assert_eq!(fine(script!(passThrough(true) reasonTag("why") flushInterval(Nanos(1)))), (false, false));
    assert_eq!(fine(script!(passThrough(true) tagOnTimeout("a", "b") maxEvents(1))), (false, false));
    assert_eq!(
        fine(script!(passThrough(true) timeoutTags("a") pushMapAsEventOnTimeout(true))),
        (true, false)
    );
    let named = settings(&script!(passThrough(true) measurement("sums")));
    assert_eq!(named.measurement.as_deref(), Some("sums"));
    assert!(!settings(&script!(passThrough(false) onOverflow("evict"))).pass_through);
}

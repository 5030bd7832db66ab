//! What differs between the functions: options that only others have, and what is told apart.

use super::super::*;
use super::{EACH, Nanos, SECOND, TO_BATCH, TO_STREAM, Written, call, refused_of, script, settings_of};
use crate::proto;

#[test]
fn a_session_has_no_reducers_and_says_what_to_do_instead() {
    let check = |script: proto::InitRequest, instead: &str| {
        let option = &script.options[0].name;
        let words = format!("option {option}: a session's events come out as they are; {instead}");
        refused_of(Function::Session, &script, &words);
    };
    let behind = |script: proto::InitRequest, node| {
        check(script, &format!("aggregate them behind the node, such as with |{node}"));
    };
    behind(script!(count("n")), "count('field')");
    behind(script!(sum("a", "b")), "sum('field')");
    behind(script!(min("a", "b")), "min('field')");
    behind(script!(max("a", "b")), "max('field')");
    behind(script!(mean("a", "b")), "mean('field')");
    behind(script!(stddev("a", "b")), "stddev('field')");
    behind(script!(first("a", "b")), "first('field')");
    behind(script!(last("a", "b")), "last('field')");
    behind(script!(distinct("a", "b")), "distinct('field')");
    behind(script!(count_distinct("a", "b")), "distinct('field')|count('distinct')");
    behind(script!(percentile("a", 95.0, "b")), "percentile('field', 95.0)");
    for script in [script!(timeoutCode("1")), script!(max_timeout_retries(2))] {
        check(script, "change them as they come, with code, or use aggregate");
    }
    for script in [script!(list("a", "b")), script!(concat("a", "", "b")), script!(duration(Nanos(1), "d"))] {
        check(script, "for one value of them all, use aggregate");
    }
    check(script!(keep("a")), "each has all its tags and fields, so leave it out");
    check(
        script!(float("a")),
        "convert them behind the node, such as with |eval(lambda: float(\"field\")).as('field')",
    );
    check(script!(passThrough(true)), "to have the originals at once, use what comes before the node");
    check(script!(pass_through()), "to have the originals at once, use what comes before the node");
}

#[test]
fn a_batch_for_a_batch_has_one_group() {
    let words = |option: &str| {
        format!(
            "option {option}: a batch comes out for each that comes in, and a batch has one group; group behind the \
             node, such as with |groupBy('tag')"
        )
    };
    for name in ["groupByTask", "group_by_task"] {
        let script = proto::InitRequest { options: vec![call(name, vec![true.value()])], ..script!() };
        refused_of(Function::BATCH, &script, &words(name));
        for function in [Function::STREAM, TO_BATCH, TO_STREAM, Function::Session] {
            assert!(settings_of(function, &script).group_by_task);
        }
    }
}

#[test]
fn no_batch_of_a_stream_ends() {
    for function in [Function::STREAM, TO_BATCH, Function::Session] {
        refused_of(
            function,
            &script!(endOfBatch(false)),
            "option endOfBatch: no batch comes in, so none can end a task; use timeout, inactivityTimeout or \
             endWhen",
        );
    }
}

#[test]
fn what_no_function_has_is_unknown() {
    for function in EACH {
        let refused = Settings::new(function, &script!(keeep("x"))).unwrap_err().to_string();
        assert!(refused.starts_with("unknown option keeep;"), "{refused}");
    }
    let refused = Settings::new(Function::Session, &script!(time("x"))).unwrap_err().to_string();
    assert!(
        refused.contains("accepted are taskId, groupByTask, code, onError, startWhen, endWhen, mapAction, ")
            && !refused.contains("count,")
    );
}

#[test]
fn each_function_s_settings_are_its_own() {
    let options =
        script!(taskId("id") timeout(Nanos(SECOND)) reasonTag("why") maxListSize(5) tagOnTimeout("a", "b"));
    for function in EACH {
        let settings = settings_of(function, &options);
        assert_eq!((settings.function, settings.timeout, settings.max_list_size), (function, SECOND, 5));
    }
    assert!(settings_of(Function::Session, &script!()).can_grow());
    assert!(!settings_of(Function::BATCH, &script!()).can_grow());
}

#[test]
fn a_session_s_names_are_told_apart_too() {
    let given =
        "option tagOnTimeout: the tag \"x\" is given by option reasonTag already; choose another name";
    refused_of(Function::Session, &script!(reasonTag("x") tagOnTimeout("x", "1")), given);
    let id = "option timeoutTaskIdField: \"x\" is what taskId names, which is on its points anyway; choose another name";
    refused_of(Function::Session, &script!(taskId("x") timeoutTaskIdField("x")), id);
}

/// In a batch for a batch the originals have the tasks' measurement, whatever it is.
#[test]
fn originals_and_tasks_points_of_a_batch_have_one_name() {
    let refused = |function, script, causes, remedies| {
        let words = format!(
            "option passThrough: the tasks' points, which come out by {causes}, could overwrite the originals in \
             InfluxDB; give them a name or tag of their own with {remedies}"
        );
        refused_of(function, &script, &words);
    };
    let (batch, tag) = (Function::BATCH, "reasonTag");
    refused(batch, script!(passThrough(true)), "onOverflow evict", "reasonTag or tagOnTimeout");
    refused(
        batch,
        script!(passThrough(true) measurement("m") maxEvents(1) onOverflow("drop")),
        "maxEvents",
        "reasonTag or tagOnTimeout",
    );
    // The end of a batch gives no timeout tags.
    let at_end = || script!(passThrough(true) emitOnEnd(true) onOverflow("drop") tagOnTimeout("a", "b"));
    refused(batch, at_end(), "emitOnEnd", tag);
    refused(TO_STREAM, at_end(), "emitOnEnd", "measurement or reasonTag");
    for mut script in [at_end(), script!(passThrough(true) flushInterval(Nanos(1)) onOverflow("drop"))] {
        script.options.push(call("endOfBatch", vec![false.value()]));
        script.options.push(call("reasonTag", vec!["why".value()]));
        assert!(settings_of(batch, &script).pass_through);
    }
    let mut going_on = at_end();
    going_on.options.push(call("endOfBatch", vec![false.value()]));
    assert!(settings_of(batch, &going_on).pass_through);
    assert!(settings_of(batch, &script!(passThrough(true) onOverflow("drop"))).pass_through);
    for function in [TO_BATCH, TO_STREAM] {
        assert!(settings_of(function, &script!(passThrough(true) measurement("m"))).pass_through);
    }
}

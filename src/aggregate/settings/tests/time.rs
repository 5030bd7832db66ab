//! What deadlines follow, and when an option says nothing of that.

use super::super::*;
use super::{
    EACH, Nanos, SECOND, TO_BATCH, TO_STREAM, Written, call, refused, refused_of, script, settings_of,
};
use crate::proto;

fn check(function: Function, script: &proto::InitRequest, expected: &Time) {
    let time = settings_of(function, script).time;
    assert_eq!(&time, expected, "{function}: {:?}", script.options);
}

#[test]
fn streams_follow_the_clock_and_batches_their_points() {
    let own = Time::Events { reference: Reference::Own, max_delay: 0 };
    for function in EACH {
        let of_batches = function.wants() == Edge::Batch;
        check(function, &script!(), if of_batches { &own } else { &Time::Clock });
        assert_eq!(settings_of(function, &script!()).end_of_batch, of_batches);
    }
}

#[test]
fn a_field_or_the_point_says_the_time() {
    let own = |max_delay| Time::Events { reference: Reference::Own, max_delay };
    let field = |name: &str, unit, max_delay| {
        let reference = Reference::Field { name: name.to_owned(), unit };
        Time::Events { reference, max_delay }
    };
    for function in EACH {
        check(function, &script!(timeoutTimestampField("time")), &own(0));
        check(function, &script!(timeoutTimestampField("@timestamp") maxDelay(Nanos(7))), &own(7));
        check(function, &script!(timeout_timestamp_field("at")), &field("at", 1, 0));
        check(function, &script!(timeoutTimestampField("Time")), &field("Time", 1, 0));
        let unit = script!(timestampUnit(Nanos(SECOND)) timeoutTimestampField("at") max_delay(Nanos(0)));
        check(function, &unit, &field("at", SECOND, 0));
    }
    for function in [TO_STREAM, Function::BATCH] {
        check(function, &script!(maxDelay(Nanos(5))), &own(5));
    }
}

#[test]
fn batches_end_their_tasks_unless_told_not_to() {
    let check = |script, expected| {
        for function in [TO_STREAM, Function::BATCH] {
            assert_eq!(settings_of(function, &script).end_of_batch, expected);
        }
    };
    check(script!(endOfBatch(true)), true);
    check(script!(end_of_batch(false)), false);
    let script = script!(flushInterval(Nanos(3)) endOfBatch(false));
    assert_eq!(settings_of(Function::BATCH, &script).flush, Some(Flush { interval: 3, reset: false }));
}

#[test]
fn what_means_nothing_by_the_clock_is_refused() {
    let by_the_clock = |option: &str, came: &str| {
        format!(
            "option {option}: the duration {came} means nothing where deadlines follow the clock; give \
             timeoutTimestampField too, such as 'time', or leave it out"
        )
    };
    for function in [Function::STREAM, TO_BATCH, Function::Session] {
        refused_of(function, &script!(maxDelay(Nanos(0))), &by_the_clock("maxDelay", "0s"));
        refused_of(function, &script!(max_delay(Nanos(SECOND))), &by_the_clock("max_delay", "1s"));
        refused_of(function, &script!(timestampUnit(Nanos(1))), &by_the_clock("timestampUnit", "1ns"));
    }
}

#[test]
fn a_point_s_own_time_has_its_unit() {
    let words = "option timestampUnit: the duration 1ms means nothing for a point's own time, which is in \
                 nanoseconds; name a field of ints with timeoutTimestampField, or leave it out";
    for function in EACH {
        let script = script!(timeoutTimestampField("@timestamp") timestampUnit(Nanos(1_000_000)));
        refused_of(function, &script, words);
    }
    refused_of(Function::BATCH, &script!(timestampUnit(Nanos(1_000_000))), words);
}

#[test]
fn times_have_their_ranges() {
    refused(
        &script!(timeoutTimestampField("at") timestampUnit(Nanos(0))),
        "option timestampUnit: unit is the duration 0s; accepted is a duration over 0s",
    );
    refused(
        &script!(timeoutTimestampField("at") maxDelay(Nanos(-1))),
        "option maxDelay: time is the duration -1ns; accepted is a duration from 0s",
    );
}

#[test]
fn a_batch_that_ends_its_tasks_is_not_flushed() {
    let words = "option flushInterval: the duration 3s means nothing where the end of a batch ends its tasks; give \
                 endOfBatch(FALSE) too, or leave it out";
    for function in [TO_STREAM, Function::BATCH] {
        refused_of(function, &script!(flushInterval(Nanos(3 * SECOND))), words);
        refused_of(function, &script!(endOfBatch(true) flushInterval(Nanos(3 * SECOND))), words);
    }
}

#[test]
fn a_session_s_events_are_sent_once() {
    let words = "option flushInterval: the duration 3s would send a session's events again at each flush; give \
                 resetOnFlush(TRUE) too";
    let check = |script| refused_of(Function::Session, &script, words);
    check(script!(flushInterval(Nanos(3 * SECOND))));
    check(script!(flushInterval(Nanos(3 * SECOND)) resetOnFlush(false)));
    let script = script!(flushInterval(Nanos(3)) resetOnFlush(true));
    assert_eq!(settings_of(Function::Session, &script).flush, Some(Flush { interval: 3, reset: true }));
}

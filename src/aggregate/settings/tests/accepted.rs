//! What a script's calls come to.

use super::super::*;
use super::{EACH, Nanos, SECOND, Written, call, script, settings, settings_of};
use crate::aggregate::options::{self, AggregateOption};
use crate::aggregate::template::Part;
use crate::handler::ValueType;
use crate::proto;
use crate::proto::option_value::Value;

fn defaults() -> Settings {
    Settings {
        function: Function::STREAM,
        time: Time::Clock,
        end_of_batch: false,
        task_id: None,
        group_by_task: false,
        outputs: vec![],
        keep: Keep::Names(vec![]),
        code: None,
        timeout_code: None,
        start_when: None,
        end_when: None,
        max_timeout_retries: 0,
        on_error: OnError::Tag,
        map_action: MapAction::CreateOrUpdate,
        end_of_task: false,
        timeout: 1_800 * SECOND,
        inactivity_timeout: None,
        timeout_flush_interval: 0,
        max_events: None,
        max_tasks: 1_000_000,
        max_bytes: 268_435_456,
        on_overflow: OnOverflow::Evict,
        max_list_size: 10_000,
        flush: None,
        push_on_timeout: true,
        push_previous: false,
        emit_on_end: true,
        pass_through: false,
        flush_on_stop: false,
        timeout_task_id_field: None,
        tags_on_timeout: vec![],
        timeout_tags: None,
        reason_tag: None,
        measurement: None,
        point_time: PointTime::Last,
        max_restore_age: None,
        warning_threshold: 5_000,
    }
}

#[test]
fn without_options_the_defaults_hold() {
    assert_eq!(settings(&script!()), defaults());
}

/// What the table tells users of defaults is what holds.
#[test]
fn an_option_given_its_default_changes_nothing() {
    let functions = EACH.into_iter().chain([Function::Script]);
    for (function, count) in functions.zip([21, 21, 23, 22, 19, 4]) {
        let of_one = |option: &AggregateOption| match option.as_ref().arguments {
            &[(_, value_type)] => default(value_type, option.as_ref().default).map(|value| (*option, value)),
            _ => None,
        };
        let mut tried = 0;
        for (option, value) in options::of(function).filter_map(of_one) {
            let name = option.as_ref().name;
            let mut script = match name {
                "timestampUnit" | "maxDelay" => script!(timeoutTimestampField("at")),
                "maxTimeoutRetries" => script!(timeoutCode("1")),
                "onError" => script!(code("1")),
                _ if function == Function::Script => script!(code("1")),
                _ => script!(),
            };
            let without = settings_of(function, &script);
            script.options.push(call(name, vec![value]));
            assert_eq!(settings_of(function, &script), without, "{function}: {name}");
            tried += 1;
        }
        assert_eq!(tried, count, "{function}");
    }
}

/// The value that the table tells of, if it is one that can be given.
fn default(value_type: ValueType, told: &str) -> Option<Value> {
    let told = told.replace(',', "");
    Some(match (value_type, told.as_str()) {
        (_, "" | "none" | "the group" | "the first event's" | "the batch's" | "the clock" | "required") => {
            return None;
        }
        (ValueType::Bool, "FALSE" | "pushPreviousMapAsEvent") => Value::BoolValue(false),
        (ValueType::Bool, "TRUE" | "NOT passThrough") => Value::BoolValue(true),
        (ValueType::Int, size) => {
            Value::IntValue(size.parse::<bytesize::ByteSize>().unwrap().0.try_into().unwrap())
        }
        (ValueType::Duration, time) => {
            let time = humantime::parse_duration(time).unwrap();
            Value::DurationValue(time.as_nanos().try_into().unwrap())
        }
        (ValueType::String, word) => Value::StringValue(word.to_owned()),
        other => panic!("{other:?}"),
    })
}

#[test]
fn each_option_is_its_setting() {
    let check = |script: proto::InitRequest, change: fn(&mut Settings)| {
        let mut expected = defaults();
        change(&mut expected);
        assert_eq!(settings(&script), expected, "{:?}", script.options);
    };
    check(script!(taskId("user")), |s| s.task_id = Template::parse("user").ok());
    check(script!(task_id_field("%{a}-")), |s| {
        let parts = vec![Part::Reference(0), Part::Literal("-".to_owned())];
        s.task_id = Some(Template { parts, names: vec!["a".to_owned()] });
    });
    check(script!(groupByTask(true)), |s| s.group_by_task = true);
    check(script!(mapAction("create")), |s| s.map_action = MapAction::Create);
    check(script!(endOfTask(true)), |s| s.end_of_task = true);
    check(script!(timeout(Nanos(1))), |s| s.timeout = 1);
    check(script!(timeout(Nanos(9)) inactivity_timeout(Nanos(9))), |s| {
        (s.timeout, s.inactivity_timeout) = (9, Some(9));
    });
    check(script!(inactivityTimeout(Nanos(1_800 * SECOND))), |s| {
        s.inactivity_timeout = Some(s.timeout);
    });
    check(script!(timeoutFlushInterval(Nanos(5))), |s| s.timeout_flush_interval = 5);
    check(script!(maxEvents(1)), |s| s.max_events = Some(1));
    check(script!(max_key_size(7)), |s| s.max_tasks = 7);
    check(script!(maxBytes(i64::MAX)), |s| s.max_bytes = usize::try_from(i64::MAX).unwrap());
    check(script!(onOverflow("drop")), |s| s.on_overflow = OnOverflow::Drop);
    check(script!(onOverflow("reject")), |s| s.on_overflow = OnOverflow::Reject);
    check(script!(maxListSize(1)), |s| s.max_list_size = 1);
    check(script!(flushInterval(Nanos(3))), |s| s.flush = Some(Flush { interval: 3, reset: false }));
    check(script!(resetOnFlush(true) flushInterval(Nanos(3))), |s| {
        s.flush = Some(Flush { interval: 3, reset: true });
    });
    check(script!(resetOnFlush(false)), |_| {});
    check(script!(pushMapAsEventOnTimeout(false)), |s| s.push_on_timeout = false);
    check(script!(pushPreviousMapAsEvent(true)), |s| (s.push_previous, s.flush_on_stop) = (true, true));
    check(script!(pushPreviousMapAsEvent(true) flushOnStop(false) pushMapAsEventOnTimeout(false)), |s| {
        s.push_previous = true;
    });
    check(script!(emitOnEnd(false)), |s| s.emit_on_end = false);
    check(script!(flushOnStop(true)), |s| s.flush_on_stop = true);
    check(script!(timeoutTaskIdField("id")), |s| s.timeout_task_id_field = Some("id".to_owned()));
    check(script!(tagOnTimeout("a", "1") tag_on_timeout("b", "2")), |s| {
        s.tags_on_timeout = [("a", "1"), ("b", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    });
    check(script!(timeoutTags("b") timeoutTags("a")), |s| s.timeout_tags = Some("b,a".to_owned()));
    check(script!(reasonTag("why")), |s| s.reason_tag = Some("why".to_owned()));
    check(script!(measurement("m")), |s| s.measurement = Some("m".to_owned()));
    check(script!(pointTime("first")), |s| s.point_time = PointTime::First);
    check(script!(pointTime("emit")), |s| s.point_time = PointTime::Emit);
    check(script!(maxRestoreAge(Nanos(1))), |s| s.max_restore_age = Some(1));
    check(script!(mapCountWarningThreshold(0)), |s| s.warning_threshold = 0);
}

#[test]
fn reducers_are_outputs_in_the_script_s_order() {
    let script = script!(
        float("b") percentile("f", 95.0, "p") percentile("f", 0, "p0") percentile("f", 100, "p100")
        concat("f", "", "c") duration(Nanos(5), "d") count("n") countDistinct("f", "cd") distinct("f", "di")
        list("f", "l") sum("a", "b") min("f", "mi") max("f", "ma") mean("f", "me") stddev("f", "sd")
        first("f", "fi") last("f", "la") float("n")
    );
    let outputs = settings(&script).outputs;
    let outputs: Vec<_> =
        outputs.iter().map(|o| (o.name.as_str(), &o.kind, o.field.as_deref(), o.float)).collect();
    let field = Some("f");
    assert_eq!(
        outputs,
        [
            ("p", &Kind::Percentile { p: 95.0 }, field, false),
            ("p0", &Kind::Percentile { p: 0.0 }, field, false),
            ("p100", &Kind::Percentile { p: 100.0 }, field, false),
            ("c", &Kind::Concat { separator: "".into() }, field, false),
            ("d", &Kind::Duration { unit: 5 }, None, false),
            ("n", &Kind::Count, None, true),
            ("cd", &Kind::CountDistinct, field, false),
            ("di", &Kind::Distinct, field, false),
            ("l", &Kind::List, field, false),
            ("b", &Kind::Sum, Some("a"), true),
            ("mi", &Kind::Min, field, false),
            ("ma", &Kind::Max, field, false),
            ("me", &Kind::Mean, field, false),
            ("sd", &Kind::Stddev, field, false),
            ("fi", &Kind::First, field, false),
            ("la", &Kind::Last, field, false),
        ]
    );
}

#[test]
fn what_the_id_keeps_is_not_kept_twice() {
    let check = |script, keep| assert_eq!(settings(&script).keep, keep);
    let names = |names: &[&str]| Keep::Names(names.iter().map(|&name| name.to_owned()).collect());
    check(script!(keep("b") keep("a")), names(&["b", "a"]));
    check(script!(keep("a") taskId("%{b}%{a}") keep("c")), names(&["c"]));
    check(script!(keep("a") keep("*")), Keep::All);
}

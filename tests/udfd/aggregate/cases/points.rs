//! The points that come out, apart from their fields: time, names, tags.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn at(time: i64) -> Event {
    event().at(time)
}

#[test]
fn names_are_those_of_the_first_event() {
    check([
        Scenario::new("measurement, database, retention policy", options![flushOnStop(true)])
            .event(0, event().named("m1").stored_in("db", "rp"), &[])
            .event(0, event().named("m2").stored_in("db2", "rp2"), &[])
            .end(1, &["m1 host=a | count=2i | @0 | db.rp"]),
        Scenario::new(
            "unless another measurement is asked for",
            options![flushOnStop(true), measurement("done")],
        )
        .event(0, event().by_name().group("m1\nhost=a", &["host"]).named("m1"), &[])
        .end(1, &["done host=a | count=1i | @0 | 'm1\\nhost=a' [host] byName"]),
        Scenario::new("of an event's tags the group's remain", options![flushOnStop(true)])
            .event(0, event().tag("region", "eu"), &[])
            .end(1, &["requests host=a | count=1i | @0"]),
    ]);
}

#[test]
fn times() {
    let with = |time: &str| options![taskId("user"), maxEvents(2), pointTime(time)];
    let pair = |name, time: &str, first, last, expected: &str| {
        Scenario::new(name, with(time)).event(70, bob().at(first), &[]).event(
            80,
            bob().at(last),
            &[&format!("requests host=a user=bob | count=2i | @{expected}")],
        )
    };
    check([
        pair("the largest", "last", 5, 9, "9"),
        pair("the largest, out of order", "last", 9, 5, "9"),
        pair("the smallest", "first", 5, 9, "5"),
        pair("the smallest, out of order", "first", -9, -10, "-10"),
        pair("the moment", "emit", 5, 9, "80"),
        Scenario::new("last is the default", options![maxEvents(1)]).event(
            7,
            event().at(-3),
            &["requests host=a | count=1i | @-3"],
        ),
    ]);
}

#[test]
fn equal_times_are_moved_apart() {
    let options = |time: &str| options![maxEvents(1), pointTime(time)];
    check([
        Scenario::new("as long as they fall into what was moved", options("last"))
            .event(0, at(5), &["requests host=a | count=1i | @5"])
            .event(0, at(5), &["requests host=a | count=1i | @6"])
            .event(0, at(5), &["requests host=a | count=1i | @7"])
            .event(0, at(6), &["requests host=a | count=1i | @8"])
            .event(0, at(9), &["requests host=a | count=1i | @9"])
            .event(0, at(8), &["requests host=a | count=1i | @8"])
            .event(0, at(9), &["requests host=a | count=1i | @9"])
            .event(0, at(9), &["requests host=a | count=1i | @10"]),
        Scenario::new("in each group", options("first"))
            .event(0, at(5), &["requests host=a | count=1i | @5"])
            .event(0, at(5).on_host("b"), &["requests host=b | count=1i | @5 | host=b [host]"])
            .event(0, at(5), &["requests host=a | count=1i | @6"]),
        Scenario::new("of the group that came in, also when tasks become groups", {
            options![taskId("user"), groupByTask(true), maxEvents(1)]
        })
        .event(0, bob().at(5), &["requests host=a user=bob | count=1i | @5 | host=a,user=bob [host,user]"])
        .event(
            0,
            at(5).tag("user", "eve"),
            &["requests host=a user=eve | count=1i | @6 | host=a,user=eve [host,user]"],
        ),
        Scenario::new("the moment always increases", options("emit"))
            .event(10, at(99), &["requests host=a | count=1i | @10"])
            .event(10, at(1), &["requests host=a | count=1i | @11"])
            .event(10, at(1), &["requests host=a | count=1i | @12"])
            .event(11, at(1), &["requests host=a | count=1i | @13"])
            .event(50, at(1), &["requests host=a | count=1i | @50"]),
        Scenario::new(
            "originals have no part in it",
            options![maxEvents(1), passThrough(true), measurement("m")],
        )
        .event(0, at(5), &["requests host=a | | @5", "m host=a | count=1i | @5"]),
    ]);
}

#[test]
fn what_timeouts_add() {
    let added = || {
        options![
            taskId("user"),
            timeoutTaskIdField("id"),
            tagOnTimeout("late", "yes"),
            timeoutTags("x"),
            timeoutTags("y"),
            reasonTag("why")
        ]
    };
    let full = |why: &str, count| {
        format!("requests host=a late=yes tags='x,y' user=bob why={why} | {count}id='bob' | @0")
    };
    let bare = |why: &str| format!("requests host=a user=bob why={why} | count=1i | @0");
    check([
        Scenario::new("timeout", [added(), options![timeout(ns(5))]].concat())
            .event(0, bob(), &[])
            .time(5, &[&full("timeout", "")]),
        Scenario::new("inactivity", [added(), options![inactivityTimeout(ns(5))]].concat())
            .event(0, bob(), &[])
            .time(5, &[&full("inactivity", "")]),
        Scenario::new("previous", [added(), options![pushPreviousMapAsEvent(true)]].concat())
            .event(0, bob(), &[])
            .event(0, event().tag("user", "eve"), &[&full("previous", "")]),
        Scenario::new("evicted", [added(), options![maxTasks(1)]].concat()).event(0, bob(), &[]).event(
            0,
            event().tag("user", "eve"),
            &[&full("evicted", "")],
        ),
        Scenario::new("max_events", [added(), options![maxEvents(1)]].concat()).event(
            0,
            bob(),
            &[&full("max_events", "")],
        ),
        Scenario::new("max_list", [added(), options![distinct("x", "d"), maxListSize(1)]].concat()).event(
            0,
            bob().int("x", 1),
            &[&full("max_list", "d='[1]' ")],
        ),
        Scenario::new("stop", [added(), options![flushOnStop(true)]].concat())
            .event(0, bob(), &[])
            .end(1, &[&full("stop", "")]),
        Scenario::new("not end", [added(), options![endOfTask(true)]].concat()).event(
            0,
            bob(),
            &[&bare("end")],
        ),
        Scenario::new("not flush", [added(), options![flushInterval(ns(10))]].concat())
            .event(0, bob(), &[])
            .time(10, &[&bare("flush")]),
    ]);
}

#[test]
fn tags_that_meet_others() {
    check([
        Scenario::new(
            "timeoutTags go behind a kept tag",
            options![keep("tags"), timeoutTags("a"), timeoutTags("b"), maxEvents(1)],
        )
        .event(0, event().tag("tags", "x"), &["requests host=a tags='x,a,b' | count=1i | @0"]),
        Scenario::new(
            "a kept field of that name is left out",
            options![keep("tags"), timeoutTags("a"), maxEvents(1)],
        )
        .event(0, event().int("tags", 1), &["requests host=a tags=a | count=1i | @0"])
        .counted("left_out", 1),
        Scenario::new("a dimension is not touched", {
            options![tagOnTimeout("host", "x"), timeoutTags("a"), reasonTag("zone"), maxEvents(1), keep("k")]
        })
        .event(
            0,
            event().group("host=a,tags=t,zone=", &["host", "tags", "zone"]).tag("tags", "t").tag("k", "v"),
            &["requests host=a k=v tags=t | count=1i | @0 | host=a,tags=t,zone= [host,tags,zone]"],
        )
        .counted("left_out", 3),
        Scenario::new("a tag that is set replaces a kept one", {
            options![keep("why"), keep("late"), reasonTag("why"), tagOnTimeout("late", "yes"), maxEvents(1)]
        })
        .event(
            0,
            event().tag("why", "x").tag("late", "y"),
            &["requests host=a late=yes why=max_events | count=1i | @0"],
        ),
    ]);
}

#[test]
fn every_option_has_a_snake_case_name() {
    check([
        Scenario::new("snake case", {
            options![
                task_id_field("user"),
                group_by_task(false),
                count_distinct("x", "d"),
                map_action("create_or_update"),
                end_of_task(false),
                inactivity_timeout(ns(9)),
                max_events(3),
                max_map_size(1),
                max_bytes(100_000_000),
                on_overflow("evict"),
                max_list_size(5),
                flush_interval(ns(1_000)),
                reset_on_flush(false),
                timeout_flush_interval(ns(0)),
                push_map_as_event_on_timeout(true),
                push_previous_map_as_event(false),
                emit_on_end(true),
                pass_through(false),
                timeout_task_id_field("id"),
                tag_on_timeout("late", "yes"),
                timeout_tags("a"),
                reason_tag("why"),
                point_time("last"),
                flush_on_stop(true),
                max_restore_age(ns(5)),
                map_count_warning_threshold(0)
            ]
        })
        .event(0, bob().int("x", 1), &[])
        .event(
            1,
            event().tag("user", "eve"),
            &["requests host=a late=yes tags=a user=bob why=evicted | d=1i id='bob' | @0"],
        ),
        Scenario::new("aliases", options![taskIdField("user"), maxKeySize(1), flushOnStop(true)])
            .event(0, bob(), &[])
            .event(0, event().tag("user", "eve").at(3), &["requests host=a user=bob | count=1i | @0"])
            .end(1, &["requests host=a user=eve | count=1i | @3"]),
    ]);
}

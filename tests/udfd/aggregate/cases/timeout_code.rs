//! `timeoutCode`: which points it sees, and what it does to them.

use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn eve() -> Event {
    event().tag("user", "eve")
}

fn timed(code: &str, more: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![taskId("user"), count("n"), timeoutCode(code)], more].concat()
}

#[test]
fn for_which_reasons() {
    let options = |more: Vec<_>| timed("event.r = task.reason", more);
    check([
        Scenario::new("timeout", options(options![timeout(ns(10))]))
            .event(0, bob(), &[])
            .time(10, &["requests host=a user=bob | n=1i r='timeout' | @0"]),
        Scenario::new("timeout that code sets", options(options![code("task.timeout = 0")])).event(
            0,
            bob(),
            &["requests host=a user=bob | n=1i r='timeout' | @0"],
        ),
        Scenario::new("inactivity", options(options![inactivityTimeout(ns(10))])).event(0, bob(), &[]).event(
            11,
            bob().at(3),
            &["requests host=a user=bob | n=1i r='inactivity' | @0"],
        ),
        Scenario::new("previous", options(options![pushPreviousMapAsEvent(true)]))
            .event(0, bob(), &[])
            .event(1, eve().at(3), &["requests host=a user=bob | n=1i r='previous' | @0"])
            .end(2, &["requests host=a user=eve | n=1i r='stop' | @3"]),
        Scenario::new("evicted", options(options![maxTasks(1)])).event(0, bob(), &[]).event(
            1,
            eve(),
            &["requests host=a user=bob | n=1i r='evicted' | @0"],
        ),
        Scenario::new("max_events", options(options![maxEvents(1)])).event(
            0,
            bob(),
            &["requests host=a user=bob | n=1i r='max_events' | @0"],
        ),
        Scenario::new("max_list", options(options![list("x", "l"), maxListSize(1)])).event(
            0,
            bob().int("x", 1),
            &["requests host=a user=bob | l='[1]' n=1i r='max_list' | @0"],
        ),
        Scenario::new("stop", options(options![flushOnStop(true)]))
            .event(0, bob(), &[])
            .end(1, &["requests host=a user=bob | n=1i r='stop' | @0"]),
        Scenario::new("not end", options(options![endOfTask(true)])).event(
            0,
            bob(),
            &["requests host=a user=bob | n=1i | @0"],
        ),
        Scenario::new("not restart", options(options![startWhen("event.x == 1")]))
            .event(0, bob().int("x", 1), &[])
            .event(1, bob().int("x", 1), &["requests host=a user=bob | n=1i | @0"]),
        Scenario::new("not flush", options(options![flushInterval(ns(10))]))
            .event(0, bob(), &[])
            .time(10, &["requests host=a user=bob | n=1i | @0"]),
        Scenario::new("not a task that vanishes", {
            options(options![timeout(ns(10)), pushMapAsEventOnTimeout(false)])
        })
        .event(0, bob(), &[])
        .time(10, &[])
        .counted("vanished timeout", 1)
        .counted("failed", 0),
    ]);
}

#[test]
fn what_it_sees() {
    let code = "
        event.n2 = event.n * 2;
        event.slow = map.sql > 10;
        event.tags2 = event.tags.tags;
        event.id2 = task.id;
        event.c = task.count;
        event.at = event.time;
        event.m = event.name;
        event.w = event.why;
    ";
    let more = options![
        code("map.sql += event.x"),
        timeout(ns(10)),
        timeoutTags("late"),
        reasonTag("why"),
        timeoutTaskIdField("id"),
        measurement("done")
    ];
    check([
        Scenario::new("the finished point, map and task", timed(code, more))
            .event(0, bob().int("x", 46).at(7), &[])
            .time(10, &["done host=a tags=late user=bob why=timeout | at=7i c=1i id='bob' id2='bob' m='done' n=1i n2=2i slow=true sql=46i tags2='late' w='timeout' | @7"]),
        Scenario::new("not the events", timed("event.y = event.x ?? 9", options![maxEvents(1)]))
            .event(0, bob().int("x", 1), &["requests host=a user=bob | n=1i y=9i | @0"]),
        Scenario::new("the map is read-only", timed("event.y = 1; map.x = 1; event.z = 1", options![maxEvents(1)]))
            .event(0, bob(), &["requests host=a tags=_aggregateexception user=bob | n=1i y=1i | @0"])
            .counted("failed", 1),
        Scenario::new("nested too", {
            timed("map.l.push(2)", options![maxEvents(1), code("map.l = [1]")])
        })
        .event(0, bob(), &["requests host=a tags=_aggregateexception user=bob | l='[1]' n=1i | @0"]),
    ]);
}

#[test]
fn what_it_leaves() {
    let at_once = || options![maxEvents(1)];
    let tagged = "requests host=a tags=_aggregateexception user=bob | n=1i | @0";
    let with = |code: &str| timed(code, at_once());
    check([
        Scenario::new("fields and tags", with(r#"event.lost = true; event.n = (); event.tags.kind = "k""#))
            .event(0, bob(), &["requests host=a kind=k user=bob | lost=true | @0"]),
        Scenario::new("no field left", with("event.n = ()")).event(
            0,
            bob(),
            &["requests host=a user=bob | count=1i | @0"],
        ),
        Scenario::new("another type than before", with("if event.user == \"eve\" { event.n = \"s\" }"))
            .event(0, bob(), &["requests host=a user=bob | n=1i | @0"])
            .event(1, eve().at(5), &["requests host=a user=eve | count=1i | @5"])
            .counted("left_out", 1),
        Scenario::new("int becomes double once", with("if event.user == \"eve\" { event.n = 0.5 }"))
            .event(0, bob(), &["requests host=a user=bob | n=1i | @0"])
            .event(1, eve().at(5), &["requests host=a user=eve | n=0.5 | @5"])
            .event(2, bob().at(9), &["requests host=a user=bob | n=1.0 | @9"]),
        Scenario::new("a field of a tag's name", with("event.user = 5; event.x = 1"))
            .event(0, bob(), &["requests host=a user=bob | n=1i x=1i | @0"])
            .counted("left_out", 1),
        Scenario::new("a tag of a field's name", with(r#"event.tags.n = "s"; event.x = 1"#))
            .event(0, bob(), &["requests host=a n=s user=bob | x=1i | @0"])
            .counted("left_out", 1),
        Scenario::new("the group's tags stay", with(r#"event.tags.host = "b""#)).event(0, bob(), &[tagged]),
        Scenario::new("the id's need not", with(r#"event.tags.user = "x""#)).event(
            0,
            bob(),
            &["requests host=a user=x | n=1i | @0"],
        ),
        Scenario::new("but where they are the group's", {
            timed(r#"event.tags.user = "x""#, options![maxEvents(1), groupByTask(true)])
        })
        .event(
            0,
            bob(),
            &["requests host=a tags=_aggregateexception user=bob | n=1i | @0 | host=a,user=bob [host,user]"],
        ),
        Scenario::new("nothing", with("event.cancel()")).event(0, bob(), &[]).counted("cancelled_tasks", 1),
        Scenario::new("cancelled behind a condition", with("if event.n < 2 { event.cancel() }"))
            .event(0, bob(), &[])
            .counted("out max_events", 0),
        Scenario::new("more, before it", with("emit(#{a: 1}); emit(#{a: 2}); event.cancel()"))
            .event(
                0,
                bob().at(5),
                &["requests host=a user=bob | a=1i | @5", "requests host=a user=bob | a=2i | @6"],
            )
            .counted("emitted", 2)
            .counted("cancelled_tasks", 1),
    ]);
}

#[test]
fn failing() {
    let options =
        |more: Vec<_>| timed("event.y = 1; oops(); event.z = 1", [options![maxEvents(1)], more].concat());
    check([
        Scenario::new("tagged, with what was done until then", options(vec![]))
            .event(0, bob(), &["requests host=a tags=_aggregateexception user=bob | n=1i y=1i | @0"])
            .counted("failed", 1)
            .counted("out max_events", 1),
        Scenario::new("behind timeout tags", options(options![timeoutTags("late")])).event(
            0,
            bob(),
            &["requests host=a tags='late,_aggregateexception' user=bob | n=1i y=1i | @0"],
        ),
        Scenario::new("once, though code failed too", options(options![code("oops()")]))
            .event(0, bob(), &["requests host=a tags=_aggregateexception user=bob | n=1i y=1i | @0"])
            .counted("failed", 2),
        Scenario::new("dropped", options(options![onError("drop")]))
            .event(0, bob(), &[])
            .counted("cancelled_tasks", 1)
            .counted("out max_events", 0),
        Scenario::new("grouped by tags", options(vec![])).event(
            0,
            bob().group("tags=a", &["tags"]).tag("tags", "a"),
            &["requests tags=a user=bob | n=1i y=1i | @0 | tags=a [tags]"],
        ),
    ]);
}

/// Code has failed on one of its events.
#[test]
fn tasks_that_code_failed_on() {
    let options = |more: Vec<_>| {
        let options = options![taskId("user"), count("n"), code("if event.x == 1 { oops() }")];
        [options, more].concat()
    };
    check([
        Scenario::new("are tagged for life", options(options![maxEvents(2), timeoutTags("late")]))
            .event(0, bob().int("x", 1), &[])
            .event(1, bob(), &["requests host=a tags='late,_aggregateexception' user=bob | n=2i | @0"])
            .event(2, bob().at(5), &[])
            .event(3, bob().at(5), &["requests host=a tags=late user=bob | n=2i | @5"]),
        Scenario::new("behind another option's tag", {
            options(options![maxEvents(1), tagOnTimeout("tags", "gone"), keep("tags")])
        })
        .event(
            0,
            bob().tag("tags", "kept").int("x", 1),
            &["requests host=a tags='gone,_aggregateexception' user=bob | n=1i | @0"],
        ),
        Scenario::new("behind what is kept, once", options(options![maxEvents(2), keep("tags")]))
            .event(0, bob().tag("tags", "kept").int("x", 1), &[])
            .event(1, bob(), &["requests host=a tags='kept,_aggregateexception' user=bob | n=2i | @0"]),
        Scenario::new("in each flush", options(options![flushInterval(ns(10)), resetOnFlush(true)]))
            .event(0, bob().int("x", 1), &[])
            .time(10, &["requests host=a tags=_aggregateexception user=bob | n=1i | @0"])
            .event(11, bob().at(5), &[])
            .time(20, &["requests host=a tags=_aggregateexception user=bob | n=1i | @5"]),
        Scenario::new("over a restart", options(options![maxEvents(2)]))
            .event(0, bob().int("x", 1), &[])
            .restart(1, 2)
            .event(3, bob(), &["requests host=a tags=_aggregateexception user=bob | n=2i | @0"]),
        Scenario::new("not where the event is dropped", options(options![maxEvents(2), onError("drop")]))
            .event(0, bob().int("x", 1), &[])
            .event(1, bob(), &["requests host=a user=bob | n=2i | @0"]),
    ]);
}

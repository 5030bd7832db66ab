//! `@script()`: every point as code leaves it, and what code can do to an event.

use kapacitor_udfd::aggregate::options::Function;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn scripted(name: &'static str, code: &str) -> Scenario {
    Scenario::new(name, options![code(code)]).of(Function::Script)
}

/// What one line of code makes of an event.
fn leaves(code: &str, event: Event, expected: &str) {
    let failed = u64::from(expected.contains("_aggregateexception"));
    check([scripted("one event", code).event(0, event, &[expected]).counted("failed", failed)]);
}

const FAILED: &str = "requests host=a tags=_aggregateexception";

#[test]
fn fields_have_the_type_of_their_value() {
    let (int, double) = (|| event().int("x", 5), || event().double("x", 5.0));
    leaves("event.y = event.x + 1", int(), "requests host=a | x=5i y=6i | @0");
    leaves("event.y = event.x + 1", double(), "requests host=a | x=5.0 y=6.0 | @0");
    leaves("event.y = event.x + 1.0", int(), "requests host=a | x=5i y=6.0 | @0");
    leaves("event.y = event.x / 2", int(), "requests host=a | x=5i y=2i | @0");
    leaves("event.y = event.x / 2", double(), "requests host=a | x=5.0 y=2.5 | @0");
    leaves("event.y = event.x", int(), "requests host=a | x=5i y=5i | @0");
    leaves("event.y = event.x", double(), "requests host=a | x=5.0 y=5.0 | @0");
    leaves("event.y = event.x > 4", int(), "requests host=a | x=5i y=true | @0");
    leaves(r#"event.y = event.host + "!""#, int(), "requests host=a | x=5i y='a!' | @0");
    leaves("event.x = 1.5", int(), "requests host=a | x=1.5 | @0");
    leaves(r#"event.x = "five""#, int(), "requests host=a | x='five' | @0");
    leaves("event.x *= 2", int(), "requests host=a | x=10i | @0");
    leaves("event.x -= 6", int(), "requests host=a | x=-1i | @0");
    let large = event().int("x", i64::MAX);
    leaves(
        "event.y = event.x",
        large,
        "requests host=a | x=9223372036854775807i y=9223372036854775807i | @0",
    );
    leaves("event.y = -0.0", event(), "requests host=a | y=-0.0 | @0");
}

#[test]
fn what_is_missing() {
    let x = || event().int("x", 5);
    leaves("event.y = event.no + event.x", x(), "requests host=a | x=5i y=5i | @0");
    leaves("event.y = event.x + event.no", x(), "requests host=a | x=5i y=5i | @0");
    leaves("event.y = event.x - event.no", x(), "requests host=a | x=5i y=5i | @0");
    leaves("event.y = event.no - event.x", x(), "requests host=a | x=5i y=-5i | @0");
    leaves("event.y = event.no - 2.5", x(), "requests host=a | x=5i y=-2.5 | @0");
    leaves("event.y = event.no + event.nor", x(), "requests host=a | x=5i | @0");
    leaves(r#"event.y = event.no + "s""#, x(), "requests host=a | x=5i y='s' | @0");
    leaves("event.y = min(event.no, 3)", x(), "requests host=a | x=5i y=3i | @0");
    leaves("event.y = max(3, event.no)", x(), "requests host=a | x=5i y=3i | @0");
    leaves("event.y += 3", x(), "requests host=a | x=5i y=3i | @0");
    leaves("event.y -= 3", x(), "requests host=a | x=5i y=-3i | @0");
    leaves("event.y = event.no ?? 7", x(), "requests host=a | x=5i y=7i | @0");
    leaves("event.y = event.x ?? 7", x(), "requests host=a | x=5i y=5i | @0");
    leaves("event.y = event.no == 0", x(), "requests host=a | x=5i y=false | @0");
    leaves("event.y = event.no * 2", x(), &format!("{FAILED} | x=5i | @0"));
    leaves("event.y = 2 / event.no", x(), &format!("{FAILED} | x=5i | @0"));
    leaves("if event.no { event.y = 1 }", x(), &format!("{FAILED} | x=5i | @0"));
}

#[test]
fn fields_and_tags_come_and_go() {
    let both = || event().int("x", 5).tag("region", "eu");
    leaves("event.x = (); event.y = 1", both(), "requests host=a region=eu | y=1i | @0");
    leaves("event.tags.region = ()", both(), "requests host=a | x=5i | @0");
    leaves(r#"event.tags.region = "us""#, both(), "requests host=a region=us | x=5i | @0");
    leaves(r#"event.tags.kind = "k""#, both(), "requests host=a kind=k region=eu | x=5i | @0");
    leaves("event.tags.n = event.x.to_string()", both(), "requests host=a n=5 region=eu | x=5i | @0");
    leaves(r#"event["odd name"] = 1"#, both(), "requests host=a region=eu | 'odd name'=1i x=5i | @0");
    leaves(r#"event.set("y", event.get("x"))"#, both(), "requests host=a region=eu | x=5i y=5i | @0");
    leaves(r#"event.fields.name = "n""#, both(), "requests host=a region=eu | name='n' x=5i | @0");
    leaves(r#"event["name"] = 1"#, both(), "requests host=a region=eu | name=1i x=5i | @0");
    leaves("event.y = event.time + 1", both().at(7), "requests host=a region=eu | x=5i y=8i | @7");
    leaves("event.y = event.name", both(), "requests host=a region=eu | x=5i y='requests' | @0");
    // What code reads again is what it has set.
    leaves("event.y = 1; event.y += 1; event.z = event.y", event(), "requests host=a | y=2i z=2i | @0");
    leaves("event.x = (); event.y = event.x ?? 9", both(), "requests host=a region=eu | y=9i | @0");
    leaves(r#"event.tags.r = "r"; event.y = event.r"#, event(), "requests host=a r=r | y='r' | @0");
}

#[test]
fn what_an_event_can_t_take_fails() {
    let x = || event().int("x", 5);
    for code in [
        "event.y = [1]",
        "event.y = #{a: 1}",
        "event.y = 0.0 / 0.0",
        "event.y = 1.0 / 0.0",
        r#"event.name = "other""#,
        "event.time = 5",
        r#"event["time"] = 5"#,
        r#"event[""] = 5"#,
        "event.tags = 5",
        "event.fields = ()",
        r#"event.tags.host = "b""#,
        "event.tags.host = ()",
        "event.tags.n = 5",
        "event.tags.n = true",
        "event.y = event.x + 9223372036854775807",
        "event.y = event.x / 0",
        "event.y = event.x + true",
        "task.nonsense = 1",
        "event.y = task.nonsense",
        "oops()",
        "event.oops()",
        "map.a.b = 1",
        "map.n = 1; map.n.b = 1",
        "emit(#{})",
        "emit(#{a: ()})",
        "emit(#{a: 0.0 / 0.0})",
        "emit(5)",
    ] {
        leaves(code, x(), &format!("{FAILED} | x=5i | @0"));
    }
}

#[test]
fn what_it_did_until_it_failed_stays() {
    leaves("event.y = 1; oops(); event.z = 1", event(), &format!("{FAILED} | y=1i | @0"));
    let tagged = |tags: &str| event().tag("tags", tags).int("x", 1);
    leaves("oops()", tagged("a,b"), "requests host=a tags='a,b,_aggregateexception' | x=1i | @0");
    leaves(
        "oops()",
        tagged("_aggregateexception,b"),
        "requests host=a tags='_aggregateexception,b' | x=1i | @0",
    );
    leaves("oops()", tagged(""), "requests host=a tags=_aggregateexception | x=1i | @0");
    check([
        scripted("the map, and what was emitted", "map.n += 1; emit(#{n: map.n}); oops()")
            .event(
                0,
                event().int("x", 1),
                &["requests host=a tags=_aggregateexception | x=1i | @0", "requests host=a | n=1i | @1"],
            )
            .event(
                1,
                event().int("x", 1).at(5),
                &["requests host=a tags=_aggregateexception | x=1i | @5", "requests host=a | n=2i | @6"],
            )
            .counted("failed", 2),
        Scenario::new("onError drop", options![code("emit(#{n: 1}); oops()"), onError("drop")])
            .of(Function::Script)
            .event(0, event(), &["requests host=a | n=1i | @0"])
            .counted("failed", 1),
        Scenario::new("cancelled, and then failed", options![code("event.cancel(); oops()"), onError("tag")])
            .of(Function::Script)
            .event(0, event(), &[])
            .counted("failed", 1),
        scripted("grouped by tags", "oops()")
            .event(
                0,
                event().group("tags=a", &["tags"]).tag("tags", "a").int("x", 1),
                &["requests host=a tags=a | x=1i | @0 | tags=a [tags]"],
            )
            .counted("failed", 1),
    ]);
}

#[test]
fn whose_the_map_is() {
    let n = "map.n += 1; event.n = map.n; event.id = task.id";
    check([
        scripted("the group's", n)
            .event(0, bob(), &["requests host=a user=bob | id='host=a' n=1i | @0"])
            .event(1, event(), &["requests host=a | id='host=a' n=2i | @0"])
            .event(2, event().on_host("b"), &["requests host=b | id='host=b' n=1i | @0 | host=b [host]"]),
        Scenario::new("the task's", options![code(n), taskId("user")])
            .of(Function::Script)
            .event(0, bob(), &["requests host=a user=bob | id='bob' n=1i | @0"])
            .event(1, event().tag("user", "eve"), &["requests host=a user=eve | id='eve' n=1i | @0"])
            .event(2, bob(), &["requests host=a user=bob | id='bob' n=2i | @0"])
            .event(3, bob().on_host("b"), &["requests host=b user=bob | id='bob' n=1i | @0 | host=b [host]"]),
        Scenario::new("nobody's", options![code(n), taskId("user")])
            .of(Function::Script)
            .event(0, event().int("x", 1), &["requests host=a | x=1i | @0"])
            .counted("no_id", 1),
    ]);
}

#[test]
fn how_maps_end() {
    let n = |more: Vec<kapacitor_udfd::proto::Option>| {
        [options![code("map.n += 1; event.n = map.n"), taskId("user")], more].concat()
    };
    let bob_s = |n: i64| format!("requests host=a user=bob | n={n}i | @0");
    check([
        Scenario::new("never, of themselves", n(vec![]))
            .of(Function::Script)
            .event(0, bob(), &[&bob_s(1)])
            .time(i64::MAX / 2, &[])
            .event(i64::MAX / 2, bob(), &[&bob_s(2)]),
        Scenario::new("by timeout", n(options![timeout(ns(10))]))
            .of(Function::Script)
            .event(0, bob(), &[&bob_s(1)])
            .event(10, bob(), &[&bob_s(2)])
            .event(11, bob(), &[&bob_s(1)])
            .time(99, &[])
            .counted("vanished timeout", 2),
        Scenario::new("by inactivity", n(options![inactivityTimeout(ns(10))]))
            .of(Function::Script)
            .event(0, bob(), &[&bob_s(1)])
            .event(10, bob(), &[&bob_s(2)])
            .time(20, &[])
            .event(20, bob(), &[&bob_s(1)])
            .counted("vanished inactivity", 1),
        Scenario::new("the oldest goes where there are too many", n(options![maxTasks(2)]))
            .of(Function::Script)
            .event(0, bob(), &[&bob_s(1)])
            .event(1, event().tag("user", "eve"), &["requests host=a user=eve | n=1i | @0"])
            .event(2, bob(), &[&bob_s(2)])
            .event(3, event().tag("user", "ben"), &["requests host=a user=ben | n=1i | @0"])
            .event(4, event().tag("user", "eve"), &["requests host=a user=eve | n=2i | @0"])
            .event(5, bob(), &[&bob_s(1)])
            .counted("dropped", 2),
        scripted("task.end(), after the event", "map.n += 1; task.end(); event.n = map.n; map.n += 1")
            .event(0, event(), &["requests host=a | n=1i | @0"])
            .event(1, event(), &["requests host=a | n=1i | @0"])
            .counted("vanished end", 2),
        scripted("code sets a timeout", "map.n += 1; event.n = map.n; task.timeout = 0.00000001")
            .event(0, event(), &["requests host=a | n=1i | @0"])
            .event(10, event(), &["requests host=a | n=2i | @0"])
            .event(11, event(), &["requests host=a | n=1i | @0"])
            .counted("vanished timeout", 1),
        scripted(
            "which there was none of",
            "event.t = task.timeout; event.i = task.inactivity_timeout; event.n = 1",
        )
        .event(0, event(), &["requests host=a | n=1i | @0"]),
        scripted("at the end nothing comes", "map.n += 1")
            .event(0, event().int("x", 1), &["requests host=a | x=1i | @0"])
            .end(1, &[]),
    ]);
}

#[test]
fn what_goes_on() {
    check([
        scripted("nothing that is cancelled", "if event.x < 2 { event.cancel() }")
            .event(0, event().int("x", 1), &[])
            .event(1, event().int("x", 2), &["requests host=a | x=2i | @0"]),
        scripted(
            "what is emitted comes behind it",
            "emit(#{twice: event.x * 2}); emit(#{half: event.x / 2})",
        )
        .event(
            0,
            bob().int("x", 4).at(5),
            &[
                "requests host=a user=bob | x=4i | @5",
                "requests host=a | twice=8i | @6",
                "requests host=a | half=2i | @7",
            ],
        ),
        scripted("in place of it", "emit(#{twice: event.x * 2}); event.cancel()")
            .event(0, event().int("x", 4).at(5), &["requests host=a | twice=8i | @5"])
            .event(1, event().int("x", 5).at(5), &["requests host=a | twice=10i | @6"])
            .event(2, event().int("x", 6).at(9), &["requests host=a | twice=12i | @9"]),
        scripted("a copy", "event.y = 1; emit(event); event.y = 2").event(
            0,
            bob().int("x", 4),
            &["requests host=a user=bob | x=4i y=2i | @0", "requests host=a user=bob | x=4i y=1i | @1"],
        ),
        scripted("of another measurement and database", "emit(#{n: 1})").event(
            0,
            event().named("m2").stored_in("db2", "rp2").int("x", 1),
            &["m2 host=a | x=1i | @0 | db2.rp2", "m2 host=a | n=1i | @1 | db2.rp2"],
        ),
        Scenario::new(
            "with the id",
            options![code("emit(#{n: 1}); event.cancel()"), taskId("%{user}-%{no}")],
        )
        .of(Function::Script)
        .event(0, bob().int("no", 7), &["requests host=a user=bob | n=1i no=7i | @0"]),
    ]);
}

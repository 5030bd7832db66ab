//! What a map is as fields of its task's point.

use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn once(code: &str, more: Vec<proto::Option>) -> Vec<proto::Option> {
    [options![taskId("user"), maxEvents(1), code(code)], more].concat()
}

/// What comes out of a task with this code and one event.
fn comes_out(code: &str, fields: &str) {
    let expected = format!("requests host=a user=bob | {fields} | @0");
    check([Scenario::new("a map", once(code, vec![])).event(0, bob().int("x", 5), &[&expected])]);
}

#[test]
fn each_type() {
    comes_out("map.i = 1; map.d = 1.0; map.b = true; map.s = \"t\"", "b=true d=1.0 i=1i s='t'");
    comes_out("map.x = event.x; map.u = event.user", "u='bob' x=5i");
    comes_out("map.x = event.no", "count=1i");
    comes_out("map.x = 1; map.x = ()", "count=1i");
    comes_out("map.x = 1; map.remove(\"x\")", "count=1i");
    comes_out("map.x = 1; map.clear()", "count=1i");
    comes_out("map[\"odd name\"] = 1", "'odd name'=1i");
    comes_out("map.set(\"x\", 1); map.y = map.get(\"x\") + 1", "x=1i y=2i");
    comes_out("map.l = [1, 2.5, \"a\\\"b\", true]", r#"l='[1,2.5,"a\\"b",true]'"#);
    comes_out("map.l = []", "l='[]'");
    comes_out("map.l = [[1], #{a: 2, b: ()}]", r#"l='[[1],{"a":2}]'"#);
    comes_out("map.m = #{a: 1, b: #{c: 2.0}}", "'m.a'=1i 'm.b.c'=2.0");
    comes_out("map.m = #{}", "count=1i");
    comes_out("map.m = #{a: [1]}", "'m.a'='[1]'");
}

#[test]
fn lists_and_maps_are_places() {
    comes_out("map.l = []; map.l.push(1); map.l.push(2)", "l='[1,2]'");
    comes_out("map.l = [1, 2, 3]; map.p = map.l.pop(); map.s = map.l.shift()", "l='[2]' p=3i s=1i");
    comes_out("map.l = [1, 2]; map.l[1] = 5", "l='[1,5]'");
    comes_out("map.l = [1, 2]; map.l[0] += 5", "l='[6,2]'");
    comes_out("map.m = #{}; map.m.a = 1; map.m.a += 1", "'m.a'=2i");
    comes_out("map.m = #{a: #{}}; map.m.a.b = 1; map.m.a.c += 2", "'m.a.b'=1i 'm.a.c'=2i");
    comes_out("map.m = #{a: 1}; map.m.a = ()", "count=1i");
    comes_out("map.l = [#{}]; map.l[0].a = 1", r#"l='[{"a":1}]'"#);
    comes_out("map.m = #{l: [1]}; map.m.l.push(2)", "'m.l'='[1,2]'");
    // A copy is one.
    comes_out("map.a = [1]; map.b = map.a; map.b.push(2)", "a='[1]' b='[1,2]'");
    comes_out("map.a = #{n: 1}; map.b = map.a; map.b.n = 2", "'a.n'=1i 'b.n'=2i");
    comes_out("map.l = [1, 2]; map.n = map.l.len(); map.c = map.l.contains(2)", "c=true l='[1,2]' n=2i");
    comes_out(
        "map.n = map.len(); map.c = map.contains(\"n\"); map.e = map.is_empty()",
        "c=true e=false n=0i",
    );
    comes_out("map.a = \"a\" in map; map.b = \"a\" in map", "a=false b=true");
}

#[test]
fn who_wins() {
    check([
        Scenario::new("a reducer", once("map.n = 5; map.y = 1", options![count("n")]))
            .event(0, bob(), &["requests host=a user=bob | n=1i y=1i | @0"])
            .counted("left_out", 1),
        Scenario::new(
            "also one that has nothing to say",
            once("map.s = 5; map.y = 1", options![sum("no", "s")]),
        )
        .event(0, bob(), &["requests host=a user=bob | y=1i | @0"])
        .counted("left_out", 1),
        Scenario::new("a tag", once("map.host = 5; map.y = 1", vec![]))
            .event(0, bob(), &["requests host=a user=bob | y=1i | @0"])
            .counted("left_out", 1),
        Scenario::new("an id that is a tag", once("map.user = 5; map.y = 1", vec![]))
            .event(0, bob(), &["requests host=a user=bob | y=1i | @0"])
            .counted("left_out", 1),
        Scenario::new("an id that is a field", once("map.user = 5; map.y = 1", vec![]))
            .event(0, event().int("user", 7), &["requests host=a | user=7i y=1i | @0"])
            .counted("left_out", 1),
        Scenario::new("not what is kept", once("map.k = 5; map.y = 1", options![keep("k")]))
            .event(0, bob().int("k", 7), &["requests host=a user=bob | k=5i y=1i | @0"])
            .counted("left_out", 1),
        Scenario::new(
            "the id of a timeout",
            once("map.id = 5; map.y = 1", options![timeoutTaskIdField("id")]),
        )
        .event(0, bob(), &["requests host=a user=bob | id='bob' y=1i | @0"])
        .counted("left_out", 1),
        Scenario::new("the tag of the reason", once("map.why = 5; map.y = 1", options![reasonTag("why")]))
            .event(0, bob(), &["requests host=a user=bob why=max_events | y=1i | @0"])
            .counted("left_out", 1),
    ]);
}

#[test]
fn what_can_t_come_out() {
    check([
        Scenario::new(
            "NaN and infinity",
            once("map.nan = 0.0 / 0.0; map.inf = 1.0 / 0.0; map.y = 1", vec![]),
        )
        .event(0, bob(), &["requests host=a user=bob | y=1i | @0"])
        .counted("not_finite", 2),
        Scenario::new("another type than before", once("map.v = event.v; map.y = 1", vec![]))
            .event(0, bob().int("v", 1), &["requests host=a user=bob | v=1i y=1i | @0"])
            .event(1, bob().text("v", "s").at(5), &["requests host=a user=bob | y=1i | @5"])
            .event(2, bob().double("v", 0.5).at(9), &["requests host=a user=bob | v=0.5 y=1i | @9"])
            .event(3, bob().int("v", 2).at(19), &["requests host=a user=bob | v=2.0 y=1i | @19"])
            .counted("left_out", 1),
    ]);
}

#[test]
fn maps_that_are_too_heavy() {
    let heavy = "x".repeat(61 << 10);
    let half = "x".repeat(31 << 10);
    let kept = |code: &str| options![taskId("user"), code(code), count("n"), reasonTag("why")];
    let one = format!("requests host=a user=bob why=max_list | n=1i t='{heavy}' | @0");
    let two = format!("requests host=a user=bob why=max_list | n=2i t='{half}{half}' | @0");
    let list = format!(r#"requests host=a user=bob why=max_list | l='["{half}","{half}"]' n=2i | @0"#);
    check([
        Scenario::new("one text", kept("map.t = event.t")).event(0, bob().text("t", &heavy), &[&one]),
        Scenario::new("one that grows", kept("map.t += event.t"))
            .event(0, bob().text("t", &half), &[])
            .event(1, bob().text("t", &half), &[&two]),
        Scenario::new("a list", kept("if map.l == () { map.l = [] } map.l.push(event.t)"))
            .event(0, bob().text("t", &half), &[])
            .event(1, bob().text("t", &half), &[&list]),
    ]);
}

#[test]
fn several_tasks() {
    check([Scenario::new(
        "each with its own",
        options![taskId("user"), code("map.n += 1"), timeout(ns(10))],
    )
    .event(0, bob(), &[])
    .event(0, event().tag("user", "eve"), &[])
    .event(0, bob(), &[])
    .time(10, &["requests host=a user=bob | n=2i | @0", "requests host=a user=eve | n=1i | @1"])]);
}

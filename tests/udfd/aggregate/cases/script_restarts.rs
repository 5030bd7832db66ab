//! What a snapshot brings back of what scripts have made, also when the scripts have changed meanwhile.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

fn coded(code: &str) -> Vec<proto::Option> {
    options![taskId("user"), code(code), timeout(ns(100))]
}

const DEEP: &str = r#"
    map.n += 1;
    if map.n == 1 {
        map.i = 9007199254740993;
        map.d = 1.0;
        map.b = false;
        map.s = "a\"b";
        map.l = [1, 2.5, "x", [], #{k: ()}];
        map.deep = #{list: [1], map: #{one: 1, two: 2.0}, empty: #{}};
        map["odd name"] = -1;
        map.nan = 0.0 / 0.0;
    }
    map.l.push(map.n);
    map.deep.list.push(map.n);
    map.deep.map.one += 1;
"#;

#[test]
fn nested_maps_come_back() {
    let fields = r#"b=false d=1.0 'deep.list'='[1,1,2]' 'deep.map.one'=3i 'deep.map.two'=2.0 i=9007199254740993i l='[1,2.5,"x",[],{},1,2]' n=2i 'odd name'=-1i s='a"b'"#;
    let expected = format!("requests host=a user=bob | {fields} | @0");
    check([
        Scenario::new("and go on", coded(DEEP))
            .event(0, bob(), &[])
            .restart(1, 2)
            .event(3, bob(), &[])
            .time(100, &[&expected])
            .counted("not_finite", 1),
        Scenario::new("again and again", coded(DEEP))
            .event(0, bob(), &[])
            .restart(1, 2)
            .restart(3, 4)
            .event(5, bob(), &[])
            .restart(6, 7)
            .time(100, &[&expected]),
        Scenario::new(
            "in a session",
            options![
                taskId("user"),
                code("map.l = (map.l ?? []) + [event.x]; event.l = map.l.len()"),
                maxEvents(2)
            ],
        )
        .of(Function::Session)
        .event(0, bob().int("x", 1), &[])
        .restart(1, 2)
        .event(
            3,
            bob().int("x", 2),
            &[
                "begin requests host=a size=2",
                "  host=a user=bob | l=1i x=1i | @0",
                "  host=a user=bob | l=2i x=2i | @0",
                "end tmax=0",
            ],
        ),
    ]);
}

#[test]
fn the_script_is_another_one() {
    let first = "map.a += 1; map.b += 10; map.c = #{a: map.a, z: [map.b]}";
    let after = |code: &str, expected: &str| {
        let expected = format!("requests host=a user=bob | {expected} | @0");
        check([Scenario::new("changed", coded(first))
            .event(0, bob(), &[])
            .event(1, bob(), &[])
            .changed(2, 3, coded(code))
            .event(4, bob(), &[])
            .time(100, &[&expected])]);
    };
    after("map.c = (); map.b += 1; map.a += 2", "a=4i b=21i");
    after("map.z = 1; map.b += 5; map.y = map.a; map.a += 1", "a=3i b=25i 'c.a'=2i 'c.z'='[20]' y=2i z=1i");
    after("map.d = 1", "a=2i b=20i 'c.a'=2i 'c.z'='[20]' d=1i");
    after("event.x = 1", "a=2i b=20i 'c.a'=2i 'c.z'='[20]'");
    after("map.c.a += 1; map.c.z.push(map.a)", "a=2i b=20i 'c.a'=3i 'c.z'='[20,2]'");
    after(r#"map["a"] += 1; map.remove("b"); map.remove("c")"#, "a=3i");
    after("map.clear(); map.a = 1", "a=1i");
}

#[test]
fn there_is_a_script_only_before_or_after() {
    let without = || options![taskId("user"), timeout(ns(100)), reasonTag("why")];
    check([
        Scenario::new(
            "none any more",
            [coded("map.a += 1; map.l = [1]"), options![reasonTag("why")]].concat(),
        )
        .event(0, bob(), &[])
        .changed(1, 2, without())
        .event(3, bob(), &[])
        .time(100, &["requests host=a user=bob why=timeout | a=1i l='[1]' | @0"]),
        Scenario::new("none until then", without())
            .event(0, bob(), &[])
            .changed(1, 2, [coded("map.a += task.count"), options![reasonTag("why")]].concat())
            .event(3, bob(), &[])
            .time(100, &["requests host=a user=bob why=timeout | a=2i | @0"]),
        Scenario::new("conditions may change", [without(), options![endWhen("task.count == 2")]].concat())
            .event(0, bob(), &[])
            .changed(
                1,
                2,
                [without(), options![endWhen("task.count == 3"), startWhen("event.x == 1")]].concat(),
            )
            .event(3, bob(), &[])
            .event(4, bob(), &["requests host=a user=bob why=end | count=3i | @0"])
            .event(5, bob(), &[])
            .counted("orphans", 1),
    ]);
}

#[test]
fn what_it_has_set_stays() {
    check([
        Scenario::new("a timeout, though the option is another one", {
            [coded("task.timeout = 0.00000005"), options![reasonTag("why")]].concat()
        })
        .event(0, bob(), &[])
        .changed(1, 2, options![taskId("user"), timeout(ns(10)), reasonTag("why"), endWhen("map.no == 1")])
        .time(49, &[])
        .time(50, &["requests host=a user=bob why=timeout | count=1i | @0"]),
        Scenario::new("inactivity_timeout", {
            [coded("task.inactivity_timeout = 0.00000002"), options![reasonTag("why")]].concat()
        })
        .event(0, bob(), &[])
        .event(10, bob(), &[])
        .restart(11, 12)
        .time(29, &[])
        .time(30, &["requests host=a user=bob why=inactivity | count=2i | @0"]),
        Scenario::new("the types of what was emitted", {
            options![taskId("user"), code("emit(#{v: event.v, n: 1})")]
        })
        .event(0, bob().int("v", 1), &["requests host=a user=bob | n=1i v=1i | @0"])
        .restart(1, 2)
        .event(3, bob().text("v", "s").at(5), &["requests host=a user=bob | n=1i | @5"]),
        Scenario::new("the times of what was emitted", options![taskId("user"), code("emit(#{n: 1})")])
            .event(0, bob(), &["requests host=a user=bob | n=1i | @0"])
            .restart(1, 2)
            .event(3, bob(), &["requests host=a user=bob | n=1i | @1"]),
    ]);
}

#[test]
fn at_script_goes_on() {
    let n = options![code("map.n += 1; event.n = map.n; event.r = task.restored"), taskId("user")];
    check([
        Scenario::new("with its maps", n.clone())
            .of(Function::Script)
            .event(0, bob(), &["requests host=a user=bob | n=1i r=false | @0"])
            .restart(1, 2)
            .event(3, bob(), &["requests host=a user=bob | n=2i r=true | @0"])
            .event(4, event().tag("user", "eve"), &["requests host=a user=eve | n=1i r=false | @0"]),
        Scenario::new("but not with those that are too old", [n, options![maxRestoreAge(ns(5))]].concat())
            .of(Function::Script)
            .event(0, bob(), &["requests host=a user=bob | n=1i r=false | @0"])
            .restart(1, 7)
            .event(8, bob(), &["requests host=a user=bob | n=1i r=false | @0"])
            .counted("not_restored", 1),
    ]);
}

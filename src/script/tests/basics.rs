//! What code can do, with the examples of the reference.

use super::*;

/// Code leaves this map.
fn leaves(code: &str, expected: &str) {
    let mut node = Node::new(Part::Code, code);
    if let Err(failed) = node.run(Part::Code) {
        panic!("{code}: {failed:?}");
    }
    assert_eq!(node.map(), expected, "{code}");
    let keys = node.scripts.keys().clone();
    let mut packed = Vec::new();
    let state = node.scripts.call().state.clone();
    state.write(&keys, &mut packed);
    let read = State::read(&keys, &mut crate::pack::Reader::new(&packed)).unwrap();
    let mut again = Vec::new();
    read.write(&keys, &mut again);
    assert_eq!(again, packed, "{code}");
    state.check(&keys);
    read.check(&keys);
}

#[test]
fn the_map_is_added_to() {
    leaves("map.total += event.amount; map.count += 1", "total=1.5 count=1");
    leaves(
        "map.total = event.amount; map.total += event.amount; map.count += 1; map.count += 2",
        "total=3.0 count=3",
    );
    leaves("map.x -= 5; map.y -= 1.5; map.z += \"a\"; map.z += \"b\"", "x=-5 y=-1.5 z=\"ab\"");
    leaves("map.x += event.nothing", "");
    leaves("map.x = 1; map.x += event.nothing; map.x -= event.nothing", "x=1");
    leaves("map.x = max(map.x, event.bytes); map.y = min(event.bytes, map.y)", "x=20000 y=20000");
    leaves("map.x = max(map.x, event.amount); map.x = max(map.x, 2.5)", "x=2.5");
    leaves("map.x = map.x ?? 7; map.x = map.x ?? 8", "x=7");
    leaves("map.x = 3; map.x = ()", "");
    leaves(
        "map.big = event.big; map.less = event.big - 1",
        "big=9223372036854775807 less=9223372036854775806",
    );
}

#[test]
fn what_is_in_the_map_is_changed_in_place() {
    leaves("map.l = []; map.l.push(1); map.l.push(\"a\"); map.l.push(2.5)", r#"l="[1,\"a\",2.5]""#);
    leaves("map.l = [1]; let l = map.l; l.push(2); l += 3; l += [4, 5]", r#"l="[1,2,3,4,5]""#);
    leaves("map.l = [3, 1, 2]; map.l.sort(); map.n = map.l.len()", r#"l="[1,2,3]" n=3"#);
    leaves("map.a = #{}; map.a.b = #{c: 1}; map.a.b.c += 1; map.a.b.d += 1", "a.b.c=2 a.b.d=1");
    leaves("map.a = #{b: [1, #{c: 2}]}; map.a.b[1].c += 5; map.a.b[0] = 9", r#"a.b="[9,{\"c\":7}]""#);
    leaves("map.a = #{x: 1}; map.b = map.a; map.b.x = 2", "a.x=1 b.x=2");
    leaves("map.a = #{x: 1}; map.a.self = map.a; map.a.self.x = 5", "a.x=1 a.self.x=5");
    leaves(
        "map[\"odd name\"] = 1; map[\"o\" + \"dd\"] = 2; map.o = map[\"od\" + \"d\"]",
        "odd name=1 odd=2 o=2",
    );
    leaves(
        "map.a = 1; map.b = 2; map.remove(\"a\"); map.c = map.contains(\"b\"); map.d = \"a\" in map",
        "b=2 c=true d=false",
    );
    leaves("map.a = 1; map.clear(); map.n = map.len(); map.e = map.is_empty()", "n=0 e=false");
    leaves("map.a = 1; map.k = map.keys(); map.v = map.values()", r#"a=1 k="[\"a\"]" v="[1,[\"a\"]]""#);
    leaves("map.a = 1; map.set(\"b\", map.get(\"a\") + 1)", "a=1 b=2");
    leaves(
        "map.l = [1, 2, 3]; map.a = map.l.pop(); map.b = map.l.shift(); map.l.insert(0, 7); map.c = map.l.remove(0)",
        r#"l="[2]" a=3 b=1 c=7"#,
    );
    leaves("map.l = [1, 2, 3]; let s = 0; for x in map.l { s += x } map.s = s", r#"l="[1,2,3]" s=6"#);
    leaves(
        "map.l = [1, 2, 3]; map.l = map.l.filter(|x| x > 1); map.s = map.l.reduce(|s, x| s + x, 0)",
        r#"l="[2,3]" s=5"#,
    );
    leaves(
        "map.l = [1, 2, 2]; map.l.dedup(); map.l.reverse(); map.i = map.l.index_of(1); map.c = 2 in map.l",
        r#"l="[2,1]" i=1 c=true"#,
    );
    leaves(
        "map.l = [1, 2]; map.l[-1] = 5; map.x = map.l[-2]; map.e = map.l == [1, 5]",
        r#"l="[1,5]" x=1 e=true"#,
    );
}

//! What scripts may not change, name or leave out, and what is told of it.

use super::errors::{failure, refusal, refused, says};
use super::*;

#[test]
fn tags_of_the_group_can_not_be_changed_by_any_way() {
    let tag = "tag host can't be changed: points are grouped by it";
    says("event.tags.host.make_upper()", tag);
    says("event.tags.host[0] = 'z'", tag);
    says("event.tags[\"host\"].replace(\"w\", \"v\")", tag);
    says("event.tags.host.clear()", tag);
    let field = "host is a tag that points are grouped by; event.fields.host sets a field of that name";
    says("event.host = \"x\"", field);
    says("event.host = ()", field);
    says("event.host += \"x\"", field);
    says("event.host.make_upper()", field);
    says("event[\"host\"] = 1", field);
    says("event.set(\"host\", 1)", field);
    says("let e = event; e.host = 1", field);
}

#[test]
fn dimensions_are_asked_for_where_the_event_may_be_changed() {
    let check = |code: &str, expected: bool| {
        let scripts = Scripts::compile(&[source(Part::Code, code)], Budget::default()).unwrap();
        assert_eq!(scripts.changes_event(), expected, "{code}");
    };
    for code in [
        "map.x += event.amount",
        "map.x = event.tags.host; map.y = event[\"odd name\"] + event[\"a\" + [1, 2][0]]",
        "if event.status == \"x\" { event.cancel() }",
        "map.x = event.get(\"x\"); map.y = event.tags.keys(); map.z = \"x\" in event",
        "emit(event); log(event); map.tags = event.name; map.tags.x = 1",
        "map.x = max(event.a, event.b)",
    ] {
        check(code, false);
    }
    for code in [
        "event.x = 1",
        "event?.x += 1",
        "event[\"x\"] = 1",
        "event[[1][0]] = 1",
        "event.set(\"x\", 1)",
        "event.tags.x = \"a\"",
        "event.tags[\"x\"] = \"a\"",
        "event.tags.x.make_upper()",
        "event.tags.x[0] = 'a'",
        "event.fields.set(\"x\", 1)",
        "(event.x).make_upper()",
        "let e = event; e.x = 1",
        "let t = event.tags; t.x = \"a\"",
        "fn f(e) { e.x = 1 } f(event)",
        "fn f() { this.x = 1 } event.f()",
        "`${event.x = 1}`",
    ] {
        check(code, true);
    }
}

#[test]
fn names_that_influxdb_refuses_are_refused() {
    says("event.set(\"\", 1)", "InfluxDB takes no field with an empty name");
    says("event.tags[\"\"] = \"a\"", "InfluxDB takes no tag with an empty name");
    says("event[\"a\\nb\"] = 1", "InfluxDB takes no field with a control character in its name: a\\nb");
    says("event.fields.time = 1", "InfluxDB takes no field called time, which is the point's own");
    says("event[\"time\"] = 1", "InfluxDB takes no field called time, which is the point's own");
    says("event.tags.time = \"a\"", "InfluxDB takes no tag called time, which is the point's own");
    says("emit(#{time: 1})", "InfluxDB takes no field called time, which is the point's own");
    says("emit(#{\"\": 1})", "a point that is emitted can't hold an entry with an empty name");
    says("map[\"\"] = 1", "map can't have an entry with an empty name");
    says(
        "map.x = #{}; map.x[\"\\t\"] = 1",
        "map.x can't have an entry with a control character in its name: \\t",
    );
    says("map.x = #{\"\": 1}", "map.x can't hold an entry with an empty name");
    says("map.mixin(#{\"\\r\": 1})", "map can't hold an entry with a control character in its name: \\r");
}

#[test]
fn handles_and_functions_are_not_declared_anew() {
    let replaced =
        |name: &str| format!("option code: {name} can't be replaced, only what is in it: {name}.x = …");
    refusal(Part::Code, "try { throw 1 } catch (map) { map.x = 1 }", &replaced("map"));
    refusal(Part::Code, "for (x, map) in [1] {}", &replaced("map"));
    refusal(Part::Code, "for (event, i) in [1] {}", &replaced("event"));
    for name in ["end", "cancel", "emit", "log", "keys", "push", "max", "is_empty", "to_string", "replace"] {
        let code = format!("fn {name}() {{}}");
        let words =
            format!("option code: there is a function {name} already; another name tells yours apart");
        refusal(Part::Code, &code, &words);
    }
    refused(
        Part::Code,
        "map.n += 1;\nfn end(x) { x }",
        r"
option code: there is a function end already; another name tells yours apart
 --> code:2:4
  |
2 | fn end(x) { x }
  |    ^^^
",
    );
    let mut node = Node::new(
        Part::Code,
        "fn f(map, event) { map.x = event } f(map, 1); let g = |task, map| task + map; map.y = g.call(1, 2)",
    );
    node.run(Part::Code).unwrap();
    assert_eq!(node.map(), "x=1 y=3");
}

#[test]
fn what_lacks_its_parentheses_is_refused() {
    refused(
        Part::Code,
        "if event.amount > 1 {\n    event.cancel;\n}",
        r#"
option code: event.cancel() needs its parentheses; a field of that name is event["cancel"]
 --> code:2:11
  |
2 |     event.cancel;
  |           ^^^^^^
"#,
    );
    let check = |code: &str, expected: &str| refusal(Part::Code, code, &format!("option code: {expected}"));
    check("map.clear", r#"map.clear() needs its parentheses; an entry of that name is map["clear"]"#);
    check("map.x = map.keys", r#"map.keys() needs its parentheses; an entry of that name is map["keys"]"#);
    check("map.values = 5", r#"map.values() needs its parentheses; an entry of that name is map["values"]"#);
    check("map.len = 5", r#"map.len() needs its parentheses; an entry of that name is map["len"]"#);
    check(
        "map.x = event.tags.keys",
        r#"event.tags.keys() needs its parentheses; a tag of that name is event.tags["keys"]"#,
    );
    check("if event.amount > 1 { task.end }", "task.end() needs its parentheses");
    says("let t = task; t.end", "task.end() needs its parentheses");
    says("map.x = #{}; map.x.len = 5", r#"map.x.len can't be set; an entry of that name is map.x["len"]"#);
    let mut node = Node::new(
        Part::Code,
        "map.a = #{b: 1}; map.l = [1]; map.n = map.a.len + map.l.len + map.len; map.t = map.a.len.to_string(); \
         map.e = map.a.is_empty; map[\"values\"] = 3; map.x = map[\"values\"]; map.a.keys = 4",
    );
    node.run(Part::Code).unwrap();
    assert_eq!(node.map(), r#"a.b=1 a.keys=4 l="[1]" n=4 t="1" e=false values=3 x=3"#);
    let mut node = Node::new(Part::EndWhen, "map.len == 0");
    node.fill();
    assert!(node.scripts.holds(Part::EndWhen, 0, &Nothing, |_| ()));
}

/// A point without anything.
struct Nothing;

impl Look for Nothing {
    fn tag(&self, _: usize) -> Option<&[u8]> {
        None
    }

    fn field(&self, _: usize) -> Option<crate::value::Value<'_>> {
        None
    }

    fn count(&self) -> u64 {
        0
    }
}

#[test]
fn what_does_not_fit_names_the_other_side() {
    says("map.x += true", "+ does not take a bool; what stands left of it is missing, ()");
    says("map.x -= \"a\"", "- does not take a string; what stands left of it is missing, ()");
    says("map.x = true - event.nope", "- does not take a bool; what stands right of it is missing, ()");
    says("map.x = max(event.nope, [1])", "max does not take a list; the other one is missing, ()");
    says(
        "map.x = -event.nope",
        "what stands right of - is missing, (): `0 - x` takes that, and -(x ?? 0) gives it a value",
    );
    says("map.x = !event.nope", "what stands right of ! is missing, (): ?? gives it a value");
    says(
        "event.nope.len()",
        "len does not take (()); what it is called on is missing, (): ?? gives it a value, and `?.len()` reads () then",
    );
    says(
        "event.nope.contains(\"a\")",
        "contains does not take ((), a string); what it is called on is missing, (): ?? gives it a value, and `?.contains(…)` reads () then",
    );
    says("5 in map", "`in` and contains() look for a name in a map, which is a string, and not an int");
    says(
        "5 in event.path",
        "`in` and contains() look for a string or a character in a string, and not an int",
    );
    says(
        "5 in 6",
        "`in` and contains() look in a list, a map, the event, a string or a range, and not in an int",
    );
}

#[test]
fn what_is_thrown_is_told() {
    says("throw \"a\"", "a");
    says("throw #{code: 5}", r#"#{"code": 5}"#);
    says("map.a = [1, #{b: \"c\"}]; throw map", r#"#{"a": [1, #{"b": "c"}]}"#);
    says("map.a = [1]; fn f(x) { throw [x, 2.5] } f(map.a)", "[[1], 2.5]");
    says("throw |x| x", "a function");
    says("throw task", "task ");
    says("throw event.tags", r#"#{"both": "tag", "host": "web-1", "zone": "eu"}"#);
    says("event.bytes = (); throw `${event.tags}`", r#"#{"both": "tag", "host": "web-1", "zone": "eu"}"#);
    let event = failure(Part::Code, "throw event");
    let expected = r#"option code: event #{"both": "tag", "host": "web-1", "zone": "eu"} #{"amount": 1.5, "big": 9223372036854775807, "#;
    assert!(event.starts_with(expected), "{event}");
    says("let x = [1]; for i in 0..40 { x = [x] } throw x", "[[[[[[[[[[[[[[[[[…]]]]]]]]]]]]]]]]]");
    let mut node = Node::new(
        Part::Code,
        "log(event); log(#{a: map}); log(|x| x); log(task); log(()); log(5); log(0..3)",
    );
    node.run(Part::Code).unwrap();
}

#[test]
fn the_page_has_the_depth_of_the_engine() {
    let page = include_str!("../../../docs/scripts.md");
    let (all, in_functions) = (engine::EXPRESSION_DEPTH, engine::FUNCTION_DEPTH);
    let row = format!("| expressions in each other | {all}, in functions {in_functions} | refused |");
    assert!(page.contains(&row), "{row}");
}

//! What is wrong, in words, over the line where it is.

use super::*;

/// `text` is refused with this.
fn refused(part: Part, text: &str, expected: &str) {
    match Scripts::compile(&[source(part, text)], Budget::default()) {
        Ok(_) => panic!("{text} compiles"),
        Err(error) => assert_eq!(error.to_string(), expected.trim_matches('\n'), "{text}"),
    }
}

/// The first line of what `text` is refused with.
fn refusal(part: Part, text: &str, expected: &str) {
    match Scripts::compile(&[source(part, text)], Budget::default()) {
        Ok(_) => panic!("{text} compiles"),
        Err(error) => assert_eq!(error.to_string().lines().next(), Some(expected), "{text}"),
    }
}

/// Code fails with this.
fn fails(code: &str, expected: &str) {
    let message = failure(Part::Code, code);
    assert_eq!(message, expected.trim_matches('\n'), "{code}");
}

/// The first line of what code fails with, without the option.
fn says(code: &str, expected: &str) {
    let message = failure(Part::Code, code);
    let line = message.lines().next().unwrap();
    assert_eq!(line.strip_prefix("option code: "), Some(expected), "{code}\n{message}");
}

fn failure(part: Part, code: &str) -> String {
    let mut node = Node::new(part, code);
    match node.run(part) {
        Err(Failed::Script(message)) => message,
        other => panic!("{code}: {other:?} {}", node.map()),
    }
}

#[test]
fn what_does_not_compile_is_drawn() {
    refused(
        Part::Code,
        "let x = 5;\nmap.total = evnt.amount",
        r"
option code: there is no variable evnt; is event meant?
 --> code:2:13
  |
2 | map.total = evnt.amount
  |             ^^^^
",
    );
}

#[test]
fn what_fails_is_drawn() {
    fails(
        "map.n += 1;\nif map.n == 1 {\n    map.x = event.nothing * 2\n}",
        "option code: what stands left of * is missing, (): only + - min max take that; give it a value, such as (event.x ?? 0)\n --> code:3:27\n  |\n3 |     map.x = event.nothing * 2\n  |                           ^",
    );
}

#[test]
fn what_does_not_compile_is_said_in_words() {
    refusal(Part::Code, "map = 1", "option code: map can't be replaced, only what is in it: map.x = …");
    refusal(Part::Code, "let map = 1", "option code: map can't be replaced, only what is in it: map.x = …");
    refusal(
        Part::Code,
        "event += 1",
        "option code: event can't be replaced, only what is in it: event.x = …",
    );
    refusal(
        Part::Code,
        "for task in [1] {}",
        "option code: task can't be replaced, only what is in it: task.x = …",
    );
    refusal(Part::Code, "map.x = ", "option code: it ends too soon: a bracket or a quote is open");
    refusal(
        Part::Code,
        "if event.x { map.y = 1",
        "option code: expecting ';' to terminate this statement; it ends here, with a bracket open?",
    );
    refusal(Part::Code, "map.x = \"a", "option code: open string is not terminated");
    refusal(Part::Code, "eval(\"1\")", "option code: there is no eval here");
    refusal(
        Part::Code,
        "print(1)",
        r#"option code: there is no print here; log("…") writes to the daemon's log"#,
    );
    refusal(Part::Code, "import \"x\" as y", "option code: there is no import here");
    refusal(
        Part::Code,
        "x",
        "option code: there is no variable x; a script sees event, map, task, and what it declares with let",
    );
    refusal(
        Part::Code,
        "a === b",
        "option code: there is no variable a; a script sees event, map, task, and what it declares with let",
    );
    refusal(Part::Code, "map.x == = 1", "option code: unexpected '='");
    refusal(
        Part::StartWhen,
        "map.x == 1",
        "option startWhen: startWhen sees only event: before a task starts there is no map; endWhen sees both",
    );
    refusal(
        Part::StartWhen,
        "task.count == 1",
        "option startWhen: startWhen sees only event: before a task starts there is no task; endWhen sees both",
    );
    refusal(
        Part::StartWhen,
        "event.x = 1",
        r#"option startWhen: unexpected '='; a condition is one expression, such as `event.status == "done"`"#,
    );
    refusal(
        Part::EndWhen,
        "let x = 1; x == 1",
        r#"option endWhen: unexpected 'let'; a condition is one expression, such as `event.status == "done"`"#,
    );
    refusal(
        Part::EndWhen,
        "event.x == 1; event.y == 2",
        r#"option endWhen: unexpected ';'; a condition is one expression, such as `event.status == "done"`"#,
    );
    refusal(Part::EndWhen, "", "option endWhen: it ends too soon: a bracket or a quote is open");
    refusal(
        Part::EndWhen,
        "evt.x == 1",
        "option endWhen: there is no variable evt; a script sees event, map, task, and what it declares with let",
    );
    refusal(
        Part::Code,
        &"1".repeat(70_000),
        "option code: a script of 70000 bytes is too long; 65536 is the most",
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn what_fails_is_said_in_words() {
    says(
        "map.x = event.nothing * 2",
        "what stands left of * is missing, (): only + - min max take that; give it a value, such as (event.x ?? 0)",
    );
    says(
        "map.x = 5 / event.nothing",
        "what stands right of / is missing, (): only + - min max take that; give it a value, such as (event.x ?? 0)",
    );
    says(
        "map.x *= 2",
        "what stands left of * is missing, (): only + - min max take that; give it a value, such as (event.x ?? 0)",
    );
    says("map.x = event.path - 1", "- does not take a string and an int");
    says("map.x = event.path * event.cached", "* does not take a string and a bool");
    says("map.x = !event.path", "! does not take a string");
    says(
        "map.x = 1 / 0",
        "division by zero: 1 / 0; doubles give infinity, which no field can hold, so ask before",
    );
    says(
        "map.x = event.big + 1",
        "addition overflow: 9223372036854775807 + 1; doubles have more room: x.to_float()",
    );
    says(
        "map.x += event.big; map.x += 1",
        "addition overflow: 9223372036854775807 + 1; doubles have more room: x.to_float()",
    );
    says(
        "map.x = event.big; map.x *= 2",
        "multiplication overflow: 9223372036854775807 * 2; doubles have more room: x.to_float()",
    );
    says(
        "map.x.y = 1",
        "what .y is asked of is missing, (): `?.y` reads () then, and `= #{}` makes a map first",
    );
    says(
        "map.x = map.y.z",
        "what .z is asked of is missing, (): `?.z` reads () then, and `= #{}` makes a map first",
    );
    says(
        "map.x[0] = 1",
        "what is indexed is missing, (): `?[…]` reads () then, and `= []` or `= #{}` makes it first",
    );
    says(
        "map.x = map.y[0]",
        "what is indexed is missing, (): `?[…]` reads () then, and `= []` or `= #{}` makes it first",
    );
    says(
        "map.x.push(1)",
        "push does not take ((), an int); what it is called on is missing, (): `= []` or `= #{}` makes it first",
    );
    says("map.x = []; map.x.pusch(1)", "there is no function pusch; is push meant?");
    says("evnt_thing(1)", "there is no function evnt_thing");
    says("emitt(#{a: 1})", "there is no function emitt; is emit meant?");
    says("event.cancle()", "there is no function cancle; is cancel meant?");
    says(
        "event.amount = [1]",
        "field amount can't hold a list; it takes an int, a double, a string or a bool",
    );
    says(
        "event.amount = #{}",
        "field amount can't hold a map; it takes an int, a double, a string or a bool",
    );
    says("event.amount = 0.0 / 0.0", "field amount can't be NaN: a field holds finite numbers only");
    says(
        "event.amount = |x| x",
        "field amount can't hold a function; it takes an int, a double, a string or a bool",
    );
    says(
        "event.amount = event",
        "field amount can't hold the event; it takes an int, a double, a string or a bool",
    );
    says(
        "event.tags.zone = 1",
        "tag zone can't be an int: tags are strings; .to_string() makes one of a value",
    );
    says("event.tags.host = \"other\"", "tag host can't be changed: points are grouped by it");
    says(
        "event.name = \"other\"",
        "event.name is the measurement, and can't be set; event.fields.name sets a field of that name",
    );
    says("event.time = 1", "event.time is the event's time, and can't be set, nor can a field be called so");
    says(
        "event.tags = #{}",
        "event.tags is all tags, and can't be set; event.fields.tags sets a field of that name",
    );
    says(
        "task.timeot = 1",
        "there is no task.timeot (is task.timeout meant?); there are id, count, created, last, restored, reason, timeout, inactivity_timeout and end()",
    );
    says(
        "map.x = task.xyz",
        "there is no task.xyz; there are id, count, created, last, restored, reason, timeout, inactivity_timeout and end()",
    );
    says("task.count = 1", "task.count can't be set; timeout and inactivity_timeout can");
    says("task.timeout = -1", "task.timeout can't be -1: it is a number of seconds, 0 or more");
    says("task.timeout = ()", "task.timeout can't be (): it is a number of seconds, 0 or more");
    says(
        "task.inactivity_timeout = \"1s\"",
        "task.inactivity_timeout can't be a string: it is a number of seconds, 0 or more",
    );
    says("map.x = [1]; map.x[5] = 1", "map.x[5]: the list has 1 elements");
    says("map.x = [1]; map.x[-2]", "map.x[-2]: the list has 1 elements");
    says("map.x = [()]", "map.x can't hold () in a list: leave it out, or give it a value with ??");
    says("map.x = []; map.x.push(event.nothing)", "map.x can't hold (): give it a value with ??");
    says("map.x = || 1", "map.x can't hold a function");
    says("map.x = event", "map.x can't hold the event");
    says(
        "map[1] = 1",
        "a map's entries have names, so it takes a string in the brackets: map[id.to_string()]",
    );
    says(
        "for x in map { map.y = x }",
        "a map is gone through by its names or by its values: `for name in map.keys()`, `for value in map.values()`",
    );
    says("for x in event { map.y = x }", "event is gone through by its names: `for name in event.keys()`");
    says(
        "for x in event.tags { map.y = x }",
        "event.tags is gone through by its names: `for name in event.tags.keys()`",
    );
    says(
        "for x in event.amount { map.y = x }",
        "`for` goes through a list, a range or the characters of a string; what may be missing, (), is (x ?? [])",
    );
    says("emit(#{})", "a point needs a field: all that was to be emitted is missing, ()");
    says("emit(#{a: ()})", "a point needs a field: all that was to be emitted is missing, ()");
    says("emit(#{a: 0.0 / 0.0})", "field a can't be NaN: a field holds finite numbers only");
    says("emit(1)", "emit takes a map of fields, or the event, and not an int: emit(#{total: map.total})");
    says("emit(#{a: || 1})", "a point that is emitted can't hold a function");
    says("throw \"by hand\\nforged\"", r"by hand\nforged");
    says("throw 5", "5");
    says("fn f() { map.x = 1 } f()", "functions don't see map; give it to them: `fn f(map) { … }`, `f(map)`");
    says(
        "fn f() { map.x } map.y = f()",
        "functions don't see map; give it to them: `fn f(map) { … }`, `f(map)`",
    );
    says("map.l = [1]; map.l.splice(1)", "splice does not take (a list, an int)");
    says("map.l = [1]; map.l.filter(|x| x.nothing)", "an int has no .nothing");
    says(
        "event.fields.x.y = 1",
        "what .y is asked of is missing, (): `?.y` reads () then, and `= #{}` makes a map first",
    );
    says("map.a = #{}; map.a.x(1)", "there is no function x");
    says(
        "loop {}",
        "it was stopped after 100000 operations; if it needs more, script_operations of the function in the configuration allows them",
    );
    says(
        "fn f(x) { x + () * 2 } f(1)",
        "what stands left of * is missing, (): only + - min max take that; give it a value, such as (event.x ?? 0)",
    );
    says(
        "let x = \"a\"; loop { x += x }",
        "text is longer than 64 KiB, all that is in a list or a map together",
    );
    says("let x = []; loop { x.push(x) }", "a list has more than 10000 elements, with all that is in it");
    says(
        "map.x = []; let t = \"a\"; t.pad(1000, \"b\"); loop { map.x.push(t) }",
        "map.x[125] would make the map larger than 128 KiB; keep less, or end the task sooner",
    );
    says(
        "map.x = \"aaaaaaaaaaaaaaaa\"; loop { map.x += map.x }",
        "text is longer than 64 KiB, all that is in a list or a map together",
    );
    says(
        "map.x = #{}; let m = map.x; loop { m.x = #{}; m = m.x }",
        "map.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x would nest deeper than 16 lists and maps in each other",
    );
    says(
        "let l = map.l; map.l = [1]; let l = map.l; map.l = 5; l.push(1)",
        "map.l has been removed or replaced since",
    );
    says("if event.amount { map.y = 1 }", "a bool is needed here, and not a double");
    says(
        "switch event.amount { 1.5 => map.x.y.z }",
        "what .y is asked of is missing, (): `?.y` reads () then, and `= #{}` makes a map first",
    );
    says("map.x = parse_int(\"a\")", "error parsing integer number 'a': invalid digit found in string");
    says("sleep(1)", "there is no sleep here");
    says("timestamp()", "there is no timestamp here");
    says("panic_now()", "the engine failed; this is a fault of the daemon");
}

#[test]
fn conditions_that_fail_say_so() {
    assert_eq!(
        failure(Part::EndWhen, "event.amount"),
        "option endWhen: a condition is true or false, and this came to a double\n --> endWhen:1:1\n  |\n1 | event.amount\n  | ^^^^^"
    );
}

#[test]
fn timeout_code_reads_the_map() {
    assert_eq!(
        failure(Part::TimeoutCode, "map.x = 1"),
        "option timeoutCode: timeoutCode can read the map, but not change it: set fields of event\n --> timeoutCode:1:5\n  |\n1 | map.x = 1\n  |     ^"
    );
}

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
    for name in ["end", "cancel", "emit", "log", "keys", "push", "max", "is_empty", "to_string"] {
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

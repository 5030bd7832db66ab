//! What is wrong, in words, over the line where it is.

use super::*;

/// `text` is refused with this.
pub(super) fn refused(part: Part, text: &str, expected: &str) {
    match Scripts::compile(&[source(part, text)], Budget::default()) {
        Ok(_) => panic!("{text} compiles"),
        Err(error) => assert_eq!(error.to_string(), expected.trim_matches('\n'), "{text}"),
    }
}

/// The first line of what `text` is refused with.
pub(super) fn refusal(part: Part, text: &str, expected: &str) {
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
pub(super) fn says(code: &str, expected: &str) {
    let message = failure(Part::Code, code);
    let line = message.lines().next().unwrap();
    assert_eq!(line.strip_prefix("option code: "), Some(expected), "{code}\n{message}");
}

pub(super) fn failure(part: Part, code: &str) -> String {
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

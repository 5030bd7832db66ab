//! What is said of what can't be taken.

use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Info, ValueType};

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    let error = node(text, "NODE").map(|node| told(&node)).unwrap_err().to_string();
    assert_eq!(error, expected.trim_matches('\n'), "\n{error}\n");
}

/// Only the first line, without the place's name.
#[track_caller]
fn says(text: &str, expected: &str) {
    let error = node(text, "NODE").map(|node| told(&node)).unwrap_err().to_string();
    let first = error.lines().next().unwrap().strip_prefix("NODE:").unwrap();
    assert_eq!(first, expected, "\n{error}\n");
}

#[test]
fn an_error_shows_its_line_with_a_caret() {
    check(
        "@f()\n    .a(\"x\")",
        "
NODE:2:8: this is a reference, which only a lambda has a use for
  |
2 |     .a(\"x\")
  |        ^^^
  |
  = a string is written 'x'",
    );
    check(
        "@f()\n\t.ä('é', ü)",
        "
NODE:2:10: there is no var ü
  |
2 |  .ä('é', ü)
  |          ^
  |
  = a string stands in quotes: 'ü'",
    );
    check(
        "@f().a('''one\ntwo''' + 'x')",
        "
NODE:1:8: this is an expression, which is not calculated here
  |
1 | @f().a('''one
  |        ^^^^^^
  |
  = write its value",
    );
    check(
        "@f().a(",
        "
NODE:1:8: the text ends here; a value is needed
  |
1 | @f().a(
  |        ^",
    );
    check(
        "",
        "
NODE:1:1: this is empty
  |
1 |
  | ^
  |
  = a node begins with @: @aggregate().taskId('user_id')",
    );
}

#[test]
fn what_is_no_node_is_refused() {
    for (text, expected) in [
        ("aggregate().a()", "1:1: aggregate has no @ before it"),
        ("stream|from()@f()", "1:1: a node is needed here, and this is a script"),
        ("var x = 3\nstream@f()", "1:1: a node is needed here, and this is a script"),
        ("  |f()", "1:3: a node is needed here, and this is a script"),
        ("'x'", "1:1: 'x' begins no node"),
        ("@f()\n  |log()", "2:3: | is not expected here; the node ends before it"),
        ("@f()@g()", "1:5: @ is not expected here; the node ends before it"),
        ("@f() .a() x", "1:11: x is not expected here; the node ends before it"),
        ("@f('x')", "1:4: a function's parentheses are empty"),
        ("@f", "1:1: @f has no parentheses"),
        ("@f().flag", "1:5: flag has no parentheses"),
        ("@f().a()..b()", "1:10: . is not expected here; a name is needed here"),
        ("@f().3()", "1:5: .3 is not expected here; the node ends before it"),
        ("@()", "1:2: ( is not expected here; a name is needed here"),
        ("@f().a(;)", "1:8: ';' stands where nothing begins with it"),
        ("@f().a('x' 'y')", "1:12: 'y' is not expected here; , or ) is needed"),
        ("@f().a(,)", "1:8: , is not expected here; a value is needed"),
        ("@f().a('x)\n", "1:8: what begins with ' here has no ' at its end"),
        ("@f().a('''x\n')", "1:8: what begins with ''' here has no ''' at its end"),
        ("@f().a(\"x)", "1:8: what begins with \" here has no \" at its end"),
    ] {
        says(text, expected);
    }
}

#[test]
fn what_no_function_can_be_given_is_refused() {
    for (argument, expected) in [
        ("lambda: \"x\" > 1", "1:8: this is a lambda, which no function can be given"),
        ("/x/", "1:8: this is a regex, which no function can be given"),
        ("*", "1:8: this is a *, which no function can be given"),
        ("1, ['x']", "1:11: this is a list, which no function can be given"),
        ("1, stream", "1:11: stream is a node, which no function can be given"),
        ("1, stream|from()", "1:11: this is a node, which no function can be given"),
        ("strLength('x')", "1:8: this is the result of a call, which is not known here"),
        ("'a' + 'b'", "1:8: this is an expression, which is not calculated here"),
        ("user", "1:8: there is no var user"),
        ("+3", "1:8: '+' stands where nothing begins with it"),
        ("1e3", "1:8: 1e3 is no number and no duration"),
        ("1h30m", "1:8: 1h30m is no number and no duration"),
        ("08", "1:8: 08 is no number"),
        ("9223372036854775808", "1:8: 9223372036854775808 is beyond what an int can be"),
        ("20000w", "1:8: 20000w is beyond what a duration can be"),
    ] {
        says(&format!("@f().a({argument})"), expected);
    }
    check(
        "@f().a(1h30m)",
        "
NODE:1:8: 1h30m is no number and no duration
  |
1 | @f().a(1h30m)
  |        ^^^^^
  |
  = a duration is one whole number and one unit: 1h30m is 90m",
    );
}

#[test]
fn vars_that_cannot_be_taken_are_named() {
    let vars = "var l = lambda: 1 var late string var r = f('x') var s = stream|from()\n";
    for (argument, expected) in [
        ("l", "l is a lambda, which no function can be given"),
        ("late", "late has a type and no value"),
        ("r", "r is the result of a call, which is not known here"),
        ("s", "s is a node, which no function can be given"),
        ("-l", "this is an expression, which is not calculated here"),
        ("gone", "there is no var gone"),
    ] {
        let script = format!("{vars}stream|from()@f()\n  .a({argument})");
        let error = node_of_script(&script, "a.tick", "f").unwrap_err().to_string();
        assert_eq!(error.lines().next().unwrap(), format!("a.tick:3:6: {expected}"));
    }
    for (script, expected) in [
        ("var x = 1 var x = 2", "a.tick:1:15: x is declared already"),
        ("var x\n= (3", "a.tick:2:5: the text ends here; ) is needed"),
        ("x|from()", "a.tick:1:1: there is no var x"),
        ("var x = 3\nx|from()", "a.tick:2:1: x is no node, and only a node has others behind it"),
        ("stream|from", "a.tick:1:7: |from has no parentheses"),
        ("stream|from() ; @f()", "a.tick:1:15: ';' stands where nothing begins with it"),
    ] {
        let error = node_of_script(script, "a.tick", "f").unwrap_err().to_string();
        assert_eq!(error.lines().next().unwrap(), expected);
    }
}

#[test]
fn a_node_is_checked_as_kapacitor_checks_it() {
    let info = Info::new(Edge::Stream, Edge::Stream)
        .option("taskId", &[ValueType::String])
        .option("task_id", &[ValueType::String])
        .option("limit", &[ValueType::Double])
        .option("most", &[ValueType::Int, ValueType::Bool])
        .option("timeout", &[ValueType::Duration])
        .option("flag", &[]);
    let checked = |text: &str| node(text, "NODE").unwrap().check(&info).map_err(|error| error.to_string());
    let good = "@f().taskId('x').task_id('y').limit(42.0).most(-1, TRUE).timeout(10m).flag()";
    assert_eq!(checked(good), Ok(()));
    let check = |calls: &str, expected: &str, help: &str| {
        let error = checked(&format!("@f(){calls}")).unwrap_err();
        let first = error.lines().next().unwrap();
        assert_eq!(first.strip_prefix("NODE:"), Some(expected), "{error}");
        assert!(error.ends_with(&format!("\n  = {help}")), "{error}");
    };
    let names = "accepted are flag, limit, most, taskId, timeout";
    check(".taskid('x')", "1:6: unknown option taskid; did you mean taskId?", names);
    check(".time_out(1s)", "1:6: unknown option time_out; did you mean timeout?", names);
    check(".flag().x()", "1:13: unknown option x", names);
    check(".flag(TRUE)", "1:6: option flag got 1 argument", "it is called as .flag()");
    check(".limit()", "1:6: option limit got 0 arguments", "it is called as .limit(double)");
    check(
        ".limit(42)",
        "1:12: option limit: the int 42 is no double",
        "it is called as .limit(double); write 42.0",
    );
    let most = "it is called as .most(int, bool)";
    check(".most(3.0, TRUE)", "1:11: option most: the double 3.0 is no int", &format!("{most}; write 3"));
    check(".most(3.5, TRUE)", "1:11: option most: the double 3.5 is no int", most);
    check(
        ".most(3, 'true')",
        "1:14: option most: the string 'true' is no bool",
        &format!("{most}; write TRUE"),
    );
    let timeout = "it is called as .timeout(duration)";
    check(
        ".timeout('10m')",
        "1:14: option timeout: the string '10m' is no duration",
        &format!("{timeout}; write 10m"),
    );
    check(
        ".timeout(10)",
        "1:14: option timeout: the int 10 is no duration",
        &format!("{timeout}; write 10s for seconds"),
    );
    check(
        ".taskId(10m)",
        "1:13: option taskId: the duration 10m is no string",
        "it is called as .taskId(string); write '10m'",
    );
    let script = "var n = 42 stream|from()@f().limit(n)";
    let error = node_of_script(script, "a.tick", "f").unwrap().check(&info).unwrap_err().to_string();
    assert_eq!(
        error,
        "a.tick:1:36: option limit: the int 42 is no double
  |
1 | var n = 42 stream|from()@f().limit(n)
  |                                    ^
  |
  = it is called as .limit(double); write 42.0"
    );
}

#[test]
fn what_the_function_refuses_is_shown_where_it_stands() {
    let node = node("@f()\n.sum('a', 'x')\n.sum('b', 'y')\n.code('''x''')", "NODE").unwrap();
    let place = |words: &str| {
        let error = node.refused(words).to_string();
        let place = error.strip_prefix("NODE:").unwrap();
        let (place, rest) = place.split_once(": ").unwrap();
        assert!(rest.starts_with(words), "{error}");
        (place.to_owned(), rest.lines().last().unwrap().to_owned())
    };
    let at = |place: &str, last: &str| (place.to_owned(), last.to_owned());
    assert_eq!(place("taskId is missing"), at("1:1", "  | ^^"));
    assert_eq!(place("option sum: the field \"x\" is given twice"), at("2:2", "  |  ^^^"));
    assert_eq!(place("option sum is given twice"), at("3:2", "  |  ^^^"));
    assert_eq!(place("option gone: 7"), at("1:1", "  | ^^"));
    assert_eq!(place("option code: odd\n --> code:1:1"), at("4:2", " --> code:1:1"));
}

//! Nodes of whole scripts: their numbers, their vars, and what stands before them.

use super::*;

/// The nodes of functions that a script has, in its order.
#[track_caller]
fn ids(script: &str) -> Vec<String> {
    match node_of_script(script, "t.tick", "0") {
        Ok(node) => panic!("{}", node.id),
        Err(error) => {
            let words = error.to_string();
            let (_, nodes) = words.split_once("nodes of functions are ").expect(&words);
            nodes.split(", ").map(|node| node.split(' ').next().unwrap().to_owned()).collect()
        }
    }
}

/// What a chosen node is given.
#[track_caller]
fn chosen(script: &str, which: &str) -> Node {
    node_of_script(script, "t.tick", which).unwrap_or_else(|error| panic!("{error}"))
}

/// Scripts, and what a kapacitord calls the nodes of functions in them: each was asked.
pub(super) const NUMBERED: &[(&str, &[&str])] = &[
    ("stream|from()@aggregate()", &["aggregate2"]),
    ("stream@mirror()", &["mirror1"]),
    ("stream|from()|from()@mirror()@aggregate()|log()@mirror()", &["mirror3", "aggregate4", "mirror6"]),
    ("batch|query('SELECT x FROM a.b.c').period(1m).every(1m)@mirror()", &["mirror2"]),
    ("var a = stream|from() var b = stream|from() b@mirror() a@aggregate()", &["mirror3", "aggregate4"]),
    ("var a = stream|from() a|stats(10s)|log() a@mirror()", &["mirror5"]),
    ("var a = stream|from() a@mirror() a|stats(10s)|log() a@mirror()", &["mirror2", "mirror5"]),
    ("var a = stream|from() a|deadman(0.0, 5m) a@mirror()", &["mirror6"]),
    ("var a = stream|from() a|Deadman(0.0, 5m) a@mirror()", &["mirror6"]),
    ("var a = stream|from() a|log() a|deadman(0.0, 5m)|log() a@mirror()", &["mirror7"]),
    ("stream|deadman(0.0, 5m) stream|from()@mirror()", &["mirror6"]),
    ("stream|from()@mirror()|deadman(0.0, 5m) stream|from()@mirror()", &["mirror2", "mirror8"]),
    ("var a = stream|from() var b = stream|from() a|join(b).as('a', 'b')@mirror()", &["mirror5"]),
    (
        "var a = stream|from() var b = stream|from() var c = stream|from() a|union(b, c)@mirror()",
        &["mirror7"],
    ),
    (
        "var a = stream|from() var b = stream|from() var l = [a, b] stream|from()|union(l)@mirror()",
        &["mirror7"],
    ),
    (
        "var a = stream|from() a|join(stream|from()|log()@mirror()).as('a', 'b')@aggregate()",
        &["mirror4", "aggregate7"],
    ),
    ("var b = stream|from() stream|from()|union(b) b|deadman(0.0, 1m) b@mirror()", &["mirror8"]),
    (
        "stream|from()|alert().crit(lambda: \"x\" > 1 AND 2 * 3 > 1).post('http://x').header('a', 'b')|log()@mirror()",
        &["mirror4"],
    ),
    (
        "stream|from().where(lambda: \"a\" =~ /x\\/y|z@w()/ AND !(\"b\" / 2.0 > -1.0 OR strLength(\"c\") < 3)) // @f()\n|groupBy('a', 'b')@mirror()",
        &["mirror3"],
    ),
    (
        "dbrp \"telegraf\".\"autogen\" var f = lambda: \"x\" > 3 AND isPresent(\"y\") stream|from().where(f)|eval(f, lambda: 1 + 2).as('a', 'b').keep()@mirror()",
        &["mirror3"],
    ),
    (
        "var u = stream|from()@aggregate() u.count('x') var a = u|log() a|alert().slack().channel('#a').email('b')|log()@mirror()",
        &["aggregate2", "mirror6"],
    ),
    (
        "stream|from()|groupBy([*])|window().period(10s).every(10s)|top(3, 'x')|holtWinters('x', 1, 1, 1s)|stateCount(lambda: TRUE)|sideload()|barrier().idle(1s)@mirror()",
        &["mirror9"],
    ),
    // What begins a line with a / behind a comment is a comment.
    ("stream|from()@aggregate().taskId('x') // c\n / 'it\n@mirror()", &["aggregate2", "mirror3"]),
    // Behind = there is a regex, and never a comment.
    ("var x = // comment\n 5\nstream|from()@mirror()", &["mirror2"]),
    ("stream|from()@aggregate(stream|from()|log()).taskId('x')@mirror()", &["aggregate4", "mirror5"]),
    ("stream|from()|where(lambda: TRUE)|Where(lambda: TRUE)|GroupBy('x')@mirror()", &["mirror5"]),
    ("var a = stream|from() var b = a b@mirror()", &["mirror2"]),
];

#[test]
fn nodes_have_kapacitors_numbers() {
    for (script, expected) in NUMBERED {
        assert_eq!(ids(script), *expected, "{script}");
    }
}

#[test]
fn a_node_is_chosen_by_its_id_its_number_or_its_function() {
    let script = "var a = stream|from() a@f().x(1) a|log()@f().x(2) a@g().x(3)";
    let check = |which: &str, expected: &str| assert_eq!(told(&chosen(script, which)), expected, "{which}");
    check("f2", "f2 x(1)");
    check("4", "f4 x(2)");
    check("g", "g5 x(3)");
    let check = |script: &str, which: &str, expected: &str| {
        let error = node_of_script(script, "t.tick", which).unwrap_err();
        assert_eq!(error.to_string(), expected, "{which}");
    };
    let nodes = "the nodes of functions are f2 in line 1, f4 in line 1, g5 in line 1";
    check(script, "f", &format!("t.tick: there are 2 nodes of f, and one is needed; {nodes}"));
    check(script, "h", &format!("t.tick: there is no node h; {nodes}"));
    check(script, "", &format!("t.tick: there are 3 nodes of functions, and one is needed; {nodes}"));
    check(script, "3", &format!("t.tick: there is no node 3 of a function: log3 is another; {nodes}"));
    check("stream|from()", "f2", "t.tick: the script has no node of a function, such as @aggregate()");
    assert_eq!(chosen("stream|from()@f()", "").id, "f2");
}

#[test]
fn vars_are_followed() {
    let check = |script: &str, which: &str, expected: &str| {
        assert_eq!(told(&chosen(script, which)), expected, "{script}");
    };
    let vars = "var n = 3 var window = 10s var field = 'x' var other = field var on = TRUE var half = -.5\n";
    let node = "stream|from()@f().a(other, -n).b(window).c(!on).d(-half).e(['y', field])";
    check(&format!("{vars}{node}"), "f", r#"f2 a("x", -3) b(10000000000ns) c(false) d(0.5) e("y", "x")"#);
    check("var l = ['x', 'y'] stream|from()@f().a(l)", "f2", r#"f2 a("x", "y")"#);
    // What is called on it later counts too.
    let later = "var f = stream|from()@f().a(1) f|log() f.a(2) var g = f@g() g.b() f.a(3)";
    check(later, "f", "f2 a(1) a(2) a(3)");
    check(later, "g", "g4 b()");
    // What is elsewhere does not have to be understood.
    let odd = "var late string var z = strLength('x') + 1 var y = [*, late] var w = missing\n\
               stream|from().where(lambda: z > 1)|eval(f).keep(w)@g().b(z)@f().a(1)";
    check(odd, "f", "f4 a(1)");
    let alert = "stream|from()|alert().crit(lambda: \"x\" > 1).slack().channel('#a')@f()";
    check(&format!("{alert}.a(1)"), "3", "f3 a(1)");
}

#[test]
fn what_stands_before_a_node_is_noted() {
    let check = |before: &str, expected: &[&str]| {
        let script = format!("{before}@f().a(1)");
        let node = chosen(&script, "f");
        let notes: Vec<_> = node.notes().iter().map(ToString::to_string).collect();
        assert_eq!(notes, expected, "{script}");
    };
    check("stream|from()", &[]);
    check("stream|from().measurement('x')|log()", &[]);
    let not_run = |names: &str| format!("{names} before the node is not run: lines come to it as they are");
    check(
        "stream|from().where(lambda: TRUE)|log()|eval(lambda: 1).as('y')@g()",
        &[&not_run("|from().where(), |eval(), @g()")],
    );
    let host = "the script groups by host before the node: give --group-by host";
    check("stream|from().groupBy('host')", &[host]);
    check("stream|from().groupBy('x')|log()|groupBy(['host'])|log()", &[host]);
    check(
        "var h = 'host' var a = stream|from().groupBy(h) a|log() a|where(lambda: TRUE)",
        &[host, &not_run("|where()")],
    );
    let two = "the script groups by host, path before the node: give --group-by host,path";
    check("stream|from()|groupBy('host', 'path')", &[two]);
    let odd = "the script groups by my host before the node: give --group-by 'my host'";
    check("stream|from()|groupBy('my host')", &[odd]);
    let all = "the script groups by all tags before the node: give --group-by '*'";
    check("stream|from().groupBy(*)", &[all]);
    let named = "the script groups by measurement before the node: give --by-measurement";
    check("stream|from().groupByMeasurement().groupBy(*)", &[all, named]);
    check("stream|from()|groupBy('host').byMeasurement()", &[host, named]);
    check(
        "stream|from()|groupBy(*).exclude('path')",
        &["the script groups by all tags but path before the node: give those that are left to --group-by"],
    );
    check("batch|query('SELECT x').groupBy(time(1m), 'host')", &[host]);
    check(
        "var tags list stream|from()|groupBy(tags)",
        &["the script groups before the node by what is not known here: see --group-by"],
    );
    let window = "the script has a window of 10s before the node: give --window 10s";
    check("stream|from().groupBy('host')|window().period(10s).every(10s).align()", &[window, host]);
    check("var w = 600s stream|from()|window().period(w)", &[&window.replace("10s", "10m")]);
    check("stream|from()|window().period(10s)|log()", &[]);
    check(
        "stream|from()|window().period(10s).every(5s)",
        &["the script has a window of 10s every 5s before the node: --window gives each point once"],
    );
    check(
        "stream|from()|window().periodCount(10)",
        &["the script has a window before the node whose period is not known here: see --window"],
    );
    let arguments = chosen("stream|from()@f('x')", "f");
    assert_eq!(arguments.notes(), [Note::Other("Kapacitor does nothing with 'x' in @f('x')".to_owned())]);
}

//! A node alone, and its literals.

use super::*;

/// What one argument comes to.
fn literal(text: &str) -> Result<String, String> {
    let node = node(&format!("@f().a({text})"), "NODE").map_err(|error| error.to_string())?;
    Ok(told(&node).strip_prefix("f2 a(").unwrap().strip_suffix(')').unwrap().to_owned())
}

#[test]
fn a_node_is_read_as_a_tickscript_has_it() {
    let check = |text: &str, expected: &str| match node(text, "NODE") {
        Ok(node) => assert_eq!(told(&node), expected, "{text}"),
        Err(error) => panic!("{error}"),
    };
    check("@mirror()", "mirror2");
    check("@f().a().b ( )", "f2 a() b()");
    check("\n@f() // first\n  // second\n\t.a('x') // last", "f2 a(\"x\")");
    check("@f()\r\n    .a('x',\r\n      1, )\r\n", "f2 a(\"x\", 1)");
    check("@ f ( ) . a ( 'x' , 1 ) . a ( 'y' , 2 )", "f2 a(\"x\", 1) a(\"y\", 2)");
    check("@f().Zeit_2('ü')", "f2 Zeit_2(\"ü\")");
    check("@größe().μ(1)", "größe2 μ(1)");
    // A list that is the only argument stands for what is in it.
    check("@f().a(['x', 'y',])", "f2 a(\"x\", \"y\")");
    // Every node has this one; functions don't hear of it.
    check("@f().quiet().a()", "f2 a()");
}

#[test]
fn strings_are_as_they_stand() {
    let check = |text: &str, expected: &str| assert_eq!(literal(text), Ok(format!("{expected:?}")), "{text}");
    check("''", "");
    check("'x'", "x");
    check(r"'it\'s'", "it's");
    check(r"'a\d\\x\n'", r"a\d\\x\n");
    check(r"'\\'s'", r"\'s");
    check("'a\nb'", "a\nb");
    check("'// @f(), \"x\"'", "// @f(), \"x\"");
    check("''''''", "");
    check(r"'''it's \'so\' ''or'' \'''", r"it's \'so\' ''or'' \");
    check("'''\n  map.x += 1\n'''", "\n  map.x += 1\n");
    // Two quotes and a backslash make an escape even here.
    check(r"'''a''\'b'''", r"a''\'b");
}

#[test]
fn numbers_and_durations_are_kapacitors() {
    let check = |text: &str, expected: &str| assert_eq!(literal(text), Ok(expected.to_owned()), "{text}");
    for (text, expected) in [
        ("0", "0"),
        ("-3", "-3"),
        ("- 3", "-3"),
        ("--3", "3"),
        ("(3)", "3"),
        ("010", "8"),
        ("9223372036854775807", "9223372036854775807"),
        ("1.5", "1.5"),
        ("-.5", "-0.5"),
        ("1.", "1.0"),
        ("010.5", "10.5"),
        ("TRUE", "true"),
        ("!TRUE", "false"),
        ("3u", "3000ns"),
        ("3µ", "3000ns"),
        ("3ms", "3000000ns"),
        ("010s", "10000000000ns"),
        ("-10m", "-600000000000ns"),
        ("1h", "3600000000000ns"),
        ("1d", "86400000000000ns"),
        ("1w", "604800000000000ns"),
    ] {
        check(text, expected);
    }
    for text in [
        "+3",
        "1e3",
        "1.5e3",
        "08",
        "9223372036854775808",
        "1.2.3",
        "1_000",
        "0x10",
        "1.5h",
        "1h30m",
        "5ns",
        "1y",
        "20000w",
        "3\u{3bc}",
        "true",
        "٣",
        "-'x'",
        "!1",
        "1 + 2",
        "2 * 3s",
        "'a' + 'b'",
        "1 == 1",
        "a / b",
    ] {
        assert!(literal(text).is_err(), "{text}: {:?}", literal(text));
    }
}

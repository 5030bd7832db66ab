//! What is taken of a script, and what is said of the rest.

use kapacitor_udfd::proto::option_value::Value;

use super::*;

/// `@aggregate2 taskId('x') timeout(1000ns)`: a node in words of its own.
fn told(node: &Node) -> String {
    let calls = node.calls.iter().map(|call| {
        let values = call.option.values.iter().map(|value| match value.value.clone().unwrap() {
            Value::BoolValue(bool) => bool.to_string(),
            Value::IntValue(int) => int.to_string(),
            Value::DoubleValue(double) => format!("{double:?}"),
            Value::StringValue(string) => format!("{string:?}"),
            Value::DurationValue(nanos) => format!("{nanos}ns"),
        });
        format!(" {}({})", call.option.name, values.collect::<Vec<_>>().join(", "))
    });
    format!("{}{}", node.id, calls.collect::<String>())
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
    check(r"@f().a('it\'s', 'a\d\\x', '')", r#"f2 a("it's", "a\\d\\\\x", "")"#);
}

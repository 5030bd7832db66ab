//! What is taken of a script, and what is said of the rest.

mod errors;

mod nodes;

mod scripts;

mod any_text;

mod ours;

use kapacitor_udfd::proto::option_value::Value;

use super::*;

/// `aggregate2 taskId("x") timeout(1000ns)`: a node in words of its own.
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

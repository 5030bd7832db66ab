//! The table of options as a TICKscript can use it: its names are words of the language's, and mean the option.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::daemon::{run, stdout};
use crate::stack::Stack;

/// An argument of each type.
fn literal(of: &Value) -> &'static str {
    match of.as_str().unwrap() {
        "bool" => "TRUE",
        "int" => "1",
        "double" => "1.0",
        "string" => "'x'",
        "duration" => "1s",
        other => panic!("{other}"),
    }
}

/// Every option of a function, called once under each name it has.
fn calls(function: &Value) -> String {
    let mut calls = String::new();
    for option in function["options"].as_array().unwrap() {
        let arguments = option["arguments"].as_array().unwrap().iter();
        let arguments: Vec<_> = arguments.map(|argument| literal(&argument["type"])).collect();
        for name in option["aliases"].as_array().unwrap().iter().chain([&option["name"]]) {
            // Writing to a String cannot fail.
            let _ = write!(calls, ".{}({})", name.as_str().unwrap(), arguments.join(", "));
        }
    }
    calls
}

#[test]
#[ignore = "needs kapacitord"]
fn every_name_of_every_option_can_be_called() {
    let stack = Stack::start();
    let document: Value = serde_json::from_str(&stdout(&run(["describe", "--json"]))).unwrap();
    let functions = document["functions"].as_array().unwrap();
    assert_eq!(functions.len(), 6);
    for function in functions {
        let name = function["name"].as_str().unwrap();
        let window = if function["wants"] == "batch" { "|window().period(1s).every(1s)" } else { "" };
        let script = format!("stream|from().measurement('cpu'){window}@{name}(){}|log()", calls(function));
        // That is more than the function takes, which Kapacitor does not know.
        stack.try_define(name, json!({ "script": script, "status": "disabled" })).unwrap();
    }
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn an_option_given_under_two_names_is_the_task_s_error() {
    let stack = Stack::start();
    let script = "stream|from().measurement('cpu')@aggregate().maxTasks(1).max_map_size(1)|log()";
    stack.define("task", script);
    let error = stack.failure("task");
    assert!(
        error.contains("option max_map_size is given twice, before as maxTasks; give it once"),
        "{error}"
    );
    stack.stop_quietly(&[]);
}

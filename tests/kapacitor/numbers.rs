//! Kapacitor's names for nodes: `run --tick` finds each node of a function under the name that a kapacitord gives it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::json;

use crate::daemon::{run, stderr};
use crate::stack::Stack;

/// What makes one node, several or none, in every order.
const SCRIPTS: [&str; 9] = [
    "stream|from()@aggregate()|log()@mirror()",
    "batch|query('SELECT x FROM a.b.c').period(1m).every(1m)@mirrorBatch()",
    "var a = stream|from() var b = stream|from() b@mirror() a@aggregate()",
    "var a = stream|from() a@mirror() a|stats(10s)|log() a@mirror()",
    "stream|from()@mirror()|deadman(0.0, 5m) stream|from()@mirror()",
    "var a = stream|from() a|log() a|deadman(0.0, 5m)|log() a@mirror()",
    "var a = stream|from() a|join(stream|from()|log()@mirror()).as('a', 'b')@aggregate()",
    "var a = stream|from() var b = stream|from() var c = stream|from() a|union(b, c)@mirror()",
    "stream|from().where(lambda: \"a\" =~ /x\\/y|z@w()/) // @mirror()\n|groupBy('a')@mirror().tag('a', '@mirror()')",
];

/// The functions' names among the words of a task's graph or of an error.
fn functions(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let names = ["mirror", "mirrorBatch", "aggregate", "aggregateBatch", "session", "script"];
    let is_node = |word: &&str| {
        names.iter().any(|name| {
            word.strip_prefix(name)
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        })
    };
    words.filter(is_node).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs kapacitord"]
fn run_finds_nodes_under_kapacitors_names() {
    let stack = Stack::start();
    let directory = tempfile::tempdir().unwrap();
    let examples = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
    let examples = examples.map(|entry| entry.unwrap().path());
    let examples = examples.filter(|path| path.extension().is_some_and(|extension| extension == "tick"));
    let examples = examples.map(|path| fs::read_to_string(path).unwrap());
    let mut found = 0;
    for (number, script) in SCRIPTS.map(str::to_owned).into_iter().chain(examples).enumerate() {
        let task = format!("numbers{number}");
        let kind = if script.trim_start().starts_with("batch") { "batch" } else { "stream" };
        let more = json!({ "script": script, "status": "disabled", "type": kind });
        stack.try_define(&task, more).unwrap_or_else(|error| panic!("{error}: {script}"));
        let expected = functions(stack.task(&task)["dot"].as_str().unwrap());
        assert!(!expected.is_empty(), "{script}");

        let file = directory.path().join(&task);
        fs::write(&file, &script).unwrap();
        // The source is no function's: which there are is said.
        let output = run(["run", "--tick", file.to_str().unwrap(), "--node", "0"]);
        let said = stderr(&output);
        let (_, listed) = said.split_once("the nodes of functions are").unwrap_or_else(|| panic!("{said}"));
        assert_eq!(functions(listed), expected, "{script}");
        found += expected.len();
    }
    assert!(found > 25, "{found}");
    stack.stop_quietly(&[]);
}

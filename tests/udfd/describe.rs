//! `describe`: what it says of the functions' options is what Kapacitor is told, and can be read.

use std::collections::BTreeMap;

use kapacitor_udfd::proto::{self, response};
use serde_json::Value;

use crate::daemon::{run, stdout};
use crate::place::{Place, ended};
use crate::support::dial;

/// An option's names, each with the types of its arguments.
type Options = BTreeMap<String, Vec<String>>;

fn json(output: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(output).unwrap();
    document["functions"].as_array().unwrap().clone()
}

fn texts<'a>(list: &'a Value, text: impl Fn(&'a Value) -> &'a Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| text(item).as_str().unwrap().to_owned()).collect()
}

fn options(function: &Value) -> Options {
    let mut options = Options::new();
    for option in function["options"].as_array().unwrap() {
        let types = texts(&option["arguments"], |argument| &argument["type"]);
        let own = option["name"].as_str().unwrap().to_owned();
        for name in texts(&option["aliases"], |alias| alias).into_iter().chain([own]) {
            assert!(options.insert(name, types.clone()).is_none());
        }
    }
    options
}

#[tokio::test]
async fn kapacitor_is_told_the_same() {
    let place = Place::configured("[functions.copy]\nhandler = \"mirror\"\nwants = \"batch\"\n");
    let described = json(&stdout(&place.run(&["describe", "--json"])));
    let names: Vec<_> = described.iter().map(|function| function["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["mirror", "mirrorBatch", "aggregate", "aggregateBatch", "session", "script", "copy"]);
    let _daemon = place.start();
    for function in described {
        let name = function["name"].as_str().unwrap();
        let mut peer = dial(&place.path(&format!("{name}.sock"))).await;
        peer.send(proto::InfoRequest {}).await;
        let Some(response::Message::Info(info)) = peer.next().await else { panic!("no info") };
        let edges = [info.wants(), info.provides()].map(|edge| edge.as_str_name().to_lowercase());
        assert_eq!([function["wants"].as_str().unwrap(), function["provides"].as_str().unwrap()], edges);
        let types = |option: &proto::OptionInfo| option.value_types().map(|it| it.to_string()).collect();
        let told: Options = info.options.iter().map(|(name, option)| (name.clone(), types(option))).collect();
        assert_eq!(options(&function), told, "{name}");
    }
}

#[test]
fn json_says_what_the_table_says() {
    let [function] = &json(&stdout(&run(["describe", "aggregate", "--json"])))[..] else { panic!("one") };
    assert_eq!(
        (function["handler"].as_str(), function["name"].as_str()),
        (Some("aggregate"), Some("aggregate"))
    );
    let find = |name| function["options"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap();
    let max_tasks = find("maxTasks");
    let aliases = ["max_tasks", "maxMapSize", "max_map_size", "maxKeySize", "max_key_size"];
    assert_eq!(texts(&max_tasks["aliases"], |alias| alias), aliases);
    assert_eq!(
        (max_tasks["default"].as_str(), max_tasks["repeats"].as_bool()),
        (Some("1,000,000"), Some(false))
    );
    assert!(max_tasks["help"].as_str().unwrap().starts_with("How many tasks may be open"));
    let percentile = find("percentile");
    assert_eq!(texts(&percentile["arguments"], |argument| &argument["name"]), ["field", "p", "as"]);
    assert_eq!(texts(&percentile["arguments"], |argument| &argument["type"]), ["string", "double", "string"]);
    assert!(percentile["default"].is_null() && percentile["repeats"] == true);
}

/// An option is told of in the words of the function that has it.
#[test]
fn script_has_words_of_its_own() {
    let script = stdout(&run(["describe", "script"]));
    let expected = "
  .timeout(time duration)
      How long after its first point a map is forgotten; no point puts that off. Over 0s.
      Default: none.
";
    assert!(
        script.starts_with("@script(): script, stream -> stream\n") && script.contains(expected),
        "{script}"
    );
    assert!(
        script.contains("\n  .code(script string)\n") && script.contains("\n      Default: required.\n"),
        "{script}"
    );
    assert!(!script.contains(".timeoutCode("), "{script}");
    let session = stdout(&run(["describe", "session"]));
    assert!(session.contains(".code(script string)\n") && !session.contains(".timeoutCode("), "{session}");
    let [function] = &json(&stdout(&run(["describe", "script", "--json"])))[..] else { panic!("one") };
    assert_eq!(
        (function["handler"].as_str(), function["provides"].as_str()),
        (Some("script"), Some("stream"))
    );
    let code = &function["options"][1];
    assert_eq!((code["name"].as_str(), code["default"].as_str()), (Some("code"), Some("required")));
}

#[test]
fn text_is_for_a_terminal() {
    let all = stdout(&run(["describe"]));
    assert!(all.lines().all(|line| line.chars().count() <= 100), "{all}");
    let heads: Vec<_> = all.lines().filter(|line| line.starts_with('@')).collect();
    let expected = [
        "@mirror(): mirror, stream -> stream",
        "@mirrorBatch(): mirror, batch -> batch",
        "@aggregate(): aggregate, stream -> stream",
        "@aggregateBatch(): aggregate, batch -> batch",
        "@session(): session, stream -> batch",
        "@script(): script, stream -> stream",
    ];
    assert_eq!(heads, expected);
    let expected = "
  .maxTasks(tasks int)
      How many tasks may be open, in all groups of the node together. From 1.
      Default: 1,000,000. Also max_tasks, maxMapSize, max_map_size, maxKeySize, max_key_size.
";
    let aggregate = stdout(&run(["describe", "aggregate"]));
    assert!(aggregate.contains(expected) && all.contains(&aggregate), "{aggregate}");
    assert!(aggregate.contains("\n      Can be repeated. Also count_distinct.\n"), "{aggregate}");
}

#[test]
fn markdown_has_a_heading_for_each_of_several() {
    let all = stdout(&run(["describe", "--markdown"]));
    let one = stdout(&run(["describe", "aggregate", "--markdown"]));
    assert!(one.starts_with("| option | default | what it does |\n|---|---|---|\n| `.taskId(id string)` [`taskIdField`] | the group |"), "{one}");
    assert!(all.starts_with("### `@mirror()`\n\n| option |"), "{all}");
    assert!(all.contains(&format!("\n\n### `@aggregate()`\n\n{one}\n### `@aggregateBatch()`\n\n")), "{all}");
    let session = stdout(&run(["describe", "session", "--markdown"]));
    let script = stdout(&run(["describe", "script", "--markdown"]));
    let end = format!("\n\n### `@session()`\n\n{session}\n### `@script()`\n\n{script}");
    assert!(all.ends_with(&end), "{all}");
}

#[test]
fn only_what_is_served_is_described() {
    let place = Place::configured("[functions]\nmirror.enabled = false\ncopy.handler = \"mirror\"\n");
    for name in ["mirror", "Copy", "", "@aggregate"] {
        let words = format!(
            "error: no function `{name}` is served; accepted are mirrorBatch, aggregate, \
             aggregateBatch, session, script, copy\n"
        );
        ended(&place.run(&["describe", name]), 64, &[&words]);
    }
    let copy = place.run(&["describe", "copy"]);
    assert!(
        stdout(&copy)
            .starts_with("@copy(): mirror, stream -> stream\n\n  .field(name string, value double)\n")
    );
    ended(&run(["describe", "--json", "--markdown"]), 64, &["cannot be used with"]);
    ended(&run(["describe", "mirror", "mirrorBatch"]), 64, &["unexpected argument 'mirrorBatch'"]);
}

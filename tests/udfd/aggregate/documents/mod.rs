//! What the documents show of scripts is so: each example of `docs/scripts.md` is played through a handler in its
//! agent, and what comes out and what is logged is what stands below it. So are the five of `examples/` that know
//! Logstash.
//!
//! A block of `tick` is a script, or the part of one that matters. Behind it there is one of
//!
//! * `console`: lines that begin with `> ` are what happens, the others what comes of it. A point is line protocol;
//!   what has no time comes now, or has any. `> after 10s` lets time pass, `> restart` has the node go on from its
//!   snapshot, `> end of stream` says it; `> begin requests,host=a` and `> end 60` are a batch's. `WARN` and `INFO`
//!   are lines of the log.
//! * `text`: the node is refused, with these words.
//! * nothing: the node takes its options.

mod example;
mod play;
mod points;
mod tick;

use std::fs;
use std::path::Path;

use example::{Expected, examples};

const SCRIPTS: &str = include_str!("../../../../docs/scripts.md");

#[test]
fn every_example_of_the_scripts_does_what_stands_below_it() {
    let mut wrong = vec![];
    let (mut played, mut refused) = (0, 0);
    for example in examples(SCRIPTS) {
        match &example.expected {
            Expected::Played(_) => played += 1,
            Expected::Refused(_) => refused += 1,
            Expected::Taken => {}
        }
        if let Err(error) = play::play(&example) {
            wrong.push(format!("docs/scripts.md:{}: {error}", example.line));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(played >= 40 && refused >= 4, "{played} examples are played, {refused} are refused");
}

#[test]
fn what_the_readme_shows_of_scripts_is_so() {
    const README: &str = include_str!("../../../../README.md");
    let parts = [
        ("#### Conditions and scripts\n", "\n**Which task.**"),
        ("### `@script()`\n", "<!-- kapacitor-udfd describe script"),
    ];
    for (from, to) in parts {
        let part = README.split_once(from).and_then(|(_, rest)| rest.split_once(to)).expect(from).0;
        let [example] = &examples(part)[..] else { panic!("one example below {from}") };
        assert!(matches!(example.expected, Expected::Played(_)), "{from}");
        play::play(example).unwrap_or_else(|error| panic!("{from}{error}"));
    }
}

/// A kapacitord would tell; here it is known without one.
#[test]
fn every_script_of_the_documents_and_examples_is_taken() {
    let (mut taken, mut wrong) = (0, vec![]);
    for (name, text) in texts() {
        for script in tick::scripts(&text) {
            match play::start(&script) {
                Some(Ok(_)) => taken += 1,
                Some(Err(error)) => wrong.push(format!("{name}: {error}")),
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(taken > 30, "{taken}");
}

/// What the table of `docs/logstash.md` has in place of Ruby is code.
#[test]
fn what_ruby_says_can_be_said() {
    const LOGSTASH: &str = include_str!("../../../../docs/logstash.md");
    const DECLARED: &str = "let v = 1; let a = 1; let b = 1; let x = 1; let k = \"a\"; let list = [1];";
    let (_, table) = LOGSTASH.split_once("\n| Ruby | here | |\n").expect("the table");
    let rows = table.lines().skip(1).take_while(|row| row.starts_with('|'));
    let cells = rows.map(|row| row.replace("\\|", "\u{1}").split('|').nth(2).unwrap().replace('\u{1}', "|"));
    let snippets = cells.flat_map(|cell| {
        let quotes = if cell.contains("`` ") { "``" } else { "`" };
        cell.split(quotes).skip(1).step_by(2).map(|code| code.trim().to_owned()).collect::<Vec<_>>()
    });
    // Options, and words of which only the name is meant.
    let is_code = |code: &String| !code.starts_with('.') && code.contains(['.', '(', '[', '{', '"']);
    let mut tried = 0;
    for code in snippets.filter(is_code) {
        let code = code.replace('…', if code.contains("if !") { "true { }" } else { "" });
        let script = format!("@aggregate().code('''{DECLARED} {code}''')");
        let started = play::start(&tick::script(&script)).expect("a function of ours");
        assert!(started.is_ok(), "{code}: {}", started.err().unwrap_or_default());
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}

/// The scripts outside of this page: what they are of, and each.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![];
    for document in ["README.md", "docs/aggregate.md", "docs/logstash.md", "docs/time.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        let scripts = text.split("```tick\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        texts.extend(scripts.map(|script| (document.to_owned(), script.to_owned())));
    }
    for example in fs::read_dir(root.join("examples")).unwrap() {
        let path = example.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "tick") {
            texts.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
        }
    }
    texts
}

/// Whoever looks for a word finds it with an example.
#[test]
fn every_name_has_an_example() {
    let scripts: String = examples(SCRIPTS).iter().map(|example| example.script).collect();
    for name in NAMES {
        assert!(scripts.contains(name), "{name} is in no example");
    }
}

/// What a script can call and what the functions' options for scripts are called.
const NAMES: [&str; 55] = [
    "@script()",
    "@aggregate()",
    "@aggregateBatch()",
    "@session()",
    ".code('''",
    ".timeoutCode('",
    ".startWhen('",
    ".endWhen('",
    ".mapAction('update')",
    ".maxTimeoutRetries(",
    ".onError('drop')",
    ".onError('stop')",
    "event.name",
    "event.time",
    "event.tags.",
    "event.tags[",
    "event.tags.keys()",
    "event.fields.",
    "event.fields[",
    "event.keys()",
    "event.get(",
    "event.set(",
    "event.cancel()",
    "event[\"",
    "in event",
    "in map",
    "map.keys()",
    "map.len()",
    "map.values()",
    "map.contains(",
    "map.remove(",
    "map.clear()",
    "map.is_empty()",
    "map.get(",
    "map.set(",
    "map[",
    ".push(",
    ".pop()",
    ".shift()",
    ".sort()",
    ".filter(",
    "?? ",
    "task.id",
    "task.count",
    "task.created",
    "task.last",
    "task.restored",
    "task.reason",
    "task.timeout",
    "task.inactivity_timeout",
    "task.end()",
    "emit(#{",
    "emit(map)",
    "emit(event)",
    "log(",
];

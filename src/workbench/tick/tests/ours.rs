//! The scripts of this project's examples and documentation.

use std::fs;
use std::path::Path;

use kapacitor_udfd::builtin;
use kapacitor_udfd::config::Config;
use kapacitor_udfd::handler::Info;
use kapacitor_udfd::options;

use super::*;

/// The functions that are served by default.
fn info(function: &str) -> Info {
    let config = Config::default();
    let function = config.functions.iter().find(|config| config.name == function).unwrap();
    options::describe(builtin::options(function), function.wants, function.provides)
}

/// Each script, with where it stands.
fn scripts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |dir: &Path, extension: &str| {
        let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect::<Vec<_>>()
    };
    let read = |path: &Path| (path.display().to_string(), fs::read_to_string(path).unwrap());
    let mut scripts: Vec<_> = files(&root.join("examples"), "tick").iter().map(|path| read(path)).collect();
    let mut pages = files(&root.join("docs"), "md");
    pages.push(root.join("README.md"));
    for (name, text) in pages.iter().map(|path| read(path)) {
        let blocks = text.split("```tick\n").skip(1).enumerate();
        scripts.extend(blocks.map(|(index, rest)| {
            (format!("{name} block {index}"), rest.split("```").next().unwrap().to_owned())
        }));
    }
    scripts
}

/// The names of functions in a script as far as the eye sees: at the start of a line.
fn names(script: &str) -> Vec<&str> {
    let lines = script.lines().filter_map(|line| line.trim_start().strip_prefix('@'));
    lines.filter_map(|rest| Some(rest.split_once("()")?.0)).collect()
}

/// What is wrong on purpose is not tried.
fn is_meant_to_fail(function: &str) -> bool {
    !Config::default().functions.iter().any(|config| config.name == function)
}

#[test]
fn each_of_our_nodes_is_taken() {
    let mut taken = 0;
    for (place, script) in scripts() {
        let alone = script.starts_with('@');
        for name in names(&script) {
            let node = if alone { node(&script, &place) } else { node_of_script(&script, &place, name) };
            let node = node.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(node.function, name, "{place}");
            if !is_meant_to_fail(name) {
                node.check(&info(name)).unwrap_or_else(|error| panic!("{error}"));
            }
            let by_id = if alone { Ok(node.clone()) } else { node_of_script(&script, &place, &node.id) };
            assert_eq!(by_id, Ok(node), "{place}");
            taken += 1;
        }
    }
    assert!(taken > 50, "{taken}");
}

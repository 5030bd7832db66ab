//! The README is kept to: its commands run, its configurations parse, its options exist.

use std::path::Path;

use kapacitor_udfd::config::{Config, Overrides};
use nix::sys::signal::Signal::SIGTERM;

use crate::daemon::{Daemon, run, stdout};

const README: &str = include_str!("../../README.md");

/// The fenced blocks in one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = README.split(fence.as_str()).skip(1);
    blocks.map(|rest| rest.split_once("```").expect("the fence is closed").0).collect()
}

#[test]
fn every_command_does_what_it_says() {
    let commands: Vec<_> = blocks("sh").iter().flat_map(|block| block.lines()).collect();
    assert!(commands.contains(&"cargo run --release") && commands.contains(&"cargo test"), "{commands:?}");
    for command in commands {
        match command.strip_prefix("cargo run --release") {
            Some("") => serves(),
            Some(arguments) => {
                let arguments = arguments.strip_prefix(" -- ").expect("arguments");
                let output = run(arguments.split(' '));
                assert_eq!(output.status.code(), Some(0), "{command}");
                assert!(!output.stdout.is_empty(), "{command}");
            }
            // It is what runs this very test; .ci/run calls it by this name.
            None => assert_eq!(command, "cargo test"),
        }
    }
    assert!(include_str!("../../.ci/run").contains("\nstep cargo test\n"));
}

/// As the README's first command, but for the sockets: /tmp belongs to everybody.
fn serves() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(["--socket-dir", dir.path().to_str().unwrap()]);
    let welcome = daemon.welcome().replace(dir.path().to_str().unwrap(), "/tmp");
    let block =
        blocks("toml").into_iter().find(|block| block.starts_with("[udf]")).expect("kapacitor's block");
    assert!(welcome.contains(block), "{welcome}");
    assert!(welcome.contains("mode 0660, owner "), "{welcome}");
    assert_eq!(daemon.end(SIGTERM).0, Some(0));
}

#[test]
fn every_configuration_parses() {
    let configurations = blocks("toml").into_iter().filter(|block| !block.starts_with("[udf]"));
    let parse = |block: &str| Config::parse(block, Path::new("README.md"), &Overrides::default());
    let parsed = configurations.map(|block| parse(block).map_err(|error| error.to_string()));
    let parsed = parsed.collect::<Result<Vec<_>, _>>().unwrap();
    assert!(parsed.iter().any(|config| config.functions.iter().any(|f| f.name == "copyOfWindows")));
}

/// Each table of options stands behind the command that prints it.
#[test]
fn the_tables_of_options_are_what_describe_prints() {
    const COMMAND: &str = "<!-- kapacitor-udfd ";
    let mut told = vec![];
    for part in README.split(COMMAND).skip(1) {
        let (command, rest) = part.split_once(" -->\n").expect("the comment is closed");
        let (table, _) = rest.split_once("<!-- end -->").expect("the table's end");
        assert_eq!(table.trim(), stdout(&run(command.split(' '))).trim(), "paste what {command} prints");
        told.push(command.split(' ').nth(1).expect("a function"));
    }
    let tables = README.lines().filter(|line| line.starts_with("| option |")).count();
    assert_eq!((told.as_slice(), tables), (&["mirror", "aggregate", "session", "script"][..], 4));
}

#[test]
fn every_limit_is_told_with_its_default() {
    let limits = kapacitor_udfd::limits::Limits::default();
    let rows = [
        format!("| `max_frame` | {} MiB |", limits.max_frame >> 20),
        format!("| `max_snapshot` | {} MiB |", limits.max_snapshot >> 20),
        format!("| `max_handler_time` | {} s |", limits.max_handler_time.as_secs()),
        "| `max_connections` | 1,024 |".to_owned(),
        format!("| `grace_period` | {} s |", limits.grace_period.as_secs()),
    ];
    assert_eq!(limits.max_connections, 1024);
    for row in rows {
        assert!(README.contains(&row), "{row}");
    }
}

/// The handler in the README is the one in the crate's documentation, which a doctest compiles.
#[test]
fn the_handler_is_the_documentation_s() {
    let lines = include_str!("../../src/lib.rs").lines();
    let documented = lines.filter_map(|line| line.strip_prefix("//! ").or(line.strip_prefix("//!")));
    let documented = documented.collect::<Vec<_>>().join("\n");
    let [handler] = blocks("rust")[..] else { panic!("one example") };
    let (_, handler) = handler.split_once("/// Lets").expect("its documentation");
    assert!(documented.contains(handler.trim_end()), "{documented}");
}

/// What the table of troubleshooting quotes of the daemon's log, the daemon says.
#[test]
fn the_daemon_says_what_troubleshooting_quotes() {
    const SOURCES: [&str; 11] = [
        include_str!("../../src/server.rs"),
        include_str!("../../src/connection/ending.rs"),
        include_str!("../../src/mirror.rs"),
        include_str!("../../src/aggregate/mod.rs"),
        include_str!("../../src/aggregate/warnings.rs"),
        include_str!("../../src/aggregate/snapshot/mod.rs"),
        include_str!("../../src/aggregate/types.rs"),
        include_str!("../../src/aggregate/emit.rs"),
        include_str!("../../src/script/log.rs"),
        include_str!("../../src/script/compiled.rs"),
        include_str!("../../src/socket/error.rs"),
    ];
    let (_, rows) = README.split_once("| **the daemon's log** | |\n").expect("its part of the table");
    let rows = rows.lines().take_while(|line| line.starts_with('|'));
    let quotes: Vec<_> = rows.map(|row| row.split('`').nth(1).expect("a quote")).collect();
    assert!(quotes.len() > 3, "{quotes:?}");
    // Where the message has a value, the table has `…`; "cannot" has what was tried put behind it.
    let parts = quotes.iter().flat_map(|quote| quote.split('…')).flat_map(|part| part.split("cannot "));
    for part in parts.map(|part| part.trim_matches([' ', ','])) {
        assert!(SOURCES.iter().any(|source| source.contains(part)), "{part:?}");
    }
}

#[test]
fn the_constants_are_where_limits_says() {
    let sources = [
        ("options/check.rs", include_str!("../../src/options/check.rs")),
        ("agent/outgoing.rs", include_str!("../../src/agent/outgoing.rs")),
        ("wire/batch_writer.rs", include_str!("../../src/wire/batch_writer.rs")),
        ("connection/queue.rs", include_str!("../../src/connection/queue.rs")),
        ("connection/mailbox.rs", include_str!("../../src/connection/mailbox.rs")),
        ("connection/mod.rs", include_str!("../../src/connection/mod.rs")),
        ("connection/ending.rs", include_str!("../../src/connection/ending.rs")),
    ];
    let lines = include_str!("../../src/limits.rs").lines().filter_map(|line| line.strip_prefix("//! - `"));
    let mut told = 0;
    for line in lines {
        let (constant, place) = line.split_once("` in `").expect("where it is");
        let (place, _) = place.split_once('`').expect("a file");
        let (_, source) = sources.iter().find(|source| source.0 == place).expect(place);
        assert!(source.contains(&format!("const {constant}: ")), "{line}");
        told += 1;
    }
    assert_eq!(told, 7);
}

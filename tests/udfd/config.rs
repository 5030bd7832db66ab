//! What configurations mean, and in which words they are refused.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kapacitor_udfd::Budget;
use kapacitor_udfd::config::{Config, HandlerKind, LogFormat, LogLevel, Overrides, Problem, SocketOverride};
use kapacitor_udfd::config::{ConfigError, FunctionConfig};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{self, request};
use proptest::prelude::*;
use prost::Message;

const EXAMPLE: &str = include_str!("../../docs/kapacitor-udfd.toml.example");
const KAPACITOR_EXAMPLE: &str = include_str!("../../kapacitor.conf.example");

pub fn parse(text: &str) -> Result<Config, ConfigError> {
    parse_with(text, &Overrides::default())
}

fn parse_with(text: &str, overrides: &Overrides) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("udfd.toml"), overrides)
}

pub fn function<'a>(config: &'a Config, name: &str) -> &'a FunctionConfig {
    config.functions.iter().find(|function| function.name == name).unwrap()
}

/// The text is refused with all these words.
#[track_caller]
pub fn refused(text: &str, words: &[&str]) {
    let error = parse(text).expect_err(text).to_string();
    for words in words {
        assert!(error.contains(words), "no {words:?} in:\n{error}");
    }
}

#[test]
fn an_empty_file_is_the_default() {
    let config = parse("").unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.limits, Limits::default());
    let served: Vec<_> = config
        .functions
        .iter()
        .map(|f| (f.name.as_str(), f.handler, f.wants, f.provides, f.socket.path.to_str().unwrap()))
        .collect();
    let (mirror, aggregate, session) = (HandlerKind::Mirror, HandlerKind::Aggregate, HandlerKind::Session);
    assert!(config.functions.iter().all(|f| f.budget == Budget::default()));
    assert_eq!(
        served,
        [
            ("mirror", mirror, Edge::Stream, Edge::Stream, "/tmp/mirror.sock"),
            ("mirrorBatch", mirror, Edge::Batch, Edge::Batch, "/tmp/mirrorBatch.sock"),
            ("aggregate", aggregate, Edge::Stream, Edge::Stream, "/tmp/aggregate.sock"),
            ("aggregateBatch", aggregate, Edge::Batch, Edge::Batch, "/tmp/aggregateBatch.sock"),
            ("session", session, Edge::Stream, Edge::Batch, "/tmp/session.sock"),
            ("script", HandlerKind::Script, Edge::Stream, Edge::Stream, "/tmp/script.sock"),
        ]
    );
}

#[test]
fn every_key_is_taken() {
    let config = parse(
        r#"
        socket_dir = "/run/udfd"
        log_level = "debug"
        log_format = "json"
        [limits]
        max_frame = "64MiB"
        max_snapshot = "1MiB"
        max_handler_time = "2m"
        max_connections = 7
        grace_period = "0s"
        [functions.mirror]
        enabled = false
        [functions.copy]
        handler = "mirror"
        wants = "batch"
        provides = "batch"
        socket = "c.sock"
        mode = "0666"
        group = "users"
        allowed_uids = [0, 998]
        [functions.script]
        script_operations = 1_000
        script_time = "20ms"
        "#,
    )
    .unwrap();
    assert_eq!((config.log.level, config.log.format), (LogLevel::Debug, LogFormat::Json));
    assert_eq!(
        config.limits,
        Limits {
            max_frame: 64 << 20,
            max_snapshot: 1 << 20,
            max_handler_time: Duration::from_mins(2),
            max_connections: 7,
            grace_period: Duration::ZERO,
        }
    );
    let names: Vec<_> = config.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["mirrorBatch", "aggregate", "aggregateBatch", "session", "script", "copy"]);
    let copy = function(&config, "copy");
    assert_eq!((copy.wants, copy.provides), (Edge::Batch, Edge::Batch));
    assert_eq!(copy.socket.path, Path::new("/run/udfd/c.sock"));
    assert_eq!(copy.socket.mode, 0o666);
    assert_eq!(copy.socket.group.as_deref(), Some("users"));
    assert_eq!(copy.socket.allowed_uids, Some(vec![0, 998]));
    let script = function(&config, "script").budget;
    assert_eq!(script, Budget { operations: 1_000, time: Duration::from_millis(20) });
}

#[test]
fn a_table_changes_only_its_keys_of_a_default() {
    let config = parse("[functions.mirrorBatch]\ngroup = 998\n").unwrap();
    let mut expected = Config::default();
    expected.functions[1].socket.group = Some("998".to_owned());
    assert_eq!(config, expected);
}

#[test]
fn without_max_snapshot_it_is_half_of_max_frame() {
    let config = parse("[limits]\nmax_frame = \"1MiB\"\n").unwrap();
    assert_eq!(config.limits.max_snapshot, 512 << 10);
}

#[test]
fn the_largest_snapshot_comes_back_in_the_largest_frame() {
    let accepted = |snapshot: usize, frame: usize| {
        parse(&format!("[limits]\nmax_frame = \"{frame}B\"\nmax_snapshot = \"{snapshot}B\"\n")).is_ok()
    };
    // Around the length from which a length takes five bytes.
    for snapshot in [4 << 10, 128 << 20, (1 << 28) - 7, (1 << 28) - 2, (1 << 28) - 1, 1 << 28, 1 << 30] {
        // With the byte the agent puts first. Nobody looks at these pages, so the system makes none.
        let restore = proto::RestoreRequest { snapshot: vec![0; 1 + snapshot] };
        let restore = proto::Request { message: Some(request::Message::Restore(restore)) };
        let frame = restore.encoded_len();
        assert!(!accepted(snapshot, frame - 1), "{snapshot}: does not come back in {}", frame - 1);
        assert!(accepted(snapshot, frame), "{snapshot}: comes back in {frame}");
    }
}

#[test]
fn the_command_line_wins() {
    let overrides = Overrides {
        socket_dir: Some(PathBuf::from("/run/line")),
        sockets: vec!["mirror=/run/m.sock".parse().unwrap(), "mirrorBatch=/run/b.sock".parse().unwrap()],
        log_level: Some(LogLevel::Error),
        log_format: Some(LogFormat::Json),
    };
    let file = "socket_dir = \"/run/file\"\nlog_level = \"trace\"\n[functions.mirror]\nsocket = \"/run/file.sock\"\n\
                [functions.other]\nhandler = \"mirror\"\n";
    let config = parse_with(file, &overrides).unwrap();
    let path = |name| function(&config, name).socket.path.to_str().unwrap();
    assert_eq!(path("mirror"), "/run/m.sock");
    assert_eq!(path("mirrorBatch"), "/run/b.sock");
    assert_eq!(path("other"), "/run/line/other.sock");
    assert_eq!((config.log.level, config.log.format), (LogLevel::Error, LogFormat::Json));
}

#[test]
fn an_override_of_an_unknown_function_lists_the_known() {
    let sockets = vec![SocketOverride { function: "miror".to_owned(), path: "/run/m.sock".into() }];
    let error = parse_with("", &Overrides { sockets, ..Overrides::default() }).unwrap_err();
    assert!(matches!(&error, ConfigError::Refused { problem: Problem::UnknownFunction { .. }, .. }));
    assert_eq!(
        error.to_string(),
        "--socket names `miror`, which is no enabled function; known are mirror, mirrorBatch, aggregate, \
         aggregateBatch, session, script"
    );
}

#[test]
fn an_override_has_an_absolute_path() {
    let sockets = vec!["mirror=m.sock".parse().unwrap()];
    let error = parse_with("", &Overrides { sockets, ..Overrides::default() }).unwrap_err().to_string();
    assert!(error.contains("`mirror`: socket path `m.sock` is relative; give an absolute path"), "{error}");
}

#[test]
fn an_error_shows_file_line_and_caret() {
    let error = parse("log_level = \"warn\"\nsockt_dir = \"/run\"\n").unwrap_err().to_string();
    let expected = "\
unknown field `sockt_dir`, expected one of `socket_dir`, `log_level`, `log_format`, `limits`, `functions`
 --> udfd.toml:2:1
  |
2 | sockt_dir = \"/run\"
  | ^^^^^^^^^";
    assert_eq!(error, expected);
}

#[test]
fn keys_and_types_are_refused() {
    refused("[limits]\nmax_frames = \"1MiB\"\n", &["`max_frames`", "`max_frame`", ":2:1", "^^^^^^^^^^"]);
    refused("[functions.mirror]\nsokket = \"x\"\n", &["`sokket`", "`socket`", ":2:1"]);
    refused("log_level = 3\n", &["integer `3`, expected \"error\" or \"warn\"", ":1:13"]);
    refused("log_level = \"loud\"\n", &["\"loud\" is not known here", "error, warn, info, debug, trace"]);
    refused("log_format = \"xml\"\n", &["\"xml\" is not known here", "text, json"]);
    refused("[functions]\nmirror = 3\n", &["integer `3`, expected a table", ":2:10"]);
    refused("[functions.mirror\n", &["udfd.toml:1:18"]);
}

/// Whatever stands there, of a wrong type or no TOML at all, the key says what it takes.
#[test]
fn every_key_says_what_it_accepts() {
    let size = "a size with a unit, in quotes, such as \"1MiB\" or \"256MiB\"";
    let time = "a duration with a unit, in quotes, such as \"500ms\", \"30s\" or \"2m\"";
    let count = "a whole number such as 1024 (without quotes)";
    let dir = "an absolute path in quotes, such as \"/run/kapacitor-udfd\"";
    let path = "a path in quotes, such as \"/run/mirror.sock\", or \"mirror.sock\" for one under socket_dir";
    let switch = "true or false (without quotes)";
    let edge = "\"stream\" or \"batch\" (in quotes)";
    let mode = "octal digits in quotes, as in mode = \"0660\"";
    let group = "a group's name in quotes, such as \"kapacitor\", or its gid, such as 998";
    let uids = "a list of uids, which are numbers, such as [0, 998]; `id -u kapacitor` prints one";
    let uid = "a uid, which is a number, such as 998; `id -u kapacitor` prints one";
    let levels = "\"error\" or \"warn\" or \"info\" or \"debug\" or \"trace\" (in quotes)";
    let top = [
        ("socket_dir", "3", dir),
        ("socket_dir", "/run", dir),
        ("log_level", "3", levels),
        ("log_level", "info", levels),
        ("log_format", "true", "\"text\" or \"json\" (in quotes)"),
        ("log_format", "json", "\"text\" or \"json\" (in quotes)"),
        ("limits", "3", "a table"),
    ];
    let limits = [
        ("max_frame", "1000000", size),
        ("max_frame", "1MiB", size),
        ("max_snapshot", "1.5", size),
        ("max_snapshot", "01", size),
        ("max_handler_time", "30", time),
        ("max_handler_time", "30s", time),
        ("grace_period", "[1]", time),
        ("grace_period", "10s", time),
        ("max_connections", "\"1024\"", count),
        ("max_connections", "1e3", count),
        ("max_connections", "1,024", count),
    ];
    let mirror = [
        ("enabled", "\"yes\"", switch),
        ("enabled", "1", switch),
        ("enabled", "True", switch),
        ("handler", "3", "\"mirror\" or \"aggregate\" or \"session\" or \"script\" (in quotes)"),
        ("handler", "mirror", "\"mirror\" or \"aggregate\" or \"session\" or \"script\" (in quotes)"),
        ("wants", "true", edge),
        ("wants", "stream", edge),
        ("provides", "{}", edge),
        ("provides", "batch", edge),
        ("socket", "3", path),
        ("socket", "/run/mirror.sock", path),
        ("mode", "0660", mode),
        ("mode", "660", mode),
        ("mode", "0o660", mode),
        ("group", "true", group),
        ("group", "-1", group),
        ("group", "kapacitor", group),
        ("allowed_uids", "998", uids),
        ("allowed_uids", "[0, kapacitor]", uids),
        ("allowed_uids", "[\"kapacitor\"]", uid),
        ("allowed_uids", "[-1]", uid),
        ("script_operations", "\"many\"", count),
        ("script_operations", "1e5", count),
        ("script_time", "50", time),
        ("script_time", "50ms", time),
    ];
    let tables = [("", &top[..]), ("[limits]\n", &limits[..]), ("[functions.mirror]\n", &mirror[..])];
    for (table, lines) in tables {
        let error = parse(&format!("{table}no_such_key = 1\n")).unwrap_err().to_string();
        for key in keys(&error).filter(|key| *key != "functions") {
            assert!(lines.iter().any(|line| line.0 == key), "{key} is not tried");
        }
        for (key, value, words) in lines {
            refused(&format!("{table}{key} = {value}\n"), &[words, "^", "udfd.toml:"]);
        }
    }
    refused("functions.mirror.mode = 0660\n", &["unexpected leading zero", mode, ":1:25"]);
    refused("[functions]\nmirror = { mode = 0660 }\n", &[mode]);
    refused("[functions.mirror]\nsocket = \"\"\n", &["the path is empty", "\"/run/mirror.sock\""]);
    // What is wrong is in no key's value.
    let error = parse("[functions.mirror]\nmode = \"0660\"\n]\n").unwrap_err().to_string();
    assert!(!error.contains("octal"), "{error}");
}

/// The keys that the error of an unknown one lists.
fn keys(error: &str) -> impl Iterator<Item = &str> {
    error.lines().next().unwrap().split('`').skip(3).step_by(2)
}

#[test]
fn limits_out_of_range_are_refused() {
    let limit = |line: &str, words: &[&str]| refused(&format!("[limits]\n{line}\n"), words);
    limit("max_frame = \"0\"", &["max_frame 0 B is out of range", "4.0 KiB to 2.0 GiB", ":2:13", "^^^"]);
    limit("max_frame = \"3GiB\"", &["max_frame 3.0 GiB"]);
    limit("max_frame = \"big\"", &["\"big\" is not a size", "\"256MiB\""]);
    limit("max_snapshot = \"0B\"", &["max_snapshot 0 B", "1.0 KiB"]);
    limit(
        "max_snapshot = \"256MiB\"",
        &["max_snapshot 256.0 MiB does not fit in max_frame 256.0 MiB", ":2:16"],
    );
    limit("max_handler_time = \"0s\"", &["max_handler_time 0s", "1ms to 1day"]);
    limit("max_handler_time = \"30\"", &["\"30\" is not a duration", "\"30s\""]);
    limit("max_connections = 0", &["max_connections 0", "1 to 1000000"]);
    limit("max_connections = -1", &["max_connections -1"]);
    limit("grace_period = \"2days\"", &["grace_period 2days", "0s to 1day"]);
}

#[test]
fn functions_that_cannot_be_are_refused() {
    refused("[functions.mirror]\nwants = \"points\"\n", &["\"points\" is not known here", "stream, batch"]);
    refused("[functions.copy]\n", &["`copy` has no handler", "`handler = \"mirror\"`", ":1:12"]);
    refused(
        "[functions.copy]\nhandler = \"copy\"\n",
        &["\"copy\" is not known here", "accepted is mirror, aggregate, session, script"],
    );
    refused("[functions.a-b]\nhandler = \"mirror\"\n", &["`a-b` cannot be called", "ASCII letter", ":1:12"]);
    refused("[functions._a]\nhandler = \"mirror\"\n", &["`_a` cannot be called"]);
    refused("[functions.var]\nhandler = \"mirror\"\n", &["`var` cannot be called", "keyword"]);
    let none = Config::default().functions.into_iter().map(|f| format!("{}.enabled = false\n", f.name));
    refused(
        &format!("[functions]\n{}", none.collect::<String>()),
        &["every function is disabled", "enable at least one", ":2:18", "^^^^^"],
    );
}

#[test]
fn scripts_have_a_budget_where_there_are_scripts() {
    let budget = |operations, time| Budget { operations, time: Duration::from_millis(time) };
    let of = |name: &str, lines: &str| {
        function(&parse(&format!("[functions.{name}]\n{lines}\n")).unwrap(), name).budget
    };
    assert_eq!(of("aggregate", "script_operations = 1"), budget(1, 50));
    assert_eq!(of("aggregateBatch", "script_operations = 10_000_000"), budget(10_000_000, 50));
    assert_eq!(of("session", "script_time = \"1ms\""), budget(100_000, 1));
    assert_eq!(of("script", "script_time = \"500ms\""), budget(100_000, 500));
    assert_eq!(of("own", "handler = \"script\"\nscript_time = \"2ms\""), budget(100_000, 2));
    assert_eq!(of("mirror", "handler = \"script\"\nscript_operations = 5"), budget(5, 50));

    let script = |line: &str, words: &[&str]| refused(&format!("[functions.script]\n{line}\n"), words);
    let operations = "script_operations 0 is out of range; accepted is 1 to 10000000";
    script("script_operations = 0", &[operations, "udfd.toml:2:21", "^"]);
    script("script_operations = 10_000_001", &["script_operations 10000001", ":2:21", "^^^^^^^^^^"]);
    script("script_operations = -5", &["script_operations -5 is out of range"]);
    script(
        "script_time = \"501ms\"",
        &["script_time 501ms is out of range; accepted is 1ms to 500ms", ":2:15"],
    );
    script("script_time = \"999us\"", &["script_time 999us is out of range"]);
    script("script_time = \"0s\"", &["script_time 0s is out of range"]);

    let none = "`mirror`: script_time means nothing for handler mirror, which runs no scripts; it is accepted for \
                aggregate, session, script";
    refused("[functions.mirror]\nscript_time = \"5ms\"\n", &[none, "udfd.toml:2:15", "^^^^^"]);
    refused(
        "[functions.script]\nscript_operations = 0\nhandler = \"mirror\"\n",
        &["`script`: script_operations means nothing for handler mirror", ":2:21"],
    );
}

#[test]
fn sockets_that_cannot_be_are_refused() {
    let mirror = |line: &str, words: &[&str]| refused(&format!("[functions.mirror]\n{line}\n"), words);
    mirror("mode = \"abc\"", &["mode \"abc\" is not octal", "\"0660\"", "udfd.toml:2:8", "^^^^^"]);
    mirror("mode = \"1777\"", &["mode \"1777\"", "\"0777\""]);
    mirror("allowed_uids = []", &["`mirror`", "allowed_uids is empty", ":2:16"]);
    mirror("socket = \"a\\u0000b\"", &["`mirror`", "without NUL"]);
    mirror(
        "socket = \"mirrorBatch.sock\"",
        &["`mirror` and `mirrorBatch`", "/tmp/mirrorBatch.sock", ":2:10"],
    );
    refused("socket_dir = \"run\"\n", &["socket_dir `run` is relative", "absolute", ":1:14"]);
}

#[test]
fn a_socket_path_fits_in_sun_path() {
    let file = |path: &str| format!("[functions.mirror]\nsocket = \"{path}\"\n");
    let longest = format!("/{}", "a".repeat(106));
    assert!(parse(&file(&longest)).is_ok());
    let longer = format!("{longest}a");
    refused(&file(&longer), &[longer.as_str(), "108 bytes", "limit is 107", ":2:10"]);
}

#[test]
fn functions_on_one_socket_are_both_shown() {
    let file = "[functions.a]\nhandler = \"mirror\"\nsocket = \"x\"\n\n\n\n\n[functions.b]\nhandler = \"mirror\"\nsocket = \"/tmp/x\"\n";
    refused(
        file,
        &["`a` and `b` have the same socket /tmp/x", "3 | socket = \"x\"", "10 | socket = \"/tmp/x\""],
    );
    let disabled = file.replace("[functions.b]", "[functions.b]\nenabled = false");
    assert!(parse(&disabled).is_ok());
}

#[test]
fn the_example_shows_the_defaults() {
    assert_eq!(parse(EXAMPLE).unwrap(), Config::default());
    assert_eq!(parse(&with_defaults(EXAMPLE)).unwrap(), Config::default());
}

#[test]
fn the_example_has_every_key() {
    for table in ["", "[limits]\n", "[functions.mirror]\n"] {
        let error = parse(&format!("{table}no_such_key = 1\n")).unwrap_err().to_string();
        for key in keys(&error) {
            let (value, table) = (format!("{key} = "), format!("[{key}"));
            assert!(EXAMPLE.contains(&value) || EXAMPLE.contains(&table), "{key} is missing");
        }
    }
}

#[test]
fn the_example_for_kapacitor_has_the_default_functions() {
    with_defaults(KAPACITOR_EXAMPLE).parse::<toml::Table>().unwrap();
    let table: toml::Table = KAPACITOR_EXAMPLE.parse().unwrap();
    let functions = table["udf"]["functions"].as_table().unwrap();
    assert_eq!(functions.len(), Config::default().functions.len());
    for function in Config::default().functions {
        let theirs = &functions[&function.name];
        assert_eq!(theirs["socket"].as_str(), function.socket.path.to_str());
        assert!(theirs["timeout"].is_str());
    }
}

/// An example with its `# ` lines in force.
fn with_defaults(example: &str) -> String {
    let lines = example.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

proptest! {
    #[test]
    fn no_text_panics(text in r#"(?s)(\[?functions\.[a-zé]{1,3}\]?|[a-z_]{1,9} = ["a-z0-9é\t\r]{0,9}|mode = "é"|.)(\n|\r\n|.){0,4}"#) {
        let _ = parse(&text).map_err(|error| error.to_string());
    }
}

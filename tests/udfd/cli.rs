//! The command line: what it prints, how it ends, and how it hears signals.

use std::fs;
use std::io::{self, BufReader, PipeWriter, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::Signal::{self, SIGINT, SIGTERM};
use nix::unistd::Pid;

use crate::daemon::{Daemon, read_until, run, stdout, udfd};
use crate::place::{Place, ended, under_shell};

#[test]
fn help_and_version_are_no_failure() {
    let help = run(["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for words in [
        "serve",
        "check",
        "kapacitor-conf",
        "describe",
        "--socket <NAME=PATH>",
        "relative to the current directory; may be repeated",
        "Exit codes",
    ] {
        assert!(stdout(&help).contains(words), "{words}");
    }
    let version = run(["--version"]);
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(stdout(&version), concat!("kapacitor-udfd ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn wrong_usage_ends_with_64() {
    ended(&run(["--sockets", "x"]), 64, &["unexpected argument '--sockets'"]);
    ended(&run(["chekc"]), 64, &["unrecognized subcommand 'chekc'", "check"]);
    ended(&run(["--log-level", "info", "bench", "--socket", "/x"]), 64, &["bench takes its options behind"]);
    let bench = |more: &[&str]| run([&["bench", "--socket", "/x"], more].concat());
    ended(&bench(&["--ids", "150"]), 64, &["--ids 150 is not a multiple of --keys 100"]);
    ended(&bench(&["--expect", "sessions"]), 64, &["--expect sessions is about ids; give --ids N too"]);
    ended(&bench(&["--expect", "batches"]), 64, &["accepted are mirror, any, sessions, a number of points"]);
    ended(&bench(&["--step", "0s"]), 64, &["--step 0s would give all points one time"]);
    ended(&bench(&["--step", "1s", "--jitter", "1ms"]), 64, &["--jitter 1ms is less than --step 1s"]);
    ended(&bench(&["--step", "1day"]), 64, &["1000000 points with such a --step", "more than 200 years"]);
    ended(&bench(&["--ids", "100", "--tags", "1"]), 64, &["--tags 1 has no room for user and id"]);
    ended(&bench(&["--expect", "count:n"]), 64, &["--expect count:FIELD is about ids; give --ids N too"]);
    let amounts = "--amounts FIELD is about ids; give --expect count:FIELD or total:FIELD too";
    ended(&bench(&["--amounts", "total"]), 64, &[amounts]);
    let few = bench(&["--amounts", "total", "--expect", "count:n", "--ids", "100"]);
    ended(&few, 64, &["--fields 4 has no amount; give 5 or more with --amounts"]);
    ended(&bench(&["--expect", "count:"]), 64, &["mirror, any, sessions, a number of points, or count:"]);
    ended(&run(["--log-level", "loud"]), 64, &["error, warn, info, debug, trace"]);
    ended(&run(["--log-format", "xml"]), 64, &["text, json"]);
    ended(&run(["--socket", "mirror"]), 64, &["NAME=PATH"]);
    ended(&run(["--socket", "mirror="]), 64, &["NAME=PATH"]);
    ended(&run(["--socket-dir", ""]), 64, &["--socket-dir"]);
    ended(
        &run(["--socket", "miror=/x", "check"]),
        64,
        &["error: --socket names `miror`", "mirror, mirrorBatch"],
    );
}

#[test]
fn wrong_configuration_ends_with_64() {
    let place = Place::configured("[functions.mirror]\nmode = \"abc\"\n");
    for command in ["serve", "check", "kapacitor-conf", "describe"] {
        let output = place.run(&[command]);
        ended(&output, 64, &["error: mode \"abc\" is not octal", "udfd.toml:2:8", "^^^^^"]);
        assert_eq!(stdout(&output), "");
    }
    let missing = run(["--config", "/no/such/file", "check"]);
    ended(&missing, 64, &["error: cannot read the configuration file /no/such/file: No such file"]);
}

#[test]
fn check_says_what_would_be_served() {
    let place = Place::configured("[functions.copy]\nhandler = \"mirror\"\nwants = \"batch\"\n");
    let output = place.run(&["check", "--socket", "mirror=/run/m.sock"]);
    ended(&output, 0, &[]);
    let dir = place.dir.path().display();
    let expected = format!(
        "mirror: mirror, stream -> stream, /run/m.sock\n\
         mirrorBatch: mirror, batch -> batch, {dir}/mirrorBatch.sock\n\
         aggregate: aggregate, stream -> stream, {dir}/aggregate.sock\n\
         aggregateBatch: aggregate, batch -> batch, {dir}/aggregateBatch.sock\n\
         session: session, stream -> batch, {dir}/session.sock\n\
         script: script, stream -> stream, {dir}/script.sock\n\
         copy: mirror, batch -> batch, {dir}/copy.sock\n"
    );
    assert_eq!(stdout(&output), expected);
    assert!(!place.path("copy.sock").exists());
}

#[test]
fn options_hold_before_and_after_the_command() {
    let args = [
        "--socket",
        "mirror=/run/a",
        "check",
        "--socket",
        "mirrorBatch=/run/b",
        "--socket",
        "aggregate=/run/c",
        "--socket-dir",
        "/run",
    ];
    assert_eq!(
        stdout(&run(args)),
        "mirror: mirror, stream -> stream, /run/a\nmirrorBatch: mirror, batch -> batch, /run/b\n\
         aggregate: aggregate, stream -> stream, /run/c\n\
         aggregateBatch: aggregate, batch -> batch, /run/aggregateBatch.sock\n\
         session: session, stream -> batch, /run/session.sock\n\
         script: script, stream -> stream, /run/script.sock\n"
    );
}

#[test]
fn a_relative_path_is_the_shells() {
    let place = Place::new();
    let here = place.dir.path().canonicalize().unwrap();
    let here = here.display();
    for (args, mirror, batch) in [
        (
            &["--socket-dir", "run"][..],
            format!("{here}/run/mirror.sock"),
            format!("{here}/run/mirrorBatch.sock"),
        ),
        (&["--socket", "mirror=./m"], format!("{here}/m"), "/tmp/mirrorBatch.sock".to_owned()),
        (&["--socket", "mirror=m"], format!("{here}/m"), "/tmp/mirrorBatch.sock".to_owned()),
        (
            &["--socket-dir", "/run", "--socket", "mirror=m"],
            format!("{here}/m"),
            "/run/mirrorBatch.sock".to_owned(),
        ),
        (&["--socket", "mirror=../m"], format!("{here}/../m"), "/tmp/mirrorBatch.sock".to_owned()),
    ] {
        let output = udfd(args).arg("check").current_dir(&place.dir).output().unwrap();
        let [aggregate, windows, session, script] = ["aggregate", "aggregateBatch", "session", "script"]
            .map(|name| batch.replace("mirrorBatch", name));
        let expected = format!(
            "mirror: mirror, stream -> stream, {mirror}\nmirrorBatch: mirror, batch -> batch, {batch}\n\
             aggregate: aggregate, stream -> stream, {aggregate}\n\
             aggregateBatch: aggregate, batch -> batch, {windows}\n\
             session: session, stream -> batch, {session}\n\
             script: script, stream -> stream, {script}\n"
        );
        assert_eq!(stdout(&output), expected, "{args:?}");
    }
}

#[test]
fn kapacitor_conf_is_ready_to_paste() {
    let expected = r#"[udf]
[udf.functions]
    [udf.functions.mirror]
        socket = "/run/mirror.sock"
        timeout = "10s"
    [udf.functions.mirrorBatch]
        socket = "/run/mirrorBatch.sock"
        timeout = "10s"
    [udf.functions.aggregate]
        socket = "/run/aggregate.sock"
        timeout = "10s"
    [udf.functions.aggregateBatch]
        socket = "/run/aggregateBatch.sock"
        timeout = "10s"
    [udf.functions.session]
        socket = "/run/session.sock"
        timeout = "10s"
    [udf.functions.script]
        socket = "/run/script.sock"
        timeout = "10s"
"#;
    assert_eq!(stdout(&run(["--socket-dir", "/run", "kapacitor-conf"])), expected);
}

#[test]
fn kapacitor_conf_quotes_any_path() {
    let path = "/run/a \"quoted\"\\ and\n'odd' é.sock";
    let output = run(["--socket", &format!("mirror={path}"), "kapacitor-conf"]);
    let block: toml::Table = stdout(&output).parse().unwrap();
    assert_eq!(block["udf"]["functions"]["mirror"]["socket"].as_str(), Some(path));
}

#[test]
fn it_serves_tells_and_cleans_up() {
    for signal in [SIGTERM, SIGINT] {
        let place = Place::new();
        let daemon = place.start();
        let served = [
            ("mirror", "mirror"),
            ("mirrorBatch", "mirror"),
            ("aggregate", "aggregate"),
            ("aggregateBatch", "aggregate"),
            ("session", "session"),
            ("script", "script"),
        ];
        for (name, handler) in served {
            let socket = place.path(&format!("{name}.sock"));
            UnixStream::connect(&socket).unwrap();
            for words in [format!("@{name}: {handler}, "), format!("socket = \"{}\"", socket.display())] {
                assert!(daemon.welcome().contains(&words), "no {words:?} in:\n{}", daemon.welcome());
            }
        }
        assert!(daemon.welcome().contains("mode 0660, owner "));
        let (code, log) = daemon.end(signal);
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("shutting down"), "{log}");
        assert!(!log.contains('\u{1b}'), "colours without a terminal: {log}");
        for (name, _) in served {
            assert!(!place.path(&format!("{name}.sock")).exists(), "{name}");
        }
    }
}

#[test]
fn it_hints_at_permissions_unless_everyone_may_connect() {
    let hint = "group = \"kapacitor\"";
    if nix::unistd::User::from_name("kapacitor").unwrap().is_some() {
        return; // Then it depends on that user's groups.
    }
    assert!(Place::new().start().welcome().contains(hint));
    let modes = ["mirror", "mirrorBatch", "aggregate", "aggregateBatch", "session", "script"]
        .map(|name| format!("{name}.mode = \"0666\"\n"));
    let open = Place::configured(&format!("[functions]\n{}", modes.concat()));
    let daemon = open.start();
    assert!(daemon.welcome().contains(": every user\n"));
    assert!(!daemon.welcome().contains(hint));
}

#[test]
fn logs_are_json_if_asked() {
    let mut place = Place::new();
    place.args.extend(["--log-format".to_owned(), "json".to_owned()]);
    let (_, log) = place.start().end(SIGTERM);
    assert!(!log.is_empty());
    for line in log.lines() {
        assert!(line.starts_with("{\"timestamp\":") && line.ends_with('}'), "{line}");
    }
}

#[test]
fn the_limit_of_open_files_is_raised_if_it_can_be() {
    let place = Place::configured("[limits]\nmax_connections = 100\n");
    let raised = Daemon::spawn(&mut under_shell("ulimit -Sn 64", &place.args));
    let (_, log) = raised.end(SIGTERM);
    assert!(!log.contains("WARN"), "{log}");

    let low = Daemon::spawn(&mut under_shell("ulimit -n 64", &place.args));
    let (code, log) = low.end(SIGTERM);
    assert_eq!(code, Some(0));
    assert!(log.contains("WARN") && log.contains("max_connections=100 fit=26"), "{log}");
}

#[test]
fn a_closed_stdout_is_no_failure() {
    let place = Place::new();
    let closed = || {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        writer
    };
    for command in ["check", "kapacitor-conf", "describe"] {
        let status = udfd([command]).stdout(closed()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{command}");
    }
    assert_eq!(end_with(&place, closed(), &[SIGTERM]), Some(0));
}

#[test]
fn a_full_disk_is_a_failure_of_what_only_prints() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = udfd(["check"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    ended(&output, 1, &["error: cannot write to stdout: No space left"]);
}

#[test]
fn a_second_signal_ends_at_once() {
    for (second, code) in [(SIGINT, 130), (SIGTERM, 143)] {
        let place = Place::new();
        // Nobody reads and the pipe is full, so the daemon hangs in its welcome.
        let (_reader, mut writer) = io::pipe().unwrap();
        fill(&mut writer);
        assert_eq!(end_with(&place, writer, &[SIGTERM, second]), Some(code));
    }
}

fn fill(pipe: &mut PipeWriter) {
    fcntl(&*pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while pipe.write(&[b'.'; 4096]).is_ok() {}
    // The daemon gets the same open file, and is to wait.
    fcntl(&*pipe, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
}

/// Serves with that stdout, sends each signal when the one before was seen, and gives the exit code.
fn end_with(place: &Place, stdout: PipeWriter, signals: &[Signal]) -> Option<i32> {
    let mut command = udfd(&place.args);
    command.args(["--log-level", "debug"]).stdout(stdout).stderr(Stdio::piped());
    let mut daemon = command.spawn().unwrap();
    let mut log = BufReader::new(daemon.stderr.take().unwrap());
    let pid = Pid::from_raw(daemon.id().try_into().unwrap());
    let seen = ["listening for signals", "shutting down"];
    for (signal, words) in signals.iter().zip(seen) {
        read_until(&mut log, words).unwrap();
        nix::sys::signal::kill(pid, *signal).unwrap();
    }
    daemon.wait().unwrap().code()
}

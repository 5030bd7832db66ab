//! All that a test needs around it, in a directory of its own: the daemon, the test's functions and
//! a kapacitord that knows both.

use std::fmt::Write as _;
use std::fs;
use std::ops::Deref;
use std::path::Path;

use kapacitor_udfd::proto::Point;
use kapacitor_udfd::server::Function;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::daemon::{Daemon, run, stdout};
use crate::functions::{Functions, SeenBatch, Sink, sink, sink_batch};
use crate::kapacitord::Kapacitord;

const CONFIG: &str = "kapacitor-udfd.toml";

/// What differs between one test's stack and another's.
pub struct Settings {
    /// Of each function.
    pub timeout: &'static str,
    pub snapshot_interval: &'static str,
    /// The daemon's configuration, beside its defaults.
    pub config: &'static str,
    /// Kapacitord finds `@mirror()` at `tap.sock`, where a test's tap is to be.
    pub tapped: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout: "10s", snapshot_interval: "60s", config: "", tapped: false }
    }
}

/// What runs. A kapacitord that loses a function may crash, so it goes first: the fields are in the
/// order in which they are dropped.
pub struct Stack {
    pub kapacitord: Kapacitord,
    /// The daemon, while there is one.
    daemon: Option<Daemon>,
    _functions: Functions,
    /// What reaches `@sink()`.
    pub sink: Sink<Point>,
    /// What reaches `@sinkBatch()`.
    pub sink_batch: Sink<SeenBatch>,
    pub dir: TempDir,
}

impl Stack {
    pub fn start() -> Self {
        Self::start_with(vec![], &Settings::default())
    }

    /// With functions of the test's own beside the sinks.
    pub fn start_with(functions: Vec<Function>, settings: &Settings) -> Self {
        let mut stack = Self::start_without_daemon(functions, settings);
        stack.start_daemon();
        stack.kapacitord.wait_until_ready();
        stack
    }

    /// Kapacitord is not ready before there is a daemon.
    pub fn start_without_daemon(mut functions: Vec<Function>, settings: &Settings) -> Self {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join(CONFIG), settings.config).unwrap();
        let ((points, sink), (batches, sink_batch)) = (sink(), sink_batch());
        functions.extend([points, batches]);
        let mut udf = udf_section(dir.path(), &functions, settings.timeout);
        if settings.tapped {
            udf = udf.replace("/mirror.sock", "/tap.sock");
        }
        let functions = Functions::serve(dir.path(), functions);
        let kapacitord = Kapacitord::spawn(dir.path(), &udf, settings.snapshot_interval);
        Self { kapacitord, daemon: None, _functions: functions, sink, sink_batch, dir }
    }

    pub fn start_daemon(&mut self) {
        self.daemon = Some(Daemon::start(arguments(self.dir.path())));
    }

    /// Stops the daemon as an operator does: what it has logged.
    pub fn stop_daemon(&mut self) -> String {
        let (code, log) = self.daemon.take().expect("a daemon").end(Signal::SIGTERM);
        assert_eq!(code, Some(0), "{log}");
        log
    }

    /// Ends the daemon as the kernel does when memory is short.
    pub fn kill_daemon(&mut self) {
        let (code, log) = self.daemon.take().expect("a daemon").end(Signal::SIGKILL);
        assert_eq!(code, None, "{log}");
    }

    /// What the daemon has logged so far.
    pub fn daemon_log(&self) -> String {
        self.daemon.as_ref().expect("a daemon").log()
    }

    /// Stops kapacitord and then the daemon, whose log, which comes back, must warn of nothing but what
    /// has one of these `words`.
    pub fn stop_quietly(mut self, words: &[&str]) -> String {
        self.kapacitord.stop(Signal::SIGTERM);
        let log = self.stop_daemon();
        let mut odd = log.lines().filter(|line| line.contains(" WARN ") || line.contains("ERROR "));
        assert!(odd.all(|line| words.iter().any(|words| line.contains(words))), "{log}");
        log
    }
}

impl Deref for Stack {
    type Target = Kapacitord;

    fn deref(&self) -> &Kapacitord {
        &self.kapacitord
    }
}

/// The daemon's.
fn arguments(dir: &Path) -> [String; 4] {
    let config = dir.join(CONFIG).display().to_string();
    ["--socket-dir".to_owned(), dir.display().to_string(), "--config".to_owned(), config]
}

/// What the daemon says belongs in kapacitor.conf, and the test's functions.
fn udf_section(dir: &Path, functions: &[Function], timeout: &str) -> String {
    let printed = run(arguments(dir).into_iter().chain(["kapacitor-conf".to_owned()]));
    let mut section = stdout(&printed).replace("timeout = \"10s\"", &format!("timeout = \"{timeout}\""));
    for function in functions {
        let socket = dir.join(function.name()).with_extension("sock");
        let socket = socket.display();
        // Writing to a String cannot fail.
        let _ = writeln!(
            section,
            "[udf.functions.{}]\nsocket = \"{socket}\"\ntimeout = \"{timeout}\"",
            function.name()
        );
    }
    section
}

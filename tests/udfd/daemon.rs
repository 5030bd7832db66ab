//! A daemon as a child process, for the tests that need one.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A serving daemon. Killed when dropped, so that a failed test leaves none behind.
pub(crate) struct Daemon {
    child: Child,
    log: Log,
    /// Open as long as the daemon, as a terminal is.
    _stdout: BufReader<ChildStdout>,
    welcome: String,
}

/// The daemon's executable, to be run with arguments.
pub(crate) fn udfd(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kapacitor-udfd"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the daemon to its end, for the commands that have one.
pub(crate) fn run(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    udfd(args).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

impl Daemon {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::spawn(&mut udfd(args))
    }

    /// As `start`, for a command with more to it than arguments.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let log = Log::read(child.stderr.take().unwrap());
        match read_until(&mut stdout, "Ready.") {
            Ok(welcome) => Self { child, log, _stdout: stdout, welcome },
            Err(said) => panic!("ended before it was ready: {:?}\n{said}{}", child.wait(), log.whole()),
        }
    }

    /// What it printed until it was ready.
    pub(crate) fn welcome(&self) -> &str {
        &self.welcome
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text.lock().unwrap().clone()
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Ends it with `signal`: its exit code, or `None` if the signal killed it, and what it logged.
    pub(crate) fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        self.signal(signal);
        let code = self.child.wait().unwrap().code();
        (code, std::mem::take(&mut self.log).whole())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines up to the first that has `words`; at the end of the stream, what was read is the error.
pub(crate) fn read_until(stream: &mut impl BufRead, words: &str) -> Result<String, String> {
    let mut read = String::new();
    loop {
        let start = read.len();
        if stream.read_line(&mut read).unwrap() == 0 {
            return Err(read);
        }
        if read[start..].contains(words) {
            return Ok(read);
        }
    }
}

/// A daemon's stderr, read as it comes: a pipe that nobody empties would hold the daemon up.
#[derive(Default)]
struct Log {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Log {
    fn read(stderr: ChildStderr) -> Self {
        let text = Arc::<Mutex<String>>::default();
        let log = Arc::clone(&text);
        let read = move || {
            for line in BufReader::new(stderr).lines() {
                let mut log = log.lock().unwrap();
                log.push_str(&line.unwrap());
                log.push('\n');
            }
        };
        Self { text, reader: Some(thread::spawn(read)) }
    }

    /// All of it, once the daemon has ended.
    fn whole(mut self) -> String {
        self.reader.take().map(JoinHandle::join).transpose().unwrap();
        std::mem::take(&mut self.text.lock().unwrap())
    }
}

//! A tap as a child process, what it shows, and both ends of connections through it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::daemon::{read_until, udfd};

/// A tap. Killed when dropped.
pub(crate) struct Tap {
    child: Child,
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    pub(crate) stdout: Option<BufReader<ChildStdout>>,
}

impl Tap {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(socket: &Path, upstream: &Path, more: &[&str]) -> Self {
        Self::spawn(&mut Self::command(socket, upstream, more))
    }

    pub(crate) fn command(socket: &Path, upstream: &Path, more: &[&str]) -> Command {
        let mut command = udfd(["tap"]);
        command.arg("--socket").arg(socket).arg("--upstream").arg(upstream).args(more);
        command
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let welcome = read_until(&mut lines, "Ready.").expect("a tap that is ready");
        let stderr = Arc::new(Mutex::new(welcome));
        let said = Arc::clone(&stderr);
        let reader = thread::spawn(move || {
            for line in lines.lines() {
                *said.lock().unwrap() += &(line.unwrap() + "\n");
            }
        });
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stderr, reader: Some(reader), stdout }
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Waits until it has said these words on stderr.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let start = Instant::now();
        while !self.stderr().contains(words) {
            assert!(start.elapsed() < Duration::from_secs(20), "no {words:?} in: {}", self.stderr());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The lines it shows, up to the first with these words.
    #[track_caller]
    pub(crate) fn shows(&mut self, words: &str) -> Vec<String> {
        let shown = read_until(self.stdout.as_mut().unwrap(), words);
        shown.unwrap_or_else(|shown| panic!("no {words:?} in: {shown}")).lines().map(str::to_owned).collect()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end: its exit code, the rest of what it has shown, and all it has said.
    pub(crate) fn wait(mut self) -> (Option<i32>, String, String) {
        let mut rest = String::new();
        if let Some(mut stdout) = self.stdout.take() {
            stdout.read_to_string(&mut rest).unwrap();
        }
        let code = self.child.wait().unwrap().code();
        self.reader.take().map(JoinHandle::join).transpose().unwrap();
        (code, rest, self.stderr())
    }

    /// Ends it with `signal`, then as [`wait`](Self::wait).
    pub(crate) fn end(self, signal: Signal) -> (Option<i32>, String, String) {
        self.signal(signal);
        self.wait()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A function's socket, and where the tap's will be.
pub(crate) struct Between {
    dir: TempDir,
    function: UnixListener,
}

impl Between {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let function = UnixListener::bind(dir.path().join("real.sock")).unwrap();
        Self { dir, function }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn start(&self, more: &[&str]) -> Tap {
        Tap::start(&self.path("tap.sock"), &self.path("real.sock"), more)
    }

    /// A connection through the tap: Kapacitor's end, the function's end.
    pub(crate) fn connect(&self) -> (UnixStream, UnixStream) {
        let kapacitor = UnixStream::connect(self.path("tap.sock")).unwrap();
        let (function, _) = self.function.accept().unwrap();
        for end in [&kapacitor, &function] {
            end.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        }
        (kapacitor, function)
    }
}

pub(crate) fn rest(mut end: &UnixStream) -> Vec<u8> {
    let mut rest = Vec::new();
    end.read_to_end(&mut rest).unwrap();
    rest
}

pub(crate) fn exactly(mut end: &UnixStream, bytes: &[u8]) {
    let mut read = vec![0; bytes.len()];
    end.read_exact(&mut read).unwrap();
    assert_eq!(read, bytes);
}

/// An entry of a recording, as `docs/tap.md` has it: event, connection, time, bytes.
pub(crate) type Entry = (u8, u32, i64, Vec<u8>);

/// Reads a recording with nothing but that page in hand.
pub(crate) fn read_recording(path: &Path) -> Vec<Entry> {
    let mut file = Vec::new();
    File::open(path).unwrap().read_to_end(&mut file).unwrap();
    let mut rest = file.strip_prefix(b"kapacitor-udfd recording 1\n").unwrap();
    let mut entries = Vec::new();
    while let Some((length, more)) = rest.split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        let (crc, body) = more.split_first_chunk().unwrap();
        let Some(body) = body.get(..length) else { break };
        assert_eq!(crc32fast::hash(body), u32::from_le_bytes(*crc));
        let number = |from: usize, to: usize| body[from..to].to_vec();
        entries.push((
            body[0],
            u32::from_le_bytes(number(1, 5).try_into().unwrap()),
            i64::from_le_bytes(number(5, 13).try_into().unwrap()),
            number(13, length),
        ));
        rest = &rest[8 + length..];
    }
    entries
}

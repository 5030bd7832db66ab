//! A server as a child process. Knows a socket to wait for, and nothing of what is said there.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::ensure;

/// A child that doesn't outlive us.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(command: &mut Command, socket: &Path) -> anyhow::Result<Self> {
        let process = Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        let started = Instant::now();
        while UnixStream::connect(socket).is_err() {
            ensure!(
                started.elapsed() < Duration::from_secs(10),
                "it does not listen on {}",
                socket.display()
            );
            sleep(Duration::from_millis(20));
        }
        Ok(process)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

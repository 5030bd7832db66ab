//! The servers that are compared: three of ours, started here, and any that run already.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, ensure};

use crate::peer::Peer;
use crate::process::Process;
use crate::run::Run;

const DAEMON: &str = env!("CARGO_BIN_EXE_kapacitor-udfd");

/// A server that can be driven.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) name: String,
    /// Not ours: what is compared with.
    pub(crate) is_peer: bool,
    socket: PathBuf,
    pid: Option<u32>,
    /// Arguments for the client.
    arguments: &'static [&'static str],
    /// Ended when the comparison is over.
    _process: Option<Process>,
}

/// Our mirror without and with a field to set, and the floor: an echo that looks at nothing.
pub(crate) fn ours(dir: &Path) -> anyhow::Result<[Contender; 3]> {
    let contender = |name: &str, arguments, socket: &str, command: &mut Command| {
        let socket = dir.join(socket);
        let process = Process::start(command, &socket).with_context(|| format!("can't start {name}"))?;
        let (name, pid, is_peer) = (name.to_owned(), Some(process.id()), false);
        anyhow::Ok(Contender { name, is_peer, socket, pid, arguments, _process: Some(process) })
    };
    let mirror = |name: &str| {
        let sockets = dir.join(name);
        fs::create_dir(&sockets)?;
        let mut command = Command::new(DAEMON);
        command.arg("--socket-dir").arg(sockets);
        anyhow::Ok(command)
    };
    let mut echo = Command::new(env::current_exe()?);
    echo.arg("--echo").arg(dir.join("echo"));
    let mirrored = &["--expect", "mirror"];
    Ok([
        contender("mirror", mirrored, "mirror/mirror.sock", &mut mirror("mirror")?)?,
        contender(
            "mirror, .field('x', 1.0)",
            &["--expect", "mirror", "--option", "field('x', 1.0)"],
            "field/mirror.sock",
            &mut mirror("field")?,
        )?,
        contender("raw echo (the floor)", mirrored, "echo", &mut echo)?,
    ])
}

impl Contender {
    /// A peer may lose points, which is shown and ends nothing.
    pub(crate) fn peer(peer: &Peer) -> Self {
        let Peer { name, socket, pid } = peer.clone();
        Self { name, is_peer: true, socket, pid, arguments: &["--expect", "any"], _process: None }
    }

    /// Drives it once.
    pub(crate) fn run(&self, writes: &str, points: u64) -> anyhow::Result<Run> {
        let mut client = Command::new(DAEMON);
        client.args(["bench", "--json", "--writes", writes, "--points", &points.to_string(), "--socket"]);
        client.arg(&self.socket).args(self.arguments);
        if let Some(pid) = self.pid {
            client.args(["--pid", &pid.to_string()]);
        }
        let output = client.output().context("can't run the client")?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {}", self.name, error.trim());
        serde_json::from_slice(&output.stdout).with_context(|| format!("{}: the client's report", self.name))
    }
}

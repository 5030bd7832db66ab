//! What a task can have between its source and its sink: nothing, a function of ours, or a peer.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::Context;
use nix::unistd::Pid;

use crate::cpu::CpuClock;
use crate::peer::Peer;
use crate::process::Process;

const DAEMON: &str = env!("CARGO_BIN_EXE_kapacitor-udfd");

/// A task that is compared.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) name: String,
    /// The task's name, and its function's.
    pub(crate) task: String,
    /// Nothing for the task that has none.
    pub(crate) function: Option<Function>,
    /// Ended when the comparison is over.
    _process: Option<Process>,
}

/// What kapacitord is told, and whom to ask for CPU time.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) socket: PathBuf,
    pub(crate) cpu: Option<CpuClock>,
}

/// Our mirror goes first: it is what the others are compared with.
pub(crate) fn all(dir: &Path, peers: &[Peer]) -> anyhow::Result<Vec<Contender>> {
    let mut all = vec![mirror(dir)?, nothing(), echo(dir)?];
    for (number, peer) in peers.iter().enumerate() {
        all.push(running(number, peer)?);
    }
    Ok(all)
}

fn mirror(dir: &Path) -> anyhow::Result<Contender> {
    let sockets = dir.join("sockets");
    fs::create_dir(&sockets)?;
    let mut command = Command::new(DAEMON);
    command.arg("--socket-dir").arg(&sockets);
    started("mirror", "mirror", sockets.join("mirror.sock"), &mut command)
}

/// What kapacitord reaches without any function: nobody's task can be faster.
fn nothing() -> Contender {
    Contender {
        name: "no function (the ceiling)".to_owned(),
        task: "none".to_owned(),
        function: None,
        _process: None,
    }
}

/// What it reaches with a function that looks at nothing.
fn echo(dir: &Path) -> anyhow::Result<Contender> {
    let socket = dir.join("echo.sock");
    let mut command = Command::new(env::current_exe()?);
    command.arg("--echo").arg(&socket);
    started("raw echo (the floor)", "echo", socket, &mut command)
}

fn started(name: &str, task: &str, socket: PathBuf, command: &mut Command) -> anyhow::Result<Contender> {
    let process = Process::start(command, &socket).with_context(|| format!("can't start {name}"))?;
    let cpu = Some(cpu_clock(process.id())?);
    let function = Some(Function { socket, cpu });
    Ok(Contender { name: name.to_owned(), task: task.to_owned(), function, _process: Some(process) })
}

fn running(number: usize, peer: &Peer) -> anyhow::Result<Contender> {
    let Peer { name, socket, pid } = peer.clone();
    // Kapacitord would wait for it and not say so.
    UnixStream::connect(&socket).with_context(|| format!("{name}: {}", socket.display()))?;
    let cpu = pid.map(cpu_clock).transpose().with_context(|| name.clone())?;
    let function = Some(Function { socket, cpu });
    Ok(Contender { name, task: format!("peer{number}"), function, _process: None })
}

fn cpu_clock(pid: u32) -> anyhow::Result<CpuClock> {
    CpuClock::of(Pid::from_raw(pid.try_into()?))
}

impl Contender {
    /// The task: the same source and sink for all. The sink lets nothing through, and costs little.
    pub(crate) fn script(&self, source: &str) -> String {
        let function = self.function.as_ref().map(|_| format!("@{}()", self.task));
        format!("{source}{}|where(lambda: FALSE)", function.unwrap_or_default())
    }

    /// CPU time so far, where it can be known.
    pub(crate) fn cpu(&self) -> anyhow::Result<Option<Duration>> {
        self.function.as_ref().and_then(|function| function.cpu).map(CpuClock::now).transpose()
    }
}

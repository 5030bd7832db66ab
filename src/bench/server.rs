//! What the server's process costs: CPU time and memory, as Linux accounts for them.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use serde::Serialize;

/// A process that is watched.
#[derive(Debug)]
pub(super) struct Server {
    pid: i32,
    clock: ClockId,
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Memory {
    /// Resident now.
    pub(super) rss: u64,
    /// The most that was ever resident, since the process started.
    pub(super) peak: u64,
}

/// CPU time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) server: Option<Duration>,
    /// Of this process.
    pub(super) client: Duration,
}

impl Cost {
    pub(super) fn so_far(server: Option<&Server>) -> anyhow::Result<Self> {
        let client = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into();
        Ok(Self { server: server.map(Server::cpu).transpose()?, client })
    }

    pub(super) fn since(self, before: Self) -> Self {
        let server = self.server.zip(before.server).map(|(now, then)| now.saturating_sub(then));
        Self { server, client: self.client.saturating_sub(before.client) }
    }
}

impl Server {
    pub(super) fn new(pid: i32) -> anyhow::Result<Self> {
        let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid));
        Ok(Self { pid, clock: clock.with_context(|| format!("no process {pid} (--pid)"))? })
    }

    /// CPU time used so far, user and system, by all threads, those that have ended too. The
    /// process's own clock counts nanoseconds, where /proc/PID/stat counts hundredths of a second
    /// and /proc/PID/task forgets threads that have ended.
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        let time = clock_gettime(self.clock);
        Ok(time.with_context(|| format!("no CPU time of process {} (--pid)", self.pid))?.into())
    }

    pub(super) fn memory(&self) -> anyhow::Result<Memory> {
        let path = format!("/proc/{}/status", self.pid);
        let status = fs::read_to_string(&path).with_context(|| format!("no memory figures in {path}"))?;
        let value = |name| kibibytes(&status, name).with_context(|| format!("no {name} in {path}"));
        Ok(Memory { rss: value("VmRSS:")?, peak: value("VmHWM:")? })
    }
}

fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

//! The CPU time of another process, from the kernel's own clock of it: nanoseconds, of all threads,
//! those that have ended too.

use std::time::Duration;

use anyhow::Context;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuClock(ClockId);

impl CpuClock {
    pub(crate) fn of(pid: Pid) -> anyhow::Result<Self> {
        Ok(Self(ClockId::pid_cpu_clock_id(pid).with_context(|| format!("no process {pid}"))?))
    }

    /// User and system time so far.
    pub(crate) fn now(self) -> anyhow::Result<Duration> {
        Ok(clock_gettime(self.0).context("the process has ended")?.into())
    }
}

//! How busy the whole machine is, as the kernel accounts for it, so that a run can say how much of that
//! was not its own.

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// The kernel's `USER_HZ`, which is the same on every machine that Linux counts for.
const TICK: Duration = Duration::from_millis(10);
/// In the order of the line: the times in which a core had nothing to do.
const IDLE: [usize; 2] = [3, 4];
/// Guests' time is part of user time and not counted again.
const COLUMNS: usize = 8;

/// CPU time of all cores together so far, that which the hypervisor gave to others too.
pub(crate) fn busy() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/stat").context("no CPU time of the machine")?;
    let line = text.lines().next().and_then(|line| line.strip_prefix("cpu ")).unwrap_or_default();
    let ticks = line.split_whitespace().take(COLUMNS).enumerate();
    let ticks = ticks.filter(|(column, _)| !IDLE.contains(column)).map(|(_, ticks)| ticks.parse::<u32>());
    let ticks = ticks.sum::<Result<u32, _>>().context("CPU times in /proc/stat")?;
    Ok(TICK * ticks)
}

/// The load average over the last minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned()
}

//! One replay through one contender's task, and what it took.

use std::fmt;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::contender::Contender;
use crate::cpu::CpuClock;
use crate::kapacitord::Kapacitord;
use crate::{machine, recording};

/// Rare enough to cost kapacitord nothing; no time is taken from it.
const POLL: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) points_per_s: f64,
    /// Of the function's process, where it is known.
    pub(crate) function_ns: Option<f64>,
    pub(crate) kapacitord_ns: f64,
    /// How many cores' time others had meanwhile: how far the run was disturbed.
    pub(crate) other_cores: f64,
    /// Points that the sink never saw.
    pub(crate) lost: u64,
}

/// Replays the recording of that many points. A function that hangs fails the task by its keepalive, and
/// one that closes in the midst of a frame by a read error, which kapacitord may not outlive: it is started
/// again then.
pub(crate) fn measure(
    kapacitord: &mut Kapacitord,
    contender: &Contender,
    number: usize,
    points: u64,
) -> anyhow::Result<Run> {
    let replay = format!("{}-{number}", contender.task);
    let before = Cpu::now(kapacitord, contender)?;
    let started = kapacitord.start_replay(&replay, &contender.task, recording::NAME);
    let finished = finish(kapacitord, &replay)?;
    let cpu = Cpu::now(kapacitord, contender)?.since(&before);
    let took = date(&finished)?.duration_since(date(&started)?)?.as_secs_f64();
    let per_point = |time: Duration| time.as_secs_f64() * 1e9 / real(points);
    Ok(Run {
        points_per_s: real(points) / took,
        function_ns: cpu.function.map(per_point),
        kapacitord_ns: per_point(cpu.kapacitord),
        other_cores: cpu.others().as_secs_f64() / took,
        lost: points.saturating_sub(arrived(&kapacitord.log(), &replay)?),
    })
}

/// Waits until the replay is finished: what the API has of it.
fn finish(kapacitord: &mut Kapacitord, replay: &str) -> anyhow::Result<Value> {
    loop {
        if kapacitord.has_ended() {
            let error = failure(&kapacitord.log());
            kapacitord.start_again();
            bail!("kapacitord crashed, after {error}");
        }
        let state = kapacitord.replay_state(replay).unwrap_or_default();
        let text = |name| state.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("status") {
            "finished" => return Ok(state),
            "failed" => bail!("{}", text("error")),
            _ => sleep(POLL),
        }
    }
}

/// What kapacitord has logged of a node that failed.
fn failure(log: &str) -> String {
    let line = log.lines().rfind(|line| line.contains("msg=\"node failed\""));
    let error = line.and_then(|line| line.split_once(" err=")).map(|(_, error)| error);
    error.unwrap_or("no error that it logged").to_owned()
}

/// CPU time.
struct Cpu {
    function: Option<Duration>,
    kapacitord: Duration,
    machine: Duration,
}

impl Cpu {
    fn now(kapacitord: &Kapacitord, contender: &Contender) -> anyhow::Result<Self> {
        let kapacitord = CpuClock::of(kapacitord.pid())?.now()?;
        Ok(Self { function: contender.cpu()?, kapacitord, machine: machine::busy()? })
    }

    fn since(&self, before: &Self) -> Self {
        let function = self.function.zip(before.function);
        Self {
            function: function.map(|(now, before)| now.saturating_sub(before)),
            kapacitord: self.kapacitord.saturating_sub(before.kapacitord),
            machine: self.machine.saturating_sub(before.machine),
        }
    }

    /// What is left for others, and for a function whose process is unknown.
    fn others(&self) -> Duration {
        self.machine.saturating_sub(self.kapacitord).saturating_sub(self.function.unwrap_or_default())
    }
}

/// When kapacitord started or finished it, by its own clock: once the task has ended, all of what its
/// function has sent is worked off.
fn date(replay: &Value) -> anyhow::Result<SystemTime> {
    let date = replay.get("date").and_then(Value::as_str).context("a replay has a date")?;
    humantime::parse_rfc3339(date).with_context(|| format!("{date} as a replay's date"))
}

/// How many points reached the sink. Kapacitor counts them, and logs the count when the task has ended.
fn arrived(log: &str, replay: &str) -> anyhow::Result<u64> {
    let master = format!(" task_master={replay} ");
    let line = log.lines().rfind(|line| {
        line.contains("msg=\"closing edge\"") && line.contains(&master) && line.contains(" child=where")
    });
    let line = line.context("kapacitord logs how many points reached the sink")?;
    let count = line.split(' ').find_map(|word| word.strip_prefix("collected="));
    count.and_then(|count| count.parse().ok()).with_context(|| format!("no count in {line}"))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn real(count: u64) -> f64 {
    count as f64
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} points/s, kapacitord {:.0} ns/point", self.points_per_s, self.kapacitord_ns)?;
        self.function_ns.map_or(Ok(()), |ns| write!(f, ", the function {ns:.0}"))?;
        write!(f, ", others had {:.2} cores", self.other_cores)?;
        if self.lost > 0 { write!(f, ", {} lost", self.lost) } else { Ok(()) }
    }
}

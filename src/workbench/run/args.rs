//! What `run` can be told, and what `timeline` shares of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::clock::Pace;

/// Put line protocol through a function, without Kapacitor, and print what comes out
///
/// NODE is written as in a TICKscript. FILEs are line protocol, read one after the other; without one, or with -,
/// stdin is read. A line that can't be read is told on stderr, and the others go on.
///
/// Durations are given as 500ms, 10s or 1m 30s.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Print aligned columns in place of line protocol
    #[arg(long)]
    pub(super) table: bool,

    /// Tell on stderr of each output whose it is: task, reason, events and times
    #[arg(long)]
    pub(super) explain: bool,

    /// Tell on stderr at the end what came, what went out and how fast
    #[arg(long)]
    pub(super) stats: bool,
}

const EXAMPLES: &str = "\
Examples:
  kapacitor-udfd run \"@aggregate().taskId('user_id').inactivityTimeout(30m).sum('amount', 'total')\" examples/data/web.lp
  kapacitor-udfd run --tick examples/aggregate_sessions.tick --node aggregate2 --group-by host requests.lp
  kapacitor-udfd run --table --group-by host --window 10s \"@aggregateBatch().count('n')\" requests.lp
  tail -f requests.lp | kapacitor-udfd run --clock real --explain \"@aggregate().taskId('user_id').timeout(10s)\"
  kapacitor-udfd run --replay problem.tap

Exit codes: 0; 1 when lines could not be read or the function failed; 64 when the function refuses its options, and
for other wrong usage.";

/// What goes through which function.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// The node as a TICKscript has it (not with --tick), then the files
    #[arg(value_name = "NODE|FILE", num_args = 0..)]
    pub(super) positional: Vec<String>,

    /// Take the node out of this TICKscript
    #[arg(long, value_name = "FILE")]
    pub(super) tick: Option<PathBuf>,

    /// Which one, if it has several: by the name that Kapacitor gives it (aggregate2), by its number (2) or by its
    /// function
    #[arg(long, value_name = "NAME", requires = "tick")]
    pub(super) node: Option<String>,

    /// Play Kapacitor's side of what `tap --record` has recorded, with its options unless a NODE is given
    #[arg(long, value_name = "RECORDING", conflicts_with_all = ["tick", "group_by", "by_measurement", "window", "precision", "clock"])]
    pub(super) replay: Option<PathBuf>,

    /// The connection of the recording to play, if it has several
    #[arg(long, value_name = "N", requires = "replay")]
    pub(super) connection: Option<u32>,

    /// Group points by these tags, as `groupBy()` does; * is all of them
    #[arg(long, value_name = "TAG,…", value_delimiter = ',')]
    pub(super) group_by: Vec<String>,

    /// Group points by their measurement too
    #[arg(long)]
    pub(super) by_measurement: bool,

    /// Gather points into batches for a function that wants them, as `window().period(D).every(D).align()` does
    #[arg(long, value_name = "DURATION", value_parser = window)]
    pub(super) window: Option<Duration>,

    /// The time that deadlines follow: `event` (that of the points), `real` (this machine's), or the points' own pace
    /// so many times as fast, such as 10x
    #[arg(long, value_name = "event|real|Nx", default_value = "event")]
    pub(super) clock: Pace,

    /// What happens behind the last line
    #[arg(long, value_enum, default_value_t = End::Wait)]
    pub(super) end: End,

    /// What one is in the lines' times
    #[arg(long, value_enum, default_value_t = Precision::Ns)]
    pub(super) precision: Precision,

    /// The configuration (TOML) with the functions; without it the defaults are there
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What happens behind the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum End {
    /// Time goes on until no task is open, as it would live
    Wait,
    /// The stream ends, as at the end of a replay in Kapacitor
    Stop,
}

/// The unit of times in lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Precision {
    /// Nanoseconds
    Ns,
    /// Microseconds
    Us,
    /// Milliseconds
    Ms,
    /// Seconds
    S,
}

impl Precision {
    /// In nanoseconds.
    pub(super) fn nanos(self) -> i64 {
        match self {
            Self::Ns => 1,
            Self::Us => 1_000,
            Self::Ms => 1_000_000,
            Self::S => 1_000_000_000,
        }
    }
}

/// A window that time can be divided into.
fn window(given: &str) -> Result<Duration, String> {
    let window = humantime::parse_duration(given).map_err(|error| error.to_string())?;
    if window.is_zero() || i64::try_from(window.as_nanos()).is_err() {
        return Err("accepted are durations from 1ns to 292years".to_owned());
    }
    Ok(window)
}

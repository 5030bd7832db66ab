//! What `run` can be told, and what `timeline` shares of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::clock::Pace;
use crate::cli::examples;

const USAGE: &str = "\
kapacitor-udfd run [OPTIONS] NODE [FILE]...
       kapacitor-udfd run [OPTIONS] --tick FILE [--node NAME] [FILE]...
       kapacitor-udfd run [OPTIONS] --replay RECORDING [NODE]";

/// Put line protocol through a function, without Kapacitor, and print what comes out
///
/// NODE is written as in a TICKscript. FILEs are line protocol, read one after the other; without one, or with -,
/// stdin is read. A line that can't be read is told on stderr, and the others go on.
///
/// --window takes 500ms, 10s or 1m30s; durations in NODE are TICKscript's.
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = examples::RUN)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Print aligned columns in place of line protocol
    #[arg(long)]
    pub(super) table: bool,

    /// Tell on stderr of each output whose it is: task, reason, events and times
    #[arg(long)]
    pub(super) explain: bool,

    /// Tell on stderr at the end what came and went out, what became of tasks, what the node has counted, and how
    /// fast it was
    #[arg(long)]
    pub(super) stats: bool,
}

/// What goes through which function.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// The node as a TICKscript has it (not with --tick), then the files
    #[arg(value_name = "NODE|FILE", num_args = 0.., value_hint = ValueHint::FilePath)]
    pub(super) positional: Vec<String>,

    /// Take the node out of this TICKscript
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) tick: Option<PathBuf>,

    /// Which one, if it has several: by the name that Kapacitor gives it (aggregate2), by its number (2) or by its
    /// function
    #[arg(long, value_name = "NAME", requires = "tick", value_hint = ValueHint::Other)]
    pub(super) node: Option<String>,

    /// Play Kapacitor's side of what `tap --record` has recorded, with its options unless a NODE is given
    #[arg(
        long, value_name = "RECORDING", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["tick", "group_by", "by_measurement", "window", "precision", "clock"]
    )]
    pub(super) replay: Option<PathBuf>,

    /// The connection of the recording to play, if it has several
    #[arg(long, value_name = "N", requires = "replay", value_hint = ValueHint::Other)]
    pub(super) connection: Option<u32>,

    /// Group points by these tags, as `groupBy()` does; * is all of them
    #[arg(long, value_name = "TAG,…", value_delimiter = ',', value_hint = ValueHint::Other)]
    pub(super) group_by: Vec<String>,

    /// Group points by their measurement too
    #[arg(long)]
    pub(super) by_measurement: bool,

    /// Gather points into batches for a function that wants them, as `window().period(D).every(D).align()` does
    #[arg(long, value_name = "DURATION", value_parser = window, value_hint = ValueHint::Other)]
    pub(super) window: Option<Duration>,

    /// The time that deadlines follow: `event` (that of the points), `real` (this machine's), or the points' own pace
    /// so many times as fast, such as 10x
    #[arg(long, value_name = "event|real|Nx", default_value = "event", value_hint = ValueHint::Other)]
    pub(super) clock: Pace,

    /// What happens behind the last line
    #[arg(long, value_enum, default_value_t = End::Wait)]
    pub(super) end: End,

    /// The unit of the lines' times
    #[arg(long, value_enum, default_value_t = Precision::Ns)]
    pub(super) precision: Precision,

    /// The configuration (TOML) with the functions; without it the defaults are there
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
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

//! What `bench` can be told, and which of it doesn't go together.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};
use kapacitor_udfd::proto;

use super::literal;
use super::plan::{Expect, Writes};
use crate::cli::examples;

/// The most points a batch may have: a batch is encoded in one piece.
const MAX_BATCH: u64 = 1_000_000;
/// Keys are written with eight digits, and what came back for each id is kept.
const MAX_KEYS: u64 = 100_000_000;
/// How much event time the points may span: from 2020 on, the times are to stay below 2^63 ns.
const MAX_SPAN: Duration = Duration::from_hours(200 * 365 * 24);

/// Drive a UDF socket as Kapacitor does: ours, or anybody's
///
/// Sends Info on a connection of its own, then Init and points on each connection, with keepalives in
/// between, then half-closes and reads to the end. Points carry the times 1600000000000000000, +1, +2, … (see
/// --step and --jitter), by which their return is checked, or an id, by which it is checked that what is gathered
/// accounts for each.
///
/// Durations are given as 500ms, 10s or 1m30s.
#[derive(Debug, Args)]
#[command(after_help = examples::BENCH)]
pub(crate) struct BenchArgs {
    /// The socket to dial
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(super) socket: PathBuf,

    /// Points to send, shared evenly among the connections; 0 leaves them idle (see --hold)
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(super) points: u64,

    /// Connections, all open at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) connections: u32,

    /// How frames are written
    #[arg(long, value_enum, default_value_t = Writes::Bulk)]
    pub(super) writes: Writes,

    /// Points a second, over all connections; without it as fast as they are taken
    #[arg(long, value_name = "POINTS_PER_S", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) rate: Option<u64>,

    /// Distinct values of the tag `user`, which the points are grouped by
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=MAX_KEYS))]
    pub(super) keys: u64,

    /// Distinct values of 16 bytes of the tag `id`, for functions that gather points; a multiple of --keys,
    /// since an id belongs to one group. Each comes once in as many points, in an order that is random and
    /// the same in every run. At most 100,000,000; 0: no such tag
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=MAX_KEYS))]
    pub(super) ids: u64,

    /// Tags a point, `user` and `id` among them; with 0 the points are not grouped
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(..=1000))]
    pub(super) tags: u32,

    /// Fields a point, doubles, integers, strings and booleans in turn: millis, bytes, path, cached, amount,
    /// field5, field6, …
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(..=1000))]
    pub(super) fields: u32,

    /// Points a batch, for functions that want batches; 0 sends a stream
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=MAX_BATCH))]
    pub(super) batch: u64,

    /// Event time from one point to the next
    #[arg(long, value_name = "DURATION", default_value = "1ns", value_parser = humantime::parse_duration)]
    pub(super) step: Duration,

    /// Send points out of order: a point's time lies before that of one sent earlier by up to this much, at
    /// random but the same in every run
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
    pub(super) jitter: Duration,

    /// An option as a TICKscript has it, for example 'field("x", 1.0)'; may be repeated
    #[arg(long = "option", value_name = "CALL", value_parser = literal::call)]
    pub(super) options: Vec<proto::Option>,

    /// How often a keepalive is sent (Kapacitor: half the function's timeout); 0s sends none
    #[arg(long, value_name = "DURATION", default_value = "100ms", value_parser = humantime::parse_duration)]
    pub(super) keepalive: Duration,

    /// Take a snapshot once the data is worked off, with nothing else to do
    #[arg(long)]
    pub(super) snapshot: bool,

    /// Take such a snapshot and, after the connection has ended, feed it back on another one
    #[arg(long)]
    pub(super) restore: bool,

    /// Keep the connections open so long after the data (or after Init, with --points 0)
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(super) hold: Option<Duration>,

    /// Report how late answers come to a function that sends points on a timeout of so long, and wait until
    /// all have come or --hold (here 1s unless given) has passed since the last was due
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(super) deadlines: Option<Duration>,

    /// What must come back: `mirror` (each point, once, in order), `any` (times must not fall), so many points
    /// (likewise); with --ids `count:FIELD` (for each id as many points as were sent, by the sum of this integer
    /// field; where batches go in and come out, in one for each sent), `total:FIELD` (likewise, but over all
    /// batches together) or `sessions` (each point once, in a batch of its id). With --restore these hold for
    /// what came before the snapshot and after the restore together
    #[arg(long, value_name = "mirror|any|N|count:FIELD|total:FIELD|sessions", default_value = "mirror")]
    pub(super) expect: Expect,

    /// With `count:` or `total:` this field, a number, must also add up for each id to the field `amount` of the
    /// points that were sent (--fields 5 or more), as does a sum of it
    #[arg(long, value_name = "FIELD")]
    pub(super) amounts: Option<String>,

    /// Report CPU time and memory of this process, the server's
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(i32).range(1..))]
    pub(super) pid: Option<i32>,

    /// Give up after so long without any progress
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub(super) timeout: Duration,

    /// Print the report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl BenchArgs {
    /// What is wrong about these together, in words.
    pub(crate) fn conflict(&self) -> Option<String> {
        let Self { ids, keys, tags, step, jitter, .. } = self;
        if step.is_zero() {
            return Some("--step 0s would give all points one time; give 1ns or more".to_owned());
        }
        if !jitter.is_zero() && jitter < step {
            let (jitter, step) = (humantime::format_duration(*jitter), humantime::format_duration(*step));
            return Some(format!(
                "--jitter {jitter} is less than --step {step}: no point would come out of order"
            ));
        }
        let span = step.as_nanos().saturating_mul(self.points.into()).saturating_add(jitter.as_nanos());
        if span > MAX_SPAN.as_nanos() {
            return Some(format!(
                "{} points with such a --step and --jitter span more than 200 years",
                self.points
            ));
        }
        if self.amounts.is_some() {
            if !matches!(self.expect, Expect::Counts { .. }) {
                return Some(
                    "--amounts FIELD is about ids; give --expect count:FIELD or total:FIELD too".to_owned(),
                );
            }
            if self.fields < 5 {
                return Some(format!(
                    "--fields {} has no amount; give 5 or more with --amounts",
                    self.fields
                ));
            }
        }
        if *ids == 0 {
            let about_ids = |what| Some(format!("--expect {what} is about ids; give --ids N too"));
            return match self.expect {
                Expect::Counts { per_batch: true, .. } => about_ids("count:FIELD"),
                Expect::Counts { per_batch: false, .. } => about_ids("total:FIELD"),
                Expect::Sessions => about_ids("sessions"),
                Expect::Mirror | Expect::Any | Expect::Exactly(_) => None,
            };
        }
        if !ids.is_multiple_of(*keys) {
            return Some(format!("--ids {ids} is not a multiple of --keys {keys}"));
        }
        (*tags < 2).then(|| format!("--tags {tags} has no room for user and id; give 2 or more with --ids"))
    }
}

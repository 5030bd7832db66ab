//! What `bench` can be told, and the plan that comes of it: later code trusts the plan and never
//! looks at arguments.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use kapacitor_udfd::proto;

use super::literal;

/// The most points a batch may have: a batch is encoded in one piece.
const MAX_BATCH: u64 = 1_000_000;
/// Keys are written with eight digits.
const MAX_KEYS: u64 = 100_000_000;
/// How much later than its timeout the last answer is waited for, unless `--hold` says otherwise.
const DEADLINE_HOLD: Duration = Duration::from_secs(1);

/// Drive a UDF socket as Kapacitor does: ours, or anybody's
///
/// Sends Info on a connection of its own, then Init and points on each connection, with keepalives in
/// between, then half-closes and reads to the end. Points carry the times 1600000000000000000, +1, +2, …,
/// by which their return is checked.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 when all came back as expected; 1 when anything is missing, came twice or \
    out of order, or the function reported an error."
)]
pub(crate) struct BenchArgs {
    /// The socket to dial
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,

    /// Points to send, shared evenly among the connections; 0 leaves them idle (see --hold)
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    points: u64,

    /// Connections, all open at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,

    /// How frames are written
    #[arg(long, value_enum, default_value_t = Writes::Bulk)]
    writes: Writes,

    /// Points a second, over all connections; without it as fast as they are taken
    #[arg(long, value_name = "POINTS_PER_S", value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,

    /// Distinct values of the tag `user`, which the points are grouped by
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=MAX_KEYS))]
    keys: u64,

    /// Tags a point, `user` among them; with 0 the points are not grouped
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(..=1000))]
    tags: u32,

    /// Fields a point: doubles, integers, strings and booleans in turn
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(..=1000))]
    fields: u32,

    /// Points a batch, for functions that want batches; 0 sends a stream
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=MAX_BATCH))]
    batch: u64,

    /// An option as a TICKscript has it, for example 'field("x", 1.0)'; may be repeated
    #[arg(long = "option", value_name = "CALL", value_parser = literal::call)]
    options: Vec<proto::Option>,

    /// How often a keepalive is sent (Kapacitor: half the function's timeout); 0s sends none
    #[arg(long, value_name = "DURATION", default_value = "100ms", value_parser = humantime::parse_duration)]
    keepalive: Duration,

    /// Take a snapshot after the data
    #[arg(long)]
    snapshot: bool,

    /// Take a snapshot after the data and feed it back on another connection
    #[arg(long)]
    restore: bool,

    /// Keep the connections open so long after the data (or after Init, with --points 0)
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    hold: Option<Duration>,

    /// Report how late answers come to a function that sends points on a timeout of so long
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    deadlines: Option<Duration>,

    /// What must come back: `mirror` (each point, once, in order), `any` (times must not fall), or so
    /// many points (likewise)
    #[arg(long, value_name = "mirror|any|N", default_value = "mirror")]
    expect: Expect,

    /// Report CPU time and memory of this process, the server's
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(i32).range(1..))]
    pid: Option<i32>,

    /// Give up after so long without any progress
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    timeout: Duration,

    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// How frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Writes {
    /// Many whole frames in one write
    Bulk,
    /// Each frame's length and body as two writes, as Kapacitor has it
    Kapacitor,
}

impl Writes {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Kapacitor => "kapacitor",
        }
    }
}

/// What must come back on all connections together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Mirror,
    Any,
    Exactly(u64),
}

impl FromStr for Expect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "mirror" => Ok(Self::Mirror),
            "any" => Ok(Self::Any),
            number => {
                let number = number.parse().map_err(|_| "accepted are mirror, any or a number of points")?;
                Ok(Self::Exactly(number))
            }
        }
    }
}

/// What is going to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) socket: PathBuf,
    pub(super) points: u64,
    pub(super) connections: u64,
    pub(super) writes: Writes,
    /// Points a second on each connection.
    pub(super) rate: Option<f64>,
    pub(super) shape: Shape,
    pub(super) options: Vec<proto::Option>,
    pub(super) keepalive: Option<Duration>,
    pub(super) snapshot: bool,
    pub(super) restore: bool,
    /// How long a connection is kept open after its last point.
    pub(super) hold: Duration,
    pub(super) deadlines: Option<Duration>,
    pub(super) expect: Expect,
    pub(super) pid: Option<i32>,
    pub(super) timeout: Duration,
    pub(super) json: bool,
}

/// What the points look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) keys: u64,
    pub(super) tags: u32,
    pub(super) fields: u32,
    /// 0: a stream.
    pub(super) batch: u64,
}

impl From<BenchArgs> for Plan {
    fn from(args: BenchArgs) -> Self {
        let BenchArgs { keys, tags, fields, batch, .. } = args;
        let connections = u64::from(args.connections);
        let hold = args.hold.unwrap_or(args.deadlines.map_or(Duration::ZERO, |_| DEADLINE_HOLD));
        Self {
            socket: args.socket,
            points: args.points,
            connections,
            writes: args.writes,
            rate: args.rate.map(|rate| super::real(rate) / super::real(connections)),
            shape: Shape { keys, tags, fields, batch },
            options: args.options,
            keepalive: Some(args.keepalive).filter(|interval| !interval.is_zero()),
            snapshot: args.snapshot || args.restore,
            restore: args.restore,
            hold: hold.saturating_add(args.deadlines.unwrap_or_default()),
            deadlines: args.deadlines,
            expect: args.expect,
            pid: args.pid,
            timeout: args.timeout,
            json: args.json,
        }
    }
}

impl Plan {
    /// How many points a connection sends: an even share, the first ones one more.
    pub(super) fn share(&self, connection: u64) -> u64 {
        self.points / self.connections + u64::from(connection < self.points % self.connections)
    }

    /// How many batches these points make.
    pub(super) fn batches(&self, points: u64) -> u64 {
        if self.shape.batch == 0 { 0 } else { points.div_ceil(self.shape.batch) }
    }

    /// Whether a connection stays open after its last point, rather than being half-closed at once.
    pub(super) fn lingers(&self) -> bool {
        self.snapshot || !self.hold.is_zero()
    }
}

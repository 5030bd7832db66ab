//! What is going to be done: later code trusts the plan and never looks at arguments.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use kapacitor_udfd::proto;

use super::args::BenchArgs;
use super::clock::Clock;

/// How much later than its timeout the last answer is waited for, unless `--hold` says otherwise.
const DEADLINE_HOLD: Duration = Duration::from_secs(1);

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expect {
    Mirror,
    Any,
    Exactly(u64),
    /// For each id as many points as were sent with it, by what this integer field of the points that
    /// come back adds up to.
    Counts {
        field: String,
        /// Where batches go in and come out, in each of them.
        per_batch: bool,
    },
    /// Each point once, in a batch of its id.
    Sessions,
}

impl FromStr for Expect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, field) = text.split_once(':').unwrap_or((text, ""));
        match (word, field) {
            ("mirror", "") => Ok(Self::Mirror),
            ("any", "") => Ok(Self::Any),
            ("sessions", "") => Ok(Self::Sessions),
            ("count" | "total", field) if !field.is_empty() => {
                Ok(Self::Counts { field: field.to_owned(), per_batch: word == "count" })
            }
            _ => {
                let words = "accepted are mirror, any, sessions, a number of points, or count: or total: and a field's name";
                Ok(Self::Exactly(text.parse().map_err(|_| words)?))
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
    /// The field that adds up to the amounts sent, for each id.
    pub(super) amounts: Option<String>,
    pub(super) pid: Option<i32>,
    pub(super) timeout: Duration,
    pub(super) json: bool,
}

/// What the points look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) keys: u64,
    /// A multiple of `keys`; 0: points have no id.
    pub(super) ids: u64,
    pub(super) tags: u32,
    pub(super) fields: u32,
    /// 0: a stream.
    pub(super) batch: u64,
    pub(super) clock: Clock,
}

impl From<BenchArgs> for Plan {
    fn from(args: BenchArgs) -> Self {
        let BenchArgs { keys, ids, tags, fields, batch, .. } = args;
        let connections = u64::from(args.connections);
        let hold = args.hold.unwrap_or(args.deadlines.map_or(Duration::ZERO, |_| DEADLINE_HOLD));
        Self {
            socket: args.socket,
            points: args.points,
            connections,
            writes: args.writes,
            rate: args.rate.map(|rate| super::real(rate) / super::real(connections)),
            shape: Shape { keys, ids, tags, fields, batch, clock: Clock::new(args.step, args.jitter) },
            options: args.options,
            keepalive: Some(args.keepalive).filter(|interval| !interval.is_zero()),
            snapshot: args.snapshot || args.restore,
            restore: args.restore,
            hold: hold.saturating_add(args.deadlines.unwrap_or_default()),
            deadlines: args.deadlines,
            expect: args.expect,
            amounts: args.amounts,
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

    /// Whether a connection stays open after its last point, rather than being half-closed at once:
    /// also where answers don't say when the data was worked off.
    pub(super) fn lingers(&self) -> bool {
        self.snapshot
            || !self.hold.is_zero()
            || matches!(self.expect, Expect::Counts { .. } | Expect::Sessions)
    }
}

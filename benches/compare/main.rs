//! Measures our mirror beside others, alternating, and prints medians: see `benches/README.md`.
//!
//! `cargo bench --bench compare -- [--peer NAME=SOCKET[,PID]]… [--points N] [--runs 5]`

mod common;
mod contender;
mod echo;
mod peer;
mod process;
mod run;
mod spread;
mod table;

use std::process::ExitCode;

use clap::Parser;

use common::{Common, note};
use contender::Contender;
use run::Run;

/// How long one run should take: long enough to drown its start, short enough to alternate often.
const SECONDS_A_RUN: f64 = 2.0;
const WRITES: [&str; 2] = ["bulk", "kapacitor"];

#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    common: Common,

    /// The most points a run; each server gets as many as take it about two seconds
    #[arg(long, default_value_t = 20_000_000)]
    points: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    args.common.main(|| compare(&args))
}

fn compare(args: &Args) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let ours = contender::ours(dir.path())?;
    let peers = args.common.peers.iter().map(Contender::peer);
    let contenders: Vec<_> = ours.into_iter().chain(peers).collect();
    for writes in WRITES {
        let points = contenders.iter().map(|contender| calibrate(contender, writes, args.points));
        let points = points.collect::<anyhow::Result<Vec<_>>>()?;
        let mut runs: Vec<Vec<Run>> = contenders.iter().map(|_| Vec::new()).collect();
        for number in 1..=args.common.runs {
            for ((contender, &points), runs) in contenders.iter().zip(&points).zip(&mut runs) {
                let run = contender.run(writes, points)?;
                note(&format!(
                    "{writes} {number}/{} {}: {:.0} points/s",
                    args.common.runs, contender.name, run.points_per_s
                ));
                runs.push(run);
            }
        }
        table::print(writes, &contenders, &runs)?;
    }
    Ok(())
}

/// How many points take about as long as a run should.
fn calibrate(contender: &Contender, writes: &str, most: u64) -> anyhow::Result<u64> {
    let mut points = 20_000.min(most);
    loop {
        let run = contender.run(writes, points)?;
        if run.seconds > SECONDS_A_RUN / 8.0 || points >= most {
            return Ok(run.points_in(SECONDS_A_RUN).clamp(1, most));
        }
        points = (points * 8).min(most);
    }
}

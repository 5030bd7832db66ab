//! Measures our mirror beside others as functions of a real kapacitord, alternating, and prints
//! medians: see `benches/README.md`.
//!
//! `cargo bench --bench kapacitord -- [--peer NAME=SOCKET[,PID]]… [--points N] [--runs 5]`

#[path = "../compare/common.rs"]
mod common;
#[path = "../compare/echo.rs"]
mod echo;
#[path = "../compare/peer.rs"]
mod peer;
#[path = "../compare/process.rs"]
mod process;
#[path = "../compare/spread.rs"]
mod spread;

#[path = "../../tests/kapacitor/kapacitord.rs"]
#[expect(unreachable_pub, dead_code, reason = "the tests beside a kapacitord use more of it")]
#[expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should panic, and so may a measurement"
)]
mod kapacitord;

mod contender;
mod cpu;
mod machine;
mod recording;
mod run;
mod stack;
mod table;

use std::env;
use std::process::{Command, ExitCode};

use anyhow::{bail, ensure};
use clap::Parser;

use common::{Common, note};
use run::Run;
use stack::Stack;

#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    common: Common,

    /// Points in the recording that is replayed
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1..=recording::MOST))]
    points: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    args.common.main(|| measure(&args))
}

fn measure(args: &Args) -> anyhow::Result<()> {
    let Some(version) = version()? else {
        note("left out: there is no kapacitord; set KAPACITORD or put one on PATH");
        return Ok(());
    };
    let before = machine::load();
    let mut stack = Stack::start(&args.common.peers)?;
    recording::record(&stack.kapacitord, "mirror", args.points);
    let runs = alternate(&mut stack, args);
    let title = format!(
        "{version}, {} points, median of {}, load average {before} before and {} after",
        args.points,
        args.common.runs,
        machine::load()
    );
    table::print(&title, &stack.contenders, &runs)?;
    let whole = |run: &Option<Run>| run.as_ref().is_some_and(|run| run.lost == 0);
    ensure!(
        runs.first().is_some_and(|ours| ours.iter().all(whole)),
        "not all points came through our mirror"
    );
    Ok(())
}

/// All the runs of each contender, A B C A B C …, so that what else the machine does hits all alike. A
/// run that failed is nothing.
fn alternate(stack: &mut Stack, args: &Args) -> Vec<Vec<Option<Run>>> {
    let Stack { kapacitord, contenders, .. } = stack;
    let mut all: Vec<Vec<Option<Run>>> = contenders.iter().map(|_| Vec::new()).collect();
    for number in 1..=args.common.runs {
        for (contender, runs) in contenders.iter().zip(&mut all) {
            let run = run::measure(kapacitord, contender, number, args.points);
            let outcome = run.as_ref().map_or_else(|error| format!("failed: {error:#}"), Run::to_string);
            note(&format!("{number}/{} {}: {outcome}", args.common.runs, contender.name));
            runs.push(run.ok());
        }
    }
    all
}

/// What kapacitord says of itself; nothing if there is none and none was named.
fn version() -> anyhow::Result<Option<String>> {
    let program = kapacitord::program();
    let output = match Command::new(&program).arg("version").output() {
        Ok(output) => output,
        Err(_) if env::var_os("KAPACITORD").is_none() => return Ok(None),
        Err(error) => bail!("can't run {} (KAPACITORD): {error}", program.display()),
    };
    ensure!(output.status.success(), "{} version: {}", program.display(), output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(Some(text.split(" (").next().unwrap_or_default().trim().to_owned()))
}

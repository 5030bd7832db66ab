//! `run`: lines go through a function as Kapacitor would send them, and what comes out is printed.
//!
//! `feed` makes requests of lines, in `groups` and `windows`, at the times `clock` says, and `wire` sends them through
//! a socket pair to `node`, which is the daemon's agent with the function in it; `answers` reads what comes back and
//! `print` shows it. `session` puts these together, `watch` is what the function tells of its tasks.

mod answers;
mod args;
mod clock;
mod explain;
mod feed;
mod groups;
mod input;
mod node;
mod plan;
mod print;
mod progress;
mod replay;
mod session;
mod stats;
mod watch;
mod windows;
mod wire;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use kapacitor_udfd::config::Config;

pub(crate) use self::{
    answers::{Flow, Sink},
    args::{InputArgs, RunArgs},
    plan::Plan,
};

use self::print::Print;
use self::stats::Stats;
use self::watch::watch;
use super::Usage;
use crate::cli::output;
use crate::figures::counted;

/// Runs, and prints what comes out.
pub(crate) fn run(args: &RunArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let plan = Plan::new(&args.input, config)?;
    if args.explain && !plan.has_tasks() {
        let words = format!("@{}() has no tasks that --explain could tell of", plan.function());
        return Err(Usage(words).into());
    }
    let is_watched = plan.has_tasks() && (args.explain || args.stats);
    let (observer, watched) = watch(args.explain);
    let (observer, tasks) =
        if is_watched { (Some(Box::new(observer) as _), Some(watched.tasks)) } else { (None, None) };
    let mut print = Print::new(args.table, plan.is_live(), watched.explained);
    let started = Instant::now();
    let fed = plan.run(observer, &mut print);
    // Also what came before something failed.
    let flow = print.finish()?;
    let fed = match fed? {
        Some(fed) if flow == Flow::GoOn => fed,
        _ => return Ok(ExitCode::SUCCESS),
    };
    if args.stats {
        let tasks = tasks.map(|tasks| watch::counted(&tasks));
        let Print { points, batches, .. } = print;
        output::error(&stats::text(&Stats {
            fed: fed.clone(),
            points,
            batches,
            tasks,
            took: started.elapsed(),
        }));
    }
    refused(&fed)?;
    Ok(ExitCode::SUCCESS)
}

/// What is to be told at the end: of groups that there are none of, and of lines that could not be read.
pub(crate) fn refused(fed: &feed::Fed) -> anyhow::Result<()> {
    for tag in fed.unseen.iter().filter(|_| fed.points > 0) {
        output::error(&format!(
            "note: no point has the tag {tag} to group by; by fields there are no groups\n"
        ));
    }
    if fed.refused == 0 {
        return Ok(());
    }
    let (lines, others) = (counted(fed.refused, "line", "lines"), counted(fed.points, "other", "others"));
    bail!("{lines} could not be read; {others} went on")
}

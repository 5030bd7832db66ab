//! The figures as a Markdown table, as it stands in the README.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::contender::Contender;
use crate::run::Run;
use crate::spread::{Spread, cells};

type Figure = fn(&Run) -> Option<f64>;

const POINTS_PER_S: Figure = |run| Some(run.points_per_s);
const FUNCTION_NS: Figure = |run| run.function_ns;
const KAPACITORD_NS: Figure = |run| Some(run.kapacitord_ns);

pub(crate) fn print(title: &str, contenders: &[Contender], runs: &[Vec<Option<Run>>]) -> anyhow::Result<()> {
    let mut text = format!("\n{title}\n\n");
    text += "| function | points/s | min | max | its CPU ns/point | min | max \
             | kapacitord's CPU ns/point | min | max | points lost | failed runs | cores others had |\n";
    text += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    for (contender, runs) in contenders.iter().zip(runs) {
        let failed = runs.iter().filter(|run| run.is_none()).count();
        let runs: Vec<&Run> = runs.iter().flatten().collect();
        let cells = |figure: Figure| cells(Spread::new(runs.iter().filter_map(|run| figure(run))).as_ref());
        let figures = [POINTS_PER_S, FUNCTION_NS, KAPACITORD_NS].map(cells).concat();
        let (lost, others) = (lost(&runs), others(&runs));
        writeln!(text, "| {} |{figures} {lost} | {failed} | {others} |", contender.name)?;
    }
    ratios(contenders, runs, &mut text)?;
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Of a run, from the least to the most.
fn lost(runs: &[&Run]) -> String {
    let least = runs.iter().map(|run| run.lost).min().unwrap_or_default();
    let most = runs.iter().map(|run| run.lost).max().unwrap_or_default();
    if least == most { most.to_string() } else { format!("{least} to {most}") }
}

/// Likewise.
fn others(runs: &[&Run]) -> String {
    let others = Spread::new(runs.iter().map(|run| run.other_cores));
    others.map(|Spread { min, max, .. }| format!("{min:.1} to {max:.1}")).unwrap_or_default()
}

/// How the first, our mirror, compares with each other. Run by run and not by the medians: two runs next
/// to each other met the same machine.
fn ratios(contenders: &[Contender], runs: &[Vec<Option<Run>>], text: &mut String) -> anyhow::Result<()> {
    let mut all = contenders.iter().zip(runs);
    let Some((ours, our_runs)) = all.next() else { return Ok(()) };
    text.push('\n');
    for (contender, runs) in all {
        let ratio = |figure: Figure| {
            let pairs = our_runs.iter().zip(runs);
            let of = |run: &Option<Run>| run.as_ref().and_then(figure);
            Spread::new(pairs.filter_map(|(ours, other)| Some(of(ours)? / of(other)?)))
        };
        let figures = [
            ("the points/s", POINTS_PER_S),
            ("its CPU a point", FUNCTION_NS),
            ("kapacitord's CPU a point", KAPACITORD_NS),
        ];
        let figures = figures.into_iter().filter_map(|(what, figure)| Some((what, ratio(figure)?)));
        let texts = figures.map(|(what, Spread { median, min, max })| {
            format!(" {median:.2} × {what} ({min:.2} to {max:.2})")
        });
        let texts = texts.collect::<Vec<_>>().join(",");
        if !texts.is_empty() {
            writeln!(text, "{} / {}:{texts}", ours.name, contender.name)?;
        }
    }
    Ok(())
}

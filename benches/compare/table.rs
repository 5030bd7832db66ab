//! The figures as a Markdown table, as it stands in the README.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::contender::Contender;
use crate::run::Run;
use crate::spread::{Spread, cells};

pub(crate) fn print(writes: &str, contenders: &[Contender], runs: &[Vec<Run>]) -> anyhow::Result<()> {
    let mut text = format!("\n{writes} writes, median of {}\n\n", runs.first().map_or(0, Vec::len));
    text += "| server | points/s | min | max | server CPU ns/point | min | max | points lost |\n";
    text += "|---|--:|--:|--:|--:|--:|--:|--:|\n";
    for (contender, runs) in contenders.iter().zip(runs) {
        let rate = Spread::new(runs.iter().map(|run| run.points_per_s));
        let cpu = Spread::new(runs.iter().filter_map(Run::cpu_ns_per_point));
        let lost = runs.iter().map(Run::lost).max().unwrap_or_default();
        let (rate, cpu) = (cells(rate.as_ref()), cells(cpu.as_ref()));
        writeln!(text, "| {} |{rate}{cpu} {lost} |", contender.name)?;
    }
    ratios(contenders, runs, &mut text)?;
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// How many times faster the first, our mirror, is than each other, and how much less CPU it takes.
fn ratios(contenders: &[Contender], runs: &[Vec<Run>], text: &mut String) -> anyhow::Result<()> {
    let mut all = contenders.iter().zip(runs);
    let Some((ours, our_runs)) = all.next() else { return Ok(()) };
    text.push('\n');
    for (contender, runs) in all {
        let what = if contender.is_peer { "" } else { " (ours)" };
        let median = |runs: &[Run], of: fn(&Run) -> Option<f64>| Spread::new(runs.iter().filter_map(of));
        let rate = |runs| median(runs, |run| Some(run.points_per_s));
        if let Some((ours_at, theirs)) = rate(our_runs).zip(rate(runs)) {
            write!(
                text,
                "{} / {}{what}: {:.2} × the points/s",
                ours.name,
                contender.name,
                ours_at.median / theirs.median
            )?;
        }
        if let Some((ours_at, theirs)) =
            median(our_runs, Run::cpu_ns_per_point).zip(median(runs, Run::cpu_ns_per_point))
        {
            write!(text, ", {:.2} × the CPU a point", ours_at.median / theirs.median)?;
        }
        text.push('\n');
    }
    Ok(())
}

//! `--stats`: what came, what went out, what became of tasks, how fast.

use std::fmt::Write as _;
use std::time::Duration;

use super::feed::Fed;
use super::watch::Tasks;
use crate::figures::{counted, thousands};
use crate::workbench::when::{When, duration};

/// What there is to tell at the end.
#[derive(Debug)]
pub(super) struct Stats {
    pub(super) fed: Fed,
    pub(super) points: u64,
    pub(super) batches: u64,
    /// Of a function that has any.
    pub(super) tasks: Option<Tasks>,
    pub(super) took: Duration,
}

/// For the terminal.
pub(super) fn text(stats: &Stats) -> String {
    let Stats { fed, points, batches, tasks, took } = stats;
    let mut text = String::new();
    let mut row = |name: &str, what: &str| {
        // A `String` takes all that is written to it.
        let _ = writeln!(text, "{name:<8}{what}");
    };
    let refused = match fed.refused {
        0 => String::new(),
        refused => format!(", {} could not be read", thousands(refused)),
    };
    row("in", &format!("{}{refused}", counted(fed.points, "point", "points")));
    if let Some((first, last)) = fed.span {
        row("", &format!("{} to {} ({})", When(first), When(last), duration(last.abs_diff(first))));
    }
    let in_batches =
        if *batches > 0 { format!(" in {}", counted(*batches, "batch", "batches")) } else { String::new() };
    row("out", &format!("{}{in_batches}", counted(*points, "point", "points")));
    if let Some(tasks) = tasks {
        let Tasks { open, most_open, started, restored, ended, vanished, counted: others } = tasks;
        let (started, most_open) = (thousands(*started), thousands(*most_open));
        let restored = match *restored {
            0 => String::new(),
            restored => format!("{} restored, ", thousands(restored)),
        };
        row("tasks", &format!("{restored}{started} started, at most {most_open} open at once"));
        let reasons: Vec<_> =
            ended.iter().map(|(why, count)| format!("{why} {}", thousands(*count))).collect();
        if !reasons.is_empty() {
            row("", &format!("ended: {}", reasons.join(", ")));
        }
        if *vanished > 0 {
            row("", &format!("{} of them without a result", thousands(*vanished)));
        }
        if *open > 0 {
            row("", &format!("{} still open at the end", thousands(*open)));
        }
        if !others.is_empty() {
            let each = others.iter().map(|(name, count)| format!("{name} {}", thousands(*count)));
            row("counted", &each.collect::<Vec<_>>().join(", "));
        }
    }
    let seconds = took.as_secs_f64();
    let rate = if seconds > 0.0 { per(fed.points, seconds) } else { 0 };
    row("took", &format!("{seconds:.3} s, {} points a second", thousands(rate)));
    text
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a rate for people, and not negative"
)]
fn per(count: u64, seconds: f64) -> u64 {
    (count as f64 / seconds).round() as u64
}

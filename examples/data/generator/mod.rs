//! What is in the bundled data, and what is known of it: each module makes one file, and says what a function must find
//! in it. Invented, but for nothing random: the same files come out on every machine.

#![allow(clippy::indexing_slicing, reason = "into lists of its own")]

pub(crate) mod devices;
pub(crate) mod jobs;
pub(crate) mod late;
pub(crate) mod mixed;
mod random;
pub(crate) mod web;

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// When all of it begins: 2023-11-15, 08:00 UTC.
pub(crate) const START: i64 = 1_700_035_200 * SECOND;

/// About how many lines a file has.
const LINES: usize = 5_000;

/// Each file's name and its text.
pub(crate) fn files() -> [(&'static str, String); 5] {
    [
        ("devices.lp", devices::text()),
        ("jobs.lp", jobs::text()),
        ("late.lp", late::text()),
        ("mixed.lp", mixed::text()),
        ("web.lp", web::text()),
    ]
}

/// A line that comes at a moment, which need not be its own time.
type Coming = (i64, String);

/// The lines in the order in which they come.
fn in_order(mut lines: Vec<Coming>) -> String {
    lines.sort();
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

/// So many quarters as a double. Sums of them are exact, whatever the order.
fn quarters(number: i64) -> String {
    format!("{}.{}", number / 4, ["0", "25", "5", "75"][usize::try_from(number % 4).unwrap_or(0)])
}

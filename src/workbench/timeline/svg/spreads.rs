//! How often which duration comes, for each of the head's figures: bars over one scale, so that one sees what lies
//! between the gaps in tasks and the time until an id came again. The scale is logarithmic.

use super::super::figures::{Figures, Spread};
use super::super::words;
use super::head::LINE;
use super::page::{self, Anchor, Page, px};

/// How wide a bar is, and how high the highest of a spread; none is lower than that.
const BAR: f64 = 5.0;
const HIGHEST: f64 = LINE - 4.0;
const LOWEST: f64 = 1.5;
const FONT: f64 = 11.0;
/// Between what is written at the scale.
const APART: f64 = 6.0;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// So much is written at the scale at least; else it is written in finer steps.
const FEW: usize = 3;
/// What is written at the scale where there is room, from a second on.
const SAID: [u64; 11] = [
    SECOND,
    10 * SECOND,
    MINUTE,
    10 * MINUTE,
    HOUR,
    10 * HOUR,
    4 * DAY,
    30 * DAY,
    365 * DAY,
    3_650 * DAY,
    36_500 * DAY,
];

/// The finer steps: each unit with its multiples.
const FINER: [(u64, &[u64]); 5] = [
    (SECOND, &[1, 2, 5, 10, 20, 30]),
    (MINUTE, &[1, 2, 5, 10, 20, 30]),
    (HOUR, &[1, 2, 3, 6, 12]),
    (DAY, &[1, 2, 4, 7, 14, 30, 60, 120, 240]),
    (365 * DAY, &[1, 2, 5, 10, 20, 50, 100, 200, 500]),
];

/// Below a second: each power of ten, with these multiples of it.
fn parts(of: &[u64]) -> impl Iterator<Item = u64> {
    let powers = (0..9).map(|power| 10_u64.pow(power));
    powers.flat_map(move |power| of.iter().map(move |of| power * of))
}

/// From the shortest duration to the longest.
#[derive(Debug)]
pub(super) struct Scale {
    left: f64,
    right: f64,
    shortest: f64,
    longest: f64,
    /// Some last no time at all: they stand to the left of the scale.
    has_none: bool,
}

impl Scale {
    /// None, if there is nothing that takes any time.
    pub(super) fn of(figures: &Figures, (left, right): (f64, f64)) -> Option<Self> {
        let shortest = figures.spreads().map(|(_, spread)| spread.shortest_but_none).min();
        let longest = figures.spreads().map(|(_, spread)| spread.longest).max();
        let (shortest, longest) = (shortest?, longest.filter(|longest| *longest > 0)?);
        let has_none = figures.spreads().any(|(_, spread)| spread.shortest == 0);
        // Neither end is without room, and a scale has some length.
        let (shortest, longest) = (log(shortest) - 0.3, log(longest) + 0.3);
        Some(Self { left, right, shortest, longest, has_none })
    }

    /// The scale above so many spreads.
    pub(super) fn draw(&self, page: &mut Page, y: f64, spreads: usize) {
        let height = f64::from(u32::try_from(spreads).unwrap_or_default()) * LINE;
        if self.has_none {
            page.text((self.left, y), "quiet", Anchor::Start, FONT, "0 s", None);
        }
        let labels = self.labels();
        for (x, words) in &labels {
            page.text((*x, y), "quiet", Anchor::Middle, FONT, words, None);
        }
        let line = |(x, _): &(f64, String)| format!("M{} {}v{}", px(*x), px(y + 5.0), px(height));
        page.paths("grid", labels.iter().map(line));
    }

    /// What is written at the scale, and where.
    pub(super) fn labels(&self) -> Vec<(f64, String)> {
        let coarse = self.fitting(parts(&[1]).chain(SAID));
        if coarse.len() >= FEW {
            return coarse;
        }
        let finer = FINER.into_iter().flat_map(|(unit, of)| of.iter().map(move |of| unit * of));
        let finer = self.fitting(parts(&[1, 2, 5]).chain(finer));
        if finer.len() > coarse.len() { finer } else { coarse }
    }

    /// Those that lie on the scale and have room.
    fn fitting(&self, durations: impl Iterator<Item = u64>) -> Vec<(f64, String)> {
        let mut free = self.left + if self.has_none { page::width("0 s", FONT) + APART } else { 0.0 };
        let mut labels = Vec::new();
        for duration in durations.filter(|at| (self.shortest..=self.longest).contains(&log(*at))) {
            let (words, x) = (words::duration(duration), self.x(log(duration)));
            let half = page::width(&words, FONT) / 2.0;
            if x - half >= free && x + half <= self.right {
                labels.push((x, words));
                free = x + half + APART;
            }
        }
        labels
    }

    /// The bars of a spread, which stand on the line.
    pub(super) fn spread(&self, page: &mut Page, spread: &Spread, line: f64) {
        let mut bars: Vec<(f64, u64)> = Vec::new();
        for (duration, count) in spread.recorded() {
            let x = if duration == 0 { self.left } else { self.x(log(duration)) };
            let x = self.left + ((x - self.left) / BAR).floor() * BAR;
            match bars.last_mut() {
                Some((last, sum)) if *last >= x => *sum += count,
                _ => bars.push((x, count)),
            }
        }
        let most = bars.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let width = px(BAR - 1.0);
        let bar = |(x, count): (f64, u64)| {
            let height = (HIGHEST * share(count, most)).max(LOWEST);
            format!("M{} {}h{width}v-{}h-{width}z", px(x), px(line + 3.0), px(height))
        };
        page.paths("spread", bars.into_iter().map(bar));
    }

    fn x(&self, log: f64) -> f64 {
        let share = (log - self.shortest) / (self.longest - self.shortest);
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }
}

#[expect(clippy::cast_precision_loss, reason = "for a place on a page")]
fn log(duration: u64) -> f64 {
    (duration.max(1) as f64).log10()
}

#[expect(clippy::cast_precision_loss, reason = "for a height on a page")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

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
const MINUTE: u64 = 60_000_000_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// What is written at the scale where there is room.
const SAID: [u64; 19] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    MINUTE,
    10 * MINUTE,
    60 * MINUTE,
    10 * 60 * MINUTE,
    4 * DAY,
    40 * DAY,
    365 * DAY,
    3650 * DAY,
];

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
        let (mut free, mut lines) = (self.left, Vec::new());
        if self.has_none {
            page.text((free, y), "quiet", Anchor::Start, FONT, "0 s", None);
            free += page::width("0 s", FONT) + APART;
        }
        for duration in SAID {
            let (words, x) = (words::duration(duration), self.x(log(duration)));
            let half = page::width(&words, FONT) / 2.0;
            let is_on_it = (self.shortest..=self.longest).contains(&log(duration));
            if is_on_it && x - half >= free && x + half <= self.right {
                page.text((x, y), "quiet", Anchor::Middle, FONT, &words, None);
                lines.push(format!("M{} {}v{}", px(x), px(y + 5.0), px(height)));
                free = x + half + APART;
            }
        }
        page.paths("grid", lines.into_iter());
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

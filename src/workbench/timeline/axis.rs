//! The time axis: which moments have a tick, and what is written there. Knows neither pixels nor columns.

use time::{Date, Month, OffsetDateTime};

const NANO: i128 = 1;
const MICRO: i128 = 1_000;
const MILLI: i128 = 1_000_000;
const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;
/// The first Monday behind 1970-01-01: weeks are counted from there.
const MONDAY: i128 = 4 * DAY;
/// An axis is no shorter, in nanoseconds: else it had no four ticks.
const SHORTEST: i128 = 8;
/// Left free at either end, as a part of the whole: what lies at the edge is drawn to both its sides.
const MARGIN: i128 = 50;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A span of time with ticks.
#[derive(Debug)]
pub(super) struct Axis {
    from: i128,
    until: i128,
    pub(super) ticks: Vec<Tick>,
}

/// A moment that is marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    at: i128,
    /// What changes from tick to tick.
    pub(super) label: String,
    /// What it is part of, where that is new: the date of an hour, say.
    pub(super) context: Option<String>,
}

/// From one tick to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nanos(i128),
    Months(i32),
}

/// None is more than 2.5 times the one before it, so that the first one that gives twelve ticks at most gives four.
fn steps() -> impl Iterator<Item = Step> {
    let parts = [NANO, MICRO, MILLI].into_iter().flat_map(|unit| {
        [1, 2, 5, 10, 20, 50, 100, 200, 500].into_iter().map(move |of| Step::Nanos(unit * of))
    });
    let small = [SECOND, MINUTE]
        .into_iter()
        .flat_map(|unit| [1, 2, 5, 10, 15, 30].into_iter().map(move |of| Step::Nanos(unit * of)));
    let hours = [1, 2, 3, 6, 12].into_iter().map(|of| Step::Nanos(HOUR * of));
    let days = [1, 2, 4, 7, 14].into_iter().map(|of| Step::Nanos(DAY * of));
    let months = [1, 2, 3, 6].into_iter().map(Step::Months);
    let years = [1, 2, 5, 10, 20, 50, 100].into_iter().map(|of| Step::Months(12 * of));
    parts.chain(small).chain(hours).chain(days).chain(months).chain(years)
}

impl Axis {
    /// From one moment to another and a little further, with `most` ticks at most.
    pub(super) fn new(from: i64, until: i64, most: usize) -> Self {
        let (from, until) = (i128::from(from.min(until)), i128::from(until));
        let span = until - from;
        let margin = if span == 0 { SECOND / 2 } else { (span / MARGIN).max((SHORTEST - span + 1) / 2) };
        let (from, until) = (from - margin, until + margin);
        let fits = |step: &Step| step.upper_bound(from, until) <= most as i128;
        let step = steps().find(fits).unwrap_or(Step::Months(1200));
        let mut ticks = step.ticks(from, until);
        ticks.truncate(most);
        Self { from, until, ticks: say(step, ticks) }
    }

    /// Where a moment lies: 0 at the beginning, 1 at the end.
    pub(super) fn share(&self, at: i64) -> f64 {
        self.share_of(i128::from(at))
    }

    pub(super) fn share_of_tick(&self, tick: &Tick) -> f64 {
        self.share_of(tick.at)
    }

    /// What the ticks are part of, and where it begins. `place` says from where to where a text lies that belongs to
    /// a tick. Where two meet, the one before gives way: what it says stands above the picture too.
    pub(super) fn contexts<T: PartialOrd>(&self, place: impl Fn(f64, &str) -> (T, T)) -> Vec<(T, &str)> {
        let mut contexts: Vec<(T, T, &str)> = Vec::new();
        for tick in &self.ticks {
            let Some(context) = &tick.context else { continue };
            let (from, until) = place(self.share_of_tick(tick), context);
            contexts.pop_if(|(_, until, _)| *until > from);
            contexts.push((from, until, context));
        }
        contexts.into_iter().map(|(from, _, context)| (from, context)).collect()
    }

    fn share_of(&self, at: i128) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "2^65 at most, for a place on a page")]
        let (part, whole) = ((at - self.from) as f64, (self.until - self.from) as f64);
        (part / whole).clamp(0.0, 1.0)
    }
}

impl Step {
    /// As many ticks as can lie in the span, counted without making them.
    fn upper_bound(self, from: i128, until: i128) -> i128 {
        let span = until - from;
        match self {
            Self::Nanos(step) => span / step + 1,
            // A month has 28 days at least.
            Self::Months(step) if span / (28 * DAY * i128::from(step)) > 1000 => i128::MAX,
            Self::Months(_) => i128::try_from(self.ticks(from, until).len()).unwrap_or(i128::MAX),
        }
    }

    fn ticks(self, from: i128, until: i128) -> Vec<i128> {
        match self {
            Self::Nanos(step) => {
                let origin = if step % (7 * DAY) == 0 { MONDAY } else { 0 };
                let first = (from - origin).div_euclid(step) * step + origin;
                let first = if first < from { first + step } else { first };
                std::iter::successors(Some(first), |at| Some(at + step))
                    .take_while(|at| *at <= until)
                    .collect()
            }
            Self::Months(step) => {
                let at = date(from);
                let month = at.year() * 12 + i32::from(u8::from(at.month())) - 1;
                let first = month.div_euclid(step) * step;
                let months = std::iter::successors(Some(first), |month| Some(month + step));
                months.map(begin_of_month).skip_while(|at| *at < from).take_while(|at| *at <= until).collect()
            }
        }
    }
}

/// When a month begins; they are counted from the year 0 on.
fn begin_of_month(month: i32) -> i128 {
    let name = u8::try_from(month.rem_euclid(12) + 1).ok().and_then(|number| Month::try_from(number).ok());
    let day = name.and_then(|name| Date::from_calendar_date(month.div_euclid(12), name, 1).ok());
    day.map_or(i128::MAX, |day| day.midnight().assume_utc().unix_timestamp_nanos())
}

fn date(at: i128) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// What is written at the ticks.
fn say(step: Step, ticks: Vec<i128>) -> Vec<Tick> {
    let mut before = None;
    let mut say = |at| {
        let (label, context) = words(step, at);
        let is_new = before.as_ref() != Some(&context);
        let is_first = before.is_none();
        before = Some(context.clone());
        // Where an axis of fractions of a second begins, there is its day too.
        let day =
            if is_first && context.contains(':') { format!("{} ", day(date(at))) } else { String::new() };
        let context = (is_new && !context.is_empty()).then(|| format!("{day}{context}"));
        Tick { at, label, context }
    };
    ticks.into_iter().map(&mut say).collect()
}

fn words(step: Step, at: i128) -> (String, String) {
    let t = date(at);
    let second = || format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second());
    let month = || MONTHS.get(usize::from(u8::from(t.month())) - 1).copied().unwrap_or_default();
    match step {
        Step::Nanos(step) if step < MICRO => {
            (format!("{} ns", at.rem_euclid(MICRO)), format!("{}.{:06}", second(), t.microsecond()))
        }
        Step::Nanos(step) if step < MILLI => {
            (format!("{} µs", at.rem_euclid(MILLI) / MICRO), format!("{}.{:03}", second(), t.millisecond()))
        }
        Step::Nanos(step) if step < SECOND => (format!("{} ms", t.millisecond()), second()),
        Step::Nanos(step) if step < MINUTE => (second(), day(t)),
        Step::Nanos(step) if step < DAY => (format!("{:02}:{:02}", t.hour(), t.minute()), day(t)),
        Step::Nanos(_) => (format!("{} {}", t.day(), month()), t.year().to_string()),
        Step::Months(step) if step < 12 => (month().to_owned(), t.year().to_string()),
        Step::Months(_) => (t.year().to_string(), String::new()),
    }
}

fn day(t: OffsetDateTime) -> String {
    format!("{:04}-{:02}-{:02}", t.year(), u8::from(t.month()), t.day())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2023-11-14T22:13:20Z
    const T: i64 = 1_700_000_000_000_000_000;

    fn labels(span: i64) -> String {
        let ticks = Axis::new(T, T + span, 12).ticks;
        let words = ticks.iter().map(|tick| match &tick.context {
            Some(context) => format!("{} ({context})", tick.label),
            None => tick.label.clone(),
        });
        words.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn ticks_stand_at_round_moments_and_say_the_date_where_it_is_new() {
        let cases = [
            (
                3_000,
                "0 ns (2023-11-14 22:13:20.000000) | 500 ns | 0 ns (22:13:20.000001) | 500 ns | 0 ns (22:13:20.000002) | 500 ns | 0 ns (22:13:20.000003)",
            ),
            (
                80_000_000_000,
                "22:13:20 (2023-11-14) | 22:13:30 | 22:13:40 | 22:13:50 | 22:14:00 | 22:14:10 | 22:14:20 | 22:14:30 | 22:14:40",
            ),
            (
                3 * 3_600_000_000_000,
                "22:30 (2023-11-14) | 23:00 | 23:30 | 00:00 (2023-11-15) | 00:30 | 01:00",
            ),
            (
                120 * 86_400_000_000_000,
                "13 Nov (2023) | 27 Nov | 11 Dec | 25 Dec | 8 Jan (2024) | 22 Jan | 5 Feb | 19 Feb | 4 Mar",
            ),
            (400 * 86_400_000_000_000, "Jan (2024) | Mar | May | Jul | Sep | Nov"),
            (
                9 * 366 * 86_400_000_000_000,
                "2024 | 2025 | 2026 | 2027 | 2028 | 2029 | 2030 | 2031 | 2032 | 2033",
            ),
        ];
        for (span, said) in cases {
            assert_eq!(labels(span), said, "{span}");
        }
    }

    proptest! {
        #[test]
        fn four_to_twelve_ticks(from in any::<i64>(), exponent in 0..63_u32, part in 0..1_000_i64) {
            let span = (1_i64 << exponent).saturating_add((1_i64 << exponent) / 1000 * part);
            let until = from.saturating_add(span);
            let axis = Axis::new(from, until, 12);
            let ats: Vec<_> = axis.ticks.iter().map(|tick| tick.at).collect();
            prop_assert!((4..=12).contains(&ats.len()), "{} {:?}", ats.len(), axis);
            prop_assert!(ats.is_sorted());
            prop_assert!(ats.iter().all(|at| (axis.from..=axis.until).contains(at)));
            prop_assert!(axis.share(from) < axis.share(until) || from == until);
        }
    }
}

//! What a timeline says in numbers, over all tasks: how long gaps are, how long tasks go on, why they ended.

use hdrhistogram::Histogram;
use kapacitor_udfd::aggregate::Reason;

use super::returns::MOST_IDS;
use crate::figures::thousands;

/// Counts and spreads of all tasks.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) tasks: u64,
    pub(super) events: u64,
    pub(super) still_open: u64,
    ended: [u64; Reason::ALL.len()],
    /// From an event of a task to its next.
    pub(super) gaps: Spread,
    /// From a task's first event to its last.
    pub(super) lengths: Spread,
    /// From a task's last event to its end, if that was `inactivityTimeout` or `timeout`.
    pub(super) waits: Spread,
    /// From the last event of a task that inactivity has ended to the first of the next of the same id.
    pub(super) returns: Spread,
    /// More ids came than `returns` knows of.
    pub(super) has_more_ids: bool,
}

/// Durations in nanoseconds, as a histogram good to three digits: its size is bounded whatever comes.
#[derive(Debug)]
pub(super) struct Spread {
    histogram: Option<Histogram<u64>>,
    /// These are exact.
    pub(super) shortest: u64,
    pub(super) shortest_but_none: u64,
    pub(super) longest: u64,
}

/// What is told of a spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) shortest: u64,
    pub(super) median: u64,
    pub(super) most: u64,
    pub(super) longest: u64,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self {
            tasks: 0,
            events: 0,
            still_open: 0,
            ended: [0; Reason::ALL.len()],
            gaps: Spread::new(),
            lengths: Spread::new(),
            waits: Spread::new(),
            returns: Spread::new(),
            has_more_ids: false,
        }
    }

    /// What must be known of the spreads.
    pub(super) fn note(&self) -> Option<String> {
        let words = || format!("id back: of the first {} ids only", thousands(MOST_IDS as u64));
        self.has_more_ids.then(words)
    }

    pub(super) fn count(&mut self, reason: Reason) {
        let ended = Reason::ALL.iter().zip(&mut self.ended).find(|(known, _)| **known == reason);
        if let Some((_, count)) = ended {
            *count += 1;
        }
    }

    /// The reasons that tasks ended for, and how many each.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.into_iter().zip(self.ended).filter(|(_, count)| *count > 0)
    }

    /// What is told of the spreads.
    pub(super) fn told(&self) -> impl Iterator<Item = (&'static str, Told)> {
        self.spreads().filter_map(|(name, spread)| spread.told().map(|told| (name, told)))
    }

    /// The spreads of which something is known, with their names.
    pub(super) fn spreads(&self) -> impl Iterator<Item = (&'static str, &Spread)> {
        let all = [
            ("from event to event", &self.gaps),
            ("from first to last event", &self.lengths),
            ("from last event to timeout", &self.waits),
            ("id back after inactivity", &self.returns),
        ];
        all.into_iter().filter(|(_, spread)| !spread.is_empty())
    }
}

impl Spread {
    fn new() -> Self {
        Self {
            histogram: Histogram::new(3).ok(),
            shortest: u64::MAX,
            shortest_but_none: u64::MAX,
            longest: 0,
        }
    }

    pub(super) fn record(&mut self, duration: u64) {
        self.shortest = self.shortest.min(duration);
        self.longest = self.longest.max(duration);
        if duration > 0 {
            self.shortest_but_none = self.shortest_but_none.min(duration);
        }
        if let Some(histogram) = &mut self.histogram {
            // It grows as far as an i64: what is longer still counts as that.
            let _ = histogram.record(duration.min(i64::MAX.unsigned_abs()));
        }
    }

    fn is_empty(&self) -> bool {
        self.longest < self.shortest
    }

    /// Durations, as well as the histogram knows them, and how many there are of each.
    pub(super) fn recorded(&self) -> impl Iterator<Item = (u64, u64)> {
        let recorded = self.histogram.iter().flat_map(Histogram::iter_recorded);
        recorded.map(|step| {
            (step.value_iterated_to().clamp(self.shortest, self.longest), step.count_since_last_iteration())
        })
    }

    pub(super) fn told(&self) -> Option<Told> {
        let histogram = self.histogram.as_ref().filter(|histogram| !histogram.is_empty())?;
        let at = |quantile| histogram.value_at_quantile(quantile).clamp(self.shortest, self.longest);
        Some(Told { shortest: self.shortest, median: at(0.5), most: at(0.99), longest: self.longest })
    }
}

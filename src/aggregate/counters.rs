//! What a node has seen, in numbers.

use std::fmt;

use super::ending::Reason;
use super::reduce::Tally;

/// What one node of one Kapacitor task has seen since its connection began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Points that came.
    pub points: u64,
    /// Points that a task took.
    pub events: u64,
    /// Points without an id.
    pub no_id: u64,
    /// Points whose tags and fields can't be read.
    pub unreadable: u64,
    /// Points without an open task that begin none (`startWhen`).
    pub orphans: u64,
    /// Points for an open task that `mapAction` does not let in.
    pub ignored: u64,
    /// Points that `onOverflow` refused.
    pub rejected: u64,
    /// Originals that went on (`passThrough`).
    pub passed: u64,
    /// Tasks that were created.
    pub created: u64,
    /// Tasks that came back from a snapshot.
    pub restored: u64,
    /// Tasks of a snapshot that was too old, or of other options.
    pub not_restored: u64,
    /// Snapshots that could not be used.
    pub snapshots_unusable: u64,
    /// Points of tasks that came out, by reason.
    pub out: ByReason,
    /// Tasks that ended without coming out, by reason.
    pub vanished: ByReason,
    /// Tasks that `onOverflow` discarded.
    pub dropped: u64,
    /// Values of a type that a reducer does not take.
    pub skipped_type: u64,
    /// Values, and results, that are NaN or infinite.
    pub not_finite: u64,
    /// Sums that stayed at the end of what an int can be.
    pub saturated: u64,
    /// Points earlier than their group's watermark: others have been waited for no longer than `maxDelay`.
    pub late: u64,
    /// Points whose `timeoutTimestampField` is missing or can't be read: their own time stood in for it.
    pub no_time: u64,
    /// Points that waited for less than `maxDelay`, since too much waited.
    pub early: u64,
    /// Batches that began to go out before their end, since too much came of them.
    pub split: u64,
    /// Events that code kept from going on, or `onError`.
    pub cancelled: u64,
    /// Tasks whose point timeoutCode kept from coming out, or `onError`.
    pub cancelled_tasks: u64,
    /// Points that code has emitted.
    pub emitted: u64,
    /// Scripts and conditions that failed.
    pub failed: u64,
    /// Those that were not run, since they had used up their budget too often.
    pub backed_off: u64,
    /// Finished points whose timeoutCode is tried again (`maxTimeoutRetries`).
    pub set_aside: u64,
    /// Fields and tags that could not come out: of another type than before, of a tag's name, a dimension's.
    pub left_out: u64,
}

/// A number for each reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByReason([u64; Reason::ALL.len()]);

impl ByReason {
    /// The number for one reason.
    pub fn of(&self, reason: Reason) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or_default()
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Each reason with its number.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.into_iter().zip(self.0)
    }

    pub(super) fn add(&mut self, reason: Reason) {
        if let Some(count) = self.0.get_mut(reason as usize) {
            *count += 1;
        }
    }
}

impl Counters {
    /// Each with its name, but for those by reason.
    pub fn named(&self) -> [(&'static str, u64); 27] {
        [
            ("points", self.points),
            ("events", self.events),
            ("no_id", self.no_id),
            ("unreadable", self.unreadable),
            ("orphans", self.orphans),
            ("ignored", self.ignored),
            ("rejected", self.rejected),
            ("passed", self.passed),
            ("created", self.created),
            ("restored", self.restored),
            ("not_restored", self.not_restored),
            ("snapshots_unusable", self.snapshots_unusable),
            ("dropped", self.dropped),
            ("skipped_type", self.skipped_type),
            ("not_finite", self.not_finite),
            ("saturated", self.saturated),
            ("late", self.late),
            ("no_time", self.no_time),
            ("early", self.early),
            ("split", self.split),
            ("cancelled", self.cancelled),
            ("cancelled_tasks", self.cancelled_tasks),
            ("emitted", self.emitted),
            ("failed", self.failed),
            ("backed_off", self.backed_off),
            ("set_aside", self.set_aside),
            ("left_out", self.left_out),
        ]
    }

    /// Takes over what an event did to the reducers.
    #[inline]
    pub(super) fn tally(&mut self, tally: &Tally) {
        self.skipped_type += tally.skipped_type;
        self.not_finite += tally.not_finite;
        self.saturated += tally.saturated;
    }
}

/// What there is to tell, and how much is open.
pub(super) struct Told {
    pub(super) counters: Counters,
    pub(super) open: usize,
    pub(super) bytes: usize,
}

/// All that is not zero, in one line: `points=7 events=7 …`.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { counters, open, bytes } = self;
        write!(f, "open_tasks={open} state_bytes={bytes}")?;
        for (name, count) in counters.named().into_iter().filter(|&(_, count)| count > 0) {
            write!(f, " {name}={count}")?;
        }
        for (name, by_reason) in [("out", counters.out), ("vanished", counters.vanished)] {
            for (reason, count) in by_reason.iter().filter(|&(_, count)| count > 0) {
                write!(f, " {name}_{}={count}", reason.word())?;
            }
        }
        Ok(())
    }
}

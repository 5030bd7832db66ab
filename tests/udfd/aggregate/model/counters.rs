//! What a node counts, and the reasons for which its points come out.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Timeout,
    Inactivity,
    Previous,
    Evicted,
    MaxEvents,
    MaxList,
    Stop,
    End,
    Restart,
    Batch,
    Flush,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Inactivity => "inactivity",
            Self::Previous => "previous",
            Self::Evicted => "evicted",
            Self::MaxEvents => "max_events",
            Self::MaxList => "max_list",
            Self::Stop => "stop",
            Self::End => "end",
            Self::Restart => "restart",
            Self::Batch => "batch",
            Self::Flush => "flush",
        }
    }

    /// Whether points that come out for it carry what timeouts add.
    pub fn is_timeout(self) -> bool {
        !matches!(self, Self::End | Self::Restart | Self::Batch | Self::Flush)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Counters {
    pub points_in: u64,
    pub out: BTreeMap<Reason, u64>,
    pub vanished: BTreeMap<Reason, u64>,
    pub no_id: u64,
    pub ignored: u64,
    pub rejected: u64,
    pub dropped: u64,
    /// Values of a type that a reducer does not take.
    pub skipped_type: u64,
    pub not_finite: u64,
    pub saturated: u64,
    /// Fields and tags that are not on the point they belong to.
    pub left_out: u64,
    pub not_restored: u64,
    /// Points behind their group's watermark.
    pub late: u64,
    /// Points whose reference time is missing or can't be read.
    pub no_time: u64,
    /// Points that began no task, and found none.
    pub orphans: u64,
    /// Scripts and conditions that failed.
    pub failed: u64,
    /// Events that scripts kept back, and finished points.
    pub cancelled: u64,
    pub cancelled_tasks: u64,
    /// Originals that went on.
    pub passed: u64,
    /// Points that scripts emitted.
    pub emitted: u64,
}

/// Counters by name, without those that are zero.
pub type Told = BTreeMap<String, u64>;

impl Counters {
    pub fn told(&self) -> Told {
        let single = [
            ("in", self.points_in),
            ("no_id", self.no_id),
            ("ignored", self.ignored),
            ("rejected", self.rejected),
            ("dropped", self.dropped),
            ("skipped_type", self.skipped_type),
            ("not_finite", self.not_finite),
            ("saturated", self.saturated),
            ("left_out", self.left_out),
            ("not_restored", self.not_restored),
            ("late", self.late),
            ("no_time", self.no_time),
            ("orphans", self.orphans),
            ("failed", self.failed),
            ("cancelled", self.cancelled),
            ("cancelled_tasks", self.cancelled_tasks),
            ("emitted", self.emitted),
            ("passed", self.passed),
        ];
        let single = single.map(|(name, count)| (name.to_owned(), count)).into_iter();
        let out = self.out.iter().map(|(reason, count)| (format!("out {}", reason.name()), *count));
        let vanished =
            self.vanished.iter().map(|(reason, count)| (format!("vanished {}", reason.name()), *count));
        single.chain(out).chain(vanished).filter(|(_, count)| *count > 0).collect()
    }
}

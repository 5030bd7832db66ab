//! What a node says in the log of the points it gets, each so seldom that it drowns nothing.

use tracing::warn;

use super::counters::Counters;
use super::group::Group;
use super::identity::Identity;
use crate::handler::UnixNanos;

/// If so many points have come and none had an id, that is told.
const NO_ID_YET: u64 = 1_000;

/// What is due more often is told once a second: a fifth of the threshold may be a millisecond's events.
const SELDOM: UnixNanos = 1_000_000_000;

/// What has been said.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// Events with many tasks open since that was due to be told, and when it last was.
    since_many: Option<u64>,
    told_many: Option<UnixNanos>,
    told_dimension: bool,
    told_no_field: bool,
}

impl Warnings {
    /// A point can't be read.
    pub(super) fn unreadable(counters: &Counters) {
        if counters.unreadable == 1 {
            warn!("a point's tags and fields can't be read: no task takes it; further ones are only counted");
        }
    }

    /// A point has no id.
    pub(super) fn no_id(counters: &Counters, identity: &Identity) {
        if counters.no_id == NO_ID_YET && counters.points == NO_ID_YET {
            let names = identity.names().collect::<Vec<_>>().join(", ");
            warn!(
                names,
                "none of the first {NO_ID_YET} points has a task id: taskId names tags or fields that they lack"
            );
        }
    }

    /// A script has taken all fields of a point.
    pub(super) fn no_field(&mut self) {
        if !std::mem::replace(&mut self.told_no_field, true) {
            warn!(
                "a script left a point without fields, which InfluxDB refuses: it does not go on, nor will others; \
                 event.cancel() says that it is meant"
            );
        }
    }

    /// A task begins in a group.
    pub(super) fn dimension(&mut self, identity: &Identity, group: &Group) {
        let mut names = identity.names();
        if !self.told_dimension
            && let (Some(name), None) = (names.next(), names.next())
            && group.is_dimension(name.as_bytes())
        {
            self.told_dimension = true;
            warn!(name, "taskId names a tag that points are grouped by: each group is one task anyway");
        }
    }

    /// An event was taken, and so many tasks are open: if they are many, ends may be missing.
    #[inline]
    pub(super) fn many(&mut self, now: UnixNanos, open: usize, threshold: u64) {
        if threshold == 0 || (open as u64) < threshold {
            return;
        }
        let since = self.since_many.map_or(u64::MAX, |since| since.saturating_add(1));
        let is_due = since >= (threshold / 5).max(1);
        self.since_many = Some(if is_due { 0 } else { since });
        let is_new = self.told_many.is_none_or(|told| now.saturating_sub(told) >= SELDOM);
        if is_due && is_new {
            self.told_many = Some(now);
            warn!(
                open,
                threshold,
                "many tasks are open: do they end? mapCountWarningThreshold says how many are many"
            );
        }
    }
}

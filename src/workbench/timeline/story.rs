//! What is drawn: groups, their lanes, the tasks in a lane. Knows nothing of how it came or how it is drawn.

use kapacitor_udfd::aggregate::Reason;

use super::figures::Figures;

/// All that is drawn. Times are Unix times in nanoseconds, as the node's deadlines count them.
#[derive(Debug)]
pub(crate) struct Story {
    /// The node, as it was given.
    pub(super) title: String,
    /// In the order in which they came.
    pub(super) groups: Vec<Group>,
    /// The first event of all, and the last moment that anything is known of.
    pub(super) whole: (i64, i64),
    /// The same of what is drawn.
    pub(super) from: i64,
    pub(super) until: i64,
    /// Tasks for which there was no room.
    pub(super) left_out: u64,
    /// What there is to say in numbers, of all tasks: those left out too.
    pub(super) figures: Figures,
}

/// A group of Kapacitor's.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) lanes: Vec<Lane>,
}

/// Tasks of one id, one after the other.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) label: String,
    pub(super) tasks: Vec<Task>,
    /// Tasks behind the last one that is drawn.
    pub(super) left_out: u64,
}

/// A task as far as it is drawn.
#[derive(Debug)]
pub(super) struct Task {
    /// Its first and its last event.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) events: u64,
    /// The longest time from one event to the next.
    pub(super) longest_gap: u64,
    /// Its events in order, those that fall together as one.
    pub(super) marks: Vec<Mark>,
    /// When it ended and why; none: it was still open at the end.
    pub(super) end: Option<(i64, Reason)>,
}

/// Events at one moment, or so close that no picture could tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: i64,
    pub(super) events: u32,
}

impl Story {
    pub(super) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.groups.iter().flat_map(|group| &group.lanes)
    }

    /// Whether the groups need their names said.
    pub(super) fn has_groups(&self) -> bool {
        self.groups.len() > 1 || self.groups.iter().any(|group| !group.name.is_empty())
    }
}

impl Lane {
    /// How many marks its tasks hold.
    pub(super) fn marks(&self) -> usize {
        self.tasks.iter().map(|task| task.marks.len()).sum()
    }
}

impl Task {
    pub(super) fn of_event_at(at: i64) -> Self {
        Self {
            first: at,
            last: at,
            events: 1,
            longest_gap: 0,
            marks: vec![Mark { at, events: 1 }],
            end: None,
        }
    }

    /// Takes another event. Returns whether it holds a mark more.
    pub(super) fn take(&mut self, at: i64) -> bool {
        if at > self.last {
            self.longest_gap = self.longest_gap.max(at.abs_diff(self.last));
        }
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        self.events += 1;
        let place = self.marks.partition_point(|mark| mark.at < at);
        match self.marks.get_mut(place) {
            Some(mark) if mark.at == at => {
                mark.events = mark.events.saturating_add(1);
                false
            }
            _ => {
                self.marks.insert(place, Mark { at, events: 1 });
                true
            }
        }
    }

    /// Puts marks together that lie within `resolution` nanoseconds: what lies further apart stays apart.
    pub(super) fn thin(&mut self, resolution: u64) {
        self.marks.dedup_by(|next, kept| {
            let is_near = next.at.abs_diff(kept.at) < resolution;
            if is_near {
                kept.events = kept.events.saturating_add(next.events);
            }
            is_near
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_gaps_and_the_count() {
        let mut task = Task::of_event_at(0);
        for at in (1..5000).chain([1_000_000]) {
            task.take(at);
        }
        task.thin(1000);
        let ats: Vec<_> = task.marks.iter().map(|mark| mark.at).collect();
        assert_eq!(ats, [0, 1000, 2000, 3000, 4000, 1_000_000]);
        assert_eq!(task.marks.iter().map(|mark| mark.events).sum::<u32>(), 5001);
        assert_eq!(task.longest_gap, 995_001);
    }

    #[test]
    fn an_event_that_comes_late_takes_its_place() {
        let mut task = Task::of_event_at(10);
        assert!(task.take(30));
        assert!(task.take(20));
        assert!(!task.take(20));
        let marks: Vec<_> = task.marks.iter().map(|mark| (mark.at, mark.events)).collect();
        assert_eq!(marks, [(10, 1), (20, 2), (30, 1)]);
        assert_eq!((task.first, task.last, task.longest_gap), (10, 30, 20));
    }
}

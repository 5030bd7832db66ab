//! What becomes of tasks, told to whoever wants to show it. Knows a task as its point tells of it.

use std::fmt::Debug;

use super::counters::Counters;
use super::emit::{measurement, whole_id};
use super::ending::Reason;
use super::node::Node;
use super::task::Task;
use crate::agent::Outbox;
use crate::handler::UnixNanos;

/// Sees what becomes of a node's tasks, in the order in which it happens.
pub trait Observer: Debug + Send {
    /// Something has happened.
    fn see(&mut self, seen: Seen<'_>);
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a> {
    /// An event joins a task.
    Event {
        /// The task, the event not yet counted.
        task: Sight<'a>,
        /// The event's own time.
        time: i64,
        /// When that is, by the time that deadlines follow.
        at: i64,
    },
    /// A task comes back from a snapshot.
    Restored {
        /// The task as it was.
        task: Sight<'a>,
    },
    /// A task ends.
    Ended {
        /// The task as it was.
        task: Sight<'a>,
        /// Why.
        reason: Reason,
        /// When, by the time that deadlines follow.
        at: i64,
        /// It is to come out, which timeoutCode may still prevent or put off; else it vanishes.
        comes_out: bool,
    },
    /// A point or a batch goes out, of this number: see [`announced`].
    Out {
        /// How many the node has sent before it.
        number: u64,
        /// What it is.
        output: Output<'a>,
    },
    /// The node is no more.
    Gone {
        /// What it has counted.
        counters: &'a Counters,
    },
}

/// What it is that goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output<'a> {
    /// What a task has come to.
    Result {
        /// The task.
        task: Sight<'a>,
        /// Why it comes out.
        reason: Reason,
        /// When, by the time that deadlines follow.
        at: i64,
    },
    /// A script has emitted it.
    Emitted {
        /// The task it did so for.
        task: Sight<'a>,
    },
    /// An event goes on, as it came or as a script left it.
    Passed,
}

/// What is seen of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight<'a> {
    /// A number that no other open task of the node has. Once the task is over, another may have it.
    pub place: u32,
    /// The measurement it comes out with.
    pub measurement: &'a [u8],
    /// Its Kapacitor group.
    pub group: &'a [u8],
    /// Its id; where the group is the task, the group once more.
    pub id: &'a [u8],
    /// When it began, by the time that deadlines follow.
    pub created: i64,
    /// The smallest and the largest time of its events.
    pub first: i64,
    /// See `first`.
    pub last: i64,
    /// How many events it has had.
    pub events: u64,
}

/// Numbers of outputs begin here.
const FIRST_NUMBER: i64 = i64::MIN;

/// The most numbers there are.
const NUMBERS: i64 = 1 << 60;

/// The earliest time that may be said in a keepalive to a node that is observed: what is earlier is a number. In the
/// year 1714.
pub const EARLIEST: i64 = FIRST_NUMBER + NUMBERS;

/// The number of the output that comes behind a keepalive with this time, if it announces one: a node that is observed
/// sends one before each output. To Kapacitor a keepalive that it did not ask for is nothing.
pub fn announced(time: i64) -> Option<u64> {
    (time < EARLIEST).then(|| time.abs_diff(FIRST_NUMBER))
}

/// An observer and what it was told.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) observer: Box<dyn Observer>,
    /// Outputs so far.
    outputs: u64,
}

impl Observed {
    pub(super) fn new(observer: Box<dyn Observer>) -> Self {
        Self { observer, outputs: 0 }
    }
}

/// Of whom an output is.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    /// An open task that comes out for this reason, at this time by the clock or of its batch.
    Task(u32, Reason, UnixNanos),
    /// A task that is no more, likewise.
    Finished(&'a Task, Reason, UnixNanos),
    /// A script, for an open task.
    Script(u32),
    /// A script, for a task that is no more.
    LastWords(&'a Task),
    /// Nobody.
    Passed,
}

impl Node {
    /// An event joins a task.
    #[inline]
    pub(super) fn see_event(&mut self, place: u32, time: i64, at: i64) {
        if self.observed.is_some() {
            self.told(|node, observer| {
                let Some(task) = node.sight(place) else { return };
                observer.see(Seen::Event { task, time, at });
            });
        }
    }

    /// A task ends.
    #[inline]
    pub(super) fn see_end(&mut self, place: u32, reason: Reason, now: UnixNanos, comes_out: bool) {
        if self.observed.is_some() {
            self.told(|node, observer| {
                let Some(task) = node.tasks.get(place) else { return };
                let at = node.moment_of(task, reason, now);
                observer.see(Seen::Ended { task: node.sight_of(place, task), reason, at, comes_out });
            });
        }
    }

    /// The next point or batch to go out is announced.
    #[inline]
    pub(super) fn see_output(&mut self, of: Of<'_>, out: &mut Outbox) {
        if self.observed.is_some() {
            self.announce(of, out);
        }
    }

    #[cold]
    fn announce(&mut self, of: Of<'_>, out: &mut Outbox) {
        let Some(mut observed) = self.observed.take() else { return };
        if let Some(output) = self.output(of) {
            let number = observed.outputs;
            observed.outputs += 1;
            observed.observer.see(Seen::Out { number, output });
            out.announce(FIRST_NUMBER.saturating_add_unsigned(number));
        }
        self.observed = Some(observed);
    }

    fn output<'a>(&'a self, of: Of<'a>) -> Option<Output<'a>> {
        let result = |place, task, reason, now| Output::Result {
            task: self.sight_of(place, task),
            reason,
            at: self.moment_of(task, reason, now),
        };
        match of {
            Of::Task(place, reason, now) => {
                self.tasks.get(place).map(|task| result(place, task, reason, now))
            }
            Of::Finished(task, reason, now) => Some(result(u32::MAX, task, reason, now)),
            Of::Script(place) => self.sight(place).map(|task| Output::Emitted { task }),
            Of::LastWords(task) => Some(Output::Emitted { task: self.sight_of(u32::MAX, task) }),
            Of::Passed => Some(Output::Passed),
        }
    }

    /// Tasks have come back from a snapshot.
    pub(super) fn see_restored(&mut self) {
        if self.observed.is_some() {
            self.told(|node, observer| {
                let mut next = node.tasks.oldest();
                while let Some((place, task)) = next.and_then(|place| Some((place, node.tasks.get(place)?))) {
                    observer.see(Seen::Restored { task: node.sight_of(place, task) });
                    next = task.neighbours.both().1;
                }
            });
        }
    }

    /// The node is no more.
    pub(super) fn see_last(&mut self) {
        if self.observed.is_some() {
            self.told(|node, observer| observer.see(Seen::Gone { counters: &node.counters() }));
        }
    }

    /// Has the observer look at the node.
    #[cold]
    fn told(&mut self, look: impl FnOnce(&Self, &mut dyn Observer)) {
        let Some(mut observed) = self.observed.take() else { return };
        look(self, observed.observer.as_mut());
        self.observed = Some(observed);
    }

    fn sight(&self, place: u32) -> Option<Sight<'_>> {
        Some(self.sight_of(place, self.tasks.get(place)?))
    }

    fn sight_of<'a>(&'a self, place: u32, task: &'a Task) -> Sight<'a> {
        let group = self.groups.get(task.group);
        Sight {
            place,
            measurement: measurement(&self.settings, self.origins.encoded(task.origin)),
            group: group.map_or(&[], |group| &group.key),
            id: group.map_or(&[], |group| whole_id(&self.identity, group, task)),
            created: task.created,
            first: task.first,
            last: task.last,
            events: task.events.get(),
        }
    }
}

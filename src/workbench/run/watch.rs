//! What the function tells of its tasks, on its way to who explains it and who counts it.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use kapacitor_udfd::aggregate::{Observer, Output, Reason, Seen, Sight};

/// What there is to tell of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum About {
    Result { task: Told, reason: Reason, at: i64 },
    Emitted { task: Told },
    Passed,
}

/// A task as it was when something of it came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) measurement: String,
    pub(super) group: String,
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) events: u64,
}

/// How many tasks there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tasks {
    pub(super) open: u64,
    pub(super) most_open: u64,
    pub(super) started: u64,
    /// From a snapshot.
    pub(super) restored: u64,
    /// By the word for the reason; and those that vanished.
    pub(super) ended: BTreeMap<&'static str, u64>,
    pub(super) vanished: u64,
    /// What else the node has counted, by its name in the daemon's log.
    pub(super) counted: Vec<(&'static str, u64)>,
}

/// What is told otherwise, or always so.
const TOLD: [&str; 4] = ["points", "events", "created", "restored"];

/// Sees tasks for `--explain` and `--stats`.
#[derive(Debug)]
pub(super) struct Watch {
    tasks: Arc<Mutex<Tasks>>,
    explained: Option<Sender<(u64, About)>>,
}

/// What it has seen.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) tasks: Arc<Mutex<Tasks>>,
    pub(super) explained: Option<Receiver<(u64, About)>>,
}

/// One who sees, and what it sees.
pub(super) fn watch(explains: bool) -> (Watch, Watched) {
    let tasks = Arc::new(Mutex::new(Tasks::default()));
    // As much waits in it as is on its way from the function.
    let (sender, receiver) = explains.then(mpsc::channel).unzip();
    (Watch { tasks: Arc::clone(&tasks), explained: sender }, Watched { tasks, explained: receiver })
}

/// What has been counted so far.
pub(super) fn counted(tasks: &Mutex<Tasks>) -> Tasks {
    tasks.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Observer for Watch {
    fn see(&mut self, seen: Seen<'_>) {
        match seen {
            Seen::Event { task, .. } if task.events == 0 => {
                let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                tasks.started += 1;
                tasks.open += 1;
                tasks.most_open = tasks.most_open.max(tasks.open);
            }
            Seen::Event { .. } => {}
            Seen::Restored { .. } => {
                let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                tasks.restored += 1;
                tasks.open += 1;
                tasks.most_open = tasks.most_open.max(tasks.open);
            }
            Seen::Ended { reason, comes_out, .. } => {
                let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                tasks.open = tasks.open.saturating_sub(1);
                *tasks.ended.entry(reason.word()).or_default() += 1;
                tasks.vanished += u64::from(!comes_out);
            }
            Seen::Gone { counters } => {
                let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                let counted = counters.named().into_iter();
                tasks.counted = counted.filter(|(name, count)| *count > 0 && !TOLD.contains(name)).collect();
            }
            Seen::Out { number, output } => {
                if let Some(explained) = &self.explained {
                    // Who has enough of it does not listen any more.
                    let _ = explained.send((number, About::of(output)));
                }
            }
        }
    }
}

impl About {
    fn of(output: Output<'_>) -> Self {
        match output {
            Output::Result { task, reason, at } => Self::Result { task: Told::of(task), reason, at },
            Output::Emitted { task } => Self::Emitted { task: Told::of(task) },
            Output::Passed => Self::Passed,
        }
    }
}

impl Told {
    fn of(Sight { measurement, group, id, created, first, last, events, .. }: Sight<'_>) -> Self {
        let [measurement, group, id] =
            [measurement, group, id].map(|text| String::from_utf8_lossy(text).into_owned());
        Self { measurement, group, id, created, first, last, events }
    }
}

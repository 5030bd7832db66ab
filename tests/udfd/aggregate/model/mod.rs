//! What `@aggregate()` and `@session()` mean, said a second time and as plainly as can be: a list of open
//! tasks, gone through from the front for everything. Shares no code with the handler, and knows no log,
//! no limit in bytes and no estimates.

mod batches;
mod code;
mod counters;
mod emit;
mod event;
mod event_time;
mod reduce;
mod reference;
mod retries;
mod script;
mod sent;
mod session;
mod settings;
mod signature;
mod task;
mod tasks;
mod value;

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto::{self, BeginBatch, EndBatch, Point};

pub use counters::{Counters, Told};
pub use sent::{Batch, Sent};

use batches::OpenBatch;
use counters::Reason;
use emit::Emitter;
use event::{Event, Origin};
use event_time::Group;
use retries::Finished;
use settings::Settings;
use task::Task;

/// A node of a Kapacitor task.
#[derive(Debug, Clone)]
pub struct Model {
    function: Function,
    settings: Settings,
    /// What the clock says in the call at hand.
    now: i64,
    /// The oldest first.
    open: Vec<Task>,
    emitter: Emitter,
    /// How many tasks there have been.
    created: u64,
    /// By the clock: when a flush is due next.
    next_tick: Option<i64>,
    /// The flush at hand: the tasks it has still to look at, by number.
    flushing: Vec<u64>,
    /// By event time, in the order in which they were first seen.
    groups: Vec<Group>,
    /// The newest reference time of all.
    newest: i64,
    /// The group of the point that is being taken, and how far its time has come with it.
    taking: Option<(String, i64)>,
    /// The batch that is coming in.
    batch: Option<OpenBatch>,
    /// When the batch ends that is ending.
    ending: Option<i64>,
    /// What comes out now has nothing to do with the open batch.
    is_timer: bool,
    /// The open batch will not end any more.
    is_cut: bool,
    /// The tasks are those of such a batch.
    has_orphans: bool,
    /// Finished points that timeoutCode has failed on, the first one first.
    aside: Vec<Finished>,
    counters: Counters,
    out: Vec<Sent>,
}

impl Model {
    /// What Init does, or why it refuses.
    pub fn new(function: Function, options: &[proto::Option], now: i64) -> Result<Self, String> {
        let settings = Settings::read(function, options)?;
        let mut model = Self {
            function,
            emitter: Emitter::new(&settings),
            settings,
            now,
            open: vec![],
            created: 0,
            next_tick: None,
            flushing: vec![],
            groups: vec![],
            newest: i64::MIN,
            taking: None,
            batch: None,
            ending: None,
            is_timer: false,
            is_cut: false,
            has_orphans: false,
            aside: vec![],
            counters: Counters::default(),
            out: vec![],
        };
        model.next_tick = model.tick_after(now);
        Ok(model)
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Each point goes on at once, byte for byte.
    pub fn passes_originals(&self) -> bool {
        let is_plain = self.settings.pass_through && self.settings.code.is_none();
        is_plain && self.function == Function::STREAM && self.settings.max_delay == 0
    }

    pub fn is_by_clock(&self) -> bool {
        self.settings.is_by_clock()
    }

    /// Points may wait for others: then across groups, the order in which they go on is not said.
    pub fn may_wait(&self) -> bool {
        self.settings.max_delay > 0 || self.held_points() > 0
    }

    /// How many tasks are open.
    pub fn open_tasks(&self) -> usize {
        self.open.len()
    }

    /// How many points wait for their turn.
    pub fn held_points(&self) -> usize {
        self.groups.iter().map(|group| group.held.len()).sum()
    }

    pub fn is_in_batch(&self) -> bool {
        self.batch.is_some()
    }

    /// A batch begins.
    pub fn begin(&mut self, now: i64, begin: &BeginBatch) -> Vec<Sent> {
        self.now = now;
        self.end_orphans();
        self.begin_batch(begin);
        self.sent()
    }

    /// A point comes: of the stream, or of the open batch.
    pub fn point(&mut self, now: i64, point: &Point) -> Vec<Sent> {
        self.now = now;
        self.end_orphans();
        let origin = self.batch.as_ref().map(|batch| batch.origin.clone());
        let origin = origin.unwrap_or_else(|| Origin::of_point(point));
        if self.is_by_clock() {
            self.take(&Event { point: point.clone(), origin, reference: now });
        } else {
            let (reference, has_no_time) = reference::read(&self.settings.reference, point);
            self.counters.no_time += u64::from(has_no_time);
            self.arrive(Event { point: point.clone(), origin, reference });
        }
        self.sent()
    }

    /// The open batch ends.
    pub fn end_batch(&mut self, now: i64, end: &EndBatch) -> Vec<Sent> {
        self.now = now;
        self.end_the_batch(end);
        self.sent()
    }

    /// The clock has come to `now`, and all input has been read.
    pub fn time(&mut self, now: i64) -> Vec<Sent> {
        self.slice(now, usize::MAX)
    }

    /// The same, but after so many points something else has its turn; by event time all is done at once.
    pub fn slice(&mut self, now: i64, most: usize) -> Vec<Sent> {
        self.now = now;
        self.end_orphans();
        if !self.is_by_clock() {
            self.pass_idle_time();
            self.try_what_is_due(usize::MAX);
            return self.sent();
        }
        let is_due = !self.open.is_empty() && self.next_tick.is_some_and(|tick| tick <= now);
        if self.flushing.is_empty() && is_due {
            // Tasks that are created from here on have no part in it.
            self.next_tick = self.tick_after(now);
            self.flushing = self.open.iter().map(|task| task.serial).collect();
        }
        while self.out.len() < most
            && let Some(at) = self.first_due(now)
        {
            self.expire(at);
        }
        while self.out.len() < most && !self.flushing.is_empty() {
            let serial = self.flushing.remove(0);
            if let Some(at) = self.open.iter().position(|task| task.serial == serial) {
                self.flush(at, now);
            }
        }
        self.try_what_is_due(most);
        self.sent()
    }

    /// The stream ends.
    pub fn end_of_stream(&mut self, now: i64) -> Vec<Sent> {
        self.now = now;
        self.end_orphans();
        self.leave_batch();
        self.is_timer = true;
        if !self.is_by_clock() {
            self.end_event_time();
        }
        while self.settings.flush_on_stop && !self.open.is_empty() {
            self.end_or_expire(0, Reason::Stop);
        }
        while !self.aside.is_empty() {
            self.give_up(0);
        }
        self.sent()
    }

    /// A snapshot is made at `snapshot`, and a new handler gets it at `now`.
    pub fn restart(&mut self, snapshot: i64, now: i64) {
        if self.settings.max_restore_age.is_some_and(|max| now - snapshot > max) {
            self.counters.not_restored += (self.open.len() + self.held_points()) as u64;
            self.open.clear();
            self.aside.clear();
            self.groups.iter_mut().for_each(|group| group.held.clear());
        }
        self.open.iter_mut().for_each(|task| task.is_restored = true);
        self.flushing.clear();
        self.next_tick = self.tick_after(now);
        self.cut_batch();
        self.has_orphans = self.settings.end_of_batch && self.open.len() + self.held_points() > 0;
        self.restore_event_time();
    }

    /// The same, and the new handler has other options, which do not shape the state.
    pub fn restart_with(&mut self, snapshot: i64, now: i64, options: &[proto::Option]) {
        self.settings = Settings::read(self.function, options).unwrap();
        self.restart(snapshot, now);
    }

    /// When [`time`](Self::time) wants to be called, if no point comes before. By the clock a flush wants it
    /// also when nothing has news, but not when no task is open: one that was missed comes with the next call.
    pub fn next_due(&self) -> Option<i64> {
        if self.has_orphans || self.is_cut {
            return Some(i64::MIN);
        }
        let tries = self.aside.iter().map(|finished| finished.due);
        if !self.is_by_clock() {
            return tries.chain(self.next_idle_due()).min();
        }
        let at_once = self.open.iter().any(|task| task.has_news && self.flushing.contains(&task.serial));
        let deadlines = self.open.iter().map(|task| task.timer_deadline(&self.settings));
        // @script() may have none.
        let deadlines = deadlines.filter(|deadline| *deadline < i64::MAX);
        let tick = self.next_tick.filter(|_| !self.open.is_empty());
        deadlines.chain(tick).chain(at_once.then_some(i64::MIN)).chain(tries).min()
    }

    fn sent(&mut self) -> Vec<Sent> {
        self.is_timer = false;
        std::mem::take(&mut self.out)
    }

    fn first_due(&self, now: i64) -> Option<usize> {
        let due = |at: &usize| self.open[*at].timer_deadline(&self.settings);
        // The first of equal ones, so in the order of creation.
        (0..self.open.len()).filter(|at| due(at) <= now).min_by_key(due)
    }

    /// By the clock.
    fn tick_after(&self, now: i64) -> Option<i64> {
        let interval = self.settings.flush_interval.filter(|_| self.is_by_clock());
        interval.map(|interval| next_multiple(now, interval))
    }
}

/// The first multiple of `interval` after `now`.
fn next_multiple(now: i64, interval: i64) -> i64 {
    (now.div_euclid(interval) + 1).saturating_mul(interval)
}

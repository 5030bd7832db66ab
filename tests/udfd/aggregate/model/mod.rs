//! What `@aggregate()` means, said a second time and as plainly as can be: a list of open tasks,
//! gone through from the front for everything. Shares no code with the handler, and knows no log,
//! no limit in bytes and no estimates.

mod counters;
mod emit;
mod reduce;
mod settings;
mod signature;
mod task;
mod value;

use kapacitor_udfd::proto::{self, Point};

pub use counters::{Counters, Told};

use counters::Reason;
use emit::Emitter;
use settings::{Part, Settings};
use task::Task;
use value::Value;

/// A node of a Kapacitor task.
#[derive(Debug, Clone)]
pub struct Model {
    settings: Settings,
    /// The oldest first.
    open: Vec<Task>,
    emitter: Emitter,
    /// How many tasks there have been.
    created: u64,
    /// When a flush is due next.
    next_tick: Option<i64>,
    /// The flush at hand: the tasks it has still to look at, by number.
    flushing: Vec<u64>,
    counters: Counters,
}

impl Model {
    /// What Init does, or why it refuses.
    pub fn new(options: &[proto::Option], now: i64) -> Result<Self, String> {
        let settings = Settings::read(options)?;
        let next_tick = settings.flush_interval.map(|interval| next_multiple(now, interval));
        let (open, emitter, counters) = (vec![], Emitter::new(&settings), Counters::default());
        Ok(Self { settings, open, emitter, created: 0, next_tick, flushing: vec![], counters })
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    pub fn passes_originals(&self) -> bool {
        self.settings.pass_through
    }

    /// A point comes.
    pub fn point(&mut self, now: i64, point: &Point) -> Vec<Point> {
        let mut out = vec![];
        self.counters.points_in += 1;
        let Some(id) = self.id(point) else {
            self.counters.no_id += 1;
            return self.with_original(out, point);
        };
        if let Some(at) = self.find(point, &id)
            && self.is_over(at, now)
        {
            self.expire(at, now, &mut out);
        }
        if self.find(point, &id).is_some() && self.settings.create_only {
            self.counters.ignored += 1;
            return self.with_original(out, point);
        }
        if self.find(point, &id).is_none() && !self.create(now, point, &id, &mut out) {
            self.counters.rejected += 1;
            return self.with_original(out, point);
        }
        let at = self.find(point, &id).unwrap();
        self.open[at].take(now, point, &self.settings, &mut self.counters);
        out = self.with_original(out, point);
        let task = &self.open[at];
        if self.settings.end_of_task {
            self.end(at, Reason::End, now, &mut out);
        } else if self.settings.max_events.is_some_and(|max| task.count >= max) {
            self.end(at, Reason::MaxEvents, now, &mut out);
        } else if task.is_too_long(&self.settings) {
            self.end(at, Reason::MaxList, now, &mut out);
        }
        out
    }

    /// The clock has come to `now`, and all input has been read.
    pub fn time(&mut self, now: i64) -> Vec<Point> {
        self.slice(now, usize::MAX)
    }

    /// The same, but after so many points something else has its turn.
    pub fn slice(&mut self, now: i64, most: usize) -> Vec<Point> {
        let mut out = vec![];
        if let Some(interval) = self.settings.flush_interval
            && self.flushing.is_empty()
            && self.next_tick.is_some_and(|tick| tick <= now)
        {
            // Tasks that are created from here on have no part in it.
            self.next_tick = Some(next_multiple(now, interval));
            self.flushing = self.open.iter().map(|task| task.serial).collect();
        }
        while out.len() < most
            && let Some(at) = self.first_due(now)
        {
            self.expire(at, now, &mut out);
        }
        while out.len() < most && !self.flushing.is_empty() {
            let serial = self.flushing.remove(0);
            if let Some(at) = self.open.iter().position(|task| task.serial == serial) {
                self.flush(at, now, &mut out);
            }
        }
        out
    }

    /// The stream ends.
    pub fn end_of_stream(&mut self, now: i64) -> Vec<Point> {
        let mut out = vec![];
        while self.settings.flush_on_stop && !self.open.is_empty() {
            self.end_or_expire(0, Reason::Stop, now, &mut out);
        }
        out
    }

    /// A snapshot is made at `snapshot`, and a new handler gets it at `now`.
    pub fn restart(&mut self, snapshot: i64, now: i64) {
        if self.settings.max_restore_age.is_some_and(|max| now - snapshot > max) {
            self.counters.not_restored += self.open.len() as u64;
            self.open.clear();
        }
        self.flushing.clear();
        self.next_tick = self.settings.flush_interval.map(|interval| next_multiple(now, interval));
    }

    /// When [`time`](Self::time) wants to be called, if no point comes before. A flush wants it also
    /// when nothing has news: one that was missed comes with the next call.
    pub fn next_due(&self) -> Option<i64> {
        let at_once = self.open.iter().any(|task| task.has_news && self.flushing.contains(&task.serial));
        let deadlines = self.open.iter().map(|task| task.timer_deadline(&self.settings));
        deadlines.chain(self.next_tick).chain(at_once.then_some(i64::MIN)).min()
    }

    fn with_original(&self, mut out: Vec<Point>, point: &Point) -> Vec<Point> {
        if self.settings.pass_through {
            out.push(point.clone());
        }
        out
    }

    fn find(&self, point: &Point, id: &str) -> Option<usize> {
        self.open.iter().position(|task| task.group() == point.group && task.id == id)
    }

    fn id(&self, point: &Point) -> Option<String> {
        if self.settings.id.is_empty() {
            return Some(point.group.clone());
        }
        let mut id = String::new();
        for part in &self.settings.id {
            match part {
                Part::Literal(text) => id += text,
                Part::Reference(name) => id += &resolve(point, name)?.0.text(),
            }
        }
        Some(id).filter(|id| id.len() <= 1024)
    }

    /// False if there is no room and the point is refused.
    fn create(&mut self, now: i64, point: &Point, id: &str, out: &mut Vec<Point>) -> bool {
        if self.settings.push_previous
            && let Some(at) = self.open.iter().position(|task| task.group() == point.group)
        {
            self.end_or_expire(at, Reason::Previous, now, out);
        }
        while self.open.len() >= self.settings.max_tasks {
            match &*self.settings.on_overflow {
                _ if self.is_over(0, now) => self.expire(0, now, out),
                "evict" => self.end(0, Reason::Evicted, now, out),
                "drop" => {
                    self.open.remove(0);
                    self.counters.dropped += 1;
                }
                _ => return false,
            }
        }
        if let Some(interval) = self.settings.flush_interval
            && self.open.is_empty()
            && self.next_tick.is_some_and(|tick| tick < now)
        {
            // It was missed, and nothing with it.
            self.next_tick = Some(next_multiple(now, interval));
        }
        let resolved = self.settings.references().into_iter().map(|name| {
            let (value, is_tag) = resolve(point, &name).unwrap();
            (name, value, is_tag)
        });
        let outputs = self.settings.outputs.len();
        self.open.push(Task::new(self.created, now, point, id, resolved.collect(), outputs));
        self.created += 1;
        true
    }

    fn first_due(&self, now: i64) -> Option<usize> {
        let due = |at: &usize| self.open[*at].timer_deadline(&self.settings);
        // The first of equal ones, so in the order of creation.
        (0..self.open.len()).filter(|at| due(at) <= now).min_by_key(due)
    }

    fn flush(&mut self, at: usize, now: i64, out: &mut Vec<Point>) {
        let task = &mut self.open[at];
        if !task.has_news {
            return;
        }
        out.push(self.emitter.point(&self.settings, task, Reason::Flush, now, &mut self.counters));
        task.has_news = false;
        if self.settings.reset_on_flush {
            task.reset();
        }
    }

    /// No point joins it any more.
    fn is_over(&self, at: usize, now: i64) -> bool {
        self.open[at].deadline(&self.settings) < now
    }

    fn expire(&mut self, at: usize, now: i64, out: &mut Vec<Point>) {
        let reason = self.open[at].timeout_reason(&self.settings);
        self.end(at, reason, now, out);
    }

    /// What is over has ended for its own reason, whoever notices first.
    fn end_or_expire(&mut self, at: usize, reason: Reason, now: i64, out: &mut Vec<Point>) {
        if self.is_over(at, now) {
            self.expire(at, now, out);
        } else {
            self.end(at, reason, now, out);
        }
    }

    fn end(&mut self, at: usize, reason: Reason, now: i64, out: &mut Vec<Point>) {
        let task = self.open.remove(at);
        if self.comes_out(reason) {
            out.push(self.emitter.point(&self.settings, &task, reason, now, &mut self.counters));
        } else {
            *self.counters.vanished.entry(reason).or_default() += 1;
        }
    }

    fn comes_out(&self, reason: Reason) -> bool {
        match reason {
            Reason::Timeout | Reason::Inactivity => {
                self.settings.push_on_timeout || self.settings.push_previous
            }
            Reason::End => self.settings.emit_on_end,
            _ => true,
        }
    }
}

/// What a reference in an id stands for, and whether that is a tag.
fn resolve(point: &Point, name: &str) -> Option<(Value, bool)> {
    if let Some(tag) = value::tag(point, name) {
        return Some((tag, true));
    }
    let field = value::field(point, name)?;
    (field.is_finite() && !field.text().is_empty()).then_some((field, false))
}

/// The first multiple of `interval` after `now`.
fn next_multiple(now: i64, interval: i64) -> i64 {
    (now.div_euclid(interval) + 1).saturating_mul(interval)
}

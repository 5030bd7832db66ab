//! Event time: how far each group has come, by the points that came.

use super::Model;
use super::event::Event;

/// A Kapacitor group.
#[derive(Debug, Clone)]
pub struct Group {
    pub key: String,
    /// The newest reference time.
    newest: Option<i64>,
    /// Up to where all has been done.
    pub reached: i64,
    /// When its last point came, by the clock.
    arrived: i64,
    /// Points that wait for older ones, in the order in which they came.
    pub held: Vec<Event>,
    /// When a flush is due.
    tick: Option<i64>,
}

/// What is to be done next, at one moment in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// To take the held point at this place.
    Held(usize),
    /// To end the open task at this place.
    Task(usize),
    Tick,
}

impl Group {
    fn watermark(&self, max_delay: i64) -> i64 {
        self.newest.map_or(i64::MIN, |newest| newest.saturating_sub(max_delay))
    }

    fn first_held(&self) -> Option<(i64, Next)> {
        let held = self.held.iter().enumerate();
        held.map(|(at, event)| (event.reference, Next::Held(at))).min()
    }

    /// When what is due at `moment` is done if no point comes: timers and ticks strictly behind it, as with points.
    fn idle_due(&self, moment: i64, next: Next, max_delay: i64) -> i64 {
        let left = moment.saturating_sub(self.newest.unwrap_or(i64::MIN));
        let by_clock = self.arrived.saturating_add(left).saturating_add(max_delay);
        if let Next::Held(_) = next { by_clock } else { by_clock.saturating_add(1) }
    }
}

impl Model {
    /// The place of a group.
    pub(super) fn group(&mut self, key: &str) -> usize {
        if let Some(at) = self.groups.iter().position(|group| group.key == key) {
            return at;
        }
        let key = key.to_owned();
        self.groups.push(Group {
            key,
            newest: None,
            reached: i64::MIN,
            arrived: self.now,
            held: vec![],
            tick: None,
        });
        self.groups.len() - 1
    }

    /// The batch has a time of its own.
    pub(super) fn begin_anew(&mut self, at: usize) {
        self.groups[at].newest = None;
        self.groups[at].reached = i64::MIN;
    }

    pub(super) fn arrive(&mut self, event: Event) {
        let max_delay = self.settings.max_delay;
        let (at, now) = (self.group(&event.origin.group), self.now);
        let group = &mut self.groups[at];
        self.counters.late += u64::from(event.reference < group.watermark(max_delay));
        group.newest = group.newest.max(Some(event.reference));
        group.arrived = now;
        self.newest = self.newest.max(event.reference);
        let watermark = group.watermark(max_delay);
        let waits = max_delay > 0 || !group.held.is_empty();
        group.held.push(event);
        if waits {
            self.release(at, watermark);
            self.advance(at, watermark);
        } else {
            self.advance(at, watermark);
            self.take_held(at, 0);
            self.advance(at, watermark);
        }
    }

    /// Held points up to the watermark are taken.
    fn release(&mut self, at: usize, watermark: i64) {
        while let Some((reference, Next::Held(place))) = self.groups[at].first_held()
            && reference <= watermark
        {
            self.advance(at, reference);
            self.take_held(at, place);
        }
    }

    fn take_held(&mut self, at: usize, place: usize) {
        let group = &mut self.groups[at];
        let event = group.held.remove(place);
        self.taking = Some((group.key.clone(), group.reached.max(event.reference)));
        self.take(&event);
        self.taking = None;
    }

    /// The group has come to a moment: what lies before it is done.
    fn advance(&mut self, at: usize, to: i64) {
        self.groups[at].reached = self.groups[at].reached.max(to);
        while let Some((moment, next)) = self.first_timer(at)
            && moment < self.groups[at].reached
        {
            self.do_next(at, moment, next);
        }
    }

    fn first_timer(&self, at: usize) -> Option<(i64, Next)> {
        let group = &self.groups[at];
        // Of one moment the first is the one created first.
        let tasks = self.open.iter().enumerate().filter(|(_, task)| task.group() == group.key);
        let tasks = tasks.map(|(place, task)| (task.timer_deadline(&self.settings), Next::Task(place)));
        tasks.chain(group.tick.map(|tick| (tick, Next::Tick))).min()
    }

    fn do_next(&mut self, at: usize, moment: i64, next: Next) {
        match next {
            Next::Held(place) => self.take_held(at, place),
            Next::Task(place) => self.expire(place),
            Next::Tick => {
                self.groups[at].tick = None;
                for place in 0..self.open.len() {
                    if self.open[place].group() == self.groups[at].key {
                        self.flush(place, moment);
                    }
                }
            }
        }
    }

    /// A task of the group has news.
    pub(super) fn expect_flush(&mut self, group: &str) {
        let Some(interval) = self.settings.flush_interval.filter(|_| !self.is_by_clock()) else { return };
        let moment = self.taking.as_ref().unwrap().1;
        let at = self.group(group);
        self.groups[at].tick.get_or_insert(multiple_from(moment, interval));
    }

    /// What the clock ends, since no points come.
    pub(super) fn pass_idle_time(&mut self) {
        self.is_timer = true;
        while let Some((due, at, moment, next)) = self.first_idle()
            && due <= self.now
        {
            self.do_next(at, moment, next);
        }
    }

    /// When it is due by the clock, its group, its moment, and what it is.
    fn first_idle(&self) -> Option<(i64, usize, i64, Next)> {
        if self.settings.end_of_batch {
            return None;
        }
        let first = |at: usize| {
            let group = &self.groups[at];
            let (moment, next) = group.first_held().into_iter().chain(self.first_timer(at)).min()?;
            Some((group.idle_due(moment, next, self.settings.max_delay), at, moment, next))
        };
        (0..self.groups.len()).filter_map(first).min()
    }

    /// A tick of tasks that have all ended may be forgotten.
    pub(super) fn next_idle_due(&self) -> Option<i64> {
        let mut model = self.clone();
        for group in &mut model.groups {
            if !self.open.iter().any(|task| task.has_news && task.group() == group.key) {
                group.tick = None;
            }
        }
        model.first_idle().map(|(due, ..)| due)
    }

    /// The batch of a group ends: all of it has come.
    pub(super) fn end_group_s_time(&mut self, at: usize) {
        let newest = self.groups[at].newest.unwrap_or(i64::MIN);
        self.release(at, newest);
        self.advance(at, newest);
    }

    /// No points come any more: every group comes to where the first of them is.
    pub(super) fn end_event_time(&mut self) {
        for at in 0..self.groups.len() {
            self.groups[at].newest = Some(self.newest);
            self.end_group_s_time(at);
        }
    }

    /// What a snapshot does not say is made anew.
    pub(super) fn restore_event_time(&mut self) {
        if self.is_by_clock() {
            return;
        }
        for at in 0..self.groups.len() {
            let watermark = self.groups[at].watermark(self.settings.max_delay);
            let first = self.groups[at].first_held().map_or(i64::MAX, |(reference, _)| reference);
            let group = &mut self.groups[at];
            group.reached = watermark.min(first);
            let news = self.open.iter().filter(|task| task.has_news && task.group() == group.key);
            let newest = news.map(|task| task.active().max(group.reached)).max();
            group.tick = newest
                .zip(self.settings.flush_interval)
                .map(|(moment, interval)| multiple_from(moment, interval));
        }
    }
}

/// The first multiple of `interval` that is not before `moment`.
fn multiple_from(moment: i64, interval: i64) -> i64 {
    let missing = (interval - moment.rem_euclid(interval)) % interval;
    moment.saturating_add(missing)
}

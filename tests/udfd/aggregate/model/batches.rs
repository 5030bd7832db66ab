//! Batches: those that come, and what comes out as batches.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto::{BeginBatch, EndBatch, Point};

use super::Model;
use super::counters::Reason;
use super::event::{Event, Origin};
use super::sent::{Batch, Sent};

/// A batch whose end has not come.
#[derive(Debug, Clone)]
pub struct OpenBatch {
    begin: BeginBatch,
    pub origin: Origin,
    /// What its output will hold, each with whether it is no original.
    gathered: Vec<(Point, bool)>,
}

impl Model {
    pub(super) fn begin_batch(&mut self, begin: &BeginBatch) {
        let at = self.group(&begin.group);
        if self.settings.end_of_batch {
            self.begin_anew(at);
        }
        let (begin, origin) = (begin.clone(), Origin::of_batch(begin));
        self.batch = Some(OpenBatch { begin, origin, gathered: vec![] });
    }

    pub(super) fn end_the_batch(&mut self, end: &EndBatch) {
        self.ending = Some(end.tmax);
        if self.settings.end_of_batch {
            let at = self.group(&end.group);
            self.end_tasks_of(at);
        }
        self.ending = None;
        let batch = self.batch.take().unwrap();
        if self.settings.provides_batches() {
            self.send_gathered(batch, end.tmax);
        }
    }

    /// What a batch that will not end has brought so far comes out.
    pub(super) fn leave_batch(&mut self) {
        if let Some(batch) = self.batch.take()
            && let Some(tmax) = batch.gathered.iter().map(|(point, _)| point.time).max()
        {
            self.send_gathered(batch, tmax);
        }
    }

    /// The end of the open batch will not come: what has been gathered for it is kept.
    pub(super) fn cut_batch(&mut self) {
        let is_gathering = self.function == Function::BATCH;
        self.batch = self.batch.take().filter(|batch| is_gathering && !batch.gathered.is_empty());
        self.is_cut = self.batch.is_some();
    }

    /// Batches that will not end any more end now, and their tasks.
    pub(super) fn end_orphans(&mut self) {
        if std::mem::take(&mut self.is_cut) {
            self.leave_batch();
        }
        if std::mem::take(&mut self.has_orphans) {
            (0..self.groups.len()).for_each(|at| self.end_tasks_of(at));
        }
    }

    fn end_tasks_of(&mut self, at: usize) {
        self.end_group_s_time(at);
        let group = self.groups[at].key.clone();
        while let Some(place) = self.open.iter().position(|task| task.group() == group) {
            self.end(place, Reason::Batch);
        }
    }

    /// A task's point comes out.
    pub(super) fn send(&mut self, point: Point, group: &str) {
        if !self.settings.provides_batches() {
            self.out.push(Sent::Point(point));
        } else if self.is_gathered(group) {
            self.batch.as_mut().unwrap().gathered.push((point, true));
        } else {
            self.send_alone(&point.clone(), point);
        }
    }

    pub(super) fn pass_original(&mut self, event: &Event) {
        if self.settings.pass_through {
            self.counters.passed += 1;
            self.pass(event);
        }
    }

    /// An event goes on.
    pub(super) fn pass(&mut self, event: &Event) {
        let (point, origin) = (event.point.clone(), event.origin.clone());
        let of_group = origin.empty_point();
        match (self.settings.wants_batches(), self.settings.provides_batches()) {
            (false, false) => self.out.push(Sent::Point(point)),
            (true, false) => {
                let Origin { name, database, retention_policy, group, dimensions, by_name, .. } = origin;
                let point = Point { name, database, retention_policy, group, dimensions, by_name, ..point };
                self.out.push(Sent::Point(point));
            }
            (false, true) => self.send_alone(&of_group, point),
            (true, true) if self.is_gathered(&of_group.group) => {
                self.batch.as_mut().unwrap().gathered.push((point, false));
            }
            (true, true) => {
                let name = self.settings.measurement.clone().unwrap_or(origin.name);
                self.send_alone(&Point { name, ..of_group }, point);
            }
        }
    }

    /// A batch of one point.
    fn send_alone(&mut self, of_group: &Point, point: Point) {
        let tmax = point.time;
        self.out.push(Sent::Batch(Batch::new(of_group, vec![point], tmax)));
    }

    /// Whether what a group sends waits for the end of the open batch.
    fn is_gathered(&self, group: &str) -> bool {
        let is_of_batch = self.batch.as_ref().is_some_and(|batch| batch.begin.group == group);
        is_of_batch && !self.is_timer && self.settings.provides_batches()
    }

    fn send_gathered(&mut self, batch: OpenBatch, tmax: i64) {
        let OpenBatch { begin, mut gathered, .. } = batch;
        // Stable: what came out first is first among equals.
        gathered.sort_by_key(|(point, is_task_s)| (point.time, *is_task_s));
        let points: Vec<Point> = gathered.into_iter().map(|(point, _)| point).collect();
        let name = self.settings.measurement.clone().unwrap_or(begin.name);
        let begin = BeginBatch { name, size: i64::try_from(points.len()).unwrap(), ..begin };
        self.out.push(Sent::Batch(Batch::between(begin, points, tmax)));
    }
}

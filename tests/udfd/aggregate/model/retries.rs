//! Finished points: what timeoutCode does to them, and those that are set aside until it does not fail.

use kapacitor_udfd::proto::Point;

use super::Model;
use super::code::{FAILED, add_to_tags};
use super::counters::Reason;
use super::script::{Emitted, Run, Script};
use super::task::Task;

const SECOND: i64 = 1_000_000_000;

/// A point that timeoutCode has not been through.
#[derive(Debug, Clone)]
pub struct Finished {
    task: Task,
    reason: Reason,
    point: Point,
    tries_left: u64,
    /// It has been set aside.
    is_late: bool,
    /// When it is tried again, by the clock.
    pub due: i64,
}

impl Model {
    pub(super) fn finish(&mut self, task: &Task, reason: Reason, point: Point) {
        let Some(code) = self.settings.timeout_code.clone().filter(|_| reason.is_timeout()) else {
            *self.counters.out.entry(reason).or_default() += 1;
            return self.send(point, task.group());
        };
        let tries_left = self.settings.max_timeout_retries;
        let finished = Finished { task: task.clone(), reason, point, tries_left, is_late: false, due: 0 };
        self.run_timeout_code(&code, finished);
    }

    fn run_timeout_code(&mut self, code: &Script, mut finished: Finished) {
        let mut run = Run {
            event: finished.point.clone(),
            dimensions: finished.point.dimensions.iter().cloned().collect(),
            map: finished.task.map.clone(),
            is_read_only: true,
            task: finished.task.view(&self.settings, Some(finished.reason)),
            emitted: vec![],
            is_cancelled: false,
        };
        if run.script(code).is_ok() {
            return self.come_out(&finished, &run);
        }
        self.counters.failed += 1;
        if finished.tries_left > 0 {
            let every = self.settings.timeout_flush_interval.max(SECOND);
            finished.is_late = true;
            finished.due = self.now.saturating_add(every);
            return self.aside.push(finished);
        }
        self.come_out_by_on_error(&finished, run);
    }

    /// The clock has come to when they are tried again.
    pub(super) fn try_what_is_due(&mut self, most: usize) {
        while self.out.len() < most
            && let Some((due, at)) = self.aside.iter().enumerate().map(|(at, aside)| (aside.due, at)).min()
            && due <= self.now
        {
            self.try_again(at);
        }
    }

    fn try_again(&mut self, at: usize) {
        let mut finished = self.aside.remove(at);
        finished.tries_left -= 1;
        let code = self.settings.timeout_code.clone().unwrap();
        self.run_timeout_code(&code, finished);
    }

    /// It is tried no more.
    pub(super) fn give_up(&mut self, at: usize) {
        let finished = self.aside.remove(at);
        let run = Run {
            event: finished.point.clone(),
            dimensions: finished.point.dimensions.iter().cloned().collect(),
            map: finished.task.map.clone(),
            is_read_only: true,
            task: finished.task.view(&self.settings, Some(finished.reason)),
            emitted: vec![],
            is_cancelled: false,
        };
        self.come_out_by_on_error(&finished, run);
    }

    fn come_out_by_on_error(&mut self, finished: &Finished, mut run: Run) {
        if self.settings.on_error == "drop" {
            run.is_cancelled = true;
        } else if run.dimensions.contains(FAILED.0) {
            self.counters.left_out += 1;
        } else {
            add_to_tags(&mut run.event.tags);
        }
        self.come_out(finished, &run);
    }

    fn come_out(&mut self, finished: &Finished, run: &Run) {
        let Finished { task, reason, point: of, .. } = finished;
        let mut first = of.time;
        if finished.is_late {
            // Others of its group may have come out since.
            let is_now = self.is_by_clock() && self.settings.point_time == "emit";
            let own = if is_now { self.now } else { of.time };
            if own != of.time || !self.emitter.is_last(task.group(), of.time) {
                first = self.emitter.next(&self.settings, task.group(), own);
            }
        }
        if self.settings.pass_through && !run.emitted.is_empty() {
            // An original may have gone on with that time.
            first = self.emitter.next(&self.settings, task.group(), first);
        }
        let mut time = first;
        for emitted in &run.emitted {
            let point = match emitted {
                Emitted::Event(point) => {
                    let point = Point { time, ..(**point).clone() };
                    let point = self.emitter.refit(&point, &mut self.counters);
                    Some(point).filter(|point| !super::value::fields(point).is_empty())
                }
                Emitted::Fields(fields) => {
                    let of = Point { time, name: of.name.clone(), ..task.origin.empty_point() };
                    self.emitter.emitted(&self.settings, task, of, fields, &mut self.counters)
                }
            };
            if let Some(point) = point {
                self.counters.emitted += 1;
                self.send(point, task.group());
                time = self.emitter.next(&self.settings, task.group(), first);
            }
        }
        if run.is_cancelled {
            self.counters.cancelled_tasks += 1;
            return;
        }
        *self.counters.out.entry(*reason).or_default() += 1;
        let is_changed = run.event != *of;
        let mut point = Point { time, ..run.event.clone() };
        if is_changed || finished.is_late {
            point = self.emitter.fit(task, &point, &mut self.counters);
        }
        self.send(point, task.group());
    }
}

//! The tasks of a lane: how long each was open, its events, how long it waited, how it ended.

use std::iter;

use super::super::axis::Axis;
use super::super::ends::{self, Look, Shape};
use super::super::story::{Lane, Story, Task};
use super::super::words;
use super::page::{Page, px};
use super::rows::Size;
use super::style;

/// Events that are less than this apart are drawn as one: nobody would see a gap.
const APART: f64 = 0.6;
/// The longest id that is said again at each of its tasks, in columns.
const SAID: usize = 60;

/// Where the time axis lies on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
}

impl Plot {
    pub(super) fn at(self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }
}

/// All that the lanes have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawer<'a> {
    pub(super) axis: &'a Axis,
    pub(super) plot: Plot,
    pub(super) size: Size,
    pub(super) until: i64,
    /// Each event says what it is.
    pub(super) says_events: bool,
}

/// Events that are drawn as one.
#[derive(Debug, Clone, Copy)]
struct Run {
    from: f64,
    until: f64,
    first: i64,
    last: i64,
    events: u64,
}

impl Drawer<'_> {
    pub(super) fn lane(&self, page: &mut Page, lane: &Lane, middle: f64) {
        for (task, has_room) in self.tasks(lane) {
            self.task(page, &lane.label, task, middle, has_room);
        }
        if lane.left_out > 0 {
            let words = format!("{} not drawn", words::counted(lane.left_out, "more task"));
            let free_from = lane.tasks.last().map_or(self.plot.left, |task| self.x(self.end_of(task)));
            let d = format!("M{} {}H{}", px(free_from + 8.0), px(middle), px(self.plot.right));
            page.path("more", &d, Some(&words));
        }
    }

    /// Whether an end is without room for its shape.
    pub(super) fn is_crowded(&self, story: &Story) -> bool {
        let mut tasks = story.lanes().flat_map(|lane| self.tasks(lane));
        tasks.any(|(task, has_room)| !has_room && task.end.is_some())
    }

    /// The tasks of a lane, and whether there is room for the shape of each one's end.
    fn tasks<'a>(&self, lane: &'a Lane) -> impl Iterator<Item = (&'a Task, bool)> {
        let end = |task: &Task| self.x(self.end_of(task));
        let before = iter::once(f64::NEG_INFINITY).chain(lane.tasks.iter().map(end));
        let next = lane.tasks.iter().skip(1).map(|next| self.x(next.first)).chain([f64::INFINITY]);
        lane.tasks.iter().zip(before).zip(next).map(move |((task, before), next)| {
            let end = end(task);
            (task, end - before >= 2.0 * self.size.end && next - end >= self.size.end)
        })
    }

    fn task(&self, page: &mut Page, id: &str, task: &Task, middle: f64, has_room: bool) {
        let look = task.end.and_then(|(_, reason)| ends::of(reason));
        page.open(&style::class(look), &said(id, task, self.until));
        let (first, last, end) = (self.x(task.first), self.x(task.last), self.x(self.end_of(task)));
        self.bar(page, "open", (first, last), middle);
        if end - last > 1.0 {
            self.bar(page, "wait", (last, end), middle);
            page.path("tail", &format!("M{} {}H{}", px(last), px(middle), px(end)), None);
        }
        self.events(page, task, middle);
        let (d, class) = match look {
            Some(look) if has_room => (shape(look, (end, middle), self.size.end), "end"),
            Some(_) => (stroke((end, middle), self.size.event), "line"),
            None => (chevron((end, middle), self.size.end), "line"),
        };
        page.path(class, &d, None);
        page.close();
    }

    fn bar(&self, page: &mut Page, class: &str, (from, until): (f64, f64), middle: f64) {
        if until - from > 0.1 {
            let at = (from, middle - self.size.bar);
            page.rect(class, at, (until - from, 2.0 * self.size.bar), None);
        }
    }

    fn events(&self, page: &mut Page, task: &Task, middle: f64) {
        let (top, height) = (px(middle - self.size.event), px(2.0 * self.size.event));
        let mut all = String::new();
        let mut before = None;
        for run in self.runs(task) {
            let width = px(run.until - run.from + self.size.width);
            let d = format!("M{} {top}h{width}v{height}h-{width}z", px(run.from - self.size.width / 2.0));
            if self.says_events {
                page.path("event", &d, Some(&run.said(before)));
            } else {
                all.push_str(&d);
            }
            before = Some(run.last);
        }
        if !all.is_empty() {
            page.path("event", &all, None);
        }
    }

    fn runs(&self, task: &Task) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let width = self.size.width;
        for mark in &task.marks {
            let x = self.x(mark.at);
            match runs.last_mut() {
                Some(run) if x - run.until < width + APART => {
                    (run.until, run.last) = (x, mark.at);
                    run.events += u64::from(mark.events);
                }
                _ => runs.push(Run {
                    from: x,
                    until: x,
                    first: mark.at,
                    last: mark.at,
                    events: u64::from(mark.events),
                }),
            }
        }
        runs
    }

    fn x(&self, at: i64) -> f64 {
        self.plot.at(self.axis.share(at))
    }

    fn end_of(&self, task: &Task) -> i64 {
        task.end.map_or(self.until, |(at, _)| at)
    }
}

impl Run {
    fn said(&self, before: Option<i64>) -> String {
        let events = words::counted(self.events, "event");
        let when = if self.first == self.last {
            format!("{} UTC", words::moment(self.first))
        } else {
            words::from_to(self.first, self.last)
        };
        match before {
            Some(before) => {
                format!(
                    "{events}, {when}\n{} after the one before",
                    words::duration(self.first.abs_diff(before))
                )
            }
            None => format!("{events}, {when}"),
        }
    }
}

/// What a task says when it is pointed at.
fn said(id: &str, task: &Task, until: i64) -> String {
    let id = words::shortened(&words::label(id), SAID, words::columns);
    let later = words::duration(task.end.map_or(until, |(at, _)| at).max(task.last).abs_diff(task.last));
    let end = match task.end {
        Some((at, reason)) => {
            let (word, meaning) = (reason.word(), ends::meaning(reason));
            format!("ended {later} later, {} UTC: {word} ({meaning})", words::moment(at))
        }
        None => format!("still open {later} later"),
    };
    if task.events == 1 {
        return format!("{id}: 1 event, {} UTC\n{end}", words::moment(task.first));
    }
    let events = words::counted(task.events, "event");
    let (lasted, gap) = (words::duration(task.last.abs_diff(task.first)), words::duration(task.longest_gap));
    let when = words::from_to(task.first, task.last);
    format!("{id}: {events} in {lasted}\n{when}\nlongest gap {gap}\n{end}")
}

/// What an end looks like, of half its width.
pub(super) fn shape(look: &Look, (x, y): (f64, f64), r: f64) -> String {
    let points: &[(f64, f64)] = match look.shape {
        Shape::Circle => {
            let (r, d) = (px(r), px(2.0 * r));
            return format!("M{} {}m-{r} 0a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z", px(x), px(y));
        }
        Shape::Square => &[(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
        Shape::Diamond => &[(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)],
        Shape::Up => &[(0.0, -1.0), (1.1, 0.9), (-1.1, 0.9)],
        Shape::Down => &[(0.0, 1.0), (1.1, -0.9), (-1.1, -0.9)],
        Shape::Left => &[(-1.0, 0.0), (0.9, -1.1), (0.9, 1.1)],
        Shape::Right => &[(1.0, 0.0), (-0.9, -1.1), (-0.9, 1.1)],
        Shape::Bar => &[(-0.45, -1.25), (0.45, -1.25), (0.45, 1.25), (-0.45, 1.25)],
        Shape::Hexagon => &[(-0.55, -1.0), (0.55, -1.0), (1.1, 0.0), (0.55, 1.0), (-0.55, 1.0), (-1.1, 0.0)],
        Shape::Cross => &[
            (-1.0, -0.6),
            (-0.6, -1.0),
            (0.0, -0.4),
            (0.6, -1.0),
            (1.0, -0.6),
            (0.4, 0.0),
            (1.0, 0.6),
            (0.6, 1.0),
            (0.0, 0.4),
            (-0.6, 1.0),
            (-1.0, 0.6),
            (-0.4, 0.0),
        ],
    };
    let place = |(dx, dy): &(f64, f64)| format!("{} {}", px(x + dx * r), px(y + dy * r));
    format!("M{}z", points.iter().map(place).collect::<Vec<_>>().join("L"))
}

/// An end where there is no room for a shape.
pub(super) fn stroke((x, y): (f64, f64), half: f64) -> String {
    format!("M{} {}v{}", px(x), px(y - half), px(2.0 * half))
}

/// It goes on.
pub(super) fn chevron((x, y): (f64, f64), r: f64) -> String {
    let (half, height) = (px(r * 0.6), px(r * 0.9));
    format!("M{} {}l{half} {height}l-{half} {height}", px(x), px(y - r * 0.9))
}

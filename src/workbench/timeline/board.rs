//! Where tasks are drawn: which lane takes which, and how many there is room for. Knows no open tasks' numbers.

use std::collections::HashMap;

use kapacitor_udfd::aggregate::Reason;

use super::story::{Group, Lane, Task};

/// Tasks of one id that are drawn: a lane is some 900 pixels long, and each should be told from the next.
const TASKS_A_LANE: usize = 200;
/// Tasks that are drawn at all: each is some 500 bytes of SVG.
const TASKS: usize = 20_000;
/// Marks that a lane holds before those that fall on one pixel are put together: 32 KB.
const MARKS_A_LANE: usize = 2_000;
/// Into how many pieces time is cut when they are: as many as a lane has pixels.
const PIECES: u64 = 1_000;
/// Lanes of one id, the latest ones, that are tried for a new task before it gets another.
const LANES_TRIED: usize = 4;

/// The lanes so far.
#[derive(Debug)]
pub(super) struct Board {
    most_lanes: usize,
    lanes: Vec<Held>,
    groups: Vec<Ids>,
    /// Where in `groups` a group is.
    numbers: HashMap<String, usize>,
    tasks: usize,
    left_out: u64,
    /// The first and the last moment that is drawn.
    span: Option<(i64, i64)>,
}

/// A lane, and how many marks it holds.
#[derive(Debug, Default)]
struct Held {
    lane: Lane,
    marks: usize,
}

/// The ids of a group, in the order in which they came, and each one's lanes.
#[derive(Debug, Default)]
struct Ids {
    name: String,
    lanes: Vec<Vec<usize>>,
    numbers: HashMap<String, usize>,
}

/// A task on the board.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    lane: usize,
    task: usize,
}

impl Board {
    pub(super) fn new(most_lanes: usize) -> Self {
        Self {
            most_lanes,
            lanes: Vec::new(),
            groups: Vec::new(),
            numbers: HashMap::new(),
            tasks: 0,
            left_out: 0,
            span: None,
        }
    }

    /// A task begins with an event. Returns where it is drawn, if there is room.
    pub(super) fn begin(&mut self, group: &str, id: &str, at: i64) -> Option<Spot> {
        let lane = match self.free_lane(group, id, at) {
            Ok(lane) => Some(lane),
            Err(NoLane::Full(lane)) => {
                if let Some(held) = self.lanes.get_mut(lane) {
                    held.lane.left_out += 1;
                }
                None
            }
            Err(NoLane::None) => None,
        };
        let Some(lane) = lane.filter(|_| self.tasks < TASKS) else {
            self.left_out += 1;
            return None;
        };
        let held = self.lanes.get_mut(lane)?;
        held.lane.tasks.push(Task::of_event_at(at));
        held.marks += 1;
        let spot = Spot { lane, task: held.lane.tasks.len() - 1 };
        self.tasks += 1;
        self.reach(at);
        Some(spot)
    }

    /// An event of a task that is drawn.
    pub(super) fn event(&mut self, spot: Spot, at: i64) {
        self.reach(at);
        let span = self.span.map_or(0, |(from, until)| until.abs_diff(from));
        let Some(held) = self.lanes.get_mut(spot.lane) else { return };
        let Some(task) = held.lane.tasks.get_mut(spot.task) else { return };
        held.marks += usize::from(task.take(at));
        if held.marks > MARKS_A_LANE {
            let resolution = (span / PIECES).max(1);
            held.lane.tasks.iter_mut().for_each(|task| task.thin(resolution));
            held.marks = held.lane.marks();
        }
    }

    /// A task that is drawn has ended.
    pub(super) fn end(&mut self, spot: Spot, reason: Reason, at: i64) {
        self.reach(at);
        let lane = self.lanes.get_mut(spot.lane);
        if let Some(task) = lane.and_then(|held| held.lane.tasks.get_mut(spot.task)) {
            task.end = Some((at, reason));
        }
    }

    /// The groups with their lanes, those of an id one below the other.
    pub(super) fn take_groups(&mut self) -> Vec<Group> {
        let mut groups = Vec::with_capacity(self.groups.len());
        for ids in std::mem::take(&mut self.groups) {
            let numbers = ids.lanes.into_iter().flatten();
            let lanes = numbers.filter_map(|lane| self.lanes.get_mut(lane).map(std::mem::take));
            groups.push(Group { name: ids.name, lanes: lanes.map(|held| held.lane).collect() });
        }
        groups
    }

    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(super) fn span(&self) -> Option<(i64, i64)> {
        self.span
    }

    fn reach(&mut self, at: i64) {
        let (from, until) = self.span.unwrap_or((at, at));
        self.span = Some((from.min(at), until.max(at)));
    }

    /// A lane of the id's in which nobody is open at that moment, or a new one.
    fn free_lane(&mut self, group: &str, id: &str, at: i64) -> Result<usize, NoLane> {
        let ids = self.numbers.get(group).and_then(|number| self.groups.get(*number));
        let known = ids.and_then(|ids| ids.numbers.get(id).and_then(|number| ids.lanes.get(*number)));
        for &lane in known.into_iter().flatten().rev().take(LANES_TRIED) {
            match self.lanes.get(lane) {
                Some(held) if !held.lane.is_free_at(at) => {}
                Some(held) if held.lane.tasks.len() < TASKS_A_LANE => return Ok(lane),
                _ => return Err(NoLane::Full(lane)),
            }
        }
        if self.lanes.len() >= self.most_lanes || self.tasks >= TASKS {
            return Err(NoLane::None);
        }
        Ok(self.new_lane(group, id))
    }

    fn new_lane(&mut self, group: &str, id: &str) -> usize {
        let lane = self.lanes.len();
        self.lanes.push(Held { lane: Lane { label: id.to_owned(), ..Lane::default() }, marks: 0 });
        let next = self.groups.len();
        let number = *self.numbers.entry(group.to_owned()).or_insert(next);
        if number == next {
            self.groups.push(Ids { name: group.to_owned(), ..Ids::default() });
        }
        if let Some(ids) = self.groups.get_mut(number) {
            let next = ids.lanes.len();
            let number = *ids.numbers.entry(id.to_owned()).or_insert(next);
            if number == next {
                ids.lanes.push(Vec::new());
            }
            if let Some(lanes) = ids.lanes.get_mut(number) {
                lanes.push(lane);
            }
        }
        lane
    }
}

/// Why there is no lane.
enum NoLane {
    /// This one would be it, but it is full.
    Full(usize),
    /// There are as many as are drawn.
    None,
}

impl Lane {
    /// Whether its last task was over by then.
    fn is_free_at(&self, at: i64) -> bool {
        self.tasks.last().is_none_or(|task| task.end.is_some_and(|(end, _)| end <= at))
    }
}

//! Takes what happens to tasks, and keeps what will be drawn and said of it, within bounds. Knows nothing of how it
//! is drawn.

use std::collections::HashMap;

use kapacitor_udfd::aggregate::Reason;

use super::board::{Board, Spot};
use super::figures::Figures;
use super::returns::{Id, MOST_IDS, Returns};
use super::story::Story;

/// As many lanes as are still easily looked through.
pub(crate) const DEFAULT_LANES: usize = 500;
/// A picture of more than that, 70,000 pixels high, is of no use to anybody.
pub(crate) const MAX_LANES: usize = 5_000;

/// Takes calls in the order in which things happen, with times as the node's deadlines count them. What it holds
/// does not grow with the number of events: some 60 bytes an open task, 40 an id, and at most 40 KB a lane.
#[derive(Debug)]
pub(crate) struct Collector {
    title: String,
    board: Board,
    open: HashMap<u32, Open>,
    returns: Returns,
    figures: Figures,
    /// The first event, and the last moment that anything is known of.
    span: Option<(i64, i64)>,
}

/// What must be known of a task until it ends, drawn or not.
#[derive(Debug, Clone, Copy)]
struct Open {
    first: i64,
    last: i64,
    /// Where it is drawn, if it is.
    spot: Option<Spot>,
    /// Its id, if that is followed.
    id: Option<Id>,
}

impl Collector {
    /// Draws the first so many `lanes`; `title` is the node's text.
    pub(crate) fn new(title: String, lanes: usize) -> Self {
        Self {
            title,
            board: Board::new(lanes),
            open: HashMap::new(),
            returns: Returns::new(MOST_IDS),
            figures: Figures::new(),
            span: None,
        }
    }

    /// An event has joined the task with the number `place`. Of open tasks each has its own; it is used again after
    /// an end. The names are looked at only if the task is new.
    pub(crate) fn event(&mut self, place: u32, group: &[u8], id: &[u8], at: i64) {
        self.figures.events += 1;
        self.reach(at);
        let Some(open) = self.open.get_mut(&place) else {
            let open = self.begin(group, id, at);
            self.open.insert(place, open);
            return;
        };
        // One that is late in the node's own time makes no gap longer or shorter.
        if at >= open.last {
            self.figures.gaps.record(at.abs_diff(open.last));
        }
        open.first = open.first.min(at);
        open.last = open.last.max(at);
        if let Some(spot) = open.spot {
            self.board.event(spot, at);
        }
    }

    /// The task has ended. A result so far (`flushInterval`) is no end.
    pub(crate) fn ended(&mut self, place: u32, reason: Reason, at: i64) {
        if reason == Reason::Flush {
            return;
        }
        let Some(open) = self.open.remove(&place) else { return };
        self.reach(at);
        self.figures.count(reason);
        self.figures.lengths.record(open.last.abs_diff(open.first));
        // The others end with an event, not with the want of one.
        if matches!(reason, Reason::Inactivity | Reason::Timeout) {
            self.figures.waits.record(u64::try_from(at.saturating_sub(open.last)).unwrap_or_default());
        }
        if let Some(id) = open.id {
            self.returns.end(id, open.last, reason == Reason::Inactivity);
        }
        if let Some(spot) = open.spot {
            self.board.end(spot, reason, at);
        }
    }

    /// Nothing comes any more. What is open was open until the last moment that is known.
    pub(crate) fn finish(&mut self) -> Story {
        self.figures.still_open = self.open.len() as u64;
        for open in self.open.values() {
            self.figures.lengths.record(open.last.abs_diff(open.first));
        }
        self.figures.has_more_ids = self.returns.has_more;
        let whole = self.span.unwrap_or_default();
        let (from, last) = self.board.span().unwrap_or_default();
        let is_waiting = self.open.values().any(|open| open.spot.is_some());
        let until = if is_waiting { whole.1 } else { last };
        Story {
            title: std::mem::take(&mut self.title),
            whole,
            from,
            until,
            left_out: self.board.left_out(),
            figures: std::mem::replace(&mut self.figures, Figures::new()),
            groups: self.board.take_groups(),
        }
    }

    fn begin(&mut self, group: &[u8], id: &[u8], at: i64) -> Open {
        self.figures.tasks += 1;
        let (followed, away) = self.returns.begin(group, id, at);
        if let Some(away) = away {
            self.figures.returns.record(away);
        }
        let (group, id) = names(group, id);
        Open { first: at, last: at, spot: self.board.begin(&group, &id, at), id: followed }
    }

    fn reach(&mut self, at: i64) {
        let (from, until) = self.span.unwrap_or((at, at));
        self.span = Some((from.min(at), until.max(at)));
    }
}

/// A group's name and a task's. Where the group is the task, it is not said twice; by measurement it has two lines.
fn names(group: &[u8], id: &[u8]) -> (String, String) {
    let (name, id) = (String::from_utf8_lossy(group), String::from_utf8_lossy(id));
    if name == id { (String::new(), id.replace('\n', ", ")) } else { (name.into_owned(), id.into_owned()) }
}

#[cfg(test)]
mod tests;

//! A line of cells, each of one column. Knows what lies over what, no times.

use super::screen::Signs;

/// A line that is drawn on.
#[derive(Debug)]
pub(super) struct Canvas {
    cells: Vec<char>,
    blank: char,
}

/// A task: the columns of its events with their number, and that of its end.
#[derive(Debug)]
pub(super) struct Spots {
    pub(super) events: Vec<(usize, u32)>,
    pub(super) end: usize,
    /// None: it is still open.
    pub(super) letter: Option<char>,
}

impl Canvas {
    pub(super) fn new(width: usize, blank: char) -> Self {
        Self { cells: vec![blank; width], blank }
    }

    pub(super) fn text(&self) -> String {
        self.cells.iter().collect()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| *cell == self.blank)
    }

    pub(super) fn put(&mut self, column: usize, c: char) {
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = c;
        }
    }

    /// Writes if there is room, a space before it counted.
    pub(super) fn write(&mut self, column: usize, text: &str) {
        let before = column.saturating_sub(1);
        let end = column + text.chars().count();
        let is_free = self.cells.get(before..end).is_some_and(|cells| cells.iter().all(|c| *c == self.blank));
        if is_free {
            (column..).zip(text.chars()).for_each(|(column, c)| self.put(column, c));
        }
    }

    /// The tasks of a lane, one after the other. An end lies over the next task's first event, never over an event
    /// of its own if there is a free cell behind it.
    pub(super) fn lane(&mut self, tasks: &[Spots], signs: &Signs) {
        for task in tasks {
            self.spans(task, signs);
        }
        for task in tasks {
            self.events(task, signs);
        }
        let firsts = tasks.iter().skip(1).map(Spots::first).chain([usize::MAX]);
        for (task, next) in tasks.iter().zip(firsts) {
            self.end(task, next, signs);
        }
    }

    fn spans(&mut self, task: &Spots, signs: &Signs) {
        (task.first()..task.last()).for_each(|column| self.put(column, signs.open));
        (task.last()..task.end).for_each(|column| self.put(column, signs.wait));
    }

    fn events(&mut self, task: &Spots, signs: &Signs) {
        let mut events = task.events.iter().copied().peekable();
        while let Some((column, mut count)) = events.next() {
            while let Some((_, more)) = events.next_if(|(next, _)| *next == column) {
                count = count.saturating_add(more);
            }
            let sign = match count {
                1 => signs.event,
                _ => char::from_digit(count.min(99), 10).unwrap_or(signs.many),
            };
            self.put(column, sign);
        }
    }

    fn end(&mut self, task: &Spots, next: usize, signs: &Signs) {
        let letter = task.letter.unwrap_or(signs.still);
        let is_taken = task.last() == task.end;
        let has_room = next > task.end + 1 && task.end + 1 < self.cells.len();
        self.put(if is_taken && has_room { task.end + 1 } else { task.end }, letter);
    }
}

impl Spots {
    fn first(&self) -> usize {
        self.events.first().map_or(self.end, |(column, _)| *column)
    }

    fn last(&self) -> usize {
        self.events.last().map_or(self.end, |(column, _)| *column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::timeline::text::Screen;

    #[test]
    fn a_lane_in_signs() {
        let task = |events: &[(usize, u32)], end, letter| Spots { events: events.to_vec(), end, letter };
        let cases = [
            (vec![task(&[(0, 1), (3, 1)], 8, Some('I'))], "•──•┄┄┄┄I   "),
            (vec![task(&[(0, 2), (0, 3), (3, 12)], 3, Some('E'))], "5──#E       "),
            (vec![task(&[(2, 1)], 2, Some('E')), task(&[(3, 1)], 6, Some('I'))], "  E•┄┄I     "),
            (vec![task(&[(2, 1)], 5, Some('R')), task(&[(5, 1), (7, 1)], 9, None)], "  •┄┄R─•┄▸  "),
            (vec![task(&[(11, 1)], 11, Some('E'))], "           E"),
        ];
        for (tasks, line) in cases {
            let mut canvas = Canvas::new(12, ' ');
            canvas.lane(&tasks, Screen { width: 12, ascii: false }.signs());
            assert_eq!(canvas.text(), line);
        }
    }
}

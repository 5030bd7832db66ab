//! A story as text, for a terminal: a line a lane. Knows columns, no pixels.

mod screen;

mod canvas;

#[cfg(test)]
mod tests;

use super::axis::Axis;
use super::ends;
use super::story::{Group, Story};
use super::words::{self, columns, shortened};
use canvas::Canvas;
pub(super) use screen::Screen;
use screen::Signs;

/// The narrowest plot; a terminal that is narrower gets lines that are too long for it.
const NARROWEST: usize = 24;
/// Labels take a third of the width at most.
const LABELS: usize = 3;
/// From one tick to the next at least: a time and two spaces.
const TICK: usize = 10;
const MOST_TICKS: usize = 12;
/// With more lanes the axis is said again below.
const FEW: usize = 20;
/// A node of more lines is cut off.
const TITLE_LINES: usize = 8;
/// How wide the figures' columns are: all of them fit into 80.
const NAME: usize = 28;
const FIGURE: usize = 13;
/// The figures, and which stay when there is no room for all: the least of these numbers.
const FIGURES: [(&str, usize); 4] = [("shortest", 3), ("median", 0), ("99 %", 2), ("longest", 1)];

/// The picture in lines of at most the screen's width.
pub(super) fn text(story: &Story, screen: &Screen) -> String {
    let widest = story.lanes().map(|lane| columns(&words::label(&lane.label))).max().unwrap_or_default();
    let labels = widest.clamp(3, (screen.width / LABELS).max(3));
    let width = screen.width.saturating_sub(labels + 1).max(NARROWEST);
    let axis = Axis::new(story.from, story.until, (width / TICK).clamp(2, MOST_TICKS));
    let text = Text { story, screen, signs: screen.signs(), labels, width, axis };
    text.lines().into_iter().fold(String::new(), |all, line| all + line.trim_end() + "\n")
}

struct Text<'a> {
    story: &'a Story,
    screen: &'a Screen,
    signs: &'static Signs,
    labels: usize,
    /// Of the plot.
    width: usize,
    axis: Axis,
}

impl Text<'_> {
    fn lines(&self) -> Vec<String> {
        let mut lines = self.head();
        if self.story.groups.is_empty() {
            lines.push("no task was opened".to_owned());
            return lines;
        }
        lines.push(String::new());
        lines.extend(self.axis());
        for group in &self.story.groups {
            lines.extend(self.group(group));
        }
        if self.story.lanes().count() > FEW {
            lines.extend(self.axis().into_iter().rev());
        }
        if self.story.left_out > 0 {
            let more = words::counted(self.story.left_out, "more task");
            lines.push(format!("{} and {more} not drawn", self.signs.cut));
        }
        lines.push(String::new());
        lines.extend(self.legend());
        lines
    }

    fn head(&self) -> Vec<String> {
        let (story, figures) = (self.story, &self.story.figures);
        let (tasks, events) =
            (words::counted(figures.tasks, "task"), words::counted(figures.events, "event"));
        let title = words::lines(&words::one_line(&story.title), self.screen.width, TITLE_LINES);
        let mut lines: Vec<_> = title.iter().map(|line| self.plain(line)).collect();
        lines.push(self.cut(&format!("{tasks} of {events}"), self.screen.width));
        let (from, until) = story.whole;
        if from < until {
            let lasted = words::duration(until.abs_diff(from));
            lines.push(self.cut(&format!("{}, {lasted}", words::span(from, until)), self.screen.width));
        }
        lines.extend(self.figures());
        lines.extend(figures.note().map(|note| self.cut(&note, self.screen.width)));
        lines
    }

    /// The table of the figures, with as many columns as there is room for.
    fn figures(&self) -> Vec<String> {
        let told: Vec<_> = self.story.figures.told().collect();
        let most = self.screen.width.saturating_sub(NAME) / FIGURE;
        if told.is_empty() || most == 0 {
            return Vec::new();
        }
        let row = |name: &str, values: [String; 4]| {
            let shown = values.into_iter().zip(FIGURES).filter(|(_, (_, rank))| *rank < most);
            let cells = shown.map(|(value, _)| format!("{:>FIGURE$}", self.plain(&value)));
            format!("{name:<NAME$}{}", cells.collect::<String>())
        };
        let mut lines = vec![String::new(), row("", FIGURES.map(|(name, _)| name.to_owned()))];
        lines.extend(told.into_iter().map(|(name, told)| {
            let values = [told.shortest, told.median, told.most, told.longest];
            row(name, values.map(words::duration))
        }));
        lines
    }

    /// The times, and the line with the ticks below them.
    fn axis(&self) -> Vec<String> {
        let mut contexts = Canvas::new(self.width, ' ');
        let mut labels = Canvas::new(self.width, ' ');
        let mut line = Canvas::new(self.width, self.signs.axis);
        for tick in &self.axis.ticks {
            let column = self.column(self.axis.share_of_tick(tick));
            line.put(column, self.signs.tick);
            labels.write(column, &self.plain(&tick.label));
        }
        let place = |share, context: &str| {
            let from = self.column(share).min(self.width.saturating_sub(context.len()));
            (from, from + context.len() + 1)
        };
        for (from, context) in self.axis.contexts(place) {
            contexts.write(from, context);
        }
        let margin = " ".repeat(self.labels + 1);
        let utc = format!("{:>1$} ", "UTC", self.labels);
        let mut lines = vec![format!("{utc}{}", labels.text()), format!("{margin}{}", line.text())];
        if !contexts.is_blank() {
            lines.insert(0, format!("{margin}{}", contexts.text()));
        }
        lines
    }

    fn group(&self, group: &Group) -> Vec<String> {
        let mut lines = Vec::new();
        if self.story.has_groups() {
            let name = format!("{} {} ", self.signs.group, words::group(&group.name));
            lines.push(self.cut(&name, self.screen.width));
        }
        for lane in &group.lanes {
            let label = self.cut(&words::label(&lane.label), self.labels);
            let pad = " ".repeat(self.labels.saturating_sub(columns(&label)));
            let mut canvas = Canvas::new(self.width, ' ');
            let ends = |task: &super::story::Task| task.end.map_or(self.story.until, |(at, _)| at);
            let spots = lane.tasks.iter().map(|task| canvas::Spots {
                events: task.marks.iter().map(|mark| (self.at(mark.at), mark.events)).collect(),
                end: self.at(ends(task)),
                letter: task.end.map(|(_, reason)| ends::of(reason).map_or('?', |look| look.letter)),
            });
            canvas.lane(&spots.collect::<Vec<_>>(), self.signs);
            lines.push(format!("{label}{pad} {}", canvas.text()));
        }
        lines
    }

    /// What is in the picture, and no more.
    fn legend(&self) -> Vec<String> {
        let signs = self.signs;
        let mut items = vec![
            format!("{} event", signs.event),
            format!("2-9 {} several", signs.many),
            format!("{} open", signs.open),
            format!("{} waits for the next", signs.wait),
        ];
        for (reason, count) in self.story.figures.reasons() {
            let letter = ends::of(reason).map_or('?', |look| look.letter);
            items.push(format!("{letter} {} {}", reason.word(), words::count(count)));
        }
        if self.story.figures.still_open > 0 {
            items.push(format!("{} still open {}", signs.still, words::count(self.story.figures.still_open)));
        }
        let mut lines: Vec<String> = Vec::new();
        for item in items {
            match lines.last_mut() {
                Some(line) if columns(line) + 3 + columns(&item) <= self.screen.width => {
                    line.push_str("   ");
                    line.push_str(&item);
                }
                _ => lines.push(item),
            }
        }
        lines
    }

    fn cut(&self, text: &str, most: usize) -> String {
        let cut = shortened(text, most, columns);
        if self.screen.ascii { cut.replace('…', "~") } else { cut }
    }

    /// The words with the signs that can be shown; ids keep theirs.
    fn plain(&self, text: &str) -> String {
        if self.screen.ascii { text.replace('…', "~").replace('µ', "u") } else { text.to_owned() }
    }

    fn at(&self, at: i64) -> usize {
        self.column(self.axis.share(at))
    }

    fn column(&self, share: f64) -> usize {
        let width = u32::try_from(self.width.saturating_sub(1)).unwrap_or(u32::MAX);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a line's width"
        )]
        let column = (share * f64::from(width)) as usize;
        column
    }
}

//! What stands above the lanes: the node, what there is to say in numbers, and what the marks mean.

use super::super::ends;
use super::super::story::Story;
use super::super::words;
use super::page::{self, Anchor, Page, px};
use super::spreads::Scale;
use super::style;
use super::tasks::{chevron, shape, stroke};
use super::{FONT, PAD, WIDTH};

const TITLE_FONT: f64 = 14.0;
/// A node of more lines is cut off: all of it is said when it is pointed at.
const TITLE_LINES: usize = 3;
/// The height of a line.
pub(super) const LINE: f64 = 19.0;
/// Where the columns of the figures end.
const COLUMNS: [(&str, f64); 4] =
    [("shortest", 310.0), ("median", 410.0), ("99 %", 510.0), ("longest", 610.0)];
/// Where the spreads begin that stand beside them.
const SPREADS: f64 = 660.0;
/// Half a mark of the legend.
const MARK: f64 = 5.5;

/// `is_crowded` says that ends lie too close for their shapes. Returns where it ends.
pub(super) fn head(page: &mut Page, story: &Story, is_crowded: bool) -> f64 {
    let y = title(page, &words::one_line(&story.title));
    let y = summary(page, story, y);
    let y = figures(page, story, y);
    legend(page, story, is_crowded, y + 10.0) + 10.0
}

fn title(page: &mut Page, title: &str) -> f64 {
    // Of this font every character is as wide as any other.
    let room = page::room(WIDTH - 2.0 * PAD, TITLE_FONT) / 620;
    let mut y = PAD + 2.0;
    for line in words::lines(title, room, TITLE_LINES) {
        y += LINE;
        page.text((PAD, y - 5.0), "node strong", Anchor::Start, TITLE_FONT, &line, Some(title));
    }
    y
}

fn summary(page: &mut Page, story: &Story, y: f64) -> f64 {
    let figures = &story.figures;
    let (tasks, events) = (words::counted(figures.tasks, "task"), words::counted(figures.events, "event"));
    let mut text = format!("{tasks} of {events}");
    let (from, until) = story.whole;
    if from < until {
        let lasted = words::duration(until.abs_diff(from));
        text = format!("{text} · {} · {lasted}", words::span(from, until));
    }
    page.text((PAD, y + LINE - 3.0), "quiet", Anchor::Start, FONT, &text, None);
    y + LINE
}

fn figures(page: &mut Page, story: &Story, y: f64) -> f64 {
    let mut y = y + 6.0;
    if story.figures.told().next().is_none() {
        return y;
    }
    y += LINE;
    let scale = Scale::of(&story.figures, (SPREADS, WIDTH - PAD));
    if let Some(scale) = &scale {
        scale.draw(page, y, story.figures.spreads().count());
    }
    for (name, x) in COLUMNS {
        page.text((x, y), "quiet", Anchor::End, FONT, name, None);
    }
    for (name, spread) in story.figures.spreads() {
        let Some(told) = spread.told() else { continue };
        y += LINE;
        if let Some(scale) = &scale {
            scale.spread(page, spread, y);
        }
        page.text((PAD, y), "quiet", Anchor::Start, FONT, name, None);
        let values = [told.shortest, told.median, told.most, told.longest];
        for ((_, x), value) in COLUMNS.into_iter().zip(values) {
            page.text((x, y), "number", Anchor::End, FONT, &words::duration(value), None);
        }
    }
    if let Some(note) = story.figures.note() {
        y += LINE;
        page.text((PAD, y), "quiet", Anchor::Start, FONT, &note, None);
    }
    y
}

/// What is in the picture, and no more. Goes on in the next line where there is no room.
fn legend(page: &mut Page, story: &Story, is_crowded: bool, y: f64) -> f64 {
    let mut legend = Legend { page, x: PAD, y: y + LINE };
    let has_tasks = story.figures.tasks > 0;
    if has_tasks {
        legend.item("event", "still", "an event", None, |(x, y)| {
            format!("M{} {}h2v14h-2z", px(x - 1.0), px(y - 7.0))
        });
        legend.item("open", "still", "first to last event", None, |(x, y)| band((x, y)));
        legend.item("tail", "still", "waits for the next", None, |(x, y)| {
            format!("M{} {}h14", px(x - 7.0), px(y))
        });
    }
    for (reason, count) in story.figures.reasons() {
        let words = format!("{} {}", reason.word(), words::count(count));
        if let Some(look) = ends::of(reason) {
            let says = format!("{}: {}", words::counted(count, "task"), ends::meaning(reason));
            legend.item("end", &style::class(Some(look)), &words, Some(&says), |at| shape(look, at, MARK));
        }
    }
    let most =
        story.figures.reasons().max_by_key(|(_, count)| *count).and_then(|(reason, _)| ends::of(reason));
    if let Some(look) = most.filter(|_| is_crowded) {
        let says = "in the colour of its reason";
        legend
            .item("line", &style::class(Some(look)), "an end without room", Some(says), |at| stroke(at, 7.0));
    }
    if story.figures.still_open > 0 {
        let words = format!("still open {}", words::count(story.figures.still_open));
        legend.item("line", "still", &words, None, |at| chevron(at, MARK));
    }
    legend.y
}

struct Legend<'a> {
    page: &'a mut Page,
    x: f64,
    y: f64,
}

impl Legend<'_> {
    fn item(
        &mut self,
        class: &str,
        group: &str,
        words: &str,
        says: Option<&str>,
        mark: impl Fn((f64, f64)) -> String,
    ) {
        let width = page::width(words, FONT) + 40.0;
        if self.x + width > WIDTH - PAD && self.x > PAD {
            (self.x, self.y) = (PAD, self.y + LINE);
        }
        let (x, y) = (self.x, self.y);
        self.page.open(group, says.unwrap_or(words));
        self.page.path(class, &mark((x + 7.0, y - 4.0)), None);
        self.page.close();
        self.page.text((x + 20.0, y), "key", Anchor::Start, FONT, words, says);
        self.x += width;
    }
}

fn band((x, y): (f64, f64)) -> String {
    format!("M{} {}h14v9h-14z", px(x - 7.0), px(y - 4.5))
}

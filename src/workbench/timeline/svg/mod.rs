//! A story as an SVG: one file without scripts, fonts or references to others. Knows where on the page things are;
//! what a story says is `story`'s, `figures`' and `words`'.
//!
//! Its size is bounded: 0.5 KB a task, 4 KB a lane for events, and 1 MB for what they say when pointed at.

mod page;

mod style;

mod head;

mod spreads;

mod rows;

mod tasks;

#[cfg(test)]
mod tests;

use super::axis::Axis;
use super::story::Story;
use super::words;
use page::{Anchor, Page, px};
use rows::{Row, Rows, Size};
use tasks::{Drawer, Plot};

const WIDTH: f64 = 1200.0;
const PAD: f64 = 24.0;
/// By how much a lane's tint is wider than what is written in it.
const OVER: f64 = 8.0;
/// Free to the right of the plot: the last tick's label is wider than its tick.
const RIGHT: f64 = 40.0;
/// Between labels and plot.
const GUTTER: f64 = 12.0;
/// The narrowest and the widest column of labels.
const LABELS: (f64, f64) = (64.0, 230.0);
const MOST_TICKS: usize = 12;
/// Text that is not a lane's.
const FONT: f64 = 12.0;
const AXIS_FONT: f64 = 11.0;
/// Events are pointed at one by one up to so many: each then is some 200 bytes.
const MOST_SAYING: usize = 4_000;

/// The picture.
pub(super) fn svg(story: &Story) -> String {
    let mut page = Page::new(WIDTH);
    let size = Size::of(story.lanes().count());
    let labels = column(story, size);
    let axis = Axis::new(story.from, story.until, MOST_TICKS);
    let says_events = story.lanes().map(super::story::Lane::marks).sum::<usize>() <= MOST_SAYING;
    let plot = Plot { left: PAD + labels + GUTTER, right: WIDTH - RIGHT };
    let drawer = Drawer { axis: &axis, plot, size, until: story.until, says_events };
    let top = head::head(&mut page, story, drawer.is_crowded(story));
    let bottom =
        if story.groups.is_empty() { nothing(&mut page, top) } else { lanes(&mut page, story, &drawer, top) };
    page.finish(bottom + PAD, &format!("who was open when: {}", words::one_line(&story.title)))
}

fn nothing(page: &mut Page, top: f64) -> f64 {
    page.text((PAD, top + 20.0), "quiet", Anchor::Start, FONT, "no task was opened", None);
    top + 20.0
}

/// Lanes between an axis above and one below. Returns where it ends.
fn lanes(page: &mut Page, story: &Story, drawer: &Drawer<'_>, top: f64) -> f64 {
    let &Drawer { axis, plot, size, .. } = drawer;
    let rows = Rows::of(story, size, top);
    stripes(page, &rows, size);
    grid(page, &rows, axis, plot);
    for (row, y) in &rows.all {
        match row {
            Row::Axis => axis_row(page, axis, plot, *y),
            Row::Heading(group) => heading(page, group, *y),
            Row::Lane(lane) => {
                let middle = y + size.lane / 2.0;
                label(page, &lane.label, size, (plot.left - GUTTER, middle + size.font * 0.35));
                drawer.lane(page, lane, middle);
            }
        }
    }
    left_out(page, story, rows.bottom)
}

fn label(page: &mut Page, id: &str, size: Size, at: (f64, f64)) {
    let label = words::label(id);
    let shown = words::shortened(&label, page::room(at.0 - PAD, size.font), page::measure);
    let full = (shown != label).then_some(label.as_str());
    page.text(at, "label", Anchor::End, size.font, &shown, full);
}

/// How wide the column of labels is.
fn column(story: &Story, size: Size) -> f64 {
    let widths = story.lanes().map(|lane| page::width(&words::label(&lane.label), size.font));
    widths.fold(LABELS.0, f64::max).min(LABELS.1)
}

/// Every second lane has a tint, so that the eye stays in its lane.
fn stripes(page: &mut Page, rows: &Rows<'_>, size: Size) {
    let lanes = rows.all.iter().filter(|(row, _)| matches!(row, Row::Lane(_)));
    let (left, width, height) = (px(PAD - OVER), px(WIDTH - 2.0 * (PAD - OVER)), px(size.lane));
    let band = |(_, y): &(Row<'_>, f64)| format!("M{left} {}h{width}v{height}h-{width}z", px(*y));
    page.paths("stripe", lanes.step_by(2).map(band));
}

fn grid(page: &mut Page, rows: &Rows<'_>, axis: &Axis, plot: Plot) {
    let (top, bottom) = (px(rows.top), px(rows.bottom));
    let line = |tick| format!("M{} {top}V{bottom}", px(plot.at(axis.share_of_tick(tick))));
    page.paths("grid", axis.ticks.iter().map(line));
}

/// The labels of the ticks, and below them what they are part of.
fn axis_row(page: &mut Page, axis: &Axis, plot: Plot, y: f64) {
    page.rect("page", (PAD - OVER, y), (WIDTH - 2.0 * (PAD - OVER), rows::AXIS), None);
    page.text((PAD, y + 14.0), "quiet", Anchor::Start, AXIS_FONT, "UTC", None);
    for tick in &axis.ticks {
        let x = plot.at(axis.share_of_tick(tick));
        page.text((x, y + 14.0), "tick", Anchor::Middle, AXIS_FONT, &tick.label, None);
    }
    let place = |share, context: &str| {
        let width = page::width(context, AXIS_FONT);
        let from = (plot.at(share) - width / 2.0).clamp(PAD, WIDTH - PAD / 2.0 - width);
        (from, from + width + 8.0)
    };
    for (from, context) in axis.contexts(place) {
        let middle = from + page::width(context, AXIS_FONT) / 2.0;
        page.text((middle, y + 28.0), "quiet", Anchor::Middle, AXIS_FONT, context, None);
    }
}

fn heading(page: &mut Page, group: &super::story::Group, y: f64) {
    let name = words::group(&group.name);
    let tasks: usize = group.lanes.iter().map(|lane| lane.tasks.len()).sum();
    let tasks = words::counted(tasks as u64, "task");
    page.rect("heading", (PAD - OVER, y + 2.0), (WIDTH - 2.0 * (PAD - OVER), rows::HEADING - 4.0), None);
    let room = WIDTH - 2.0 * PAD - page::width(&tasks, FONT) - 16.0;
    let shown = words::shortened(&name, page::room(room, FONT), page::measure);
    let full = (shown != name).then_some(name.as_str());
    let baseline = y + rows::HEADING / 2.0 + FONT * 0.35;
    page.text((PAD, baseline), "strong", Anchor::Start, FONT, &shown, full);
    page.text((WIDTH - PAD, baseline), "quiet", Anchor::End, FONT, &tasks, None);
}

/// What is not drawn is said.
fn left_out(page: &mut Page, story: &Story, bottom: f64) -> f64 {
    if story.left_out == 0 {
        return bottom;
    }
    let words = format!("… and {} not drawn", words::counted(story.left_out, "more task"));
    page.text((PAD, bottom + 16.0), "strong", Anchor::Start, FONT, &words, None);
    bottom + 16.0
}

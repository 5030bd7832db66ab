//! What stands below what, and how high it is. Knows no times.

use super::super::story::{Group, Lane, Story};

/// The height of an axis' labels, and of a group's name.
pub(super) const AXIS: f64 = 34.0;
pub(super) const HEADING: f64 = 26.0;
/// So many lanes are seen at once: then the axis is said again, unless the picture is nearly over.
const LANES_AN_AXIS: usize = 40;

/// How large things are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) lane: f64,
    pub(super) font: f64,
    /// Half the height of the time a task is open, of an event, of an end.
    pub(super) bar: f64,
    pub(super) event: f64,
    pub(super) end: f64,
    /// How wide an event is.
    pub(super) width: f64,
}

impl Size {
    /// The fewer lanes, the more room each has.
    pub(super) fn of(lanes: usize) -> Self {
        match lanes {
            0..=8 => Self { lane: 30.0, font: 13.0, bar: 6.0, event: 9.0, end: 6.0, width: 2.0 },
            9..=25 => Self { lane: 22.0, font: 12.0, bar: 4.5, event: 7.0, end: 5.0, width: 2.0 },
            26..=80 => Self { lane: 17.0, font: 11.0, bar: 3.5, event: 5.5, end: 4.2, width: 1.8 },
            _ => Self { lane: 14.0, font: 10.0, bar: 2.8, event: 4.6, end: 3.8, width: 1.6 },
        }
    }
}

/// All rows, each with its upper edge.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) all: Vec<(Row<'a>, f64)>,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Row<'a> {
    Axis,
    Heading(&'a Group),
    Lane(&'a Lane),
}

impl<'a> Rows<'a> {
    pub(super) fn of(story: &'a Story, size: Size, top: f64) -> Self {
        let mut rows = Self { all: Vec::new(), top, bottom: top };
        rows.push(Row::Axis, size);
        let (mut left, mut since) = (story.lanes().count(), 0);
        for group in &story.groups {
            if story.has_groups() {
                rows.push(Row::Heading(group), size);
            }
            for lane in &group.lanes {
                if since >= LANES_AN_AXIS && left >= LANES_AN_AXIS / 2 {
                    rows.push(Row::Axis, size);
                    since = 0;
                }
                rows.push(Row::Lane(lane), size);
                (left, since) = (left - 1, since + 1);
            }
        }
        rows.push(Row::Axis, size);
        rows
    }

    fn push(&mut self, row: Row<'a>, size: Size) {
        self.all.push((row, self.bottom));
        self.bottom += match row {
            Row::Axis => AXIS,
            Row::Heading(_) => HEADING,
            Row::Lane(_) => size.lane,
        };
    }
}

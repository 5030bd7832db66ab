//! From lines to requests: each line a point in its group, at its time. Knows how Kapacitor would send it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use kapacitor_udfd::wire::point_writer::PointWriter;

use super::clock::unix_now;
use super::groups::{Group, Grouping};
use super::progress::Progress;
use super::windows::{Batch, Windows};
use super::wire::Wire;
use crate::cli::output;
use crate::workbench::line::{BadLine, Line, Source};

/// So many lines that can't be read are shown; others are counted.
const SHOWN: u64 = 10;

/// What has been fed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fed {
    pub(super) points: u64,
    /// Lines that could not be read.
    pub(crate) refused: u64,
    /// The earliest and the latest time of a point.
    pub(super) span: Option<(i64, i64)>,
    /// Tags to group by that no point had.
    pub(super) unseen: Vec<String>,
}

impl Fed {
    /// A point of this time.
    #[inline]
    pub(super) fn see(&mut self, time: i64) {
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        self.points += 1;
    }
}

/// Feeds a node.
#[derive(Debug)]
pub(super) struct Feed {
    wire: Rc<RefCell<Wire>>,
    grouping: Grouping,
    windows: Option<Windows>,
    /// A unit of the lines' times, in nanoseconds.
    unit: i64,
    group: Group,
    writer: PointWriter,
    fed: Fed,
    progress: Progress,
}

impl Feed {
    pub(super) fn new(
        wire: Rc<RefCell<Wire>>,
        grouping: Grouping,
        windows: Option<Windows>,
        unit: i64,
        progress: Progress,
    ) -> Self {
        let (group, writer, fed) = <(Group, PointWriter, Fed)>::default();
        Self { wire, grouping, windows, unit, group, writer, fed, progress }
    }

    /// What one is in the lines' times, in nanoseconds.
    pub(super) fn unit(&self) -> i64 {
        self.unit
    }

    /// Feeds all there is.
    pub(super) fn source<R: Read>(&mut self, source: &mut Source<R>) -> io::Result<()> {
        while let Some(fed) = source.next(|line| match line {
            Ok(line) => self.line(line),
            Err(bad) => {
                self.refuse(&bad);
                Ok(())
            }
        })? {
            fed?;
        }
        Ok(())
    }

    fn refuse(&mut self, bad: &BadLine) {
        self.fed.refused += 1;
        if self.fed.refused <= SHOWN {
            self.progress.suspended(|| output::error(&format!("{bad}\n")));
        }
    }

    /// That was all.
    pub(super) fn finish(mut self) -> io::Result<Fed> {
        let wire = Rc::clone(&self.wire);
        let mut wire = wire.borrow_mut();
        if let Some(windows) = &mut self.windows {
            wire.hurry();
            windows.close(&mut wire)?;
        }
        wire.finish()?;
        self.fed.unseen = self.grouping.unseen();
        Ok(self.fed)
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let time = line.time().map_or_else(unix_now, |time| time.saturating_mul(self.unit));
        self.fed.see(time);
        self.grouping.see(line);
        self.group.find(&self.grouping, line);
        if self.windows.is_some() { self.in_window(line, time) } else { self.point(line, time) }
    }

    fn point(&mut self, line: &Line<'_>, time: i64) -> io::Result<()> {
        let Self { wire, writer, grouping, group, .. } = self;
        let mut wire = wire.borrow_mut();
        wire.at(time)?;
        writer.time(time);
        writer.name(line.measurement().as_bytes());
        writer.group(&group.key);
        grouping.dimensions(line, |name, _| writer.dimension(name.as_bytes()));
        if grouping.by_measurement {
            writer.by_name();
        }
        entries(line, writer);
        writer.finish(wire.frames());
        Ok(())
    }

    fn in_window(&mut self, line: &Line<'_>, time: i64) -> io::Result<()> {
        let Self { wire, windows, writer, grouping, group, .. } = self;
        let Some(windows) = windows else { return Ok(()) };
        if windows.is_over(time) {
            windows.close(&mut wire.borrow_mut())?;
        }
        let batch = windows.batch(time, &group.key, || Batch {
            name: line.measurement().to_owned(),
            group: group.key.clone(),
            tags: tags(grouping, line),
            by_name: grouping.by_measurement,
            frames: bytes::BytesMut::new(),
            points: 0,
        });
        let Some(batch) = batch else { return Ok(()) };
        batch.points += 1;
        writer.time(time);
        writer.group(&group.key);
        entries(line, writer);
        writer.finish(&mut batch.frames);
        Ok(())
    }
}

/// The tags that a group has in common. Kapacitor has one that is missing among them, and empty.
fn tags(grouping: &Grouping, line: &Line<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    grouping.dimensions(line, |name, value| {
        tags.insert(name.to_owned(), value.unwrap_or_default().to_owned());
    });
    tags
}

/// A point's tags and fields.
fn entries(line: &Line<'_>, writer: &mut PointWriter) {
    for (name, value) in line.tags() {
        writer.tag(name.as_bytes(), value.as_bytes());
    }
    for (name, value) in line.fields() {
        writer.field(name.as_bytes(), value);
    }
}

//! What comes out, on stdout: as line protocol or as a table, and explained on stderr. Knows points, not tasks.

use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::Receiver;

use anyhow::Context;
use kapacitor_udfd::wire::point::PointView;

use super::answers::{Flow, Sink};
use super::explain;
use super::watch::About;
use crate::cli::output;
use crate::workbench::line::{Batch, Table, write_begin, write_end, write_line};

/// From here on what is there is written.
const FULL: usize = 64 << 10;

/// Prints what comes.
#[derive(Debug)]
pub(super) struct Print {
    /// In place of line protocol.
    table: Option<Box<Table>>,
    /// Somebody may be waiting for each point.
    is_live: bool,
    buffer: Vec<u8>,
    explained: Option<Receiver<(u64, About)>>,
    pub(super) points: u64,
    pub(super) batches: u64,
}

impl Print {
    pub(super) fn new(as_table: bool, is_live: bool, explained: Option<Receiver<(u64, About)>>) -> Self {
        Self {
            table: as_table.then(Box::default),
            is_live,
            buffer: Vec::with_capacity(2 * FULL),
            explained,
            points: 0,
            batches: 0,
        }
    }

    /// That was all.
    pub(super) fn finish(&mut self) -> anyhow::Result<Flow> {
        if let Some(table) = &mut self.table {
            table.finish(&mut self.buffer);
        }
        self.write()
    }

    /// Whoever closed the pipe has read enough.
    fn write(&mut self) -> anyhow::Result<Flow> {
        if self.buffer.is_empty() {
            return Ok(Flow::GoOn);
        }
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(&self.buffer).and_then(|()| stdout.flush());
        self.buffer.clear();
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Flow::Enough),
            written => written.map(|()| Flow::GoOn).context("cannot write to stdout"),
        }
    }

    /// A line that is no point's.
    fn note(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> anyhow::Result<Flow> {
        match &mut self.table {
            None => write(&mut self.buffer),
            Some(table) => {
                let mut line = Vec::new();
                write(&mut line);
                table.note(String::from_utf8_lossy(&line).trim_end(), &mut self.buffer);
            }
        }
        self.write_if_full()
    }

    fn write_if_full(&mut self) -> anyhow::Result<Flow> {
        if self.buffer.len() >= FULL { self.write() } else { Ok(Flow::GoOn) }
    }
}

impl Sink for Print {
    fn point(&mut self, point: &PointView<'_>, batch: Option<&Batch>) -> anyhow::Result<Flow> {
        self.points += 1;
        match &mut self.table {
            Some(table) => table.row(point, batch, &mut self.buffer)?,
            None => write_line(point, batch, &mut self.buffer)?,
        }
        self.write_if_full()
    }

    fn begin(&mut self, batch: &Batch) -> anyhow::Result<Flow> {
        self.batches += 1;
        self.note(|out| write_begin(batch, out))
    }

    fn end(&mut self, tmax: i64) -> anyhow::Result<Flow> {
        self.note(|out| write_end(tmax, out))
    }

    fn announced(&mut self, number: u64) -> anyhow::Result<Flow> {
        // It was told before it was announced.
        let Some((told, about)) = self.explained.as_ref().and_then(|explained| explained.try_recv().ok())
        else {
            return Ok(Flow::GoOn);
        };
        debug_assert_eq!(told, number, "each is told and announced once");
        if let Some(table) = &mut self.table {
            table.finish(&mut self.buffer);
        }
        // So that it stands before its output, where both go to the terminal.
        let flow = self.write()?;
        output::error(&explain::line(&about));
        Ok(flow)
    }

    fn idle(&mut self) -> anyhow::Result<Flow> {
        if let Some(table) = self.table.as_mut().filter(|_| self.is_live) {
            table.finish(&mut self.buffer);
        }
        self.write()
    }
}

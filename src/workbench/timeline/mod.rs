//! `timeline`: who was open when, as a picture and as text. Knows neither points nor the node, but what an observer
//! is told of its tasks.
//!
//! ```text
//! Observer ─▶ Collector ─▶ Story ─▶ svg, text
//! ```

mod args;

mod story;

mod collector;

mod board;

mod returns;

mod figures;

mod axis;

mod ends;

mod words;

mod svg;

mod text;

#[cfg(test)]
mod testing;

use std::sync::{Arc, Mutex, PoisonError};

use kapacitor_udfd::aggregate::{Observer, Seen};
use kapacitor_udfd::config::Config;
use kapacitor_udfd::wire::point::PointView;

pub(crate) use args::TimelineArgs;
use collector::Collector;

use super::Usage;
use super::line::Batch;
use super::run::{Flow, Plan, Sink, refused};

/// Runs, and draws what its tasks did.
pub(crate) fn timeline(args: &TimelineArgs, config: &Config) -> anyhow::Result<()> {
    let plan = Plan::new(&args.input, config)?;
    if !plan.has_tasks() {
        let words = format!("@{}() has no tasks; accepted are functions that gather points", plan.function());
        return Err(Usage(words).into());
    }
    let collector = Arc::new(Mutex::new(args.drawing.collector(&plan.title())));
    let observer = Watching(Arc::clone(&collector));
    let fed = plan.run(Some(Box::new(observer)), &mut Nobody)?;
    let story = collector.lock().unwrap_or_else(PoisonError::into_inner).finish();
    args.drawing.draw(&story)?;
    fed.map_or(Ok(()), |fed| refused(&fed))
}

/// Sees for a collector.
#[derive(Debug)]
struct Watching(Arc<Mutex<Collector>>);

impl Observer for Watching {
    fn see(&mut self, seen: Seen<'_>) {
        let mut collector = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen {
            Seen::Event { task, at, .. } => collector.event(task.place, task.group, task.id, at),
            Seen::Restored { task } => collector.event(task.place, task.group, task.id, task.last),
            Seen::Ended { task, reason, at, .. } => collector.ended(task.place, reason, at),
            Seen::Out { .. } | Seen::Gone { .. } => {}
        }
    }
}

/// Takes no interest in what comes out.
struct Nobody;

impl Sink for Nobody {
    fn point(&mut self, _: &PointView<'_>, _: Option<&Batch>) -> anyhow::Result<Flow> {
        Ok(Flow::GoOn)
    }

    fn begin(&mut self, _: &Batch) -> anyhow::Result<Flow> {
        Ok(Flow::GoOn)
    }

    fn end(&mut self, _: i64) -> anyhow::Result<Flow> {
        Ok(Flow::GoOn)
    }

    fn announced(&mut self, _: u64) -> anyhow::Result<Flow> {
        Ok(Flow::GoOn)
    }

    fn idle(&mut self) -> anyhow::Result<Flow> {
        Ok(Flow::GoOn)
    }
}

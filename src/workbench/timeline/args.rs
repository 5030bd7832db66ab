//! What `timeline` can be told beside what `run` can, and where its picture goes.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueHint};

use super::collector::{Collector, DEFAULT_LANES, MAX_LANES};
use super::story::Story;
use super::svg::svg;
use super::text::{Screen, text};
use crate::cli::{examples, output};
use crate::workbench::run::InputArgs;

const USAGE: &str = "\
kapacitor-udfd timeline [OPTIONS] NODE [FILE]...
       kapacitor-udfd timeline [OPTIONS] --tick FILE [--node NAME] [FILE]...
       kapacitor-udfd timeline [OPTIONS] --replay RECORDING [NODE]";

/// Draw who was open when, to choose a timeout by: a lane for each task, its events, how long it waited, why it ended
///
/// Takes what `run` takes, and draws in place of printing what comes out. The picture is an SVG, one file that needs no
/// other.
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = examples::TIMELINE)]
pub(crate) struct TimelineArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(super) drawing: Drawing,
}

/// How the picture is drawn.
#[derive(Debug, Args)]
pub(super) struct Drawing {
    /// Draw with characters; so it is anyway if the picture goes to a terminal
    #[arg(long)]
    text: bool,

    /// Write the picture to a file instead of stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Draw the first so many lanes, 5,000 at most; a lane is an id, or several if its tasks overlap. The rest is
    /// counted
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LANES, value_parser = lanes, value_hint = ValueHint::Other)]
    lanes: usize,
}

impl Drawing {
    /// What keeps as much as will be drawn of a node with that text.
    pub(super) fn collector(&self, node: &str) -> Collector {
        Collector::new(node.to_owned(), self.lanes)
    }

    /// Draws it.
    pub(super) fn draw(&self, story: &Story) -> anyhow::Result<()> {
        let is_text = self.text || self.output.is_none() && io::stdout().is_terminal();
        let picture = if is_text { text(story, &Screen::of_stdout()) } else { svg(story) };
        match &self.output {
            Some(file) => {
                fs::write(file, picture).with_context(|| format!("cannot write {}", file.display()))
            }
            None => output::print(&picture),
        }
    }
}

fn lanes(given: &str) -> Result<usize, String> {
    let lanes = given.parse().ok().filter(|lanes| (1..=MAX_LANES).contains(lanes));
    lanes.ok_or_else(|| format!("give a number from 1 to {MAX_LANES}"))
}

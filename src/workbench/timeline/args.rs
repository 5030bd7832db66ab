//! What `timeline` can be told beside what `run` can, and where its picture goes.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::collector::{Collector, DEFAULT_LANES, MAX_LANES};
use super::story::Story;
use super::{Screen, svg, text};
use crate::cli::output;

/// How the picture is drawn.
#[derive(Debug, Args)]
pub(crate) struct Drawing {
    /// Draw with characters; so it is anyway if the picture goes to a terminal
    #[arg(long)]
    text: bool,

    /// Write the picture to a file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Draw the first so many lanes, 5,000 at most; a lane is an id, or several if its tasks overlap. The rest is
    /// counted
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LANES, value_parser = lanes)]
    lanes: usize,
}

impl Drawing {
    /// What keeps as much as will be drawn of a node with that text.
    pub(crate) fn collector(&self, node: &str) -> Collector {
        Collector::new(node.to_owned(), self.lanes)
    }

    /// Draws it.
    pub(crate) fn draw(&self, story: &Story) -> anyhow::Result<()> {
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

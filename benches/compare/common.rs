//! What both comparisons are told, and how they begin and end.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::echo;
use crate::peer::Peer;

#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// A server to compare with, already running; with its process id its CPU time is measured too
    #[arg(long = "peer", value_name = "NAME=SOCKET[,PID]")]
    pub(crate) peers: Vec<Peer>,

    /// Runs each, of which the median is printed
    #[arg(long, default_value_t = 5)]
    pub(crate) runs: usize,

    /// Serves the raw echo on this socket; how this program starts its own copy
    #[arg(long, hide = true)]
    echo: Option<PathBuf>,

    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

impl Common {
    /// Measures, or serves the raw echo if this is the copy that has been started for it.
    pub(crate) fn main(&self, measure: impl FnOnce() -> anyhow::Result<()>) -> ExitCode {
        let done = match &self.echo {
            Some(path) => echo::serve(path),
            None => measure(),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                note(&format!("error: {error:#}"));
                ExitCode::FAILURE
            }
        }
    }
}

/// Says something aside from the table. Nobody may be reading.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

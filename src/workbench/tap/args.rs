//! What `tap` can be told.

use std::path::{self, PathBuf};

use clap::{Args, ValueHint};

use super::message::Kind;
use super::sheet::Form;
use crate::cli::examples;

/// Show what Kapacitor and a function say to each other
///
/// Stands between them: Kapacitor connects to --socket, and what it sends goes to --upstream and back, byte by
/// byte as it came. Each message is a line on stdout; what happens besides is told on stderr. Works with any function
/// on a Unix socket, ours or another's.
///
/// A stdout or a disk that is slow, full or closed does not hold the conversation up: what can't be shown is
/// counted, and a recording ends with a line on stderr. The first SIGINT or SIGTERM ends the conversations: what Kapacitor
/// has sent goes on, the function says its last, within 10 seconds. A second one ends at once.
#[derive(Debug, Args)]
#[command(after_help = examples::TAP)]
pub(crate) struct TapArgs {
    /// Where Kapacitor connects: the `socket` in kapacitor.conf. It is created with the mode and group of the
    /// upstream's
    #[arg(long, value_name = "PATH", value_parser = absolute, value_hint = ValueHint::FilePath)]
    pub(super) socket: PathBuf,

    /// The function's own socket, dialled once for each of Kapacitor's connections
    #[arg(long, value_name = "PATH", value_parser = absolute, value_hint = ValueHint::FilePath)]
    pub(super) upstream: PathBuf,

    /// Print a JSON object a line, with all there is: "at" (ns since 1970), "connection", "from" (kapacitor or function),
    /// "kind", "bytes", and what the message holds, by the names of the protocol. docs/tap.md has the shape
    #[arg(long)]
    json: bool,

    /// Show only messages of these kinds, separated by commas
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub(super) only: Vec<Kind>,

    /// Keep everything in a new file, for `kapacitor-udfd run --replay FILE`. It holds all data and options, secrets
    /// too: only its owner may read it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) record: Option<PathBuf>,
}

impl TapArgs {
    /// What is wrong about these together, in words.
    pub(crate) fn conflict(&self) -> Option<String> {
        (self.socket == self.upstream).then(|| {
            "--socket and --upstream are the same; the tap needs a socket of its own, beside the function's".to_owned()
        })
    }

    pub(super) fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text }
    }
}

/// As anywhere on a command line, a relative path is the shell's; Kapacitor has to know it by its whole name.
fn absolute(given: &str) -> Result<PathBuf, String> {
    path::absolute(given).map_err(|error| format!("{error}; give the path of a socket"))
}

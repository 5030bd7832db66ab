//! A bar on the terminal, while the result goes elsewhere.

use std::fs;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Of files with a size.
const OF_FILES: &str = "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";

/// Of what may have no end.
const OF_STDIN: &str = "{spinner} {bytes} {bytes_per_sec} {elapsed}";

/// How much has been read.
#[derive(Debug, Clone)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of these files. Nothing is drawn where the result itself is to be seen, nor where there is no terminal.
    pub(super) fn new(files: &[String]) -> Self {
        if !io::stderr().is_terminal() || io::stdout().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let size =
            |file: &String| fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|file| file.len());
        let total: Option<u64> = files.iter().map(size).sum();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(if total.is_some() { OF_FILES } else { OF_STDIN });
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// Nothing is drawn.
    pub(super) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    pub(super) fn read(&self, bytes: usize) {
        self.0.inc(bytes as u64);
    }

    /// Has something written where the bar is.
    pub(super) fn suspended(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

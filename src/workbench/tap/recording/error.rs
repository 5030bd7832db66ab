//! Why a recording can't be written or read, in words that say what to do next.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum RecordingError {
    #[error("{} exists already; give another name: a recording is never overwritten", path.display())]
    Exists { path: PathBuf },
    #[error("cannot create the recording {}", path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("cannot open the recording {}", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("cannot read the recording at byte {offset}")]
    Read { offset: u64, source: io::Error },
    #[error(
        "this is no recording: it does not begin with the line \"kapacitor-udfd recording 1\"; `kapacitor-udfd tap --record FILE` makes one"
    )]
    NoRecording,
    #[error(
        "this recording is of version {version}, and this kapacitor-udfd reads version 1; read it with the one that made it"
    )]
    Version { version: String },
    #[error("the recording is damaged: of the entry at byte {offset}, {what}")]
    Damaged {
        /// Where the entry begins.
        offset: u64,
        what: &'static str,
    },
    #[error(
        "the recording holds {held} bytes of frames that have not ended at byte {offset}, which no conversation does"
    )]
    TooMuchOpen { offset: u64, held: usize },
}

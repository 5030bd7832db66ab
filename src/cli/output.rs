//! The one place that writes to stdout and stderr, apart from the log: nobody reading is no error, and
//! never a panic.

use std::io::{self, Write};

use anyhow::Context;

/// Writes to stdout. Whoever closed the pipe has read enough.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}

/// Writes to stderr. If that fails too, there is nobody left to tell.
pub(crate) fn error(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

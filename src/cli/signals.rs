//! SIGINT and SIGTERM: the first begins the graceful shutdown, the second ends the process. What a
//! shutdown does is not known here.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::StreamExt;
use signal_hook::{consts, flag};
use signal_hook_tokio::Signals;
use tokio_util::sync::CancellationToken;

const SHUTDOWN: [i32; 2] = [consts::SIGINT, consts::SIGTERM];

/// Cancels `shutdown` at the first signal. Must be called within the runtime.
pub(crate) fn listen(shutdown: CancellationToken) -> io::Result<()> {
    end_at_second()?;
    let mut signals = Signals::new(SHUTDOWN)?;
    tracing::debug!("listening for signals");
    tokio::spawn(async move {
        if let Some(signal) = signals.next().await {
            tracing::info!(signal, "shutting down; a second signal ends at once");
            shutdown.cancel();
        }
    });
    Ok(())
}

/// In the signal handler itself, so that it works also when every thread of the runtime is busy. The exit
/// code is what a shell shows for a process that the signal killed. Socket files stay behind; the next
/// start replaces them.
fn end_at_second() -> io::Result<()> {
    let first_seen = Arc::new(AtomicBool::new(false));
    for signal in SHUTDOWN {
        // In this order: the first signal finds the flag still down.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&first_seen))?;
        flag::register(signal, Arc::clone(&first_seen))?;
    }
    Ok(())
}

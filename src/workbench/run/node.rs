//! The function's side: a handler in the daemon's agent, at the other end of a socket pair.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::Context;
use kapacitor_udfd::connection::{self, AtEnd};
use kapacitor_udfd::handler::Handler;
use kapacitor_udfd::limits::Limits;

/// What a worker of the daemon has, whose scripts may nest as deep.
const STACK: usize = 32 << 20;

/// Serves a handler in a thread of its own.
pub(super) fn serve(
    handler: Box<dyn Handler>,
    socket: UnixStream,
    limits: Limits,
    at_end: AtEnd,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    socket.set_nonblocking(true).context("cannot set up a socket")?;
    let serve = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.context("cannot start the runtime")?.block_on(async {
            let socket = tokio::net::UnixStream::from_std(socket).context("cannot set up a socket")?;
            let (reader, writer) = socket.into_split();
            // What went wrong stands in the conversation.
            connection::play(reader, writer, handler, Arc::new(limits), at_end).await;
            Ok(())
        })
    };
    thread::Builder::new()
        .name("function".to_owned())
        .stack_size(STACK)
        .spawn(serve)
        .context("cannot start a thread")
}

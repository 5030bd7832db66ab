//! `serve`: everything around the server, in order. How a connection is served is the library's.

use std::thread::available_parallelism;

use anyhow::Context;
use kapacitor_udfd::agent::install_panic_hook;
use kapacitor_udfd::builtin;
use kapacitor_udfd::config::{Config, FunctionConfig};
use kapacitor_udfd::server::Server;
use kapacitor_udfd::socket::{self, BoundSocket};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use super::{logging, open_files, output, signals, welcome};

pub(super) fn run(config: Config) -> anyhow::Result<()> {
    logging::start(config.log);
    install_panic_hook();
    open_files::make_room(config.limits.max_connections, config.functions.len());
    // Before the runtime has threads: `bind` changes the umask for a moment.
    let bound = bind(&config.functions)?;
    serve(config, bound, CancellationToken::new())
}

fn bind(functions: &[FunctionConfig]) -> anyhow::Result<Vec<(FunctionConfig, BoundSocket)>> {
    let bind = |function: &FunctionConfig| {
        let bound = socket::bind(&function.socket)
            .with_context(|| format!("function `{}` cannot be served", function.name))?;
        Ok((function.clone(), bound))
    };
    functions.iter().map(bind).collect()
}

/// Serves until `shutdown` is cancelled, by a signal or by the caller, and all is flushed or the grace
/// period is over.
fn serve(
    config: Config,
    bound: Vec<(FunctionConfig, BoundSocket)>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .thread_stack_size(WORKER_STACK)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let served = runtime.block_on(async {
        signals::listen(shutdown.clone()).context("cannot listen for signals")?;
        // The service is what matters; the welcome only tells of it.
        if let Err(error) = output::print(&welcome::text(&config, &bound)) {
            tracing::warn!("{error:#}");
        }
        server(config, bound, shutdown).await
    });
    // A handler that is still in a call after the grace period must not keep the process.
    runtime.shutdown_background();
    served
}

/// Attack: a script's lists nest up to 10,000 deep, and the engine copies and drops them by recursion. Only what is
/// touched is taken.
const WORKER_STACK: usize = 32 * 1024 * 1024;

/// One a core, and at least two: while a handler is busy on one, another covers for it.
fn workers() -> usize {
    available_parallelism().map_or(2, usize::from).max(2)
}

/// Serves what is bound until `shutdown` is cancelled. Then the socket files go before anything else:
/// Kapacitor finds no socket rather than one that nobody serves, and the next daemon can start while this
/// one's connections finish.
async fn server(
    config: Config,
    bound: Vec<(FunctionConfig, BoundSocket)>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let mut server = Server::new(config.limits);
    let mut files = Vec::new();
    for (function, socket) in bound {
        let (listener, file) = socket.into_parts();
        let listener = UnixListener::from_std(listener).context("cannot listen")?;
        server = server.function(builtin::function(&function), listener);
        files.push(file);
    }
    let stop_accepting = async move {
        shutdown.cancelled().await;
        drop(files);
    };
    server.run(stop_accepting).await;
    Ok(())
}

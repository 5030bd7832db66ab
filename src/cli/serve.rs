//! `serve`: everything around the server, in order. How a connection is served is the library's.

use anyhow::Context;
use kapacitor_udfd::config::{Config, FunctionConfig};
use kapacitor_udfd::socket::{self, BoundSocket};
use tokio_util::sync::CancellationToken;

use super::{logging, open_files, output, signals, welcome};

pub(super) fn run(config: Config) -> anyhow::Result<()> {
    logging::start(config.log);
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
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        signals::listen(shutdown.clone()).context("cannot listen for signals")?;
        // The service is what matters; the welcome only tells of it.
        if let Err(error) = output::print(&welcome::text(&config, &bound)) {
            tracing::warn!("{error:#}");
        }
        server(config, bound, shutdown).await
    })
}

/// STAND-IN for the server, which belongs here: it accepts on each socket until `shutdown` is cancelled
/// and ends when the connections have. The guards in `bound` must live until then.
async fn server(
    _config: Config,
    bound: Vec<(FunctionConfig, BoundSocket)>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    shutdown.cancelled().await;
    drop(bound);
    Ok(())
}

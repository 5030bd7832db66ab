//! The binary while it is being made: `bench`, and a mirror to run it against.

mod bench;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::server::{Function, Server};

#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    Bench(bench::BenchArgs),
    /// Temporary: serves a mirror until the process is killed.
    ServeMirror {
        path: PathBuf,
        #[arg(long)]
        batch: bool,
    },
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Bench(args) => bench::run(args),
        Command::ServeMirror { path, batch } => serve(&path, batch),
    };
    done.unwrap_or_else(|error| {
        // Nobody may be reading.
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn serve(path: &std::path::Path, batch: bool) -> anyhow::Result<ExitCode> {
    let edge = if batch { Edge::Batch } else { Edge::Stream };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::UnixListener::bind(path)?;
        let mirror = Function::new("mirror", move |_| Mirror::new(edge));
        Server::new(Limits::default()).function(mirror, listener).run(std::future::pending()).await;
        Ok(ExitCode::SUCCESS)
    })
}

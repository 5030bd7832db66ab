//! The daemon's process: its exit code, and nothing else.

mod bench;
mod cli;
mod figures;
mod frames;
mod workbench;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

//! Tests against what the package gives to others: the library's interface and the command line.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends by panicking, in its helpers too"
)]

mod config;

mod cli;
mod sockets;

mod daemon;
mod place;

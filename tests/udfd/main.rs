//! The daemon at the seams its users see: bytes on a socket, a library user's handler, the
//! command line. One binary, a module an area; what they share is in `support`, `daemon`, `place`,
//! `scene`, `tapping` and `laws`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should panic"
)]
#![allow(unreachable_pub, reason = "nothing here is reached from outside")]

mod batcher;
mod daemon;
mod fake_udf;
mod gatherer;
mod laws;
mod place;
mod scene;
mod support;
mod tapping;

mod aggregate;
mod bench;
mod bench_batches;
mod bench_gathering;
mod budgets;
mod captures;
mod cli;
mod config;
mod conversation;
mod crowds;
mod deadlines;
mod describe;
mod edges;
mod faults;
mod hostile;
mod leaving;
mod mailbox;
mod mirror;
mod never_send;
mod pages;
mod play;
mod properties;
mod readme;
mod server;
mod sockets;
mod stalled;
mod tap;
mod tap_ends;
mod tap_shows;
mod timeline;
mod workbench;

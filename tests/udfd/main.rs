//! The daemon at the seams its users see: bytes on a socket, a library user's handler, the
//! command line. One binary, a module an area; what they share is in `support`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should panic"
)]

mod support;

mod captures;
mod conversation;
mod deadlines;
mod faults;
mod mailbox;
mod mirror;
mod never_send;
mod properties;
mod server;

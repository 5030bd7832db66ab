//! User defined functions for InfluxData Kapacitor, served over Unix sockets.
//!
//! Kapacitor dials a connection for each `@name()` node of each enabled task and speaks protobuf
//! over it. This crate is that socket's other end: whoever wants a function of their own writes a
//! [`Handler`](handler::Handler) and gives it to a [`Server`](server::Server), which frames,
//! answers keepalives and keeps whatever goes wrong to the one connection it went wrong on.
//!
//! ```no_run
//! use kapacitor_udfd::agent::Outbox;
//! use kapacitor_udfd::edge::Edge;
//! use kapacitor_udfd::handler::{Handler, HandlerError, Info, UnixNanos};
//! use kapacitor_udfd::limits::Limits;
//! use kapacitor_udfd::proto::InitRequest;
//! use kapacitor_udfd::server::{Function, Server};
//! use kapacitor_udfd::wire::point::{FieldValue, PointView};
//!
//! /// Lets only points through whose `load` is over one.
//! struct Busy;
//!
//! impl Handler for Busy {
//!     fn info(&self) -> Info {
//!         Info::new(Edge::Stream, Edge::Stream)
//!     }
//!
//!     fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
//!         Ok(())
//!     }
//!
//!     fn point(&mut self, _: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
//!         match point.field("load") {
//!             Ok(Some(FieldValue::Double(load))) if load > 1.0 => Ok(out.forward(point)?),
//!             _ => Ok(()),
//!         }
//!     }
//! }
//!
//! # async fn run() -> std::io::Result<()> {
//! let listener = tokio::net::UnixListener::bind("/tmp/busy.sock")?;
//! let server = Server::new(Limits::default()).function(Function::new("busy", |_| Busy), listener);
//! server.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! From the socket inwards: [`server`] accepts, [`connection`] reads, writes and keeps the time,
//! [`wire`] knows bytes, [`agent`] holds the conversation, a [`handler`] does the work.

pub mod limits;

pub mod server;

pub mod connection;

pub mod wire;

pub mod proto;

pub mod agent;

pub mod handler;

pub mod options;

pub mod mirror;

pub mod aggregate;

mod script;

pub use script::Budget;

pub mod value;

mod pack;

mod heap;

pub mod edge;

pub mod builtin;

pub mod config;

pub mod socket;

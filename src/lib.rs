//! kapacitor-udfd
pub mod proto;
pub mod edge;
pub mod wire;
pub mod limits;
pub mod agent;
pub mod connection;
pub mod handler;
pub mod server;
pub mod options;
pub mod mirror;

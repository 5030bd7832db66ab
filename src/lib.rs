//! kapacitor-udfd
pub mod agent;
pub mod connection;
pub mod edge;
pub mod handler;
pub mod limits;
pub mod mirror;
pub mod options;
pub mod proto;
pub mod server;
pub mod wire;

//! kapacitor-udfd
pub mod config;
pub mod edge;
pub mod limits;
pub mod socket;

//! kapacitor-udfd
pub mod limits;

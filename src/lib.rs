//! kapacitor-udfd

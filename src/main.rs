//! kapacitor-udfd
fn main() {}

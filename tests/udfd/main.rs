//! Tests against what the package gives to others: the library's interface and the command line.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends by panicking, in its helpers too"
)]

mod bench;
mod fake_udf;

//! What holds for all bytes, not only for those somebody thought of: an area a file, each checked by
//! `properties` here and by a target in `fuzz/`. A law that is broken panics. Knows no test framework,
//! so that both can have it; what is right is prost's or a naive model's word, not that of the code
//! under test.

pub mod aggregate_snapshot;
pub mod frame;
pub mod node;
pub mod point;
pub mod requests;
pub mod script;

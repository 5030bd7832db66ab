//! From bytes to requests and from responses to bytes, and from points to bytes for who sends them. Pure functions
//! over slices: this layer knows the protocol's framing and messages, and no socket, clock or handler.

pub mod varint;

pub mod frame;

pub mod codec;

pub mod fields;

pub mod point;

pub(crate) mod entry;

pub mod batch;

pub(crate) mod batch_writer;

pub mod request;

pub mod patch;

pub mod point_writer;

pub mod response;

mod error;

pub use error::WireError;

//! What can be wrong with bytes from a peer. Each of these ends the connection they came on:
//! after a bad frame nothing says where the next one begins.

/// Bytes that are no request.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WireError {
    /// A frame's length is no varint of 64 bits.
    #[error(
        "bad frame length: a varint of more than 64 bits; the peer does not speak Kapacitor's UDF protocol"
    )]
    BadVarint,
    /// A frame longer than `max_frame`.
    #[error("frame of {announced} bytes; at most {max} are accepted (limits.max_frame)")]
    TooLong {
        /// The length announced.
        announced: u64,
        /// The limit in force.
        max: usize,
    },
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame, after {have} bytes of it")]
    Truncated {
        /// Bytes of the unfinished frame that had come.
        have: usize,
    },
    /// A whole frame that is no protobuf `Request`.
    #[error("undecodable request: {0}")]
    Undecodable(#[from] prost::DecodeError),
    /// A field of a message breaks off, or is of a wire type that is not allowed there.
    #[error("undecodable request: malformed field at byte {at} of the message")]
    Malformed {
        /// Offset into the message.
        at: usize,
    },
    /// A `Request` that says nothing, or something this protocol does not know.
    #[error(
        "request without a known message; accepted are info, init, keepalive, snapshot, restore, begin, point, end"
    )]
    NoMessage,
}

//! The protocol's messages as prost types, compiled from `proto/udf.proto`.

#![expect(missing_docs, reason = "generated; proto/udf.proto documents the messages")]
#![expect(clippy::pedantic, reason = "generated")]

include!(concat!(env!("OUT_DIR"), "/agent.rs"));

//! Compiles `proto/udf.proto` to Rust without a system `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto/udf.proto");
    let descriptors = protox::compile(["proto/udf.proto"], ["proto"])?;
    prost_build::Config::new()
        // Ordered maps: the same message always encodes to the same bytes.
        .btree_map(["."])
        .compile_fds(descriptors)?;
    Ok(())
}

//! Kapacitor's side of a configuration: the block to paste into kapacitor.conf.

use std::fmt::Write;

use kapacitor_udfd::config::Config;
use toml::Value;

/// What Kapacitor waits for a keepalive before it ends the task; it asks twice in this time.
const TIMEOUT: &str = "10s";

pub(super) fn block(config: &Config) -> String {
    let mut block = "[udf]\n[udf.functions]\n".to_owned();
    for function in &config.functions {
        // Names are identifiers and need no quotes; paths are UTF-8, but may hold anything else.
        let name = &function.name;
        let socket = Value::from(function.socket.path.to_string_lossy().into_owned());
        // Writing to a String cannot fail.
        let _ = write!(
            block,
            "    [udf.functions.{name}]\n        socket = {socket}\n        timeout = \"{TIMEOUT}\"\n"
        );
    }
    block
}

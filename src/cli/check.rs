//! `check`: what a configuration would serve, a line a function. Looks at no socket.

use std::fmt::Write;

use kapacitor_udfd::config::Config;

pub(super) fn summary(config: &Config) -> String {
    let mut summary = String::new();
    for function in &config.functions {
        let (name, handler) = (&function.name, &function.handler);
        let (wants, provides) = (function.wants, function.provides);
        let socket = function.socket.path.display();
        // Writing to a String cannot fail.
        let _ = writeln!(summary, "{name}: {handler}, {wants} -> {provides}, {socket}");
    }
    summary
}

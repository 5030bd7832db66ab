//! `check`: what a configuration would serve, a line a function, and what of it this machine lacks. Looks
//! at no socket.

use std::fmt::Write;

use kapacitor_udfd::Budget;
use kapacitor_udfd::config::Config;
use kapacitor_udfd::socket;

pub(super) fn summary(config: &Config) -> String {
    let mut summary = String::new();
    for function in &config.functions {
        let (name, handler) = (&function.name, &function.handler);
        let (wants, provides) = (function.wants, function.provides);
        let socket = function.socket.path.display();
        // Writing to a String cannot fail.
        let _ = write!(summary, "{name}: {handler}, {wants} -> {provides}, {socket}");
        let Budget { operations, time } = function.budget;
        if function.budget != Budget::default() {
            let time = humantime::format_duration(time);
            let _ = write!(summary, ", scripts {operations} operations, {time}");
        }
        summary.push('\n');
    }
    summary
}

/// What would keep this machine from serving a configuration that is right. No errors: it may be meant for
/// another machine.
pub(super) fn warnings(config: &Config) -> String {
    let mut warnings = String::new();
    for function in &config.functions {
        if let Err(unknown) = socket::find_group(&function.socket) {
            let _ =
                writeln!(warnings, "warning: function `{}` could not be served: {unknown}", function.name);
        }
    }
    warnings
}

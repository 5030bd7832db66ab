//! `--explain`: whose an output is, in words.

use kapacitor_udfd::aggregate::Reason;

use super::watch::{About, Told};
use crate::workbench::terminal::is_unsafe;
use crate::workbench::when::{When, duration};

/// A line for the terminal.
pub(super) fn line(about: &About) -> String {
    match about {
        About::Result { task, reason, at } => result(task, *reason, *at),
        About::Emitted { task } => format!("{}: emitted by the script\n", whose(task)),
        About::Passed => "the event, passed on\n".to_owned(),
    }
}

fn result(task: &Told, reason: Reason, at: i64) -> String {
    let Told { first, last, events, .. } = task;
    let are = if *events == 1 { "event" } else { "events" };
    let times = if first == last {
        format!("at {}", When(*first))
    } else {
        format!("from {} to {} ({})", When(*first), When(*last), duration(last.abs_diff(*first)))
    };
    format!("{}: {}; {events} {are} {times}; out at {}\n", whose(task), reason.word(), When(at))
}

/// Which task.
fn whose(task: &Told) -> String {
    let Told { measurement, group, id, .. } = task;
    // Also a line break: the group has one behind the measurement.
    let safe = |text: &String| text.replace(is_unsafe, " ");
    let [measurement, group, id] = [measurement, group, id].map(safe);
    match (group.is_empty(), group == id) {
        (true, true) => format!("{measurement}, all of it"),
        (true, false) => format!("{measurement} {id:?}"),
        (false, true) => format!("{measurement} of {group:?}"),
        (false, false) => format!("{measurement} {id:?} of {group:?}"),
    }
}

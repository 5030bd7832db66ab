//! Snapshots, and what is left of a handler's state when kapacitord has ended.

use nix::sys::signal::Signal::{SIGKILL, SIGTERM};

use crate::functions::counter;
use crate::stack::{Settings, Stack};

#[test]
#[ignore = "needs kapacitord"]
fn the_state_outlives_kapacitord_and_the_task() {
    let (counter, snapshots) = counter();
    let mut stack =
        Stack::start_with(vec![counter], &Settings { snapshot_interval: "500ms", ..Settings::default() });
    stack.define("task", "stream|from().measurement('cpu')@mirror()@counter()@sink()");
    for (round, signal) in (1..).zip([Some(SIGTERM), Some(SIGKILL), None]) {
        for count in [2 * round - 1, 2 * round] {
            stack.write("cpu f=0.5 1");
            stack.sink.expect(&format!("cpu count={count}i,f=0.5 1"));
        }
        while snapshots.next() != 2 * round {}
        // The next one is asked for when this one is stored.
        snapshots.next();
        if let Some(signal) = signal {
            stack.kapacitord.restart(signal);
        } else {
            stack.disable("task");
            stack.enable("task");
        }
    }
    stack.write("cpu f=0.5 1");
    stack.sink.expect("cpu count=7i,f=0.5 1");
    stack.stop_quietly(&[]);
}

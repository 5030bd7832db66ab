//! What is replayed: points as `kapacitor-udfd bench` makes them, about 180 bytes each on a UDF's
//! socket, with three tags and four fields, grouped by one of a hundred users.

use std::fmt::Write as _;

use crate::kapacitord::Kapacitord;

pub(crate) const NAME: &str = "points";
/// Where a task takes the points from.
pub(crate) const SOURCE: &str = "stream|from().measurement('requests').groupBy('user')";

/// The time of the first point. The others follow at a microsecond each.
const BASE: u64 = 1_600_000_000_000_000_000;
const STEP: u64 = 1000;
/// A minute after the first point. The first point behind it ends the recording.
const STOP: &str = "2020-09-13T12:27:40Z";
/// As many points as end before that.
pub(crate) const MOST: u64 = 60_000_000;

const USERS: u64 = 100;
/// Points written with one request.
const AT_ONCE: u64 = 5000;

/// Records that many points of what `task` would get.
pub(crate) fn record(kapacitord: &Kapacitord, task: &str, points: u64) {
    kapacitord.record(NAME, task, STOP);
    let mut first = 0;
    while first < points {
        let behind = points.min(first + AT_ONCE);
        kapacitord.write((first..behind).map(line).collect::<String>());
        first = behind;
    }
    kapacitord.write(line(MOST + 1));
    kapacitord.wait_for_recording(NAME);
}

/// The point with this number, in line protocol. No value is its type's zero: all are sent.
fn line(number: u64) -> String {
    let mut line = format!("requests,host=web-0042,user=u{:08},zone=eu-1a ", number % USERS);
    let (eighths, bytes, item) = (1 + number % 1000, 20_000 + number % 1000, number % 1000);
    let millis = format!("{}.{:03}", eighths / 8, eighths % 8 * 125);
    let time = BASE + number * STEP;
    // Writing to a String cannot fail.
    let _ = writeln!(line, "millis={millis},bytes={bytes}i,path=\"/items/{item:03}\",cached=true {time}");
    line
}

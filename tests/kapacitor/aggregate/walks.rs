//! What `kapacitor-udfd run` says a node does is what it does in a kapacitord: the scripts that examples/README.md tries get
//! the bundled data as a replay, and out of the node comes what `run --tick` prints.
//!
//! `run --end stop` is asked, since a replay ends so too: what is open then comes of neither. All go by event time. The order of
//! points of different groups is not looked at: a replay has only the points' times to go by, while `run` has time go on
//! for groups without points, as it would live. By the clock there is nothing to compare: a replay expires nothing.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;

use super::examples::normal;
use super::{SECOND, alerts, changed, logging};
use crate::daemon::{run, stderr, stdout};
use crate::functions::{SeenBatch, line};
use crate::stack::Stack;

const BATCH_TOP_N: &str = include_str!("../../../examples/aggregate_batch_top_n.tick");
const LATE_TRIPS: &str = include_str!("../../../examples/aggregate_late_trips.tick");
const LOST_JOBS: &str = include_str!("../../../examples/aggregate_lost_jobs.tick");
const SILENCE: &str = include_str!("../../../examples/aggregate_silence.tick");
const SPENDING: &str = include_str!("../../../examples/aggregate_spending.tick");

/// One of the walks.
struct Walk {
    name: &'static str,
    script: &'static str,
    data: &'static str,
    /// What `run` is told of the groups that the script makes.
    groups: &'static [&'static str],
}

#[test]
#[ignore = "needs kapacitord"]
fn spending() {
    let (stack, visits) =
        replayed_as_run(&Walk { name: "aggregate_spending", script: SPENDING, data: "web.lp", groups: &[] });
    let expected: Vec<_> = visits
        .iter()
        .filter_map(|visit| {
            let user = between(visit, "user_id=", " ");
            let total: f64 = between(visit, "total=", " ").parse().unwrap();
            (total > 1000.0).then(|| format!("{user} has spent {total} in one visit"))
        })
        .collect();
    // Of hana two. The last visit, which is gus's, is still open where the replay ends.
    assert_eq!(expected.len(), 5, "{visits:?}");
    expect_alerts(stack, expected);
}

#[test]
#[ignore = "needs kapacitord"]
fn lost_jobs() {
    let (stack, runs) = replayed_as_run(&Walk {
        name: "aggregate_lost_jobs",
        script: LOST_JOBS,
        data: "jobs.lp",
        groups: &["--group-by", "job"],
    });
    let mut critical = BTreeSet::new();
    let expected = runs.iter().filter_map(|run| {
        let (job, why) = (between(run, "job=", ","), between(run, "why=", " "));
        // Nothing is said of what was fine and is.
        let is_critical = why == "timeout";
        let is_told = if is_critical {
            critical.insert(job);
            true
        } else {
            critical.remove(job)
        };
        let level = if is_critical { "CRITICAL" } else { "OK" };
        is_told.then(|| format!("job={job} is {level}: run {} ({why})", between(run, "run_id=\"", "\"")))
    });
    expect_alerts(stack, expected.collect());
}

#[test]
#[ignore = "needs kapacitord"]
fn silence() {
    let (stack, _) = replayed_as_run(&Walk {
        name: "aggregate_silence",
        script: SILENCE,
        data: "devices.lp",
        groups: &["--group-by", "device"],
    });
    let expected = ["pump04 is silent", "pump04 is back", "pump07 is silent"];
    expect_alerts(stack, expected.map(str::to_owned).to_vec());
}

#[test]
#[ignore = "needs kapacitord"]
fn late_trips() {
    let (stack, trips) = replayed_as_run(&Walk {
        name: "aggregate_late_trips",
        script: LATE_TRIPS,
        data: "late.lp",
        groups: &["--group-by", "line"],
    });
    assert!(trips.iter().any(|trip| trip.contains("why=inactivity")), "{trips:?}");
    // Only of single positions, which are none of the alert's business.
    expect_alerts(stack, vec![]);
}

/// The data has no bus that breaks off. This one does, while another of its line goes on, and arrives with its next trip.
#[test]
#[ignore = "needs kapacitord"]
fn a_trip_that_breaks_off() {
    let stack = Stack::start();
    let script = changed(LATE_TRIPS, &[("|where(", "@sink()|where(")]);
    let position = |bus: i64, at: &str, second: i64| {
        let time = (1_700_035_200 + second) * SECOND;
        format!("positions,line=7 bus=\"{bus}\",at=\"{at}\",meters=50i {time}\n")
    };
    let others =
        (0..100).map(|number| position(72, if number % 20 == 0 { "terminus" } else { "road" }, 10 * number));
    let lines = [("start", 1), ("road", 11), ("start", 801), ("terminus", 811)];
    let lines = lines.map(|(at, second)| position(71, at, second));
    let mut data: Vec<_> = others.chain(lines).collect();
    data.sort_by_key(|line| line.rsplit(' ').next().map(str::to_owned));
    let trips = replay(&stack, &logging(&stack, script.trim_end()), &data.concat());
    assert!(trips.iter().any(|trip| trip.contains("why=inactivity")), "{trips:?}");
    let expected = [
        "bus 71 of line 7 has arrived",
        "bus 71 of line 7 was last heard of at 2023-11-15 08:00:11 +0000 UTC",
    ];
    expect_alerts(stack, expected.map(str::to_owned).to_vec());
}

/// What stands in a line behind `from`, up to `to`.
#[track_caller]
fn between<'a>(line: &'a str, from: &str, to: &str) -> &'a str {
    let (_, behind) = line.split_once(from).expect(from);
    behind.split_once(to).expect(to).0
}

/// These are the messages of the alerts, but for their order: groups come in any.
#[track_caller]
fn expect_alerts(stack: Stack, mut expected: Vec<String>) {
    let mut messages = if expected.is_empty() { vec![] } else { alerts(&stack, expected.len()) };
    messages.sort();
    expected.sort();
    assert_eq!(messages, expected);
    stack.stop_quietly(&[]);
}

/// Has a script's node get its data through a replay, and through `run`, and compares the two: what `run` prints, in its order.
fn replayed_as_run(walk: &Walk) -> (Stack, Vec<String>) {
    let stack = Stack::start();
    let next = if walk.script.contains("|where(") { "|where(" } else { "|alert(" };
    let script = changed(walk.script, &[(next, &format!("@sink(){next}"))]);
    let replayed = replay(&stack, &logging(&stack, script.trim_end()), &read(&format!("data/{}", walk.data)));
    let printed = printed(walk);
    let sorted = sorted(&printed);
    let only = |one: &[String], other: &[String]| -> Vec<_> {
        one.iter().filter(|line| !other.contains(line)).cloned().collect()
    };
    assert_eq!(
        (only(&replayed, &sorted), only(&sorted, &replayed)),
        (vec![], vec![]),
        "of the replay, of run"
    );
    assert!(replayed == sorted && !sorted.is_empty(), "{}: one comes more than once", walk.name);
    (stack, printed)
}

fn sorted(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort();
    lines
}

/// What reaches `@sink()`, by the text.
fn replay(stack: &Stack, script: &str, data: &str) -> Vec<String> {
    stack.try_define("task", json!({ "script": script, "status": "disabled" })).unwrap();
    stack.record("recording", "task", "2023-11-16T08:00:00Z");
    stack.write(data);
    // The first point of the task's behind the recording's end ends it.
    let measurement = data.split(',').next().expect("a line");
    stack.write(format!("{measurement} x=1i {}", 1_700_200_000 * SECOND));
    stack.wait_for_recording("recording");
    stack.replay("replay", "task", "recording");
    sorted(&stack.sink.drain().iter().map(line).collect::<Vec<_>>())
}

/// What `run` prints.
fn printed(walk: &Walk) -> Vec<String> {
    let (script, data) = (path(&format!("{}.tick", walk.name)), path(&format!("data/{}", walk.data)));
    let node = ["run", "--tick", &script, "--node", "aggregate2", "--end", "stop", &data];
    let output = run([&node[..], walk.groups].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output).lines().map(normal).collect()
}

fn path(example: &str) -> String {
    format!("{}/examples/{example}", env!("CARGO_MANIFEST_DIR"))
}

fn read(example: &str) -> String {
    fs::read_to_string(path(example)).unwrap()
}

/// A batch's group and end, and its points by their text.
type Batch = (String, i64, Vec<String>);

/// `--window` makes the windows that Kapacitor does, but for the last one of each group: Kapacitor ends a group's window when a
/// point of the group comes behind it, and after the last one none does.
#[test]
#[ignore = "needs kapacitord"]
fn windows() {
    let stack = Stack::start();
    let script = changed(BATCH_TOP_N, &[("|top(", "@sinkBatch()|top(")]);
    replay(&stack, &script, &read("data/web.lp"));
    let batch = |batch: SeenBatch| -> Batch {
        let points = batch.points.iter().map(|point| format!("{}{}", batch.begin.name, line(point)));
        (batch.end.group, batch.end.tmax, sorted(&points.collect::<Vec<_>>()))
    };
    let mut replayed: Vec<_> = stack.sink_batch.drain().into_iter().map(batch).collect();
    replayed.sort();

    let (script, data) = (path("aggregate_batch_top_n.tick"), path("data/web.lp"));
    let node = ["run", "--tick", &script, "--node", "aggregateBatch3", "--group-by", "host"];
    let output = run([&node[..], &["--window", "1m", &data]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed = batches(&stdout(&output));
    let is_last = |(group, end, _): &Batch| printed.iter().all(|other| other.0 != *group || other.1 <= *end);
    let (last, others): (Vec<_>, Vec<_>) = printed.iter().cloned().partition(is_last);
    assert_eq!(last.len(), 3);
    assert!(replayed.len() > 100, "{}", replayed.len());
    assert_eq!(replayed, others);
    stack.stop_quietly(&[]);
}

/// Those that `run` prints, by group and time.
fn batches(output: &str) -> Vec<Batch> {
    let mut batches: Vec<Batch> = vec![];
    for line in output.lines() {
        if let Some(series) = line.strip_prefix("# begin ") {
            let (_, group) = series.split_once(',').expect("a group");
            batches.push((group.to_owned(), 0, vec![]));
            continue;
        }
        let (_, end, points) = batches.last_mut().expect("a batch");
        match line.strip_prefix("# end ") {
            Some(time) => *end = time.parse().unwrap(),
            None => points.push(normal(line)),
        }
    }
    for (.., points) in &mut batches {
        points.sort();
    }
    batches.sort();
    batches
}

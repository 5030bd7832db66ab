//! `kapacitor-udfd timeline`: a run's tasks, drawn.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::daemon::stdout;
use crate::place::ended;

const NODE: &str =
    "@aggregate().taskId('user').inactivityTimeout(10s).timeout(25s).endWhen('event.last == true')";
/// Seconds and users; `!` is the last event.
const EVENTS: &str = "0 ann,2 bob,3 ann,8 cid!,9 bob,11 ann,16 bob,22 bob,26 bob,40 ann";

fn timeline(arguments: &[&str], lines: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kapacitor-udfd"));
    command.arg("timeline").args(arguments).env("LC_ALL", "C.UTF-8").env("COLUMNS", "72");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

fn lines() -> String {
    let line = |event: &str| {
        let (second, user) = event.split_once(' ').unwrap();
        let (user, last) = (user.trim_end_matches('!'), user.ends_with('!'));
        format!("clicks user=\"{user}\",last={last} {}\n", 1_700_000_000 + second.parse::<u64>().unwrap())
    };
    EVENTS.split(',').map(line).collect()
}

#[test]
fn tasks_are_drawn_as_text() {
    let drawn = timeline(&["--text", "--precision", "s", NODE], &lines());
    assert_eq!(drawn.status.code(), Some(0), "{drawn:?}");
    let drawn = stdout(&drawn);
    let lanes: Vec<_> = drawn.lines().skip_while(|line| !line.contains('┬')).skip(1).take(3).collect();
    assert_eq!(lanes.len(), 3, "{drawn}");
    for (lane, (user, signs)) in lanes.iter().zip([("ann", "•••I•I"), ("bob", "•••••T"), ("cid", "•E")])
    {
        assert!(lane.starts_with(user), "{drawn}");
        let seen: String = lane.chars().filter(|c| "•ITE".contains(*c)).collect();
        assert_eq!(seen, signs, "{drawn}");
    }
    for words in ["4 tasks of 10 events", "T timeout 1", "I inactivity 2", "E end 1", NODE.get(..20).unwrap()]
    {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
}

#[test]
fn a_picture_goes_into_a_file_or_to_stdout() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("clicks.svg");
    let quiet = timeline(&["--precision", "s", "-o", file.to_str().unwrap(), NODE], &lines());
    ended(&quiet, 0, &[]);
    let drawn = fs::read_to_string(&file).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"));
    for (class, tasks) in [("by-timeout", 1), ("by-inactivity", 2), ("by-end", 1), ("still", 0)] {
        // In the legend there is one more.
        let groups = drawn.matches(&format!("<g class=\"{class}\">")).count();
        let legend = if class == "still" { 3 } else { 1 };
        assert_eq!(groups, tasks + legend, "{class}: {drawn}");
    }
    for user in ["ann", "bob", "cid"] {
        assert!(drawn.contains(&format!(">{user}</text>")), "{user}: {drawn}");
    }
    assert_eq!(stdout(&timeline(&["--precision", "s", NODE], &lines())), drawn);
}

#[test]
fn with_the_end_of_the_stream_tasks_stay_open() {
    let drawn = timeline(&["--text", "--end", "stop", "--lanes", "1", "--precision", "s", NODE], &lines());
    let drawn = stdout(&drawn);
    assert!(drawn.contains("▸ still open 1") && drawn.contains("and 2 more tasks not drawn"), "{drawn}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    ended(&timeline(&["@mirror()"], ""), 64, &["@mirror() has no tasks"]);
    ended(&timeline(&["--lanes", "0", NODE], ""), 64, &["give a number from 1 to 5000"]);
    ended(&timeline(&["-o", "/nowhere/x.svg", NODE], ""), 1, &["cannot write /nowhere/x.svg"]);
    ended(&timeline(&["--text", NODE], "clicks user=\n"), 1, &["stdin:1:", "1 line could not be read"]);
    assert!(stdout(&timeline(&["--text", NODE], "")).contains("no task was opened"));
}

/// If it is meant to have changed, this makes it anew: `kapacitor-udfd timeline -o docs/timeline.svg` and what is here.
#[test]
fn the_picture_of_the_readme_is_what_the_command_draws() {
    let drawn =
        timeline(&["@aggregate().taskId('user_id').inactivityTimeout(10m)", "examples/data/web.lp"], "");
    assert_eq!(drawn.status.code(), Some(0), "{drawn:?}");
    assert!(
        stdout(&drawn) == include_str!("../../docs/timeline.svg"),
        "docs/timeline.svg is an older picture"
    );
}

//! `run` by this machine's clock, and on what a tap has recorded.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use kapacitor_udfd::proto::{self, option_value::Value};
use nix::sys::signal::Signal::SIGTERM;

use crate::daemon::{Daemon, run, stderr, stdout, udfd};
use crate::support::*;
use crate::tapping::Tap;

/// What is due comes while stdin is open and silent.
#[test]
fn by_the_clock_tasks_end_while_nothing_comes() {
    let node = "@aggregate().taskId('id').timeout(200ms).count('n')";
    let mut command = udfd(["run", "--clock", "real", node]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for round in 0..2 {
        stdin.write_all(format!("a v=1,id=\"x\" {round}\n").as_bytes()).unwrap();
        let started = Instant::now();
        assert_eq!(lines.next().unwrap().unwrap(), format!("a id=\"x\",n=1i {round}"));
        assert!(started.elapsed() > Duration::from_millis(100), "{:?}", started.elapsed());
    }
    drop(stdin);
    assert!(lines.next().is_none());
    assert!(child.wait().unwrap().success());
}

#[test]
fn points_come_at_their_pace() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pace.lp");
    fs::write(&file, "a v=1 0\na v=2 1500000000\na v=3 3000000000\n").unwrap();
    let started = Instant::now();
    let output = run(["run", "--clock", "10x", "@mirror()", file.to_str().unwrap()]);
    assert_eq!(stdout(&output).lines().count(), 3);
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(300) && took < Duration::from_millis(2_500), "{took:?}");
}

fn options(texts: &[(&str, Vec<Value>)]) -> Vec<proto::Option> {
    let value = |value: &Value| {
        let r#type = match value {
            Value::StringValue(_) => proto::ValueType::String,
            Value::DurationValue(_) => proto::ValueType::Duration,
            _ => unreachable!(),
        };
        proto::OptionValue { r#type: r#type.into(), value: Some(value.clone()) }
    };
    let option = |(name, values): &(&str, Vec<Value>)| proto::Option {
        name: (*name).to_owned(),
        values: values.iter().map(value).collect(),
    };
    texts.iter().map(option).collect()
}

fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

/// What a tap between Kapacitor and the daemon has recorded is what `run` plays.
#[tokio::test]
async fn a_recording_is_played_to_the_function() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let daemon = Daemon::start(["--socket-dir", dir.path().to_str().unwrap()]);
    let recording = path("trouble.rec").display().to_string();
    let tap = Tap::start(&path("tap.sock"), &path("aggregate.sock"), &["--record", &recording]);
    let node = [("taskId", vec![text("region")]), ("maxEvents", vec![]), ("count", vec![text("n")])];
    let mut given = options(&node);
    given[1].values =
        vec![proto::OptionValue { r#type: proto::ValueType::Int.into(), value: Some(Value::IntValue(2)) }];
    for round in 0..2 {
        let mut peer = dial(&path("tap.sock")).await;
        let init = proto::InitRequest {
            options: given.clone(),
            task_id: "alerts".to_owned(),
            node_id: "aggregate2".to_owned(),
        };
        peer.send(init).await;
        peer.expect(initialised()).await;
        for time in 0..3 + round {
            peer.send(point(time)).await;
        }
        peer.half_close().await;
        while peer.next().await.is_some() {}
    }
    assert_eq!(tap.end(SIGTERM).0, Some(0));
    drop(daemon);

    let output = run(["run", "--replay", &recording]);
    assert_eq!(output.status.code(), Some(64));
    let said = stderr(&output);
    assert!(said.contains("the recording has several nodes: give --connection, one of 1 (node aggregate2 of task alerts at 2"), "{said}");
    assert!(said.contains("Z, 3 points), 2 (node aggregate2 of") && said.contains("Z, 4 points)"), "{said}");
    let output = run(["run", "--replay", &recording, "--connection", "3"]);
    assert!(
        stderr(&output).contains("no node speaks on connection 3; accepted are 1 (node"),
        "{}",
        stderr(&output)
    );

    // Two are a task, and the third is one when its timeout comes.
    let played = |more: &[&str]| {
        let output = run([&["run", "--replay", &recording, "--connection", "1"], more].concat());
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{more:?}");
        stdout(&output).lines().map(|line| line.split_once(" n=").unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let two_and_one = played(&[]);
    assert!(two_and_one[0].starts_with("2i") && two_and_one[1].starts_with("1i"), "{two_and_one:?}");
    assert_eq!(two_and_one.len(), 2);
    assert_eq!(played(&["--end", "stop"]).len(), 1);
    let all = played(&["@aggregate().taskId('region').count('n')"]);
    assert!(all.len() == 1 && all[0].starts_with("3i"), "{all:?}");
    let output = run(["run", "--replay", &recording, "@mirror()", "file.lp"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("--replay plays a recording and reads no files; got file.lp"));
    let output = run(["run", "--replay", "Cargo.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("Cargo.toml") || stderr(&output).contains("recording"),
        "{}",
        stderr(&output)
    );
}

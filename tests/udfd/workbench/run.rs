//! `run` at the command line: what goes in on stdin or in files, what comes out, and what is wrong with it.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use crate::daemon::{run, stderr, stdout, udfd};

/// Runs with these lines on stdin.
fn with_lines(arguments: &[&str], lines: &str) -> Output {
    let mut command = udfd([&["run"], arguments].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

/// All goes well, and this comes out, line by line.
#[track_caller]
fn check(arguments: &[&str], lines: &str, expected: &[&str]) {
    let output = with_lines(arguments, lines);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
    assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), expected, "{arguments:?}");
}

/// It is refused with these words somewhere in what is said, and nothing comes out.
#[track_caller]
fn refuses(arguments: &[&str], words: &[&str]) {
    let output = with_lines(arguments, "a b=1 1\n");
    let said = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(64), ""), "{arguments:?}: {said}");
    for words in words {
        assert!(said.contains(words), "{arguments:?}: {words:?} is not in: {said}");
    }
}

const SUM: &str = "@aggregate().taskId('id').inactivityTimeout(10s).sum('v', 'sum')";

#[test]
fn deadlines_follow_the_points_and_time_goes_on_behind_the_last() {
    let lines = "a id=\"x\",v=1 0\na id=\"x\",v=2 9000000000\na id=\"y\",v=3 20000000000\n";
    let x = "a id=\"x\",sum=3 9000000000";
    let y = "a id=\"y\",sum=3 20000000000";
    check(&[SUM], lines, &[x, y]);
    // What is over comes out before a later point does.
    let passing = format!("{SUM}.passThrough(TRUE).pushMapAsEventOnTimeout(TRUE).measurement('t')");
    let points: Vec<_> = lines.lines().collect();
    let [sum_x, sum_y] = [x, y].map(|line| line.replacen('a', "t", 1));
    check(&[&passing], lines, &[points[0], points[1], &sum_x, points[2], &sum_y]);
    check(&["--end", "stop", SUM], lines, &[x]);
    check(&["--end", "stop", &format!("{SUM}.flushOnStop(TRUE)")], lines, &[x, y]);
    check(
        &["--clock", "1000x", SUM],
        &lines.replace("000000000", "00000000"),
        &["a id=\"x\",sum=3 900000000", "a id=\"y\",sum=3 2000000000"],
    );
}

#[test]
fn points_are_in_kapacitors_groups() {
    let group = "@script().code('''event.m = map.n ?? 0; map.n = (map.n ?? 0) + 1''')";
    let lines = "b,x=1,y=2 v=1 1\nb,x=1 v=1 2\nc,x=1,y=2 v=1 3\nb,x=2,y=2 v=1 4\n";
    let seen = |arguments: &[&str]| {
        let output = with_lines(&[arguments, &[group]].concat(), lines);
        let number = |line: &str| line.split_once("m=").unwrap().1.split_once('i').unwrap().0.to_owned();
        stdout(&output).lines().map(number).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen(&[]), "0 1 2 3");
    assert_eq!(seen(&["--group-by", "x"]), "0 1 2 0");
    assert_eq!(seen(&["--group-by", "y,x"]), "0 0 1 0");
    assert_eq!(seen(&["--group-by", "*"]), "0 0 1 0");
    assert_eq!(seen(&["--by-measurement"]), "0 1 0 2");
    assert_eq!(seen(&["--by-measurement", "--group-by", "x,y"]), "0 0 0 0");
    // As Kapacitor writes them, sorted, with what is missing.
    let explained = |arguments: &[&str]| {
        let counts = "@aggregate().inactivityTimeout(1s).count('n')";
        stderr(&with_lines(&[&["--explain"], arguments, &[counts]].concat(), "b,x=1 v=1 1\n"))
    };
    assert!(explained(&["--group-by", "y,x"]).starts_with("b of \"x=1,y=\": inactivity; 1 event at"));
    assert!(explained(&["--by-measurement", "--group-by", "x"]).starts_with("b of \"b x=1\": "));
    assert!(explained(&[]).starts_with("b, all of it: "));
}

#[test]
fn windows_make_batches_of_each_group() {
    let lines = "b,x=1 v=1 1\nb,x=2 v=2 2\nb,x=1 v=3 9\nb,x=1 v=4 10\nb,x=2 v=5 4\nb,x=1 v=6 35\n";
    let expected = [
        "# begin b,x=1",
        "b,x=1 v=1 1",
        "b,x=1 v=3 9",
        "# end 10",
        "# begin b,x=2",
        "b,x=2 v=2 2",
        "# end 10",
        // The one that is late is in the window that is open.
        "# begin b,x=1",
        "b,x=1 v=4 10",
        "# end 20",
        "# begin b,x=2",
        "b,x=2 v=5 4",
        "# end 20",
        "# begin b,x=1",
        "b,x=1 v=6 35",
        "# end 40",
    ];
    check(&["--window", "10ns", "--group-by", "x", "@mirrorBatch()"], lines, &expected);
    check(&["--window", "1h", "@mirrorBatch()"], "b v=1 -1\n", &["# begin b", "b v=1 -1", "# end 0"]);
    refuses(&["@mirrorBatch()"], &["@mirrorBatch() takes batches: give --window, such as --window 10s"]);
    refuses(&["--window", "10s", "@mirror()"], &["@mirror() takes a stream, and --window makes batches"]);
    refuses(&["--window", "0s", "@mirrorBatch()"], &["--window", "accepted are durations from 1ns"]);
}

#[test]
fn files_are_read_one_after_the_other_in_their_precision() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name).display().to_string()
    };
    let (one, two) = (file("one.lp", "a v=1 1\r\n\n# none\na v=2 2"), file("two.lp", "a v=3 3\n"));
    let whole = ["a v=1 1000", "a v=2 2000", "a v=0 5000", "a v=3 3000"];
    check(&["--precision", "us", "@mirror()", &one, "-", &two], "a v=0 5\n", &whole);
    // What came before a file that is not there comes to its end.
    let missing = dir.path().join("missing.lp").display().to_string();
    let output = run(["run", SUM.replace("'id'", "'v'").as_str(), &two, &missing, &one]);
    assert_eq!(stdout(&output), "a sum=3,v=3 3\n");
    let words = format!("error: cannot open {missing}: No such file or directory (os error 2)\n");
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), words));
    let output = run(["run", "@mirror()", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("it is a directory; give files of line protocol"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_point_without_a_time_comes_now() {
    let output = with_lines(&["@mirror()"], "a v=1\n");
    let time: i64 = stdout(&output).trim_end().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(time > 1_700_000_000_000_000_000, "{time}");
}

#[test]
fn lines_that_cannot_be_read_are_told_and_the_others_go_on() {
    let lines = format!("a v=1 1\na v= 2\na v=3 3\n{}a v=4 4\n", "nothing\n".repeat(20));
    let output = with_lines(&["@mirror()"], &lines);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "a v=1 1\na v=3 3\na v=4 4\n");
    let said = stderr(&output);
    assert!(said.starts_with("stdin:2:5: error: "), "{said}");
    assert_eq!(said.matches("stdin:").count(), 10, "{said}");
    assert!(said.contains("\n    a v= 2\n        ^\n"), "{said}");
    assert!(said.ends_with("error: 21 lines could not be read; 3 others went on\n"), "{said}");
}

#[test]
fn nobody_who_reads_on_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("many.lp");
    fs::write(&file, "a,host=web1 v=1 1\n".repeat(100_000)).unwrap();
    let mut command = udfd(["run", "@mirror()", file.to_str().unwrap()]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn wrong_nodes_are_refused_before_anything_runs() {
    refuses(&[], &["give a node, such as \"@aggregate()"]);
    refuses(&["aggregate()"], &["NODE:1:1: ", "a node begins with @: @aggregate()"]);
    refuses(
        &["@agregate()"],
        &[
            "NODE:1:1: there is no function agregate; did you mean aggregate?",
            "accepted are mirror, mirrorBatch, aggregate",
        ],
    );
    refuses(&["@aggregate()\n  .taskid('x')"], &["NODE:2:4: ", "taskId", "  .taskid('x')\n", "   ^^^^^^\n"]);
    refuses(&["@mirror().field('x', 42)"], &["NODE:1:22: ", "42.0"]);
    refuses(
        &["@aggregate().timeout(0s)"],
        &[
            "NODE:1:14: ",
            "option timeout: time is the duration 0s; accepted is a duration over 0s",
            "^^^^^^^",
        ],
    );
    refuses(&["@script().code('''\n  event.x = ;\n''')"], &["option code: ", "event.x = ;"]);
    refuses(&["--explain", "@mirror()"], &["@mirror() has no tasks that --explain could tell of"]);
    refuses(
        &["--clock", "fast", "@mirror()"],
        &["accepted are event, real, and a number over 0 and up to 1000000 with an x"],
    );
    refuses(&["--node", "mirror2", "@mirror()"], &["--tick"]);
    refuses(
        &["--tick", "examples/mirror.tick", "@mirror()"],
        &["with --tick the node comes from the script; leave @mirror() out"],
    );
    refuses(&["Cargo.toml"], &["give a node before the files", "Cargo.toml is a file"]);
    refuses(&["--group-by", "a,", "@mirror()"], &["--group-by names a tag that is empty"]);
    refuses(&["@aggregate().sum('v', 'a').sum('w', 'a')"], &["NODE:1:", "option sum: "]);
    refuses(&["--replay", "x", "--window", "10s"], &["--window"]);
    refuses(&["--config", "/nothing.toml", "@mirror()"], &["/nothing.toml"]);
    let output = run(["--socket-dir", "/tmp", "run", "@mirror()"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("run takes its options behind its name"), "{}", stderr(&output));
}

#[test]
fn a_node_is_taken_out_of_a_script() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("two.tick");
    let text = "var id = 'id'\nvar data = stream|from().groupBy('host').where(lambda: \"v\" > 0)\n\
                data@mirror().tag('from', 'mirror')\ndata@aggregate().taskId(id).inactivityTimeout(10s).count('n')|log()\n";
    fs::write(&script, text).unwrap();
    let script = script.display().to_string();
    let count = "a n=1i,id=\"x\" 0";
    let line = "a id=\"x\",v=1 0\n";
    for which in ["aggregate3", "3", "aggregate"] {
        let output = with_lines(&["--tick", &script, "--node", which], line);
        assert_eq!(stdout(&output), count.replace("n=1i,id=\"x\"", "id=\"x\",n=1i") + "\n", "{which}");
        let note = "note: the script groups by host before the node: give --group-by host\n\
                    note: |from().where() before the node is not run: lines come to it as they are\n";
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), note), "{which}");
    }
    // Who does so is not told again.
    let output = with_lines(&["--tick", &script, "--node", "mirror2", "--group-by", "id"], line);
    let notes = "note: |from().where() before the node is not run: lines come to it as they are\n\
                 note: no point has the tag id to group by; by fields there are no groups\n";
    assert_eq!(
        (stdout(&output).as_str(), stderr(&output).as_str()),
        ("a,from=mirror id=\"x\",v=1 0\n", notes)
    );
    refuses(
        &["--tick", &script, "--node", "mirror3"],
        &["mirror3", "the nodes of functions are mirror2 in line 3, aggregate3 in line 4"],
    );
}

#[test]
fn a_script_that_fails_is_told_of_and_what_it_logs() {
    let output =
        with_lines(&["@script().code('''log(`v is ${event.v}`); event.w = event.v / 0''')"], "a v=1i 1\n");
    assert_eq!(stdout(&output), "a,tags=_aggregateexception v=1i 1\n");
    let said = stderr(&output);
    assert!(said.contains("INFO script: v is 1\n") && said.contains("WARN a script failed: "), "{said}");
    let output =
        with_lines(&["@script().code('event.w = event.v / 0').onError('stop')"], "a v=1i 1\na v=1i 2\n");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    assert!(
        stderr(&output).contains("error: the function failed, which would stop the Kapacitor task: "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_came_of_it_is_told_at_the_end() {
    let lines = "a id=\"x\",v=1 0\na id=\"y\",v=2 1000000000\na id=\"x\",v=2 2000000000\nno\n";
    let output = with_lines(&["--stats", &format!("{SUM}.maxEvents(2)")], lines);
    let said = stderr(&output);
    let expected = "in      3 points, 1 could not be read\n        \
                    1970-01-01T00:00:00Z to 1970-01-01T00:00:02Z (2 s)\n\
                    out     2 points\n\
                    tasks   2 started, at most 2 open at once\n        \
                    ended: inactivity 1, max_events 1\n\
                    took    ";
    assert!(said.contains(expected), "{said}");
    let output = with_lines(&["--stats", &SUM.replace("'id'", "'host'")], lines);
    assert!(stderr(&output).contains("at most 0 open at once\ncounted no_id 3\ntook"), "{}", stderr(&output));
    let output = with_lines(&["--stats", "--end", "stop", "--window", "10s", "@mirrorBatch()"], "a v=1 1\n");
    assert!(stderr(&output).contains("out     1 point in 1 batch\ntook"), "{}", stderr(&output));
}

#[test]
fn each_output_is_explained_before_it() {
    let node = "@aggregate().taskId('id').inactivityTimeout(10s).count('n').passThrough(TRUE).measurement('t').pushMapAsEventOnTimeout(TRUE).flushInterval(4s)\
                .code('if event.v > 1 { emit(event) }')";
    let lines = "a,g=1 id=\"x\",v=1 0\na,g=1 id=\"x\",v=2 1500000000\n";
    let output = with_lines(&["--explain", "--group-by", "g", node], lines);
    let of = "t \"x\" of \"g=1\"";
    let between = "2 events from 1970-01-01T00:00:00Z to 1970-01-01T00:00:01.5Z (1.5 s)";
    let expected = format!(
        "the event, passed on\nthe event, passed on\n{of}: emitted by the script\n\
         {of}: flush; {between}; out at 1970-01-01T00:00:04Z\n\
         {of}: inactivity; {between}; out at 1970-01-01T00:00:11.5Z\n"
    );
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), expected));
    assert_eq!(stdout(&output).lines().count(), 5);
}

/// What had come out when something fails is not lost.
#[test]
fn what_came_before_a_failure_is_printed() {
    let node = "@aggregate().taskId('u').timeout(1s).sum('v','t').code('if event.v == 3.0 { throw 1 }').onError('stop')";
    let lines = "a u=\"x\",v=1 1000000000\na u=\"y\",v=2 2500000000\na u=\"z\",v=3 9000000000\n";
    for more in [&[][..], &["--table"]] {
        let output = with_lines(&[more, &[node]].concat(), lines);
        assert_eq!(output.status.code(), Some(1));
        let printed = stdout(&output);
        assert!(printed.contains('x') && printed.contains('y') && !printed.contains('z'), "{printed}");
    }
}

#[test]
fn any_time_can_pass() {
    let points = |times: [i64; 3]| times.map(|time| format!("a id=\"x\",v=1 {time}\n")).concat();
    for times in [
        [-3_600_000_000_000, -1_800_000_000_000, -60_000_000_000],
        [i64::MAX - 90_000_000_000, i64::MAX - 40_000_000_000, i64::MAX - 1],
    ] {
        let output = with_lines(&["--explain", SUM], &points(times));
        assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), 3), "{times:?}");
        assert_eq!(stderr(&output).lines().count(), 3, "{}", stderr(&output));
    }
    // Before 1714 the node's time stands still, and nothing else is wrong.
    let output = with_lines(
        &["--explain", SUM],
        &points([i64::MIN + 2, i64::MIN + 50_000_000_000, i64::MIN + 99_000_000_000]),
    );
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), 1), "{}", stderr(&output));
    // A time that can't be told in nanoseconds is a line that can't be read.
    let output = with_lines(&["--precision", "s", "@mirror()"], "a v=1 1\na v=1 9223372036854775806\n");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "a v=1 1000000000\n"));
    assert!(
        stderr(&output).starts_with("stdin:2:7: error: 9223372036854775806 is too large for a time"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn tasks_that_make_room_are_seen_to_end() {
    let lines = "a id=\"x\",v=1 0\na id=\"y\",v=2 1\na id=\"z\",v=2 2\n";
    let output = with_lines(&["--stats", &format!("{SUM}.maxTasks(1).onOverflow('drop')")], lines);
    let expected = "3 started, at most 1 open at once\n        ended: evicted 2, inactivity 1\n        2 of them without a result\ncounted dropped 2\n";
    assert!(stderr(&output).contains(expected), "{}", stderr(&output));
}

//! The README's example and those in `examples/`: they do what they say they do. What they say goes in and
//! comes out is taken from their own text.

use super::{README, SECOND, SINK, alerts, blocks, changed, logging, now, sleep_until};
use crate::functions::line;
use crate::stack::Stack;

const BATCH_TOP_N: &str = include_str!("../../../examples/aggregate_batch_top_n.tick");
const JOBS: &str = include_str!("../../../examples/aggregate_jobs.tick");
const MISSING_EVENT: &str = include_str!("../../../examples/aggregate_missing_event.tick");
const ONE_AFTER_THE_OTHER: &str = include_str!("../../../examples/aggregate_one_after_the_other.tick");
const REPLAY: &str = include_str!("../../../examples/aggregate_replay_event_time.tick");
const SESSION_PERCENTILE: &str = include_str!("../../../examples/session_percentile.tick");
const SESSIONS: &str = include_str!("../../../examples/aggregate_sessions.tick");
const TOP_USERS: &str = include_str!("../../../examples/aggregate_top_users.tick");

/// Likewise where there is an alert, which stays.
const ALERT: (&str, &str) = ("|alert()", "@sink()|alert()");

/// The points that an example's comment shows.
pub(super) fn shown(example: &'static str) -> Vec<&'static str> {
    let comment = example.lines().map_while(|line| line.strip_prefix("//"));
    comment.filter_map(|line| line.strip_prefix("     ")).filter(|line| line.contains('=')).collect()
}

/// A point that a text shows, as `line` does: fields in the order of their names, doubles with a point.
pub(super) fn normal(shown: &str) -> String {
    let words: Vec<_> = shown.split_ascii_whitespace().collect();
    let (fields, rest) = words[1..].split_first().expect("fields");
    let field = |field: &str| match field.split_once('=') {
        Some((name, value)) => match value.parse::<f64>() {
            Ok(value) => format!("{name}={value:?}"),
            Err(_) => field.to_owned(),
        },
        None => panic!("{field} is no field"),
    };
    let mut fields: Vec<_> = fields.split(',').map(field).collect();
    fields.sort();
    [&[words[0], fields.join(",").as_str()], rest].concat().join(" ")
}

/// The next point is one that a text shows with its time.
#[track_caller]
pub(super) fn expect(stack: &Stack, shown: &str) {
    stack.sink.expect(&normal(shown));
}

#[test]
#[ignore = "needs kapacitord"]
fn the_readme_s_example_has_an_alert_for_each_user() {
    let stack = Stack::start();
    let script = blocks(README, "tick").into_iter().find(|script| script.contains("@aggregate()"));
    let script = changed(script.expect("an example"), &[("(10s)", "(500ms)"), ALERT]);
    let shown: Vec<_> =
        blocks(README, "text").into_iter().filter(|text| text.starts_with("requests,")).collect();
    let [input, output] = shown[..] else { panic!("what goes in and what comes out: {shown:?}") };
    stack.define("task", &logging(&stack, script.trim_end()));

    let bob = r#"requests,host=web1 user_id="bob",amount=10.0 1700000000000000000"#;
    stack.write(format!("{input}{bob}"));
    expect(&stack, output);
    stack.sink.expect("requests,host=web1,user_id=bob requests=1i,total_amount=10.0 1700000000000000000");
    // The other way round now.
    stack.write(changed(bob, &[("bob", "ann")]));
    stack.write(changed(bob, &[("10.0", "2000.0")]));
    assert_eq!(
        alerts(&stack, 3),
        [
            // That bob's first session was fine is no recovery of ann's.
            "requests:host=web1,user_id=ann is CRITICAL",
            "requests:host=web1,user_id=ann is OK",
            "requests:host=web1,user_id=bob is CRITICAL",
        ]
    );
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn aggregate_jobs() {
    let stack = Stack::start();
    let script = changed(JOBS, &[(".timeout(1h)", ".timeout(2s)"), ALERT]);
    stack.define("task", &logging(&stack, script.trim_end()));
    let [started, finished, run] = shown(JOBS)[..] else { panic!("two events and a run") };
    let slow = |event: &str| changed(event, &[("4711", "4712")]).replace("1700000312", "1700000601");
    let next = |event: &str| changed(event, &[("4711", "4713")]);
    let lost = |event: &str| changed(event, &[("4711", "4714"), ("1700000312", "1700000400")]);
    let other = |event: &str| changed(event, &[("4711", "4715"), ("backup", "rotate")]);

    // In whatever order the two arrive.
    stack.write([started, finished].join("\n"));
    expect(&stack, run);
    stack.write([slow(finished), slow(started)].join("\n"));
    expect(&stack, &changed(run, &[("4711", "4712"), ("1700000312", "1700000601"), ("312", "601")]));
    stack.write([next(finished), next(started)].join("\n"));
    expect(&stack, &next(run));
    stack.write([lost(finished), other(started)].join("\n"));
    let timeout = |run: &str| changed(run, &[("max_events", "timeout"), ("seconds=312", "seconds=0")]);
    expect(&stack, &timeout(&lost(run)));
    expect(&stack, &changed(&timeout(&other(run)), &[("finished", "started"), ("1700000312", "1700000000")]));
    assert_eq!(
        alerts(&stack, 3),
        ["job=backup is WARNING: run 4712", "job=backup is OK: run 4713", "job=rotate is CRITICAL: run 4715"]
    );
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn aggregate_missing_event() {
    let stack = Stack::start();
    let script = changed(MISSING_EVENT, &[(".timeout(30s)", ".timeout(1s)"), ALERT]);
    stack.define("task", &logging(&stack, script.trim_end()));
    let [created, paid, unpaid] = shown(MISSING_EVENT)[..] else { panic!("two events and a task") };
    let other = |event: &str| changed(event, &[("A-17", "A-18")]);
    // One is paid, one is not, and of a third the order itself was lost.
    stack.write([other(created), other(paid)].join("\n"));
    stack.write([&changed(paid, &[("A-17", "A-19")]), created].join("\n"));
    let point = stack.sink.next();
    assert_eq!(line(&point), normal(&format!("{unpaid} {}", point.time)));
    // One that is not paid later than another is an alert all the same.
    stack.write(other(created));
    let message = |order: &str| format!("order {order} was not paid within 30 seconds");
    assert_eq!(alerts(&stack, 2), [message("A-17"), message("A-18")]);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn aggregate_sessions() {
    let stack = Stack::start();
    stack.define("task", &changed(SESSIONS, &[("(30m)", "(500ms)"), SINK]));
    let [request, session] = shown(SESSIONS)[..] else { panic!("a request and a session") };
    let at = |tenths: i64, path: &str, bytes: i64| {
        let path = format!("path={path:?}");
        let request = changed(request, &[("path=\"/cart\"", &path), ("5120", &bytes.to_string())]);
        format!("{request} {}", 1_700_000_000_000_000_000 + tenths * SECOND / 10)
    };
    let pages = ["/", "/a", "/b", "/c", "/d"].iter().cycle();
    let mut requests: Vec<_> = (0..13).zip(pages).map(|(n, path)| at(n, path, 5120)).collect();
    // From another host, and a user of her own.
    requests.push(changed(&at(3112, "/cart", 82310 - 13 * 5120), &[("web1", "web2")]));
    requests.push(changed(&at(0, "/", 1), &[("ann", "bob")]));
    stack.write(requests.join("\n"));
    expect(&stack, &format!("{session} 1700000311200000000"));
    assert_eq!(stack.sink.next().fields_string["user_id"], "bob");
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn aggregate_one_after_the_other() {
    let stack = Stack::start();
    stack.define("task", &changed(ONE_AFTER_THE_OTHER, &[("(4h)", "(1s)"), SINK]));
    let [sample, order] = shown(ONE_AFTER_THE_OTHER)[..] else { panic!("a sample and an order") };
    let at = |tenths: i64, pieces: i64, temperature: &str| {
        let pieces = format!("={pieces}i");
        let sample = changed(sample, &[("=3i", &pieces), ("71.5", temperature)]);
        format!("{sample} {}", 1_700_000_000_000_000_000 + tenths * 6 * SECOND)
    };
    let samples = [at(0, 3, "71.5"), at(1, 400, "69.0"), at(955, 9, "78.2")];
    stack.write(samples.join("\n"));
    // Another machine's does not end it.
    stack.write(changed(&at(956, 1, "70.0"), &[("press1", "press2")]));
    stack.write(changed(&at(956, 1, "70.0"), &[("A-17", "A-18")]));
    expect(&stack, &format!("{order} 1700005730000000000"));
    for (machine, last) in [("press2", "A-17"), ("press1", "A-18")] {
        let point = stack.sink.next();
        assert_eq!(point.tags["machine"], machine);
        assert_eq!((point.tags["why"].as_str(), point.fields_string["order"].as_str()), ("inactivity", last));
    }
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn aggregate_top_users() {
    let stack = Stack::start();
    let changes = [("(1m)", "(1s)"), ("(2m)", "(2s)"), ("|log()", "@sinkBatch()")];
    stack.define("task", &changed(TOP_USERS, &changes));
    let [request] = shown(TOP_USERS)[..] else { panic!("a request") };
    let requests = |user: i64| {
        let name = format!("user_id=user{user}");
        let request = changed(request, &[("user_id=ann", &name), ("5120i", &format!("{}i", 100 * user))]);
        format!("{request}\n{request}\n")
    };
    // All in one minute, and one user in the next.
    sleep_until((now() / SECOND + 1) * SECOND + SECOND / 5);
    stack.write((1..=12).map(requests).collect::<String>());
    sleep_until((now() / SECOND + 1) * SECOND + SECOND / 5);
    stack.write(request);
    let batch = stack.sink_batch.next();
    let minute = batch.end.tmax;
    assert_eq!(minute % SECOND, 0);
    let users = (3..=12).map(|user| format!(",user_id=user{user} bytes={}i {minute}", 200 * user));
    assert_eq!(batch.points.iter().map(line).collect::<Vec<_>>(), users.collect::<Vec<_>>());
    // Idle for two.
    sleep_until(minute + SECOND / 2);
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" out_flush=13 vanished_inactivity=12"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn aggregate_batch_top_n() {
    let stack = Stack::start();
    // What comes of the node itself is looked at too.
    let sinks = [("|top(", "@sinkBatch()|top("), ("|log()", "@sinkBatch()")];
    stack.define("task", &changed(BATCH_TOP_N, &sinks));
    let [request, page, top] = shown(BATCH_TOP_N)[..] else { panic!("a request, a page and a top one") };
    let minute = 60 * SECOND;
    let request = |path: &str, ms: i64, time: i64| {
        let request = changed(request, &[("/cart", path), ("140.0", &format!("{ms}.0"))]);
        format!("{request} {}", minute + time)
    };
    // Of 41 requests the 39th is the 95th percentile.
    let mut requests: Vec<_> =
        (1..=41).map(|n| request("/cart", if n < 39 { 140 } else { 313 + n }, n)).collect();
    for (n, path) in (0..).zip(["/a", "/b", "/c", "/d"]) {
        requests.push(request(path, 100 * n + 200, 42 + n));
    }
    requests.push(request("/cart", 1, minute));
    stack.write(requests.join("\n"));
    let pages = stack.sink_batch.next();
    assert_eq!((pages.end.group.as_str(), pages.points.len()), ("host=web1", 5));
    let (_, page) = page.split_once(',').expect("tags");
    assert_eq!(line(&pages.points[0]), normal(&format!(",{page} {}", minute + 41)));
    let batch = stack.sink_batch.next();
    let (_, tags) = top.split_once(',').expect("tags");
    let expected = [("/c", "400.0"), ("/cart", "352.0"), ("/d", "500.0")];
    let expected = expected.map(|(path, ms)| changed(tags, &[("/cart", path), ("352.0", ms)]));
    let expected = expected.map(|point| format!(",{point} {}", 2 * minute));
    let mut seen: Vec<_> = batch.points.iter().map(line).collect();
    seen.sort();
    assert_eq!((batch.end.tmax, seen), (2 * minute, expected.to_vec()));
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn aggregate_replay_event_time() {
    let stack = Stack::start();
    let script = serde_json::json!({ "script": changed(REPLAY, &[SINK]), "status": "disabled" });
    stack.try_define("task", script).unwrap();
    let shown = shown(REPLAY);
    let points = |name: &str| shown.iter().copied().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
    stack.record("yesterday", "task", "2023-11-15T00:00:00Z");
    let requests = points("requests,");
    assert_eq!(requests.len(), 3);
    stack.write(requests.join("\n"));
    stack.write(format!("requests x=1i {}", 1_700_100_000 * SECOND));
    stack.wait_for_recording("yesterday");
    stack.replay("replay", "task", "yesterday");
    let expected: Vec<_> = points("sessions,").into_iter().map(normal).collect();
    assert_eq!(expected.len(), 2);
    assert_eq!(stack.sink.drain().iter().map(line).collect::<Vec<_>>(), expected);
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn session_percentile() {
    let stack = Stack::start();
    stack.define("task", &changed(SESSION_PERCENTILE, &[("(30m)", "(500ms)"), SINK]));
    let [request, session] = shown(SESSION_PERCENTILE)[..] else { panic!("a request and a session") };
    let at = |n: i64, path: &str, ms: i64| {
        let request = changed(request, &[("/cart", path), ("=140i", &format!("={ms}i"))]);
        format!("{request} {}", 1_700_000_000 * SECOND + n)
    };
    let mut requests: Vec<_> = (1..=18).map(|n| at(n, "/cart", 140)).collect();
    requests.extend([at(19, "/search", 612), at(20, "/report", 900)]);
    // Another host's is of the same session, another user's is not.
    requests[3] = changed(&requests[3], &[("web1", "web2")]);
    stack.write(requests.join("\n"));
    stack.write(changed(&at(21, "/", 1), &[("ann", "bob")]));
    expect(&stack, &format!("{session} {}", 1_700_000_000 * SECOND + 20));
    assert_eq!(stack.sink.next().tags["user_id"], "bob");
    stack.stop_quietly(&[]);
}

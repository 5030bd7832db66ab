//! Event time beside a real kapacitord: the timeline that `docs/time.md` draws, groups that don't harm each other,
//! timestamps in fields, and what keeps absurd ones out.

use super::{SECOND, SINK, TIME, below, blocks, changed, now, sleep_until};
use crate::functions::line;
use crate::stack::Stack;

/// A second of a timeline takes so long here.
const DRAWN_SECOND: i64 = SECOND / 10;

/// A point from the year 2200.
const ABSURD: i64 = 7_258_118_400 * SECOND;

/// A row of a timeline: when, whose point of which second comes, and what comes out.
struct Row {
    clock: Option<i64>,
    comes: Option<(&'static str, i64)>,
    out: Option<(&'static str, i64)>,
}

/// What a drawing of `docs/time.md` says.
fn drawn(drawing: &'static str) -> Vec<Row> {
    let (header, rows) = drawing.split_once('\n').expect("a header");
    let column = |name: &str| header.find(name).expect(name);
    let (comes, events, out) = (column("comes "), column(":00"), column("comes out"));
    let row = |row: &'static str| {
        let part = |from: usize, to: usize| row.get(from..to.min(row.len())).unwrap_or_default().trim();
        let second = |text: &str| text.trim_start_matches(':').parse::<i64>().ok();
        Row {
            clock: second(part(0, comes)),
            comes: part(comes, events)
                .split_once(' ')
                .map(|(user, time)| (user, second(time).expect("a second"))),
            out: part(out, row.len()).split_once(", ").map(|(user, requests)| {
                (user, requests.split(' ').next().and_then(|n| n.parse().ok()).expect("a number"))
            }),
        }
    };
    rows.lines().map(row).collect()
}

/// The script that is drawn, and the drawings: live, and replayed.
fn timelines() -> (&'static str, [Vec<Row>; 2]) {
    let script = blocks(TIME, "tick")[0];
    let script = changed(script, &[("(10s)", "(1s)"), ("(5s)", "(500ms)"), SINK]);
    let drawings: Vec<_> =
        blocks(TIME, "text").into_iter().filter(|text| text.contains("deadlines")).collect();
    let [live, replayed] = drawings[..] else { panic!("two drawings") };
    (Box::leak(script.into_boxed_str()), [drawn(live), drawn(replayed)])
}

fn request(user: &str, time: i64) -> String {
    format!("requests,host=a user={user:?} {time}")
}

/// What comes out for a user, as far as the drawing tells it.
fn session((user, requests): (&str, i64), why: &str) -> String {
    format!("requests,host=a,why={why} requests={requests}i,user={user:?}")
}

#[test]
#[ignore = "needs kapacitord"]
fn the_timeline_is_as_drawn_live() {
    let stack = Stack::start();
    let (script, [rows, _]) = timelines();
    assert_eq!(rows.iter().filter(|row| row.comes.is_some()).count(), 7);
    stack.define("task", script);
    let start = now();
    for row in &rows {
        let (Some(clock), Some((user, second))) = (row.clock, row.comes) else { continue };
        sleep_until(start + clock * DRAWN_SECOND);
        stack.write(request(user, start + second * DRAWN_SECOND));
    }
    for row in &rows {
        let (Some(clock), Some(out)) = (row.clock, row.out) else { continue };
        let (point, came) = (stack.sink.next(), now());
        assert_eq!(line(&point), format!("{} {}", session(out, "inactivity"), point.time));
        // Never earlier than drawn; how much later depends on the machine. A clock may be a little off another.
        assert!(came > start + clock * DRAWN_SECOND - SECOND / 100, "{out:?} {} ns early", start - came);
    }
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" late=1 "), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn the_timeline_is_as_drawn_replayed() {
    let stack = Stack::start();
    let (script, [live, rows]) = timelines();
    let points = |rows: &[Row]| rows.iter().filter_map(|row| row.comes).collect::<Vec<_>>();
    assert_eq!(points(&rows), points(&live));
    let with_stop = changed(script, &[(".reasonTag(", ".flushOnStop(TRUE).reasonTag(")]);
    for (task, script) in [("task", script), ("stop", &with_stop)] {
        let script = serde_json::json!({ "script": script, "status": "disabled" });
        stack.try_define(task, script).unwrap();
    }
    stack.record("recording", "task", "1970-01-01T00:01:00Z");
    let time = |second: i64| SECOND + second * DRAWN_SECOND;
    let recorded: Vec<_> = points(&rows).iter().map(|(user, second)| request(user, time(*second))).collect();
    stack.write(recorded.join("\n"));
    stack.write(request("ann", 61 * SECOND));
    stack.wait_for_recording("recording");

    // Bob's session is open at the end, and comes out only if that is asked for.
    let open = live.iter().filter_map(|row| row.out).next_back();
    let ended: Vec<_> = rows.iter().filter_map(|row| row.out).collect();
    assert_eq!(ended.len(), 2);
    let ended = ended.into_iter().map(|out| session(out, "inactivity"));
    let all = ended.chain(open.map(|out| session(out, "stop"))).zip([time(9), time(12), time(25)]);
    let all: Vec<_> = all.map(|(session, time)| format!("{session} {time}")).collect();
    for (task, expected) in [("task", &all[..2]), ("stop", &all[..])] {
        stack.replay(&format!("replay-{task}"), task, "recording");
        assert_eq!(stack.sink.drain().iter().map(line).collect::<Vec<_>>(), expected);
    }
    stack.stop_quietly(&[]);
}

/// Sessions of hosts of which one has its clock an hour ahead, and one a point from the year 2200.
#[test]
#[ignore = "needs kapacitord"]
fn a_clock_that_is_wrong_harms_only_its_own_group() {
    let stack = Stack::start();
    let script = |group: &str| {
        let options =
            ".taskId('user').inactivityTimeout(1s).timeoutTimestampField('time').count('n').reasonTag('why')";
        format!("stream|from().measurement('requests'){group}@aggregate(){options}@sink()")
    };
    let at = |host: &str, time: i64| format!("requests,host={host} user=\"ann{host}\" {time}");
    let hour = 3_600 * SECOND;
    let seconds = [10, 11, 12, 20].map(|second| second * SECOND);
    let mut points: Vec<_> =
        seconds.iter().flat_map(|time| [at("a", *time), at("b", *time + hour), at("c", *time)]).collect();
    // Between c's second and third.
    points.insert(6, at("c", ABSURD).replace("annc", "bob"));

    stack.define("grouped", &script(".groupBy('host')"));
    stack.write(points.join("\n"));
    let seen: Vec<_> = (0..8).map(|_| line(&stack.sink.next())).collect();
    let of = |host: &str| {
        let tags = format!(",host={host},");
        seen.iter().filter(|line| line.contains(&tags)).map(String::as_str).collect::<Vec<_>>()
    };
    let session = |host: &str, n: usize, time: i64| {
        format!("requests,host={host},why=inactivity n={n}i,user=\"ann{host}\" {time}")
    };
    assert_eq!(of("a"), [session("a", 3, seconds[2]), session("a", 1, seconds[3])]);
    assert_eq!(of("b"), [session("b", 3, seconds[2] + hour), session("b", 1, seconds[3] + hour)]);
    // Ended by that point, and from then on each for itself.
    assert_eq!(
        of("c")[..3],
        [session("c", 2, seconds[1]), session("c", 1, seconds[2]), session("c", 1, seconds[3])]
    );
    stack.delete("grouped");

    // Without groups it is a's clock that is wrong, by b's.
    stack.define("all", &script(""));
    stack.write(points[..6].join("\n"));
    let mut a: Vec<_> =
        (0..3).map(|_| line(&stack.sink.next())).filter(|line| line.contains("anna")).collect();
    a.sort();
    let alone = |time: i64| format!("requests,why=inactivity n=1i,user=\"anna\" {time}");
    assert_eq!(a, seconds[..2].iter().map(|time| alone(*time)).collect::<Vec<_>>());
    stack.delete("all");
    let log = stack.stop_quietly(&[]);
    let late: Vec<_> =
        log.lines().filter_map(|line| Some(line.split_once(" late=")?.1.split(' ').next())).collect();
    // Two of c's, then all of a's and of c's but the first, which came before any of b's.
    assert_eq!(late, [Some("2"), Some("3")], "{log}");
}

/// The script with `sent_ms` in `docs/time.md`.
#[test]
#[ignore = "needs kapacitord"]
fn timestamps_are_ints_or_texts() {
    let stack = Stack::start();
    let script = blocks(TIME, "tick").into_iter().find(|script| script.contains("timestampUnit"));
    let changes = [("(30m)", "(1s)"), ("(1m)", "(100ms)"), SINK];
    stack.define("task", &changed(script.expect("an example"), &changes));
    let order =
        |id: &str, sent: &str, time: i64| format!("orders,shop=x order_id={id:?},sent_ms={sent} {time}");
    stack.write(order("A", "10000i", 5));
    stack.write(order("A", "11000i", 4));
    stack.write(order("B", r#""1970-01-01T01:00:20.5+01:00""#, 3));
    // The times of what comes out are the points' own.
    stack.sink.expect(r#"orders,shop=x events=2i,order_id="A" 5"#);
    // A double, as of a query, is none.
    stack.write(order("C", "30000.0", 25 * SECOND));
    stack.sink.expect(r#"orders,shop=x events=1i,order_id="B" 3"#);
    stack.sink.expect(&format!(r#"orders,shop=x events=1i,order_id="C" {}"#, 25 * SECOND));
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" no_time=1") && !log.contains(" late="), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn a_lambda_keeps_out_what_is_ahead_of_the_clock() {
    let stack = Stack::start();
    let [script] = below(TIME, "Absurd times")[..] else { panic!("one script") };
    stack.define("task", &changed(script, &[("(10m)", "(500ms)"), ("(1m)", "(100ms)"), SINK]));
    let start = now();
    let request = |time: i64| format!("requests,host=a user=\"ann\" {time}");
    stack.write([request(start), request(ABSURD), request(start + SECOND / 5)].join("\n"));
    stack.sink.expect(&format!("requests,host=a requests=2i,user=\"ann\" {}", start + SECOND / 5));
    assert_eq!(stack.sink.drain(), []);
    let log = stack.stop_quietly(&[]);
    assert!(log.contains(" points=2 ") && !log.contains(" late="), "{log}");
}

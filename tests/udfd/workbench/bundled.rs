//! The files in examples/data are what their generator gives, and `run` finds in them what the generator knows to be there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::generator::{self, MINUTE, SECOND, devices, jobs, late, mixed, web};
use super::{normal, printed, sorted};

fn data(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(name)).unwrap()
}

fn path(name: &str) -> String {
    format!("{}/examples/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_files_are_what_the_generator_gives() {
    for (name, text) in generator::files() {
        assert!(data(name) == text, "{name} is another: cargo run --example data");
        let lines = text.lines().count();
        assert!((4_500..=5_500).contains(&lines), "{name} has {lines} lines");
    }
}

/// What is said of the visits in `web.lp`.
#[test]
fn visits_keep_to_their_bounds() {
    let visits = web::visits();
    for visit in &visits {
        let gaps = visit.requests.windows(2).map(|pair| pair[1].time - pair[0].time);
        assert!(gaps.clone().all(|gap| (1..web::MAX_GAP).contains(&gap)));
        assert!(gaps.sum::<i64>() < 30 * MINUTE, "the default timeout would end it");
    }
    for (earlier, later) in visits.iter().zip(&visits[1..]).filter(|(a, b)| a.session == b.session) {
        let absence = later.requests[0].time - earlier.requests.last().unwrap().time;
        assert!(absence > web::MIN_ABSENCE);
    }
    let times: Vec<_> = data("web.lp").lines().map(time).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "two requests at one time");
}

/// At its end a line has its time.
fn time(line: &str) -> i64 {
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn run_finds_each_customer_s_visits() {
    let visits = web::visits();
    let customers = visits.iter().filter_map(|visit| Some((visit.user?, &visit.requests)));
    let expected = sorted(customers.map(|(user, requests)| {
        let paid: i64 = requests.iter().filter_map(|request| request.paid).sum();
        let (count, last) = (requests.len(), requests.last().unwrap().time);
        let line = format!("requests requests={count}i,total={},user_id={user:?} {last}", quarters(paid));
        normal(&line)
    }));
    assert_eq!(expected.len(), 14);
    for timeout in ["2m", "10m", "30m"] {
        for time in ["", ".timeoutTimestampField('time')", ".timeoutTimestampField('time').maxDelay(1m)"] {
            let node = format!("@aggregate().taskId('user_id').inactivityTimeout({timeout}){time}");
            let node = format!("{node}.count('requests').sum('amount', 'total')");
            assert_eq!(printed(&[&node, &path("web.lp")]), expected, "{node}");
        }
    }
}

/// A whole number of quarters is exact as a double.
#[expect(clippy::cast_precision_loss, reason = "they are few")]
fn quarters(number: i64) -> f64 {
    number as f64 / 4.0
}

#[test]
fn run_finds_all_visits_on_each_host() {
    let expected = sorted(web::visits().iter().map(|visit| {
        let last = visit.requests.last().unwrap().time;
        let (host, session, count) = (visit.host, &visit.session, visit.requests.len());
        format!("requests,host={host} n={count}i,session={session:?} {last}")
    }));
    let node = "@aggregate().taskId('session').inactivityTimeout(5m).count('n')";
    assert_eq!(printed(&["--group-by", "host", node, &path("web.lp")]), expected);
}

#[test]
fn run_finds_the_runs_that_do_not_end_in_time() {
    let runs = jobs::runs();
    let ends = |end| runs.iter().filter(move |run| run.end == end);
    assert!(ends(jobs::End::Never).count() >= 5 && ends(jobs::End::Slow).count() >= 5);
    let limit = |run: &jobs::Run| run.events[0].0 + jobs::LIMIT;
    let late = ends(jobs::End::Never).chain(ends(jobs::End::Slow));
    let expected = sorted(late.map(|run| {
        let count = run.events.iter().filter(|event| event.0 <= limit(run)).count();
        format!("jobs n={count}i,run_id=\"{}\" {}", run.id, limit(run))
    }));
    let node = "@aggregate().taskId('run_id').startWhen('event.event == \"started\"').mapAction('update')
        .endWhen('event.event == \"finished\"').emitOnEnd(FALSE).timeout(10m).count('n').pointTime('emit')
        .timeoutTimestampField('time')";
    assert_eq!(printed(&[node, &path("jobs.lp")]), expected);
}

#[test]
fn run_finds_the_devices_that_fall_silent() {
    let reports = data("devices.lp");
    let expected = sorted(devices::SILENCES.iter().map(|silence| {
        let series = format!("devices,device={} ", silence.device);
        let before = reports.lines().filter(|line| line.starts_with(&series)).map(time);
        let before: Vec<_> = before.filter(|time| *time < silence.from).collect();
        format!("{series}n={}i {}", before.len(), before.last().unwrap())
    }));
    for (timeout, time) in [("33s", ".timeoutTimestampField('time')"), ("20m", "")] {
        const { assert!(30 * SECOND + devices::JITTER <= 33 * SECOND) };
        let node = format!("@aggregate().inactivityTimeout({timeout}).timeout(365d).count('n'){time}");
        let seen = printed(&["--end", "stop", "--group-by", "device", &node, &path("devices.lp")]);
        assert_eq!(seen, expected, "{node}");
    }
}

#[test]
fn run_puts_late_positions_in_order() {
    let mut expected = vec![];
    for trip in late::trips() {
        let (last, on_time) = trip.positions.split_last().unwrap();
        // What comes behind the trip's end by more than it may is a trip of its own.
        let is_lost = |at: &&late::Position| at.time + at.delay > last.time + 2 * late::MAX_DELAY;
        let behind: Vec<_> = on_time.iter().filter(is_lost).collect();
        let line = |count: usize, meters: i64, time: i64| {
            format!("positions,line={} bus={:?},meters={meters}i,n={count}i {time}", trip.line, trip.bus)
        };
        expected.extend(behind.iter().map(|at| line(1, at.meters, at.time)));
        let of_trip = trip.positions.iter().map(|at| at.meters).sum::<i64>();
        let of_lost = behind.iter().map(|at| at.meters).sum::<i64>();
        expected.push(line(trip.positions.len() - behind.len(), of_trip - of_lost, last.time));
    }
    assert_eq!(expected.len(), 15);
    let node =
        "@aggregate().taskId('bus').endWhen('event.at == \"terminus\"').inactivityTimeout(5m).timeout(6h)
        .timeoutTimestampField('time').maxDelay(1m).count('n').sum('meters', 'meters')";
    assert_eq!(printed(&["--group-by", "line", node, &path("late.lp")]), sorted(expected));
}

#[test]
fn run_adds_ints_and_doubles_and_skips_the_rest() {
    let mut meters = BTreeMap::<usize, (i64, i64)>::new();
    for (.., meter, reading) in mixed::readings() {
        let (count, quarters) = meters.entry(meter).or_default();
        *count += 1;
        *quarters += match reading {
            mixed::Reading::Int(kwh) => 4 * kwh,
            mixed::Reading::Double(quarters) => quarters,
            mixed::Reading::Text | mixed::Reading::Missing => 0,
        };
    }
    let node = "@aggregate().sum('kwh', 'kwh').float('kwh').count('n').timeout(1d).pointTime('emit')";
    let seen = printed(&["--group-by", "meter", node, &path("mixed.lp")]);
    let fields = |line: &String| line.split(' ').nth(1).unwrap().to_owned();
    let expected = meters.values().map(|(count, sum)| format!("kwh={},n={count}i", quarters(*sum)));
    assert_eq!(seen.iter().map(fields).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

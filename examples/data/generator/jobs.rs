//! `jobs.lp`: the log of half a day's jobs, side by side. Each run starts, takes some steps and is finished; but a start may be
//! logged twice, a run may take longer than `LIMIT`, and the end of some never comes.

use super::random::Random;
use super::{Coming, HOUR, LINES, MINUTE, SECOND, START, in_order};

/// Most runs are finished in less, the others take more.
pub(crate) const LIMIT: i64 = 10 * MINUTE;

const JOBS: [(&str, &str); 5] =
    [("backup", "db1"), ("import", "app1"), ("report", "app1"), ("rotate", "db1"), ("thumbnails", "app2")];

/// One after the other, but not every run takes all of them.
const STEPS: [&str; 8] = ["connect", "lock", "read", "check", "copy", "index", "verify", "unlock"];

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Within `LIMIT`.
    InTime,
    /// After `LIMIT`.
    Slow,
    /// It does not.
    Never,
}

/// One run of a job.
pub(crate) struct Run {
    pub(crate) id: i64,
    job: &'static str,
    host: &'static str,
    pub(crate) end: End,
    /// Its lines: when, and the fields.
    pub(crate) events: Vec<(i64, String)>,
}

pub(super) fn text() -> String {
    let lines = |run: &Run| -> Vec<Coming> {
        let Run { id, job, host, .. } = run;
        let line = |(time, fields): &(i64, String)| {
            (*time, format!("jobs,host={host},job={job} run_id=\"{id}\",{fields} {time}"))
        };
        run.events.iter().map(line).collect()
    };
    in_order(runs().iter().flat_map(lines).collect())
}

/// In the order in which they start.
pub(crate) fn runs() -> Vec<Run> {
    let mut random = Random::new(3);
    let mut time = START;
    let (mut runs, mut lines) = (vec![], 0);
    while lines < LINES {
        let id = 4_000 + i64::try_from(runs.len()).unwrap_or(0);
        let end = match id % 100 {
            23 => End::Never,
            47 => End::Slow,
            _ => End::InTime,
        };
        let (job, host) = random.of(&JOBS);
        let events = events(time, end, id % 25 == 7, &mut random);
        lines += events.len();
        runs.push(Run { id, job, host, end, events });
        time += random.between(SECOND, 2 * MINUTE);
    }
    runs
}

fn events(start: i64, end: End, starts_twice: bool, random: &mut Random) -> Vec<(i64, String)> {
    let started = "event=\"started\"".to_owned();
    let mut time = start;
    let mut events = vec![(time, started.clone())];
    if starts_twice {
        time += random.between(SECOND / 10, 2 * SECOND);
        events.push((time, started));
    }
    let all = random.one_in(2);
    let count = match end {
        End::Never => random.between(1, 7),
        _ if all => 8,
        _ => 3,
    };
    for (_, step) in (0..count).zip(STEPS) {
        time += random.between(2 * SECOND, 55 * SECOND);
        let rows = random.between(1, 90_000);
        events.push((time, format!("event=\"step\",step=\"{step}\",rows={rows}i")));
    }
    match end {
        End::InTime => time += random.between(SECOND, 30 * SECOND),
        End::Slow => time = start + LIMIT + random.between(MINUTE, HOUR),
        End::Never => return events,
    }
    events.push((time, format!("event=\"finished\",ok={}", !random.one_in(40))));
    events
}

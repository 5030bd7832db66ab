//! `web.lp`: the requests to a shop. Some visitors are customers and have a `user_id`, of the others only the cookie
//! is known. A visit's requests are never as far apart as `MAX_GAP`, and no visitor is back before `MIN_ABSENCE`.

use super::random::Random;
use super::{Coming, HOUR, LINES, MINUTE, SECOND, START, in_order, quarters};

/// Between two requests of a visit it is less.
pub(crate) const MAX_GAP: i64 = 2 * MINUTE;

/// Between two visits of a visitor it is more.
pub(crate) const MIN_ABSENCE: i64 = 30 * MINUTE;

/// Those who log in, and how often they come.
const CUSTOMERS: [(&str, usize); 11] = [
    ("ann", 2),
    ("bob", 1),
    ("cid", 1),
    ("dora", 2),
    ("eve", 1),
    ("finn", 1),
    ("gus", 1),
    ("hana", 2),
    ("ivo", 1),
    ("jana", 1),
    ("kai", 1),
];

const HOSTS: [&str; 3] = ["web1", "web2", "web3"];
const PATHS: [&str; 6] = ["/", "/search", "/item", "/item", "/cart", "/help"];

/// What one visitor does until they leave.
pub(crate) struct Visit {
    pub(crate) user: Option<&'static str>,
    pub(crate) session: String,
    pub(crate) host: &'static str,
    pub(crate) requests: Vec<Request>,
}

pub(crate) struct Request {
    pub(crate) time: i64,
    path: &'static str,
    /// What is paid, in quarters.
    pub(crate) paid: Option<i64>,
}

pub(super) fn text() -> String {
    let mut random = Random::new(2);
    let mut lines = vec![];
    for visit in visits() {
        lines.extend(visit.requests.iter().map(|request| line(&visit, request, &mut random)));
    }
    in_order(lines)
}

/// All of them, visitor by visitor.
pub(crate) fn visits() -> Vec<Visit> {
    let mut random = Random::new(1);
    let mut visits = vec![];
    for (user, times) in CUSTOMERS {
        come(Some(user), times, &mut visits, &mut random);
    }
    while visits.iter().map(|visit| visit.requests.len()).sum::<usize>() < LINES {
        let times = if random.one_in(8) { 2 } else { 1 };
        come(None, times, &mut visits, &mut random);
    }
    visits
}

/// One visitor, who comes once or twice within three hours.
fn come(user: Option<&'static str>, times: usize, visits: &mut Vec<Visit>, random: &mut Random) {
    let session = format!("{:08x}", random.between(0x1000_0000, 0xffff_ffff));
    let mut begin = START + random.between(0, if times == 1 { 160 * MINUTE } else { HOUR });
    for _ in 0..times {
        let requests = requests(begin, user.is_some(), random);
        begin = requests.last().map_or(begin, |last| last.time) + MIN_ABSENCE;
        begin += random.between(SECOND, 15 * MINUTE);
        visits.push(Visit { user, session: session.clone(), host: random.of(&HOSTS), requests });
    }
}

fn requests(begin: i64, pays: bool, random: &mut Random) -> Vec<Request> {
    let count = if pays { random.between(9, 38) } else { random.between(1, 28) };
    let mut time = begin;
    let mut requests = vec![];
    for n in 1..=count {
        // Customers pay at the end, and now and then before.
        let paid = pays && n > 3 && (n == count || random.one_in(12));
        let paid = paid.then(|| random.between(20, 3_000));
        let path = if paid.is_some() { "/pay" } else { random.of(&PATHS) };
        requests.push(Request { time, path: if n == 1 { "/" } else { path }, paid });
        let longest = if random.one_in(10) { MAX_GAP } else { 30 * SECOND };
        time += random.between(SECOND / 5, longest - 1);
    }
    requests
}

fn line(visit: &Visit, request: &Request, random: &mut Random) -> Coming {
    let Visit { session, host, .. } = visit;
    let Request { time, path, .. } = request;
    let slow = if random.one_in(50) { 10 } else { 1 };
    let ms = slow * random.between(12, if *path == "/search" { 400 } else { 160 });
    let status = if random.one_in(120) { 500 } else { 200 };
    let bytes = random.between(600, 48_000);
    let user = visit.user.map_or_else(String::new, |user| format!(",user_id=\"{user}\""));
    let paid = request.paid.map_or_else(String::new, |paid| format!(",amount={}", quarters(paid)));
    let fields = format!("session=\"{session}\"{user},status={status}i,ms={ms}i,bytes={bytes}i{paid}");
    (*time, format!("requests,host={host},path={path} {fields} {time}"))
}

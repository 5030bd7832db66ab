//! `late.lp`: buses that tell every ten seconds where they are, over a network that delays and reorders what they say. All but
//! some positions come within `MAX_DELAY`. The file is in the order in which they come.

use super::random::Random;
use super::{Coming, MINUTE, SECOND, START, in_order};

/// How much later than it should a position comes, but for the stragglers.
pub(crate) const MAX_DELAY: i64 = MINUTE;

/// The buses, with their lines.
const BUSES: [(&str, &str); 6] =
    [("7", "71"), ("7", "72"), ("9", "91"), ("9", "92"), ("12", "121"), ("12", "122")];
const TRIPS: i64 = 2;
const POSITIONS: i64 = 414;
const EVERY: i64 = 10 * SECOND;

/// Positions far behind: of the first trip of which bus, and how much.
const STRAGGLERS: [(&str, i64, i64); 8] = [
    // The trip goes on when they come.
    ("71", 60, 3 * MINUTE),
    ("71", 220, 5 * MINUTE),
    ("92", 130, 4 * MINUTE),
    ("121", 300, 3 * MINUTE),
    ("122", 31, 6 * MINUTE),
    // It is over when they come.
    ("72", POSITIONS - 9, 9 * MINUTE),
    ("91", POSITIONS - 4, 10 * MINUTE),
    ("122", POSITIONS - 12, 11 * MINUTE),
];

/// A bus from one end of its line to the other.
pub(crate) struct Trip {
    pub(crate) line: &'static str,
    pub(crate) bus: &'static str,
    pub(crate) positions: Vec<Position>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) time: i64,
    pub(crate) delay: i64,
    pub(crate) meters: i64,
}

pub(super) fn text() -> String {
    let mut random = Random::new(6);
    in_order(trips().iter().flat_map(|trip| lines(trip, &mut random)).collect())
}

pub(crate) fn trips() -> Vec<Trip> {
    let mut random = Random::new(5);
    let mut trips = vec![];
    for (line, bus) in BUSES {
        // The second bus of a line is on the road when the first one gets to the terminus.
        let follows = trips.last().is_some_and(|trip: &Trip| trip.line == line);
        let mut begin = START + random.between(0, 8 * MINUTE) + if follows { 35 * MINUTE } else { 0 };
        for n in 0..TRIPS {
            let straggling = if n == 0 { bus } else { "" };
            let positions: Vec<_> =
                (0..POSITIONS).map(|at| position(begin, at, straggling, &mut random)).collect();
            begin += POSITIONS * EVERY + random.between(12 * MINUTE, 18 * MINUTE);
            trips.push(Trip { line, bus, positions });
        }
    }
    trips
}

fn position(begin: i64, at: i64, straggling: &str, random: &mut Random) -> Position {
    let usual = random.between(SECOND / 10, 2 * SECOND);
    let delay = if random.one_in(5) { random.between(2 * SECOND, MAX_DELAY) } else { usual };
    let straggler = STRAGGLERS.iter().find(|(bus, which, _)| (*bus, *which) == (straggling, at));
    Position {
        time: begin + at * EVERY + random.between(0, SECOND),
        delay: straggler.map_or(delay, |(.., delay)| *delay),
        meters: random.between(0, 130),
    }
}

fn lines(trip: &Trip, random: &mut Random) -> Vec<Coming> {
    let Trip { line, bus, positions } = trip;
    let mut passengers = 0;
    let mut lines = vec![];
    for (n, Position { time, delay, meters }) in (1..).zip(positions) {
        let at = match n {
            1 => "start",
            POSITIONS => "terminus",
            _ => "road",
        };
        passengers = (passengers + random.between(-4, 4)).clamp(0, 80);
        let fields = format!("bus=\"{bus}\",at=\"{at}\",meters={meters}i,passengers={passengers}i");
        lines.push((time + delay, format!("positions,line={line} {fields} {time}")));
    }
    lines
}

//! `mixed.lp`: meters that write as they like. A reading is an int here and a double there, missing, or a text; notes have
//! whatever a text can have.

use super::random::Random;
use super::{Coming, LINES, MINUTE, SECOND, START, in_order, quarters};

const METERS: [(&str, &str); 8] = [
    ("m01", "mill"),
    ("m02", "mill"),
    ("m03", r"north\ hall"),
    ("m04", r"north\ hall"),
    ("m05", r"gate\,\ left"),
    ("m06", r"gate\,\ right"),
    ("m07", "Grünau"),
    ("m08", r"a\=b"),
];

/// As they stand in a line.
const NOTES: [&str; 6] =
    ["checked", "read by hand, twice", r#"says \"low\""#, r"C:\\log", "Zähler getauscht", "two\nlines"];

/// What there is of a meter's readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Int(i64),
    /// In quarters.
    Double(i64),
    Text,
    Missing,
}

pub(super) fn text() -> String {
    let mut random = Random::new(8);
    let lines = readings().into_iter().map(|(time, meter, reading)| line(time, meter, reading, &mut random));
    in_order(lines.collect())
}

/// When, of which meter, and what.
pub(crate) fn readings() -> Vec<(i64, usize, Reading)> {
    let mut random = Random::new(7);
    let mut readings = vec![];
    for minute in 0..i64::try_from(LINES / METERS.len()).unwrap_or(0) {
        for meter in 0..METERS.len() {
            let time = START + minute * MINUTE + random.between(0, 5 * SECOND);
            readings.push((time, meter, reading(meter, &mut random)));
        }
    }
    readings
}

fn reading(meter: usize, random: &mut Random) -> Reading {
    let used = random.between(0, 39);
    match random.between(1, 40) {
        1 => Reading::Missing,
        2 => Reading::Text,
        // Two meters write a whole number as an int, the others never do or always.
        _ if meter < 2 && used % 4 == 0 => Reading::Int(used / 4),
        _ if meter < 5 => Reading::Double(used),
        _ => Reading::Int(used / 4),
    }
}

fn line(time: i64, meter: usize, reading: Reading, random: &mut Random) -> Coming {
    let (meter, site) = METERS[meter];
    let kwh = match reading {
        Reading::Int(kwh) => format!("kwh={kwh}i,ok=true"),
        Reading::Double(kwh) => format!("kwh={},ok=true", quarters(kwh)),
        Reading::Text => "kwh=\"n/a\",ok=false".to_owned(),
        Reading::Missing => "ok=false".to_owned(),
    };
    let note = if random.one_in(30) { format!(",note=\"{}\"", random.of(&NOTES)) } else { String::new() };
    (time, format!("meters,meter={meter},site={site} {kwh}{note} {time}"))
}

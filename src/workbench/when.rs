//! Times and spans of time for people. Knows no clock.

use std::fmt;

use time::OffsetDateTime;

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// A time as RFC 3339 has it, in UTC, with as many digits of the second as it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When(pub(crate) i64);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0)) else {
            return self.0.fmt(f);
        };
        let (date, (hour, minute, second, fraction)) = (time.date(), time.to_hms_nano());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        let fraction = format!(".{fraction:09}");
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
    }
}

/// A duration in nanoseconds, with three digits or two units.
pub(crate) fn duration(nanos: u64) -> String {
    match nanos {
        0 => "0 s".to_owned(),
        1..MICRO => format!("{nanos} ns"),
        MICRO..MILLI => short(nanos, MICRO, "µs"),
        MILLI..SECOND => short(nanos, MILLI, "ms"),
        SECOND..MINUTE => short(nanos, SECOND, "s"),
        MINUTE..HOUR => two(nanos, (MINUTE, "min"), (SECOND, "s")),
        HOUR..DAY => two(nanos, (HOUR, "h"), (MINUTE, "min")),
        DAY..YEAR => two(nanos, (DAY, "d"), (HOUR, "h")),
        _ => two(nanos, (YEAR, "y"), (DAY, "d")),
    }
}

/// Three digits, of which noughts at the end are left out.
fn short(nanos: u64, unit: u64, name: &str) -> String {
    let (whole, rest) = (nanos / unit, nanos % unit);
    let places = match whole {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let scale = 10_u64.pow(places);
    // In whole numbers: what is shown never lies above what is.
    let part = rest / (unit / scale);
    let width = usize::try_from(places).unwrap_or_default();
    let digits = format!("{part:0width$}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { format!("{whole} {name}") } else { format!("{whole}.{digits} {name}") }
}

fn two(nanos: u64, large: (u64, &str), small: (u64, &str)) -> String {
    let (whole, rest) = (nanos / large.0, nanos % large.0 / small.0);
    if rest == 0 { format!("{whole} {}", large.1) } else { format!("{whole} {} {rest} {}", large.1, small.1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_digits_they_need() {
        for (nanos, expected) in [
            (1_700_000_000_000_000_000, "2023-11-14T22:13:20Z"),
            (1_700_000_000_250_000_000, "2023-11-14T22:13:20.25Z"),
            (1_700_000_000_000_001_000, "2023-11-14T22:13:20.000001Z"),
            (1, "1970-01-01T00:00:00.000000001Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            assert_eq!(When(nanos).to_string(), expected);
        }
    }

    #[test]
    fn durations_have_three_digits_or_two_units() {
        let cases = [
            (0, "0 s"),
            (999, "999 ns"),
            (1_500, "1.5 µs"),
            (999_999, "999 µs"),
            (12_340_000, "12.3 ms"),
            (2_100_297_727, "2.1 s"),
            (10_004_000_000, "10 s"),
            (59_999_999_999, "59.9 s"),
            (80 * SECOND, "1 min 20 s"),
            (3 * HOUR + 300 * SECOND, "3 h 5 min"),
            (2 * DAY, "2 d"),
            (3 * YEAR + DAY, "3 y 1 d"),
            (u64::MAX, "584 y 343 d"),
        ];
        for (nanos, text) in cases {
            assert_eq!(duration(nanos), text, "{nanos}");
        }
    }
}

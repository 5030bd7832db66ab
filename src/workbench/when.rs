//! Times and spans of time for people. Knows no clock.

use std::fmt;
use std::time::{Duration, SystemTime};

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;

/// A time as RFC 3339 has it, in UTC, with as many digits as it takes; before 1970 as nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When(pub(crate) i64);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(nanos) = u64::try_from(self.0) else { return write!(f, "{} ns", self.0) };
        let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
        match nanos {
            _ if nanos % SECOND == 0 => humantime::format_rfc3339_seconds(time).fmt(f),
            _ if nanos % 1_000_000 == 0 => humantime::format_rfc3339_millis(time).fmt(f),
            _ if nanos % 1_000 == 0 => humantime::format_rfc3339_micros(time).fmt(f),
            _ => humantime::format_rfc3339_nanos(time).fmt(f),
        }
    }
}

/// How long something takes, such as `1m 30s`, as precisely as people need it: from a minute on in seconds, from a
/// second on in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let unit = match nanos {
            0..SECOND => 1,
            SECOND..MINUTE => SECOND / 1_000,
            _ => SECOND,
        };
        let rounded = Duration::from_nanos(nanos.saturating_add(unit / 2) / unit * unit);
        write!(f, "{sign}{}", humantime::format_duration(rounded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_digits_they_need() {
        for (nanos, expected) in [
            (1_700_000_000_000_000_000, "2023-11-14T22:13:20Z"),
            (1_700_000_000_250_000_000, "2023-11-14T22:13:20.250Z"),
            (1_700_000_000_000_001_000, "2023-11-14T22:13:20.000001Z"),
            (1, "1970-01-01T00:00:00.000000001Z"),
            (-1, "-1 ns"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            assert_eq!(When(nanos).to_string(), expected);
        }
    }

    #[test]
    fn spans_are_as_precise_as_people_need_them() {
        for (nanos, expected) in [
            (0, "0s"),
            (-1, "-1ns"),
            (999_999_999, "999ms 999us 999ns"),
            (1_500_400_000, "1s 500ms"),
            (59_999_900_000, "1m"),
            (90_000_000_000, "1m 30s"),
            (142_913_766_778, "2m 23s"),
            (i64::MAX, "292years 3months 7days 16h 6m 29s"),
        ] {
            assert_eq!(Span(nanos).to_string(), expected);
        }
    }
}

//! Times and spans of time for people. Knows no clock.

use std::fmt;
use std::time::{Duration, SystemTime};

/// A time as RFC 3339 has it, in UTC, with as many digits as it takes; before 1970 as nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When(pub(crate) i64);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(nanos) = u64::try_from(self.0) else { return write!(f, "{} ns", self.0) };
        let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
        match nanos {
            _ if nanos % 1_000_000_000 == 0 => humantime::format_rfc3339_seconds(time).fmt(f),
            _ if nanos % 1_000_000 == 0 => humantime::format_rfc3339_millis(time).fmt(f),
            _ if nanos % 1_000 == 0 => humantime::format_rfc3339_micros(time).fmt(f),
            _ => humantime::format_rfc3339_nanos(time).fmt(f),
        }
    }
}

/// How long something takes, such as `1m 30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", humantime::format_duration(Duration::from_nanos(self.0.unsigned_abs())))
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
        assert_eq!(Span(90_000_000_000).to_string(), "1m 30s");
        assert_eq!(Span(-1).to_string(), "-1ns");
    }
}

//! The time of an event that deadlines follow, where they follow events: the point's own, or what a field says.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::names::Names;
use super::settings::Reference;
use crate::value::Value;
use crate::wire::point::PointView;

/// How events tell their time.
#[derive(Debug)]
pub(super) struct Stamp {
    /// The field, and the unit of an int in nanoseconds. `None`: the point's own time.
    field: Option<(Names, i64)>,
}

/// A time that an event told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamped {
    pub(super) time: i64,
    /// The field is missing or says nothing that can be read; the time is the point's own.
    pub(super) is_makeshift: bool,
}

impl Stamp {
    pub(super) fn new(reference: &Reference) -> Self {
        let field = match reference {
            Reference::Own => None,
            Reference::Field { name, unit } => {
                let mut names = Names::default();
                names.want(name);
                Some((names, *unit))
            }
        };
        Self { field }
    }

    /// The time of an event.
    #[inline]
    pub(super) fn of(&self, point: &PointView<'_>) -> Stamped {
        let Some((names, unit)) = &self.field else {
            return Stamped { time: point.time(), is_makeshift: false };
        };
        let field = names.read(point).ok().and_then(|event| event.field(0));
        match field.and_then(|value| read(value, *unit)) {
            Some(time) => Stamped { time, is_makeshift: false },
            None => Stamped { time: point.time(), is_makeshift: true },
        }
    }
}

/// Nanoseconds since 1970, or the nearest that there are.
fn read(value: Value<'_>, unit: i64) -> Option<i64> {
    match value {
        Value::Int(int) => Some(int.saturating_mul(unit)),
        Value::Text(text) => {
            let time = OffsetDateTime::parse(str::from_utf8(text).ok()?, &Rfc3339).ok()?;
            let nanos = time.unix_timestamp_nanos();
            Some(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
        }
        Value::Double(_) | Value::Bool(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: i64 = 1_000_000;

    #[test]
    fn ints_count_units_and_stay_within_what_there_is() {
        assert_eq!(read(Value::Int(1_700_000_000_123), MILLI), Some(1_700_000_000_123_000_000));
        assert_eq!(read(Value::Int(-1), MILLI), Some(-MILLI));
        assert_eq!(read(Value::Int(i64::MAX), MILLI), Some(i64::MAX));
        assert_eq!(read(Value::Int(i64::MIN), MILLI), Some(i64::MIN));
    }

    #[test]
    fn texts_are_rfc_3339() {
        let text = |text: &'static str| read(Value::Text(text.as_bytes()), MILLI);
        assert_eq!(text("2023-11-14T22:13:20Z"), Some(1_700_000_000_000_000_000));
        assert_eq!(text("2023-11-15T00:13:20.5+02:00"), Some(1_700_000_000_500_000_000));
        assert_eq!(text("2023-11-14T22:13:20.1234567891Z"), Some(1_700_000_000_123_456_789));
        assert_eq!(text("9999-12-31T23:59:59Z"), Some(i64::MAX));
        assert_eq!(text("0001-01-01T00:00:00Z"), Some(i64::MIN));
        for other in ["", "soon", "2023-11-14", "2023-11-14T22:13:20", "1700000000", "2023-02-30T00:00:00Z"] {
            assert_eq!(text(other), None, "{other}");
        }
        assert_eq!(read(Value::Text(b"\xff"), MILLI), None);
    }

    #[test]
    fn nothing_else_tells_a_time() {
        assert_eq!(read(Value::Double(1.0), MILLI), None);
        assert_eq!(read(Value::Bool(true), MILLI), None);
    }
}

//! The time a point says it is of, where that is not the time it came.

use kapacitor_udfd::proto::Point;

use super::settings::Reference;
use super::value::{self, Value};

/// With whether it could not be read, so that it is the point's own.
pub fn read(reference: &Reference, point: &Point) -> (i64, bool) {
    let Reference::Field { name, unit } = reference else { return (point.time, false) };
    let time = match value::field(point, name) {
        Some(Value::Int(int)) => Some(int.saturating_mul(*unit)),
        Some(Value::Text(text)) => rfc3339(&text),
        _ => None,
    };
    (time.unwrap_or(point.time), time.is_none())
}

/// `2023-11-14T22:13:20.5+01:00`, in nanoseconds since 1970.
fn rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let (time, offset) = if let Some(time) = rest.strip_suffix(['Z', 'z']) {
        (time, 0)
    } else {
        let (time, offset) = rest.split_at_checked(rest.len().checked_sub(6)?)?;
        (time, self::offset(offset)?)
    };
    let (time, fraction) = time.split_once('.').map_or((time, None), |(time, digits)| (time, Some(digits)));
    let [hour, minute, second] = parts(time, ":", [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(date)? * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    let nanos = seconds * 1_000_000_000 + fraction.map_or(Some(0), nanos)?;
    Some(nanos.clamp(i64::MIN.into(), i64::MAX.into()).try_into().unwrap())
}

/// Since 1970, counted one by one.
fn days(date: &str) -> Option<i128> {
    let [year, month, day] = parts(date, "-", [4, 2, 2])?;
    let is_leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of = |year: i128| if is_leap(year) { 366 } else { 365 };
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    if day < 1 || day > *months.get(month)? {
        return None;
    }
    let before: i128 = months[..month].iter().sum();
    let years: i128 =
        if year < 1970 { -(year..1970).map(days_of).sum::<i128>() } else { (1970..year).map(days_of).sum() };
    Some(years + before + day - 1)
}

/// `+01:00`, in seconds.
fn offset(offset: &str) -> Option<i128> {
    let sign = match offset.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let [hours, minutes] = parts(&offset[1..], ":", [2, 2])?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Digits behind the point; beyond the ninth they are left out.
fn nanos(digits: &str) -> Option<i128> {
    let padded = format!("{digits}000000000");
    number(digits)?;
    number(&padded[..9])
}

/// Numbers of so many digits.
fn parts<const N: usize>(text: &str, separator: &str, digits: [usize; N]) -> Option<[i128; N]> {
    let parts: Vec<&str> = text.split(separator).collect();
    if parts.len() != N || parts.iter().zip(digits).any(|(part, digits)| part.len() != digits) {
        return None;
    }
    let numbers: Vec<i128> = parts.into_iter().map(number).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Of digits alone. How large it is counts only where there are few.
fn number(digits: &str) -> Option<i128> {
    let is_one = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let value = |total: i128, digit: u8| total.wrapping_mul(10).wrapping_add(i128::from(digit - b'0'));
    is_one.then(|| digits.bytes().fold(0, value))
}

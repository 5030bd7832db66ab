//! Durations, moments, counts and names as people read them. Knows no picture.

use console::measure_text_width;
use time::OffsetDateTime;

use crate::workbench::terminal::is_unsafe;

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// A duration in nanoseconds, with three digits or two units.
pub(super) fn duration(nanos: u64) -> String {
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

/// A moment in UTC with as many digits of the second as it has.
pub(super) fn moment(nanos: i64) -> String {
    let (date, time) = date_and_time(i128::from(nanos));
    format!("{date} {time}")
}

/// From one moment to another; the date only once if it is the same.
pub(super) fn from_to(from: i64, until: i64) -> String {
    let (date, time) = date_and_time(i128::from(until));
    let is_same_day = date_and_time(i128::from(from)).0 == date;
    let until = if is_same_day { time } else { format!("{date} {time}") };
    format!("{} to {until} UTC", moment(from))
}

/// The same, to a thousandth of the time between.
pub(super) fn span(from: i64, until: i64) -> String {
    let thousandth = (until.abs_diff(from) / 1000).max(1);
    let places = 9_u32.saturating_sub(thousandth.ilog10());
    let unit = 10_i64.pow(9 - places);
    let cut = |at: i64| at.checked_sub(at.rem_euclid(unit)).unwrap_or(at);
    from_to(cut(from), cut(until))
}

fn date_and_time(nanos: i128) -> (String, String) {
    // An i64 of nanoseconds lies between 1677 and 2262, a tick near it not far off.
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let date = format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day());
    let time = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    let rest = format!("{:09}", at.nanosecond());
    let rest = rest.trim_end_matches('0');
    (date, if rest.is_empty() { time } else { format!("{time}.{rest}") })
}

/// A number with its thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something.
pub(super) fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Text as it can be shown on one line: what would move the cursor, turn the writing round or is no character stands
/// there as a sign for it.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

fn visible_char(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// An id as a label.
pub(super) fn label(id: &str) -> String {
    if id.is_empty() { "(no id)".to_owned() } else { visible(id) }
}

/// A group's name: by measurement it has a line of its own for that.
pub(super) fn group(name: &str) -> String {
    if name.is_empty() { "(no tags)".to_owned() } else { visible(&name.replace('\n', ", ")) }
}

/// A text on one line: white space of any length is one space.
pub(super) fn one_line(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// How many columns of a terminal a text takes.
pub(super) fn columns(text: &str) -> usize {
    measure_text_width(text)
}

/// The text, with its middle left out if it is wider than `most` in the `measure`: ids differ at either end.
pub(super) fn shortened(text: &str, most: usize, measure: impl Fn(&str) -> usize) -> String {
    if measure(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(measure("…"));
    let front = fitting(text.chars(), room.div_ceil(2), &measure);
    let back: String = fitting(text.chars().rev(), room / 2, &measure).chars().rev().collect();
    format!("{front}…{back}")
}

/// As many of the characters as fit.
fn fitting(chars: impl Iterator<Item = char>, most: usize, measure: impl Fn(&str) -> usize) -> String {
    let mut text = String::new();
    for c in chars {
        text.push(c);
        if measure(&text) > most {
            text.pop();
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn moments_say_the_date_once() {
        let second = 1_000_000_000;
        let at = 1_700_000_000 * second;
        assert_eq!(from_to(at, at + 80 * second), "2023-11-14 22:13:20 to 22:14:40 UTC");
        assert_eq!(
            from_to(at, at + 7200 * second + 1_500),
            "2023-11-14 22:13:20 to 2023-11-15 00:13:20.0000015 UTC"
        );
        assert_eq!(span(at + 1_234_567_891, at + 90 * second), "2023-11-14 22:13:21.23 to 22:14:50 UTC");
        assert_eq!(moment(i64::MIN), "1677-09-21 00:12:43.145224192");
        assert_eq!(moment(i64::MAX), "2262-04-11 23:47:16.854775807");
    }

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        for (text, most, shown) in [
            ("session-000012", 14, "session-000012"),
            ("session-000012", 9, "sess…0012"),
            ("session-000012", 1, "…"),
            ("東京都千代田区", 7, "東…区"),
            ("", 0, ""),
        ] {
            assert_eq!(shortened(text, most, columns), shown);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("a\nb\u{202e}c\x7f\u{9b}"), "a␊b\u{fffd}c␡\u{fffd}");
        assert_eq!(label(""), "(no id)");
        assert_eq!(one_line("@mirror()\n    .tag('a', 'b')"), "@mirror() .tag('a', 'b')");
    }
}

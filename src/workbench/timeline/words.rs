//! Moments, counts and names as people read them. Knows no picture.

use console::measure_text_width;
use time::OffsetDateTime;

pub(super) use crate::figures::thousands as count;
use crate::workbench::terminal::is_unsafe;
pub(super) use crate::workbench::when::duration;

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

/// A node's text in lines of so many columns, each from an option on if it can be, and as many lines at `most`.
pub(super) fn lines(text: &str, room: usize, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while columns(rest) > room && lines.len() < most {
        let is_last = lines.len() + 1 == most;
        let front = fitting(rest.chars(), room.saturating_sub(usize::from(is_last)), columns);
        let whole = if front.is_empty() { rest.len() } else { front.len() };
        let (line, behind) = rest.split_at(before_option(rest, whole).unwrap_or(whole));
        let line = line.trim_end();
        lines.push(if is_last { format!("{line}…") } else { line.to_owned() });
        rest = behind;
    }
    if !rest.is_empty() && lines.len() < most {
        lines.push(rest.to_owned());
    }
    lines
}

/// Where the last option begins in the second half of what there is room for.
fn before_option(text: &str, room: usize) -> Option<usize> {
    let dots = text.match_indices('.').map(|(at, _)| (at, text.split_at(at).0.trim_end()));
    let fitting = dots.take_while(|(_, front)| front.len() <= room);
    fitting.filter(|(at, front)| *at > room / 2 && front.ends_with(')')).last().map(|(at, _)| at)
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
    fn a_node_is_broken_before_an_option() {
        let node =
            "@aggregate().taskId('user_id').inactivityTimeout(10m) .timeout(1h).sum('a.b', 'c').last('d')";
        let cases: [(usize, usize, &[&str]); 5] = [
            (200, 3, &[node]),
            (
                54,
                3,
                &[
                    "@aggregate().taskId('user_id').inactivityTimeout(10m)",
                    ".timeout(1h).sum('a.b', 'c').last('d')",
                ],
            ),
            (
                53,
                3,
                &[
                    "@aggregate().taskId('user_id').inactivityTimeout(10m)",
                    ".timeout(1h).sum('a.b', 'c').last('d')",
                ],
            ),
            (52, 1, &["@aggregate().taskId('user_id')…"]),
            (11, 3, &["@aggregate(", ").taskId('u", "ser_id')…"]),
        ];
        for (room, most, shown) in cases {
            assert_eq!(lines(node, room, most), shown, "{room}");
        }
        assert_eq!(lines("東京", 1, 2), ["東京"]);
        assert!(lines("", 9, 2).is_empty());
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("a\nb\u{202e}c\x7f\u{9b}"), "a␊b\u{fffd}c␡\u{fffd}");
        assert_eq!(label(""), "(no id)");
        assert_eq!(one_line("@mirror()\n    .tag('a', 'b')"), "@mirror() .tag('a', 'b')");
    }
}

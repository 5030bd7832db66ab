//! What tables look like.

use kapacitor_udfd::proto::Point;

use super::super::table::Table;
use super::printing::{map, point, see};
use crate::workbench::when::When;

/// What a table makes of these points and, where there are none, notes.
fn table(rows: &[Result<Point, &str>]) -> String {
    let (mut table, mut out) = (Table::default(), Vec::new());
    for row in rows {
        match row {
            Ok(point) => see(point, |point| table.row(point, None, &mut out).unwrap()),
            Err(note) => table.note(note, &mut out),
        }
    }
    table.finish(&mut out);
    String::from_utf8(out).unwrap()
}

fn check(rows: &[Result<Point, &str>], expected: &str) {
    assert_eq!(table(rows), expected, "\n{}", table(rows));
}

#[test]
fn columns_are_aligned_and_what_is_missing_is_empty() {
    let text = |text: &str| map(&[("s", text)]);
    check(
        &[
            Err("# begin m"),
            Ok(Point { fields_string: text("x\ny\x1b[0m"), ..point("m", &[("host", "a")], &[("f", 1.0)]) }),
            Ok(point("m", &[("host", "b"), ("zone", "größe")], &[("f", -12.25)])),
            Ok(Point {
                fields_string: text("東京"),
                fields_bool: map(&[("ok", true)]),
                fields_int: map(&[("very_long", 3)]),
                time: 1_700_000_000_250_000_000,
                ..point("m", &[], &[])
            }),
            Err("# end 7"),
        ],
        "# begin m\n\
         time                            measurement  host  zone        f  ok    s        very_long\n\
         1970-01-01T00:00:00.000000007Z  m            a                 1        x↵y\u{fffd}[0m\n\
         1970-01-01T00:00:00.000000007Z  m            b     größe  -12.25\n\
         2023-11-14T22:13:20.25Z         m                                 true  東京             3\n\
         # end 7\n",
    );
}

#[test]
fn another_measurement_or_column_begins_a_new_header() {
    let plain = |name: &str, field: &str| {
        let fields = [(field, 1.0)];
        Ok(Point { time: 0, ..point(name, &[], &fields) })
    };
    check(
        &[plain("a", "f"), plain("a", "g"), plain("b", "f"), Err("# note"), plain("a", "f")],
        "time                  measurement  f  g\n\
         1970-01-01T00:00:00Z  a            1\n\
         1970-01-01T00:00:00Z  a               1\n\
         \n\
         time                  measurement  f\n\
         1970-01-01T00:00:00Z  b            1\n\
         # note\n\
         time                  measurement  f\n\
         1970-01-01T00:00:00Z  a            1\n",
    );
}

#[test]
fn rows_are_held_back_only_so_long_and_columns_grow() {
    let (mut table, mut out) = (Table::default(), Vec::new());
    let mut row = |value: f64, name: &str| {
        out.clear();
        let point = Point { time: 0, ..point("m", &[], &[(name, value)]) };
        see(&point, |point| table.row(point, None, &mut out).unwrap());
        String::from_utf8(out.clone()).unwrap()
    };
    for _ in 0..199 {
        assert_eq!(row(1.0, "f"), "");
    }
    let all = row(10.0, "f");
    assert_eq!(all.lines().count(), 201);
    assert!(all.ends_with("m             1\n1970-01-01T00:00:00Z  m            10\n"), "{all}");
    assert_eq!(row(12345.0, "f"), "1970-01-01T00:00:00Z  m            12345\n");
    assert_eq!(row(1.0, "f"), "1970-01-01T00:00:00Z  m                1\n");
    assert_eq!(row(1.0, "g"), "");
    table.finish(&mut out);
    assert_eq!(out, b"\ntime                  measurement  g\n1970-01-01T00:00:00Z  m            1\n");
}

#[test]
fn nothing_turns_the_writing_round() {
    let text = "a\u{202e}b\u{9b}\u{200f}c\u{2028}";
    let row = Point { fields_string: map(&[("s", text)]), time: 0, ..point("m", &[], &[]) };
    assert!(table(&[Ok(row), Err(text)]).ends_with(
        "m            a\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}\na\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}\n"
    ));
}

#[test]
fn a_long_text_is_cut() {
    let long =
        Point { fields_string: map(&[("s", "東".repeat(100).as_str())]), time: 0, ..point("m", &[], &[]) };
    let expected = format!("1970-01-01T00:00:00Z  m            {}…\n", "東".repeat(59));
    assert!(table(&[Ok(long)]).ends_with(&expected));
}

#[test]
fn times_have_the_digits_they_need() {
    let check = |nanos: i64, expected: &str| assert_eq!(When(nanos).to_string(), expected);
    check(0, "1970-01-01T00:00:00Z");
    check(-1, "1969-12-31T23:59:59.999999999Z");
    check(1_700_000_010_500_000_000, "2023-11-14T22:13:30.5Z");
    check(i64::MAX, "2262-04-11T23:47:16.854775807Z");
    check(i64::MIN, "1677-09-21T00:12:43.145224192Z");
}

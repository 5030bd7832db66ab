//! What points look like, and that they read back.

use std::collections::{BTreeMap, BTreeSet};

use bytes::BytesMut;
use kapacitor_udfd::proto::{BeginBatch, Point};
use kapacitor_udfd::wire::point::{FieldValue, PointView};
use kapacitor_udfd::wire::request::Request;
use kapacitor_udfd::wire::{frame, response};
use proptest::prelude::*;

use super::super::{Batch, Source, write_begin, write_end, write_line};

/// Gives the point that came as these bytes to `see`.
fn see_frame<T>(frame: &[u8], see: impl FnOnce(&PointView<'_>) -> T) -> T {
    let frame = frame::find(frame, usize::MAX).unwrap().unwrap();
    let mut scratch = Vec::new();
    let Request::Point(point) = Request::parse(frame, &mut scratch).unwrap() else { panic!("no point") };
    see(&point)
}

/// Gives the point to `see` as if it had come.
pub(super) fn see<T>(point: &Point, see: impl FnOnce(&PointView<'_>) -> T) -> T {
    let mut frame = BytesMut::new();
    response::write_point(point, &mut frame);
    see_frame(&frame, see)
}

fn line_of(point: &PointView<'_>, batch: Option<&Batch>) -> Vec<u8> {
    let mut out = Vec::new();
    write_line(point, batch, &mut out).unwrap();
    out
}

fn line_in(point: &Point, batch: Option<&Batch>) -> String {
    String::from_utf8(see(point, |point| line_of(point, batch))).unwrap()
}

fn batch(name: &str, tags: &[(&str, &str)]) -> Batch {
    let begin = BeginBatch { name: name.to_owned(), tags: map(tags), ..Default::default() };
    let mut frame = BytesMut::new();
    response::write(&begin, &mut frame);
    let frame = frame::find(&frame, usize::MAX).unwrap().unwrap();
    let mut scratch = Vec::new();
    let Request::Begin(begin) = Request::parse(frame, &mut scratch).unwrap() else { panic!("no begin") };
    Batch::of(&begin)
}

pub(super) fn map<V: Clone, W: From<V>, M: FromIterator<(String, W)>>(entries: &[(&str, V)]) -> M {
    entries.iter().map(|(name, value)| ((*name).to_owned(), W::from(value.clone()))).collect()
}

pub(super) fn point(name: &str, tags: &[(&str, &str)], doubles: &[(&str, f64)]) -> Point {
    Point {
        name: name.to_owned(),
        tags: map(tags),
        fields_double: map(doubles),
        time: 7,
        ..Default::default()
    }
}

#[test]
fn points_are_printed_by_name_with_their_escapes() {
    let check = |point: &Point, expected: &str| assert_eq!(line_in(point, None), format!("{expected}\n"));
    let all = Point {
        fields_string: map(&[("s", "a \"b\" \\ c,=\n"), ("", "")]),
        fields_int: map(&[("i", i64::MIN)]),
        fields_bool: map(&[("t", true), ("f", false)]),
        time: -5,
        ..point("m", &[("z", "1"), ("a", "2"), ("none", "")], &[("d", 0.5)])
    };
    check(
        &all,
        "m,a=2,z=1 \"\"=\"\",d=0.5,f=false,i=-9223372036854775808i,s=\"a \\\"b\\\" \\\\ c,=\n\",t=true -5",
    );
    check(
        &point("a b,c=d\"", &[("k e,y=", "v a,l=")], &[("f i,e=l", 1.0)]),
        r#"a\ b\,c=d",k\ e\,y\==v\ a\,l\= f\ i\,e\=l=1 7"#,
    );
    check(
        &point(r"a\=b\,c", &[(r"\\srv\c", r"a\,b")], &[(r"a\=b", 1.0)]),
        r"a\\=b\\,c,\\srv\c=a\\,b a\\=b=1 7",
    );
    // What line protocol can't carry.
    check(&point("m", &[("drive", r"C:\"), ("b", r"\\")], &[("f\\", 1.0)]), r#"m,b="",drive=C: f=1 7"#);
    check(&point("a\nb", &[("c\n", "\nd")], &[("e\n", 1.0)]), r"a\nb,c\n=\nd e\n=1 7");
    check(&point("", &[("", "x")], &[("", 1.0)]), r#""",""=x ""=1 7"#);
    check(&point("#m", &[], &[("\tf", 1.0)]), "\\#m \\\tf=1 7");
    check(&point(" m", &[], &[(" f", 1.0)]), r"\ m \ f=1 7");
    check(&point("m", &[("a", "b c")], &[]), r"# m,a=b\ c (no fields) 7");
    let odd = [("a", f64::NAN), ("b", f64::INFINITY), ("c", f64::NEG_INFINITY)];
    check(&point("m", &[], &odd), r#"m a="NaN",b="inf",c="-inf" 7"#);
}

#[test]
fn doubles_are_printed_with_the_fewest_digits() {
    let check = |double: f64, expected: &str| {
        assert_eq!(line_in(&point("m", &[], &[("f", double)]), None), format!("m f={expected} 7\n"));
    };
    check(1.0, "1");
    check(0.0, "0");
    check(-0.0, "-0");
    check(-17.25, "-17.25");
    check(0.1 + 0.2, "0.30000000000000004");
    check(1e300, "1e300");
    check(1e16, "10000000000000000");
    check(1e17, "1e17");
    check(0.00001, "0.00001");
    check(0.000_001_5, "1.5e-6");
    check(f64::MAX, "1.7976931348623157e308");
    check(5e-324, "5e-324");
}

#[test]
fn a_point_of_a_batch_has_its_name_and_tags() {
    let batch = batch("re quests", &[("host", "web 1"), ("zone", ""), ("a", "b")]);
    assert_eq!(
        line_in(&point("", &[("a", "own")], &[("f", 1.0)]), Some(&batch)),
        "re\\ quests,a=own,host=web\\ 1 f=1 7\n"
    );
    let mut out = Vec::new();
    write_begin(&batch, &mut out);
    write_end(-5, &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "# begin re\\ quests,a=b,host=web\\ 1\n# end -5\n");
}

#[test]
fn bytes_that_are_no_text_are_printed_as_they_are() {
    let mut frame = BytesMut::new();
    let text = Point { fields_string: map(&[("s", "$$")]), ..point("m$", &[("a$", "b$")], &[]) };
    response::write_point(&text, &mut frame);
    let odd: Vec<u8> = frame.iter().map(|byte| if *byte == b'$' { 0xff } else { *byte }).collect();
    assert_eq!(see_frame(&odd, |point| line_of(point, None)), b"m\xff,a\xff=b\xff s=\"\xff\xff\" 7\n");
}

#[test]
fn the_field_that_kapacitor_takes_is_printed() {
    let fields = Point {
        fields_string: map(&[("a", "x"), ("b", "x")]),
        fields_int: map(&[("a", 1), ("b", 1)]),
        fields_bool: map(&[("b", true)]),
        ..point("m", &[], &[("a", 0.5)])
    };
    assert_eq!(line_in(&fields, None), "m a=0.5,b=true 7\n");
}

/// A name that line protocol can carry.
fn name() -> impl Strategy<Value = String> {
    "[a-cü\"\\\\ ,=.#]{0,5}[a-cü\" ,=]".prop_filter("a comment", |name| !name.starts_with('#'))
}

#[derive(Debug, Clone)]
enum Field {
    String(String),
    Int(i64),
    Double(f64),
    Bool(bool),
}

impl Field {
    fn view(&self) -> FieldValue<'_> {
        match self {
            Self::String(text) => FieldValue::String(text),
            Self::Int(int) => FieldValue::Int(*int),
            Self::Double(double) => FieldValue::Double(*double),
            Self::Bool(bool) => FieldValue::Bool(*bool),
        }
    }
}

fn value() -> impl Strategy<Value = Field> {
    prop_oneof![
        "[a-c\"\\\\ ,=\n\r#ü]{0,8}".prop_map(Field::String),
        any::<i64>().prop_map(Field::Int),
        proptest::num::f64::NORMAL.prop_map(Field::Double),
        (-1000..1000_i32).prop_map(|eighths| Field::Double(f64::from(eighths) / 8.0)),
        proptest::num::f64::ANY
            .prop_filter("not finite", |double| double.is_finite())
            .prop_map(Field::Double),
        any::<bool>().prop_map(Field::Bool),
    ]
}

fn made_of(
    name: &str,
    tags: &BTreeMap<String, String>,
    fields: &BTreeMap<String, Field>,
    time: i64,
) -> Point {
    let tags = tags.clone().into_iter().collect();
    let mut point = Point { name: name.to_owned(), tags, time, ..Default::default() };
    for (name, value) in fields {
        let name = name.clone();
        match value {
            Field::String(text) => drop(point.fields_string.insert(name, text.clone())),
            Field::Int(int) => drop(point.fields_int.insert(name, *int)),
            Field::Double(double) => drop(point.fields_double.insert(name, *double)),
            Field::Bool(bool) => drop(point.fields_bool.insert(name, *bool)),
        }
    }
    point
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(
        name in name(),
        tags in proptest::collection::btree_map(name(), name(), 0..4),
        fields in proptest::collection::btree_map(name(), value(), 1..5),
        time: i64,
    ) {
        let printed = line_in(&made_of(&name, &tags, &fields, time), None);
        let mut source = Source::new("in", printed.as_bytes());
        let read = source.next(|line| {
            let line = line.unwrap_or_else(|bad| panic!("{printed}{bad}"));
            let tags: BTreeMap<_, _> = line.tags().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let fields: Vec<_> = line.fields().map(|(name, value)| (name.to_owned(), exact(value))).collect();
            (line.measurement().to_owned(), tags, fields, line.time())
        });
        let expected: Vec<_> = fields.iter().map(|(name, value)| (name.clone(), exact(value.view()))).collect();
        prop_assert_eq!(read.unwrap().unwrap(), (name, tags, expected, Some(time)));
        prop_assert!(source.next(|_| ()).unwrap().is_none());
    }

    /// Whatever a point holds, it is one line or one comment, and the next point's line is not touched.
    #[test]
    fn any_point_is_one_line(
        name in any::<String>(),
        tags in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..4),
        fields in proptest::collection::btree_map(any::<String>(), value(), 0..5),
    ) {
        prop_assume!(stay_distinct(tags.keys()) && stay_distinct(fields.keys()));
        let line = line_in(&made_of(&name, &tags, &fields, 1), None);
        let printed = format!("# no byte order mark\n{line}mark f=1 7\n");
        let mut source = Source::new("in", printed.as_bytes());
        if !fields.is_empty() {
            let count = source.next(|line| line.map(|line| line.fields().len()));
            let count = count.unwrap().unwrap().unwrap_or_else(|bad| panic!("{printed}{bad}"));
            prop_assert_eq!(count, fields.len());
        }
        let mark = source.next(|line| line.map(|line| line.measurement().to_owned()));
        prop_assert_eq!(mark.unwrap().unwrap().unwrap(), "mark");
        prop_assert!(source.next(|_| ()).unwrap().is_none());
    }
}

/// Whether names are still different as line protocol can carry them.
fn stay_distinct<'n>(names: impl ExactSizeIterator<Item = &'n String>) -> bool {
    let count = names.len();
    let carried = names.map(|name| match name.trim_end_matches('\\').replace('\n', "\\n") {
        name if name.is_empty() => "\"\"".to_owned(),
        name => name,
    });
    carried.collect::<BTreeSet<_>>().len() == count
}

/// A value with the bits of its double, as 0 is equal to -0.
fn exact(value: FieldValue<'_>) -> String {
    match value {
        FieldValue::Double(double) => format!("{:x}", double.to_bits()),
        value => format!("{value:?}"),
    }
}

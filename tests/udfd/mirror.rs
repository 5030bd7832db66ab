//! `@mirror()` and its options: what is called, what comes in, what goes out.

use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::response::Message as R;
use kapacitor_udfd::proto::{self, Point};

use super::support::*;

/// `.name('key', value)` as Kapacitor sends it.
fn call(name: &str, key: &str, value: impl Into<Argument>) -> proto::Option {
    proto::Option { name: name.into(), values: vec![Argument::from(key).0, value.into().0] }
}

struct Argument(proto::OptionValue);

macro_rules! arguments {
    ($($from:ty => $type:ident, $arm:ident);* $(;)?) => {
        $(impl From<$from> for Argument {
            fn from(value: $from) -> Self {
                Self(proto::OptionValue {
                    r#type: proto::ValueType::$type.into(),
                    value: Some(Value::$arm(value.into())),
                })
            }
        })*
    };
}

arguments! { f64 => Double, DoubleValue; i64 => Int, IntValue; &str => String, StringValue; bool => Bool, BoolValue }

async fn started(edge: Edge, options: Vec<proto::Option>) -> Served {
    let mut served = serve(Mirror::new(edge));
    served.peer.init_with(options).await;
    served.peer.expect(initialised()).await;
    served
}

async fn check(options: Vec<proto::Option>, input: Point, expected: Point) {
    let mut served = started(Edge::Stream, options).await;
    served.peer.send(input).await;
    served.peer.expect(R::Point(expected)).await;
}

/// A point grouped by host with a field of each type.
fn all_types() -> Point {
    Point {
        fields_double: [("d".to_owned(), 1.5)].into(),
        fields_int: [("i".to_owned(), i64::MIN)].into(),
        fields_string: map([("s", "text")]),
        fields_bool: [("b".to_owned(), true)].into(),
        ..point(-1)
    }
}

#[tokio::test]
async fn without_options_a_point_is_the_same_bytes() {
    let mut served = mirror(Edge::Stream).await;
    // Fields in an order no encoder of ours would write them in.
    let odd = [9, 0x8a, 0x01, 6, 0x5a, 0x00, 0x08, 0x05, 0x12, 0x00];
    let odd = [&odd[..1], &[0x8a, 0x01, 6, 0x12, 0x00, 0x08, 0x05, 0x12, 0x00][..]].concat();
    served.peer.send_bytes(&odd).await;
    assert_eq!(served.peer.next_frame().await.unwrap(), odd[..]);
}

#[tokio::test]
async fn fields_are_set_on_every_point_whatever_they_were() {
    for (option, field) in [("field", "x"), ("field", "d"), ("field", "i"), ("field", "s"), ("field", "b")] {
        let mut expected = all_types();
        expected.fields_int.remove(field);
        expected.fields_string.remove(field);
        expected.fields_bool.remove(field);
        expected.fields_double.insert(field.into(), 42.0);
        check(vec![call(option, field, 42.0)], all_types(), expected).await;
    }
    let mut expected = all_types();
    expected.fields_int.insert("d".into(), i64::MAX);
    expected.fields_double.clear();
    expected.fields_string.insert("i".into(), "é\n".into());
    expected.fields_int.remove("i");
    expected.fields_bool.insert("s".into(), false);
    expected.fields_string.remove("s");
    let options = vec![
        call("fieldInt", "d", i64::MAX),
        call("field_string", "i", "é\n"),
        call("fieldBool", "s", false),
    ];
    check(options, all_types(), expected).await;
}

#[tokio::test]
async fn defaults_are_set_only_where_the_name_is_missing() {
    let defaults = |name| {
        vec![
            vec![call("defaultField", name, 1.0)],
            vec![call("defaultFieldInt", name, 1)],
            vec![call("defaultFieldString", name, "1")],
            vec![call("defaultFieldBool", name, true)],
        ]
    };
    for present in ["d", "i", "s", "b"] {
        for options in defaults(present) {
            check(options, all_types(), all_types()).await;
        }
    }
    let mut served = started(Edge::Stream, defaults("n").into_iter().flatten().take(1).collect()).await;
    served.peer.send(all_types()).await;
    let mut expected = all_types();
    expected.fields_double.insert("n".into(), 1.0);
    served.peer.expect(R::Point(expected)).await;
}

#[tokio::test]
async fn tags_are_set_and_defaulted_as_kapacitor_s_default_node_does() {
    let with = |region: Option<&str>| {
        let mut point = point(1);
        point.tags.remove("region");
        point.tags.extend(region.map(|region| ("region".to_owned(), region.to_owned())));
        point
    };
    for came in [None, Some(""), Some("eu")] {
        check(vec![call("tag", "region", "us")], with(came), with(Some("us"))).await;
    }
    let default = || vec![call("defaultTag", "region", "us")];
    check(default(), with(None), with(Some("us"))).await;
    check(default(), with(Some("")), with(Some("us"))).await;
    check(default(), with(Some("eu")), with(Some("eu"))).await;
    // A field of the same name is something else.
    let mut expected = with(Some("eu"));
    expected.fields_double.insert("region".into(), 1.0);
    check(vec![call("field", "region", 1.0)], with(Some("eu")), expected).await;
}

#[tokio::test]
async fn a_tag_the_point_is_grouped_by_stays_and_the_rest_is_set() {
    for option in ["tag", "defaultTag"] {
        let options = || vec![call(option, "host", "other"), call("field", "x", 1.0)];
        let mut expected = point(1);
        expected.fields_double.insert("x".into(), 1.0);
        check(options(), point(1), expected).await;
        // A dimension the point does not have: setting it would change the group just the same.
        let missing = Point { tags: map([("region", "eu")]), group: "host=".into(), ..point(1) };
        let mut expected = missing.clone();
        expected.fields_double.insert("x".into(), 1.0);
        check(options(), missing, expected).await;
    }
    let ungrouped = Point { dimensions: vec![], group: String::new(), ..point(1) };
    let expected = Point { tags: map([("host", "other"), ("region", "eu")]), ..ungrouped.clone() };
    check(vec![call("tag", "host", "other")], ungrouped, expected).await;
}

#[tokio::test]
async fn batches_are_mirrored_and_their_group_s_tags_stay() {
    let options = vec![call("tag", "host", "other"), call("tag", "origin", "udf"), call("fieldInt", "x", 7)];
    let mut served = started(Edge::Batch, options).await;
    let grouped = begin(1);
    let ungrouped = proto::BeginBatch { tags: map([]), group: String::new(), ..begin(1) };
    for (begin, host) in [(grouped.clone(), "web0"), (ungrouped, "other"), (grouped, "web0")] {
        served.peer.send(begin.clone()).await;
        served.peer.send(batch_point(1)).await;
        served.peer.send(end(2)).await;
        served.peer.expect(R::Begin(begin)).await;
        let mut expected = batch_point(1);
        expected.tags.extend(map([("host", host), ("origin", "udf")]));
        expected.fields_int.insert("x".into(), 7);
        served.peer.expect(R::Point(expected)).await;
        served.peer.expect(R::End(end(2))).await;
    }
}

#[tokio::test]
async fn what_can_t_be_meant_is_refused_at_init() {
    let cases = [
        (vec![call("field", "", 1.0)], "must supply field: the name given to option field is empty"),
        (vec![call("defaultFieldBool", "", true)], "must supply field"),
        (vec![call("tag", "", "x")], "must supply tag"),
        (
            vec![call("field", "x", 1.0), call("fieldInt", "x", 1)],
            "option fieldInt: the field \"x\" is set by another option too",
        ),
        (
            vec![call("defaultTag", "x", "a"), call("tag", "x", "b")],
            "option tag: the tag \"x\" is set by another option too",
        ),
        (
            vec![call("field", "x", 1.0), call("field_int", "x", 1)],
            "option field_int: the field \"x\" is set by another option too",
        ),
        (vec![call("field", "x", "1.0")], "option field: value is the string \"1.0\"; accepted is double"),
        (
            vec![call("fields", "x", 1.0)],
            "unknown option fields; did you mean field? accepted are field, fieldInt",
        ),
        (
            (0..1_001).map(|i| call("field", &i.to_string(), 1.0)).collect(),
            "1001 calls of options; accepted are at most 1000",
        ),
        (
            vec![proto::Option { name: "tag".into(), values: vec![] }],
            "option tag got 0 arguments; it is called as tag(name string, value string)",
        ),
    ];
    for (options, words) in cases {
        let mut served = serve(Mirror::new(Edge::Stream));
        served.peer.init_with(options).await;
        match served.peer.next().await {
            Some(R::Init(answer)) => {
                assert!(!answer.success && answer.error.contains(words), "{} / {words}", answer.error);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_task_written_as_json_loses_number_types_and_works() {
    let mut expected = point(1);
    expected.fields_double.insert("x".into(), 42.0);
    check(vec![call("field", "x", 42)], point(1), expected).await;
}

/// Kapacitor takes any bytes for a string; what nobody reads need not be UTF-8.
#[tokio::test]
async fn text_that_is_not_utf8_goes_through() {
    let mut frame = frame_of(Point { fields_string: map([("s", "XX")]), ..point(1) });
    let at = frame.windows(2).position(|two| two == b"XX").unwrap();
    frame[at..at + 2].copy_from_slice(&[0xff, 0xfe]);
    let mut served = started(Edge::Stream, vec![call("tag", "origin", "udf")]).await;
    served.peer.send_bytes(&frame).await;
    let back = served.peer.next_frame().await.unwrap();
    assert!(back.windows(2).any(|two| two == [0xff, 0xfe]));
    assert!(back.windows(3).any(|three| three == b"udf"));
}

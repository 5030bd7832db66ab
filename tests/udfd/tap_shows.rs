//! `tap`: how messages are shown, for people and for programs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kapacitor_udfd::proto::option_value::Value as Given;
use kapacitor_udfd::proto::{self, OptionValue, ValueType, response};
use nix::sys::signal::Signal::SIGTERM;
use serde_json::{Value, json};

use crate::daemon::run;
use crate::fake_udf::{FakeUdf, Manner};
use crate::place::ended;
use crate::support::*;
use crate::tapping::Tap;

/// Says one of everything to a function behind a tap: what is shown.
async fn shown(more: &[&str], manner: Manner, talk: impl AsyncFnOnce(&mut SocketPeer)) -> Vec<String> {
    let function = FakeUdf::stream(manner);
    let socket: PathBuf = function.socket().with_file_name("tap.sock");
    let tap = Tap::start(&socket, &function.socket(), more);
    let mut peer = dial(&socket).await;
    talk(&mut peer).await;
    peer.half_close().await;
    while peer.next().await.is_some() {}
    drop(peer);
    let (code, shown, said) = tap.end(SIGTERM);
    assert_eq!(code, Some(0), "{said}");
    shown.lines().map(str::to_owned).collect()
}

/// Without what is another in each run.
fn without_time(lines: &[String]) -> Vec<&str> {
    let time = |line: &String| line.split_once(' ').unwrap().0.len() == "10:11:14.323725Z".len();
    assert!(lines.iter().all(time), "{lines:?}");
    lines.iter().map(|line| line.split_once(' ').unwrap().1).collect()
}

async fn one_of_each(peer: &mut SocketPeer) {
    peer.send(proto::InfoRequest {}).await;
    peer.next().await.unwrap();
    peer.init_with(options()).await;
    peer.expect(initialised()).await;
    peer.send(proto::RestoreRequest { snapshot: b"other".to_vec() }).await;
    peer.next().await.unwrap();
    peer.send(odd_point()).await;
    peer.next().await.unwrap();
    for message in [Requested::from(begin(1)), batch_point(-7).into(), end(9).into()] {
        peer.send(message).await;
        peer.next().await.unwrap();
    }
    peer.send(proto::KeepaliveRequest { time: 42 }).await;
    peer.next().await.unwrap();
    peer.send(proto::SnapshotRequest {}).await;
    peer.next().await.unwrap();
}

fn options() -> Vec<proto::Option> {
    let value = |r#type: ValueType, value| OptionValue { r#type: r#type.into(), value: Some(value) };
    let values = vec![
        value(ValueType::Bool, Given::BoolValue(true)),
        value(ValueType::Int, Given::IntValue(i64::MIN)),
        value(ValueType::Double, Given::DoubleValue(42.0)),
        value(ValueType::String, Given::StringValue("it's\n".to_owned())),
        value(ValueType::Duration, Given::DurationValue(5_400_000_000_000)),
        OptionValue { r#type: 0, value: None },
    ];
    let flag = proto::Option { name: "flag".to_owned(), values: vec![] };
    vec![proto::Option { name: "all".to_owned(), values }, flag]
}

/// Everything that can be awkward, but for text that is no UTF-8.
fn odd_point() -> proto::Point {
    proto::Point {
        time: i64::MIN,
        name: "re quests,é".into(),
        group: "re quests,é\nhost=web0".into(),
        by_name: true,
        tags: map([("host", "web0"), ("a=b", "\u{1b}[31m\u{202e}red, or not")]),
        fields_double: BTreeMap::from([
            ("nan".to_owned(), f64::NAN),
            ("inf".to_owned(), f64::NEG_INFINITY),
            ("one".to_owned(), 1.0),
        ]),
        fields_int: BTreeMap::from([("int".to_owned(), i64::MAX)]),
        fields_string: BTreeMap::from([("text".to_owned(), "say \"hi\" \\ \n".to_owned())]),
        fields_bool: BTreeMap::from([("bool".to_owned(), true)]),
        ..point(0)
    }
}

#[tokio::test]
async fn each_message_is_a_line() {
    let lines = shown(&[], Manner::Mirror, one_of_each).await;
    let point = "mydb.autogen [re quests,é\\nhost=web0] re\\ quests\\,é,a\\=b=\\u{1b}[31m\\u{202e}red\\,\\ or\\ not,host=web0 \
                 bool=true,inf=-inf,int=9223372036854775807i,nan=NaN,one=1.0,text=\"say \\\"hi\\\" \\\\ \\n\" \
                 -9223372036854775808";
    let all = ".all(TRUE, -9223372036854775808, 42.0, 'it\\'s\\n', 90m, ?).flag()";
    let expected = [
        "#1 -- opened",
        "#1 -> info",
        "#1 <- info      stream -> stream",
        &format!("#1 -> init      task cpu_alert, node mirror2: {all}"),
        "#1 <- init      ok",
        "#1 -> restore   5 bytes",
        "#1 <- restore   refused: another snapshot",
        &format!("#1 -> point     {point}"),
        &format!("#1 <- point     {point}"),
        "#1 -> begin     [host=web0] requests,host=web0 size=1",
        "#1 <- begin     [host=web0] requests,host=web0 size=1",
        "#1 -> point     [host=web0] ,host=web0,region=eu code=200i,load=0.5 -7",
        "#1 <- point     [host=web0] ,host=web0,region=eu code=200i,load=0.5 -7",
        "#1 -> end       [host=web0] requests,host=web0 tmax=9",
        "#1 <- end       [host=web0] requests,host=web0 tmax=9",
        "#1 -> keepalive 42",
        "#1 <- keepalive 42",
        "#1 -> snapshot",
        "#1 <- snapshot  5 bytes",
        "#1 -> ended",
        "#1 <- ended",
        "#1 -- closed",
    ];
    assert_eq!(without_time(&lines), expected);
}

#[tokio::test]
async fn errors_are_shown_and_only_what_is_asked_for() {
    let talk = async |peer: &mut SocketPeer| {
        peer.init().await;
        peer.send(point(1)).await;
        assert!(matches!(peer.next().await, Some(response::Message::Error(_))));
    };
    let lines = shown(&["--only", "init,error"], Manner::Fail(0), talk).await;
    let expected = [
        "#1 -> init      task cpu_alert, node mirror2",
        "#1 <- init      ok",
        "#1 <- error     the disk is full",
    ];
    assert_eq!(without_time(&lines), expected);

    let refused = run(["tap", "--socket", "/x", "--upstream", "/y", "--only", "init,points"]);
    let known = "[possible values: info, init, keepalive, snapshot, restore, begin, point, end, error]";
    ended(&refused, 64, &["invalid value 'points' for '--only <KIND>'", known]);
}

#[tokio::test]
async fn for_programs_each_message_is_an_object_with_all_there_is() {
    let lines = shown(&["--json"], Manner::Mirror, one_of_each).await;
    let mut objects: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    for object in &mut objects {
        let object = object.as_object_mut().unwrap();
        assert!(object.remove("at").unwrap().as_i64().unwrap() > 1_700_000_000_000_000_000);
        assert_eq!(object.remove("connection").unwrap(), 1);
    }
    let message = |from: &str, kind: &str, bytes: usize, more: Value| {
        let mut object = json!({ "from": from, "kind": kind, "bytes": bytes });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    assert_eq!(objects[0], json!({ "kind": "opened" }));
    assert_eq!(objects[1], message("kapacitor", "info", 3, json!({})));
    let info = json!({ "wants": "stream", "provides": "stream", "options": {} });
    assert_eq!(objects[2], message("function", "info", 3, info));
    let bytes = frame_of(init_request(options())).len();
    let values = json!([
        { "type": "bool", "value": true },
        { "type": "int", "value": i64::MIN },
        { "type": "double", "value": 42.0 },
        { "type": "string", "value": "it's\n" },
        { "type": "duration", "value": 5_400_000_000_000_i64 },
        { "type": "none" },
    ]);
    let options = json!([{ "name": "all", "values": values }, { "name": "flag", "values": [] }]);
    let init = json!({ "task": "cpu_alert", "node": "mirror2", "options": options });
    assert_eq!(objects[3], message("kapacitor", "init", bytes, init));
    assert_eq!(objects[4], message("function", "init", 5, json!({ "success": true, "error": "" })));
    assert_eq!(objects[5], message("kapacitor", "restore", 10, json!({ "size": 5 })));
    let refused = json!({ "success": false, "error": "another snapshot" });
    assert_eq!(objects[6], message("function", "restore", 21, refused));
    let point = json!({
        "time": i64::MIN, "name": "re quests,é", "database": "mydb", "retentionPolicy": "autogen",
        "group": "re quests,é\nhost=web0", "dimensions": ["host"], "byName": true,
        "tags": { "host": "web0", "a=b": "\u{1b}[31m\u{202e}red, or not" },
        "fieldsDouble": { "nan": "NaN", "inf": "-inf", "one": 1.0 }, "fieldsInt": { "int": i64::MAX },
        "fieldsString": { "text": "say \"hi\" \\ \n" }, "fieldsBool": { "bool": true },
    });
    let bytes = frame_of(odd_point()).len();
    assert_eq!(objects[7], message("kapacitor", "point", bytes, point.clone()));
    assert!(lines[7].contains("\"one\":1.0") && lines[7].contains("\"int\":9223372036854775807"));
    assert_eq!(objects[8]["from"], "function");
    let batch =
        json!({ "name": "requests", "group": "host=web0", "tags": { "host": "web0" }, "byName": false });
    let with = |key: &str, value: i64| {
        let mut batch = batch.clone();
        batch[key] = value.into();
        batch
    };
    assert_eq!(objects[9], message("kapacitor", "begin", frame_of(begin(1)).len(), with("size", 1)));
    assert_eq!(objects[13], message("kapacitor", "end", frame_of(end(9)).len(), with("tmax", 9)));
    assert_eq!(objects[16], message("function", "keepalive", 5, json!({ "time": 42 })));
    assert_eq!(objects[18], message("function", "snapshot", 10, json!({ "size": 5 })));
    assert_eq!(objects[19], json!({ "from": "kapacitor", "kind": "ended" }));
    assert_eq!(objects[21], json!({ "kind": "closed" }));
    assert_eq!(objects.len(), 22);
}

/// Kapacitor takes any bytes for text.
#[tokio::test]
async fn text_that_is_no_utf_8_is_shown_as_well_as_possible_and_it_says_so() {
    let mut frame = frame_of(point(1));
    let at = frame.windows(4).rposition(|bytes| bytes == b"web0").unwrap();
    frame[at] = 0xff;
    for (more, words) in [
        (
            &["--only", "point"][..],
            "host=\u{fffd}eb0,region=eu code=200i,load=0.5 1 (not all of it is UTF-8)",
        ),
        (&["--only", "point", "--json"], "\"byName\":false,\"lossy\":true}"),
    ] {
        let frame = frame.clone();
        let talk = async |peer: &mut SocketPeer| {
            peer.init().await;
            peer.send(point(2)).await;
            peer.next().await.unwrap();
            peer.send_bytes(&frame).await;
        };
        let lines = shown(more, Manner::Mirror, talk).await;
        assert!(lines.last().unwrap().contains(words), "{lines:?}");
        assert!(!lines[0].contains("UTF-8") && !lines[0].contains("lossy"), "{lines:?}");
    }
}

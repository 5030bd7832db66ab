//! What a script does to the event, and what it emits.

use super::*;
use crate::wire::entry::Entries;

/// The event after `code`, as its fields and tags that differ from what they were.
fn changed(code: &str) -> String {
    let mut node = Node::new(Part::Code, code);
    if let Err(failed) = node.run(Part::Code) {
        panic!("{code}: {failed:?}");
    }
    let (before, after) = (node.point.clone(), node.event());
    let mut changes = Vec::new();
    for (name, value) in &after.tags {
        if before.tags.get(name) != Some(value) {
            changes.push(format!("{name}:{value:?}"));
        }
    }
    for name in before.tags.keys().filter(|name| !after.tags.contains_key(*name)) {
        changes.push(format!("-{name}:"));
    }
    let (fields, old) = (fields(&after), fields(&before));
    changes.extend(
        fields.iter().filter(|field| !old.contains(field)).map(|(name, value)| format!("{name}={value}")),
    );
    let gone = old.iter().filter(|(name, _)| !fields.iter().any(|(known, _)| known == name));
    changes.extend(gone.map(|(name, _)| format!("-{name}")));
    let is_changed = node.scripts.call().event.is_changed();
    assert!(is_changed || changes.is_empty(), "{code}");
    changes.join(" ")
}

fn fields(point: &proto::Point) -> Vec<(String, String)> {
    let names = point.fields_bool.keys().chain(point.fields_double.keys());
    let names = names.chain(point.fields_int.keys()).chain(point.fields_string.keys());
    names.map(|name| (name.clone(), shown(find(point, name).1.unwrap()))).collect()
}

#[test]
fn fields_and_tags_are_read() {
    let check = |expression: &str, expected: &str| {
        let mut node = Node::new(Part::Code, &format!("map.x = {expression}"));
        node.run(Part::Code).unwrap_or_else(|failed| panic!("{expression}: {failed:?}"));
        assert_eq!(
            node.map(),
            if expected.is_empty() { String::new() } else { format!("x={expected}") },
            "{expression}"
        );
    };
    check("event.amount", "1.5");
    check("event.bytes", "20000");
    check("event.path", "\"/items/123\"");
    check("event.cached", "true");
    check("event.host", "\"web-1\"");
    check("event.both", "\"field\"");
    check("event.tags.both", "\"tag\"");
    check("event.fields.both", "\"field\"");
    check("event.fields.host", "");
    check("event.tags.amount", "");
    check("event.nothing", "");
    check("event.empty", "");
    check("event.tags.empty", "");
    check("event[\"odd name\"]", "\"x\"");
    check("event[\"odd\" + \" name\"]", "\"x\"");
    check("event.get(\"amount\")", "1.5");
    check("event.get(\"host\")", "\"web-1\"");
    check("event.tags[\"zone\"]", "\"eu\"");
    check("event.fields.get(\"bytes\")", "20000");
    check("event.name", "\"requests\"");
    check("event.fields.name", "7");
    check("event[\"name\"]", "7");
    check("event.time", "1600000000000000000");
    check(
        "event.keys()",
        r#""[\"amount\",\"big\",\"both\",\"bytes\",\"cached\",\"failed\",\"name\",\"odd name\",\"path\",\"status\",\"zero\"]""#,
    );
    check("event.tags.keys()", r#""[\"both\",\"host\",\"zone\"]""#);
    check("\"host\" in event", "true");
    check("\"host\" in event.fields", "false");
    check("\"nothing\" in event", "false");
    check("event?.amount", "1.5");
    check("event.nothing?.x", "");
    check("event.nothing ?? 5", "5");
    check("{ let e = event; let t = e.tags; t.zone + e.status }", "\"eucompleted\"");
    check("event.path.len()", "10");
    check("event.path.split(\"/\")", r#""[\"\",\"items\",\"123\"]""#);
    check("`${event.host}/${event.bytes}`", "\"web-1/20000\"");
    check("parse_int(event.path.sub_string(7))", "123");
    check("event.amount.to_int()", "1");
    check("type_of(event.bytes)", "\"i64\"");
    check("event.path[0]", "\"/\"");
    check("if event.path.starts_with(\"/items\") { 1 } else { 2 }", "1");
}

#[test]
fn fields_and_tags_are_changed() {
    let check = |code: &str, expected: &str| assert_eq!(changed(code), expected, "{code}");
    check("()", "");
    check("event.slow = event.amount > 1.0", "slow=true");
    check("event.amount = 2", "amount=2");
    check("event.amount += 1", "amount=2.5");
    check("event.amount = \"text\"", "amount=\"text\"");
    check("event.amount = ()", "-amount");
    check("event.nothing = ()", "");
    check("event.a = 1; event.a = 2.5; event.b = 'c'", "a=2.5 b=\"c\"");
    check("event.a = 1; event.a = ()", "");
    check("event.a = 1; map.x = event.a; event.b = event.a + 1", "a=1 b=2");
    check("event[\"odd name\"] = 1; event[\"new\" + \"er\"] = true", "newer=true odd name=1");
    check("event.set(\"x\", 1); event.fields.y = 2; event.fields[\"z\"] = 3", "x=1 y=2 z=3");
    check("event.fields.name = 8; event[\"tags\"] = 1", "name=8 tags=1");
    check("event.tags.zone = \"us\"; event.tags.fresh = 'x'", "fresh:\"x\" zone:\"us\"");
    check("event.tags.zone = ()", "-zone:");
    check("event.tags.zone = \"\"", "-zone:");
    check("event.tags.zone = \"us\"; event.b = event.zone; event.tags.zone = ()", "-zone: b=\"us\"");
    check("event.zone = \"us\"", "zone=\"us\"");
    check("event.tags.zone.make_upper(); event.tags.both[0] = 'z'", "both:\"zag\" zone:\"EU\"");
    check("event.fields.host = 1; event[\"\"] = (); event.fields.time = ()", "host=1");
    // The engine sets what a method was called on.
    check("map.x = event.host.to_string() + event.bytes.to_string() + event.tags.host.to_string()", "");
    check("map.x = event.name.to_string() + event.time.to_string() + task.id.to_string()", "");
    check("event.path.truncate(6)", "path=\"/items\"");
    check("event.both = 1", "both=1");
    check("event.status = event.status", "");
}

#[test]
fn a_changed_entry_is_cut_and_the_rest_stays_as_it_came() {
    let mut node = Node::new(Part::Code, "event.amount = 7; event.tags.zone = ()");
    node.run(Part::Code).unwrap();
    let before = node.point.encode_to_vec();
    let mut after = b"before".to_vec();
    node.scripts.call().event.write(&mut after);
    let after = after.strip_prefix(b"before").unwrap();
    let kept: Vec<u8> = Entries::new(&before)
        .map(Result::unwrap)
        .filter(|entry| entry.key == b"amount" || entry.key == b"zone")
        .fold((Vec::new(), 0), |(mut kept, from), entry| {
            kept.extend_from_slice(&before[from..entry.range.start]);
            (kept, entry.range.end)
        })
        .0;
    assert!(after.starts_with(&kept));
    let point = proto::Point::decode(after).unwrap();
    assert_eq!((find(&point, "amount").1, find(&point, "zone")), (Some(Value::Int(7)), (None, None)));
}

#[test]
fn tags_are_added_to() {
    let mut node = Node::new(Part::Code, "event.tags.tags = \"a\"");
    node.fill();
    let event = &mut node.scripts.call().event;
    assert!(!event.is_changed());
    event.add_to_tags("_x");
    assert_eq!(node.event().tags["tags"], "_x");
    node.run(Part::Code).unwrap();
    let event = &mut node.scripts.call().event;
    event.add_to_tags("_x");
    event.add_to_tags("y");
    event.add_to_tags("_x");
    assert_eq!(node.event().tags["tags"], "a,_x,y");
    node.point.tags.insert("tags".to_owned(), "_x,b".to_owned());
    node.fill();
    node.scripts.call().event.add_to_tags("_x");
    assert!(!node.scripts.call().event.is_changed());
}

#[test]
fn points_are_emitted() {
    let check = |code: &str, expected: &str| {
        let mut node = Node::new(Part::Code, code);
        node.run(Part::Code).unwrap_or_else(|failed| panic!("{code}: {failed:?}"));
        let points: Vec<_> = node.scripts.call().emitted.iter().map(emitted).collect();
        assert_eq!(points.join("; "), expected, "{code}");
    };
    check("emit(#{a: 1, b: 2.5, c: \"x\", d: true, e: 'y'})", r#"a=1 b=2.5 c="x" d=true e="y""#);
    check(
        "emit(#{a: #{b: 1, c: #{d: 2}}, e: [1, #{f: 2.0}], g: ()})",
        r#"a.b=1 a.c.d=2 e="[1,{\"f\":2.0}]""#,
    );
    check("map.n = 1; map.l = [1]; emit(map); map.n = 2; emit(map)", r#"n=1 l="[1]"; n=2 l="[1]""#);
    check("map.a = #{b: 1}; emit(map.a); emit(#{x: map.a})", "b=1; x.b=1");
    check("emit(#{a: #{b: 1}, \"a.b\": 2})", "a.b=2");
    check("for i in 0..3 { emit(#{i: i}) }", "i=0; i=1; i=2");
    check("event.amount = 5; emit(event); event.amount = 6", "event amount=5");
    let mut node = Node::new(Part::Code, "for i in 0..1001 { emit(#{i: i}) }");
    assert!(
        matches!(node.run(Part::Code), Err(Failed::Script(message)) if message.contains("at most 1000 points"))
    );
    assert_eq!(node.scripts.call().emitted.len(), 1000);
    let mut node =
        Node::new(Part::Code, "let t = \"a\"; t.pad(60000, \"b\"); for i in 0..100 { emit(#{t: t}) }");
    assert!(
        matches!(node.run(Part::Code), Err(Failed::Script(message)) if message.contains("at most 1 MiB"))
    );
    assert_eq!(node.scripts.call().emitted.len(), 17);
    node.fill();
    assert!(node.scripts.call().emitted.is_empty());
}

fn emitted(point: &Emitted) -> String {
    match point {
        Emitted::Fields(fields) => {
            let field = |(name, value): &(String, Scalar)| format!("{name}={}", shown(value.value()));
            fields.iter().map(field).collect::<Vec<_>>().join(" ")
        }
        Emitted::Event(bytes) => {
            let point = proto::Point::decode(&**bytes).unwrap();
            format!("event amount={}", shown(find(&point, "amount").1.unwrap()))
        }
    }
}

#[test]
fn events_are_cancelled_and_tasks_ended() {
    let run = |code: &str| {
        let mut node = Node::new(Part::Code, code);
        node.run(Part::Code).unwrap();
        let call = node.scripts.call();
        (call.is_cancelled, call.task.ends)
    };
    assert_eq!(run("()"), (false, false));
    assert_eq!(run("event.cancel()"), (true, false));
    assert_eq!(run("if event.bytes > 1 { task.end() }"), (false, true));
    assert_eq!(run("event.cancel(); return; task.end()"), (true, false));
}

#[test]
fn the_task_is_seen_and_set() {
    let check = |code: &str, expected: &str| {
        let mut node = Node::new(Part::Code, code);
        node.scripts.call().task = TaskView {
            id: b"a-1".to_vec(),
            count: 3,
            created: 5,
            last: 7,
            timeout: 1_500_000_000,
            ..TaskView::default()
        };
        node.run(Part::Code).unwrap_or_else(|failed| panic!("{code}: {failed:?}"));
        let task = &node.scripts.call().task;
        let set = (task.has_set_timeouts).then_some((task.timeout, task.inactivity_timeout));
        let shown = format!("{} {set:?}", node.map());
        assert_eq!(shown.trim_start(), expected, "{code}");
    };
    check(
        "map.x = [task.id, task.count, task.created, task.last, task.restored]",
        r#"x="[\"a-1\",3,5,7,false]" None"#,
    );
    check("map.x = task.timeout; map.y = task.reason; map.z = task.inactivity_timeout", "x=1.5 None");
    check("task.timeout = 10", "Some((10000000000, None))");
    check("task.timeout = 0", "Some((0, None))");
    check("task.inactivity_timeout = 0.25", "Some((1500000000, Some(250000000)))");
    check("task.timeout = 1e300", "Some((9200000000000000000, None))");
    check("task.timeout += 1", "Some((2500000000, None))");
    check("map.x = task.timeout.to_string()", "x=\"1.5\" None");
}

#[test]
fn code_of_a_timeout_reads_the_map() {
    let mut node = Node::new(
        Part::TimeoutCode,
        "event.slow = map.total.to_int() > 1; event.why = task.reason; map.l.len()",
    );
    let mut code = Node::new(Part::Code, "map.total = 5.5; map.l = [1]");
    code.run(Part::Code).unwrap();
    node.fill();
    let keys = code.scripts.keys().clone();
    let mut packed = Vec::new();
    code.scripts.call().state.write(&keys, &mut packed);
    let state = State::read(node.scripts.keys(), &mut crate::pack::Reader::new(&packed)).unwrap();
    node.scripts.call().state = state;
    node.scripts.call().task.reason = Some("timeout");
    node.scripts.run(Part::TimeoutCode, 0).unwrap();
    let event = node.event();
    assert_eq!(find(&event, "slow").1, Some(Value::Bool(true)));
    assert_eq!(find(&event, "why").1, Some(Value::Text(b"timeout")));
    assert_eq!(node.map(), "total=5.5 l=\"[1]\"");
}

#[test]
fn what_is_not_utf8_is_an_error_when_it_is_read() {
    let mut node = Node::new(Part::Code, "map.x = 1; map.y = event.path");
    node.fill();
    let found = [(None, Some(Value::Text(b"\xff")))].into_iter();
    node.scripts.call().event.fill(Some(b"\xff"), 0, b"", found);
    match node.scripts.run(Part::Code, 0) {
        Err(Failed::Script(message)) => assert!(message.contains("field path is not UTF-8"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(node.map(), "x=1");
}

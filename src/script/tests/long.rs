//! What takes long by itself: one call of it is much work.

use std::time::Instant;

use super::*;

/// What is as much as the configuration allows.
const LARGEST: Budget = Budget { operations: 10_000_000, time: Duration::from_millis(500) };

/// It ends in time, and how, also with the largest budget.
fn stops(setup: &str, code: &str, expected: &str) {
    for budget in [Budget::default(), LARGEST] {
        let mut state = State::default();
        if !setup.is_empty() {
            let mut node = Node::new(Part::Code, setup);
            node.run(Part::Code).unwrap();
            let mut out = Vec::new();
            let keys = node.scripts.keys().clone();
            node.scripts.call().state.write(&keys, &mut out);
            let node = Node::with_budget(Part::Code, code, budget);
            state = State::read(node.scripts.keys(), &mut crate::pack::Reader::new(&out)).unwrap();
        }
        let mut node = Node::with_budget(Part::Code, code, budget);
        node.scripts.call().state = state;
        let started = Instant::now();
        let outcome = node.run(Part::Code);
        let took = started.elapsed();
        assert!(took < budget.time + Duration::from_millis(700), "{code}: {took:?}");
        match outcome {
            Err(Failed::Script(message)) => {
                let is_stopped = message.contains("it was stopped after");
                assert!(is_stopped || message.contains(expected), "{code}: {message}");
            }
            Ok(()) => assert_eq!(expected, "", "{code}"),
            Err(Failed::BackedOff) => panic!("{code}"),
        }
    }
}

const BIG_MAP: &str = "for i in 0..1000 { map[\"a\" + i] = i }";

#[test]
fn what_takes_long_by_itself_stops() {
    let text = "let t = \"a\"; t.pad(65000, \"a\"); let s = t; ";
    for replace in ["t.replace(\"a\", s)", "t.replace('a', s)", "t.replace(\"\", s)"] {
        stops("", &format!("{text}{replace}"), "text is longer");
    }
    stops("", &format!("{text}loop {{ t.replace(\"a\", 'b'); t.replace('b', 'a'); }}"), "it was stopped");
    for code in ["t.split(\"\")", "t.to_chars()", "t.split('a')", "s += t", "s + t", "`${s}${t}`"] {
        stops("", &format!("{text}{code}; ()"), "");
    }
    let places = "let l = []; l.pad(9999, map); ";
    for code in [
        "l.to_string()",
        "l.to_debug()",
        "`${l}`",
        "\"a\" + l",
        "l + \"a\"",
        "#{a: l}.to_json()",
        "#{a: l}.to_string()",
    ] {
        stops(BIG_MAP, &format!("{places}event.x = {code}"), "text is longer");
    }
    stops(BIG_MAP, &format!("{places}log(l)"), "");
    stops(BIG_MAP, &format!("{places}throw l"), "");
    stops(BIG_MAP, &format!("{places}let k = l; loop {{ l == k; }}"), "it was stopped");
    stops(BIG_MAP, &format!("{places}loop {{ l.contains(#{{}}); }}"), "it was stopped");
    stops("map.l = []; for i in 0..4000 { map.l.push(i) }", "for i in 0..100 { map.l.contains(4001) }", "");
}

#[test]
fn replacing_is_as_it_was() {
    let mut node = Node::new(
        Part::Code,
        "let t = \"hello\"; t.replace(\"l\", \"LL\"); map.a = t; t.replace('h', \"\"); map.b = t; t.replace(\"LL\", 'x'); \
         map.c = t; t.replace('x', 'y'); map.d = t; let e = \"\"; e.replace(\"\", \"a\"); map.e = e; t.replace(\"\", \"-\"); map.f = t",
    );
    node.run(Part::Code).unwrap();
    assert_eq!(node.map(), r#"a="heLLLLo" b="eLLLLo" c="exxo" d="eyyo" e="" f="-e-y-y-o-""#);
}

#[test]
fn lists_and_maps_are_written_and_compared() {
    let mut node = Node::new(
        Part::Code,
        "map.l = [1, 2.0, \"a\"]; map.m = #{b: 1, a: [true]}; let l = [1, 2.0, \"a\", 'c', (), #{}, [], map.m]; \
         map.a = l.to_string(); map.b = `${map.m}`; map.c = #{x: l}.to_json(); \
         map.d = [map.l == [1.0, 2, \"a\"], [1, 2, 'a'] == map.l, map.l != map.l, map.m == #{a: [true], b: 1}, [1] == [1, 2], #{a: 1} != #{a: 2}, [map.l] == [map.l]]; \
         map.e = [2 in map.l, map.l.contains(\"b\"), [5, 6].contains(6), [[1]].contains([1]), () in [()]]; \
         map.f = [map.l.index_of(\"a\"), map.l.index_of(7), map.l.index_of(|x| x == 2), [4, 5, 4].index_of(4, 1), [4, 5, 4].index_of(4, -1), [1].index_of(|x| x == 1)]",
    );
    node.run(Part::Code).unwrap();
    assert_eq!(
        node.map(),
        r##"l="[1,2.0,\"a\"]" m.a="[true]" m.b=1 a="[1, 2.0, \"a\", 'c', (), #{}, [], #{\"a\": [true], \"b\": 1}]" b="#{\"a\": [true], \"b\": 1}" c="{\"x\":[1,2.0,\"a\",\"c\",null,{},[],{\"a\":[true],\"b\":1}]}" d="[true,true,false,true,false,true,true]" e="[true,false,true,true,true]" f="[2,-1,1,2,2,0]""##
    );
}

#[test]
fn values_that_nest_deep_fit_the_stack_of_the_daemon() {
    let refused = Scripts::compile(
        &[source(Part::Code, "let a = [1]; loop { a.push(Fn(\"x\").curry(a.pop())) }")],
        LARGEST,
    );
    assert!(refused.is_err());
    // Without optimization it takes a minute to get to the bottom of it.
    let times = if cfg!(debug_assertions) { 200 } else { 980 };
    let (open, close, at) = ("[".repeat(10), "]".repeat(10), "[0]".repeat(10));
    let deepen = format!("let y = {open}0{close}; y{at} = x; x = y;");
    // As the workers of the daemon have.
    let deep = std::thread::Builder::new().stack_size(32 << 20);
    let deep = deep.spawn(move || {
        let each = [
            "x == x".to_owned(),
            "x.contains(x)".to_owned(),
            "x.to_string()".to_owned(),
            "#{a: x}.to_json()".to_owned(),
            "`${x}`".to_owned(),
            "map.x = x".to_owned(),
            "emit(#{a: x})".to_owned(),
            "log(x)".to_owned(),
            "throw x".to_owned(),
            "event.x = x".to_owned(),
            "x.push(x); 1".to_owned(),
        ];
        let each = each.map(|code| format!("try {{ {code} }} catch {{ }}")).join(" ");
        let rest = if cfg!(debug_assertions) {
            "throw \"a list has more\"".to_owned()
        } else {
            format!("loop {{ {deepen} }}")
        };
        let code =
            format!("let x = [0]; while (map.n ?? 0) < {times} {{ {deepen} map.n += 1 }} {each} {rest}");
        let mut node =
            Node::with_budget(Part::Code, &code, Budget { time: Duration::from_mins(1), ..LARGEST });
        match node.run(Part::Code) {
            Err(Failed::Script(message)) => assert!(message.contains("a list has more"), "{message}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(node.map(), format!("n={times}"));
    });
    deep.unwrap().join().unwrap();
}

#[test]
fn what_places_would_copy_is_counted() {
    for code in ["map.y = l", "map.y = #{a: l}", "map.l = []; map.l.push(l)", "map.y = [map, map, map, map]"]
    {
        stops(BIG_MAP, &format!("let l = []; l.pad(9999, map); {code}"), "larger than 128 KiB");
    }
    stops(BIG_MAP, "let l = []; l.pad(9999, map); emit(#{a: l})", "at most 1 MiB");
    stops(BIG_MAP, "let m = #{}; for i in 0..999 { m[\"x\" + i] = map } emit(m)", "at most 1 MiB");
    let names = "let k = \"k\"; k.pad(60000, \"k\"); let n = #{}; for i in 0..900 { n[\"x\" + i] = i } let m = #{}; m[k] = n; emit(m)";
    stops("", names, "at most 1 MiB");
    stops("", "let l = []; l.pad(9999, #{}); let m = #{a: l}; loop { emit(m) }", "");
    stops("for i in 0..1100 { map[\"a\" + i] = i }", "emit(#{a: map, b: map})", "");
    stops("for i in 0..1100 { map[\"a\" + i] = i }", "loop { emit(#{a: map, b: map}) }", "at most 1 MiB");
    let mut node = Node::new(Part::Code, "emit(#{\"a.b\": 1, a: #{b: 2}, c: 3})");
    node.run(Part::Code).unwrap();
    let fields = vec![("a.b".to_owned(), Scalar::Int(1)), ("c".to_owned(), Scalar::Int(3))];
    assert_eq!(node.scripts.call().emitted, [Emitted::Fields(fields)]);
}

#[test]
fn one_call_edits_only_so_much_of_the_event() {
    stops("", "let i = 0; loop { i += 1; event[i.to_string()] = i }", "1001 is too much");
    stops("", "let i = 0; loop { i += 1; event.tags[i.to_string()] = \"x\" }", "1001 is too much");
    let text = "let t = \"a\"; t.pad(60000, \"a\"); let i = 0;";
    stops("", &format!("{text} loop {{ i += 1; event[i.to_string()] = t }}"), "18 is too much");
    stops(
        "",
        &format!("{text} while i < 15 {{ i += 1; event[i.to_string()] = t }} loop {{ emit(event) }}"),
        "at most 1 MiB",
    );
    let mut node = Node::new(
        Part::Code,
        "for i in 0..1000 { event[i.to_string()] = i } for i in 0..500 { event[i.to_string()] = (); event[\"7\"] = i } \
         event[\"600\"] += 1; event.tags[\"5\"] = ()",
    );
    node.run(Part::Code).unwrap();
    let ints = node.event().fields_int;
    assert_eq!(
        (ints.get("600"), ints.get("601"), ints.get("7"), ints.get("8")),
        (Some(&601), Some(&601), Some(&499), None)
    );
}

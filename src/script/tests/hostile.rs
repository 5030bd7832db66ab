//! Scripts that mean harm, or do it.

use std::time::Instant;

use super::*;

/// It fails, within bounds, and leaves a node that goes on.
fn survives(code: &str) -> String {
    let budget = Budget { operations: 20_000, time: Duration::from_millis(300) };
    let started = Instant::now();
    let mut node = match Scripts::compile(&[source(Part::Code, code)], budget) {
        Ok(_) => Node::with_budget(Part::Code, code, budget),
        Err(error) => return error.to_string(),
    };
    let outcome = node.run(Part::Code);
    assert!(started.elapsed() < Duration::from_secs(3), "{:.60}: {:?}", code, started.elapsed());
    let call = node.scripts.call();
    assert!(call.state.weight() <= 128 * 1024, "{code}");
    let keys = node.scripts.keys().clone();
    node.scripts.call().state.check(&keys);
    match outcome {
        Ok(()) => String::new(),
        Err(Failed::Script(message)) => message,
        Err(Failed::BackedOff) => panic!("{code}"),
    }
}

#[test]
fn what_does_not_end_is_stopped() {
    let check = |code: &str| {
        let message = survives(code);
        assert!(message.contains("it was stopped after"), "{code}: {message}");
    };
    check("loop {}");
    check("while true {}");
    check("do {} while true");
    check("loop { try { loop {} } catch { } }");
    check("try { loop {} } catch (e) { map.x = e; loop {} }");
    check("for i in 0..9223372036854775807 { map.y = i }");
    check("for i in 0..=9223372036854775807 { map.x = i }");
    check("for i in range(0, 9223372036854775807) { map.x = i }");
    check("for i in range(0, 10) { map.x = i } loop {}");
    check("fn f(x) { loop { x += 1 } } f(1)");
    check("let f = |x| { loop {} }; f.call(1)");
    check("let l = []; l.pad(9000, 1); loop { l.sort() }");
    check("let l = []; l.pad(9000, 1); loop { l.sort(|a, b| b - a) }");
    check("let l = []; l.pad(9000, 1); loop { l.filter(|x| { let i = 0; while i < 100 { i += 1 } true }) }");
    check("map.l = []; for i in 0..4000 { map.l.push(i) } loop { map.l.sort() }");
    check("map.l = []; for i in 0..1000 { map.l.push(i) } map.l.filter(|x| { loop {} })");
    check("let t = \"a\"; t.pad(60000, \"b\"); loop { t.replace(\"b\", \"c\"); t.replace(\"c\", \"b\") }");
    check("let t = \"a\"; t.pad(9000, \"b\"); loop { t.split(\"b\").len() }");
    check("switch 1 { _ => loop {} }");
    check("let l = []; l.pad(9000, 1); l.sort(|a, b| { loop {} })");
    check("let l = []; l.pad(9000, 1); try { l.sort(|a, b| { loop {} }) } catch {}");
    check("map.l = []; for i in 0..1000 { map.l.push(i) } map.l.sort(|a, b| { loop {} })");
}

#[test]
fn what_grows_is_refused() {
    let check = |code: &str, expected: &str| {
        let message = survives(code);
        assert!(message.contains(expected), "{code}: {message}");
    };
    check("let x = \"ab\"; loop { x += x }", "text is longer");
    check("let x = \"ab\"; loop { x = x + x }", "text is longer");
    check("let x = \"ab\"; loop { x = `${x}${x}` }", "text is longer");
    check("let x = \"ab\"; x.pad(1000000000, \"c\")", "text is longer");
    check("let x = [1]; loop { x += x }", "a list has more");
    check("let x = [1]; loop { x = [x, x] }", "a list has more");
    check("let x = []; x.pad(1000000000, 1)", "a list has more");
    check("let x = #{}; let i = 0; loop { i += 1; x[i.to_string()] = 1; x.len() }", "a map has more");
    check("let x = #{}; loop { x = #{a: x, b: x} }", "a map has more");
    check("let x = []; loop { x = [x] }", "");
    check("map.x = [\"a\"]; loop { map.x += map.x }", "larger than 128 KiB");
    check("map.x = [1]; map.x[0] = map.x; loop { map.x.push(map.x) }", "larger than 128 KiB");
    check("map.a = map; map.a.a = map; map.b = [map, map]; loop { map.c = [map, map] }", "map");
    check("let i = 0; loop { i += 1; map[i.to_string()] = i }", "larger than 128 KiB");
    check(
        "let i = 0; let k = \"k\"; k.pad(5000, \"k\"); loop { i += 1; map[k + i] = i }",
        "larger than 128 KiB",
    );
    check(
        "let k = \"k\"; k.pad(6000, \"k\"); map[k] = #{}; let m = map[k]; let i = 0; loop { i += 1; m[i.to_string()] = 1 }",
        "larger than 128 KiB",
    );
    check("fn f(x) { f(x + 1) } f(1)", "functions call each other deeper than");
    check("fn f(x) { g(x) } fn g(x) { f(x) } f(1)", "functions call each other deeper than");
    check("fn f(x) { [x].map(|y| f(y)) } f(1)", "functions call each other deeper than");
    // Sorting goes on whatever the comparison says.
    check("fn f(x) { [x, x].sort(|y, z| f(y)) } f(1)", "");
    check("map.l = [1]; fn f(l) { l.map(|y| f([y])) } f(map.l)", "functions call each other deeper than");
    check("let f = |x| x; f.call(f.curry(f))", "");
}

#[test]
fn source_that_nests_is_refused_or_runs() {
    let nested = |open: &str, inner: &str, close: &str| {
        for depth in [10, 40, 300, 2_000, 20_000] {
            if depth * (open.len() + close.len()) < 70_000 {
                survives(&format!("{}{inner}{}", open.repeat(depth), close.repeat(depth)));
                survives(&open.repeat(depth));
            }
        }
    };
    nested("(", "1", ")");
    nested("[", "1", "]");
    nested("#{a:", "1", "}");
    nested("{", "1", "}");
    nested("-", "1", "");
    nested("!", "true", "");
    nested("- ", "1", "");
    nested("1+", "1", "");
    nested("1 + (", "1", ")");
    nested("true && ", "true", "");
    nested("true || ", "true", "");
    nested("() ?? ", "1", "");
    nested("map.a", "", "");
    nested("map", ".a", "");
    nested("x.", "x", "");
    nested("map[", "\"a\"", "]");
    nested("if true {", "1", "}");
    nested("if true {} else ", "{}", "");
    nested("loop { ", "break", "}");
    nested("while true { ", "break", "}");
    nested("for i in [1] { ", "1", "}");
    nested("try { ", "1", "} catch {}");
    nested("switch 1 { 1 => ", "1", "}");
    nested("|x| ", "1", "");
    nested("|| { ", "1", "}");
    nested("f(", "1", ")");
    nested("`${", "1", "}`");
    nested("let x = ", "1", ";");
    nested("map.x = ", "1", "");
    nested("1 in ", "1", "");
    nested("/*", "", "*/");
    nested("fn f() { ", "1", "}");
    nested("return ", "1", "");
    nested("throw ", "1", "");
    nested("1;", "1", "");
    nested("a?.", "a", "");
    nested("1..", "1", "");
    nested("\"a\" + ", "\"a\"", "");
    nested("map.a.", "b", " = 1");
}

/// The most stack that a call can be made to take, of the 2 MiB that there are.
#[test]
fn recursion_in_deep_expressions_fits_the_stack() {
    let mut most = 0;
    for (open, close) in [
        ("1 + (", ")"),
        ("[", "]"),
        ("if true { ", " }"),
        ("#{a: ", "}"),
        ("max(1, ", ")"),
        ("{ let y = ", "; y }"),
        ("!", ""),
        ("for i in [1] { ", " }"),
        ("switch 1 { 1 => ", " }"),
        ("`${", "}`"),
    ] {
        for depth in 1..24 {
            let [open, close] = [open, close].map(|text| text.repeat(depth));
            let code = format!("fn f(m, x) {{ m.s = stack_at(); {open}f(m, x){close} }} f(map, 1)");
            let Ok(scripts) = Scripts::compile(&[source(Part::Code, &code)], Budget::default()) else {
                break;
            };
            drop(scripts);
            let mut node = Node::new(Part::Code, &code);
            let used = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
                let before = super::super::library::stack_at();
                let _ = node.run(Part::Code);
                let keys = node.scripts.keys().clone();
                let mut used = 0;
                node.scripts.call().state.fields(&keys, |_, value| {
                    if let Value::Int(at) = value {
                        used = before - at;
                    }
                });
                used
            });
            most = most.max(used.unwrap().join().unwrap());
        }
    }
    assert!(most < 3 << 19, "{most}");
}

#[test]
fn code_that_people_write_does_not_nest_too_deep() {
    let chain: Vec<_> = (0..40).map(|n| format!("else if event.bytes == {n} {{ map.x = {n} }}")).collect();
    let chain = chain.join(" ");
    let sum = (0..25).map(|n| format!("event.f{n}")).collect::<Vec<_>>().join(" + ");
    let text = (0..12).map(|n| format!("\"{n}\" + event.host")).collect::<Vec<_>>().join(" + ");
    let all = (0..25).map(|n| format!("event.bytes != {n}")).collect::<Vec<_>>().join(" && ");
    for code in [
        format!("if false {{ }} {chain}"),
        format!("map.x = {sum}"),
        format!("map.x = {text}"),
        format!("if {all} {{ map.x = 1 }}"),
    ] {
        assert_eq!(survives(&code), "", "{code}");
    }
}

#[test]
fn a_panic_ends_the_call_and_no_more() {
    let mut node =
        Node::new(Part::Code, "map.n += 1; event.n = map.n; if map.n == 1 { let x = 5; panic_now() }");
    match node.run(Part::Code) {
        Err(Failed::Script(message)) => assert!(message.contains("the engine failed"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(node.map(), "n=1");
    assert_eq!(node.run(Part::Code), Ok(()));
    assert_eq!(node.map(), "n=2");
    assert_eq!(node.scripts.counts(), Counts { failed: 1, backed_off: 0 });
}

#[test]
fn scripts_go_with_their_handler_from_thread_to_thread() {
    fn is_send<T: Send + 'static>(_: &T) {}
    let node = Node::new(Part::Code, "map.n += 1");
    is_send(&node.scripts);
    let mut node = std::thread::spawn(move || {
        let mut node = node;
        node.run(Part::Code).unwrap();
        node
    })
    .join()
    .unwrap();
    node.run(Part::Code).unwrap();
    assert_eq!(node.map(), "n=2");
}

#[test]
fn any_source_is_taken_or_refused() {
    let words = [
        "map",
        "event",
        "task",
        ".",
        "x",
        "y",
        "=",
        "+=",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "#{",
        ":",
        ",",
        ";",
        "1",
        "2.5",
        "\"a\"",
        "'b'",
        "`${",
        "}`",
        "if",
        "else",
        "loop",
        "while",
        "for",
        "in",
        "fn",
        "|",
        "||",
        "&&",
        "!",
        "-",
        "+",
        "*",
        "/",
        "==",
        "<",
        "()",
        "let",
        "push",
        "sort",
        "filter",
        "emit",
        "log",
        "to_string",
        "?.",
        "??",
        "..",
        "return",
        "break",
        "try",
        "catch",
        "throw",
        "switch",
        "=>",
        "tags",
        "fields",
        "keys",
        "remove",
        "//",
        "/*",
        "\n",
        "event.x",
        "map.x",
        "map.l",
        "[1,2]",
        "map.l.push(",
        "task.timeout",
        "ä",
    ];
    let word = proptest::sample::select(words.to_vec());
    let text = proptest::collection::vec(word, 0..40);
    let config =
        proptest::test_runner::Config { cases: 300, failure_persistence: None, ..Default::default() };
    proptest::proptest!(config, |(words in text)| {
        let budget = Budget { operations: 2_000, time: Duration::from_millis(100) };
        let source = words.join(" ");
        let parts = [Part::Code, Part::TimeoutCode, Part::StartWhen, Part::EndWhen];
        for part in parts {
            let Ok(mut scripts) = Scripts::compile(&[super::source(part, &source)], budget) else { continue };
            let body = point().encode_to_vec();
            scripts.call().event.fill(Some(b"m"), 1, &body, std::iter::empty());
            let started = Instant::now();
            let _ = scripts.run(part, 0);
            proptest::prop_assert!(started.elapsed() < Duration::from_secs(2), "{}", source);
            let keys = scripts.keys().clone();
            scripts.call().state.check(&keys);
            let mut out = Vec::new();
            scripts.call().event.write(&mut out);
            proptest::prop_assert!(proto::Point::decode(&*out).is_ok());
        }
    });
}

#[test]
fn any_text_is_taken_or_refused() {
    let config =
        proptest::test_runner::Config { cases: 500, failure_persistence: None, ..Default::default() };
    proptest::proptest!(config, |(source in "\\PC{0,60}")| {
        let _ = Scripts::compile(&[super::source(Part::Code, &source)], Budget::default());
        let _ = Scripts::compile(&[super::source(Part::EndWhen, &source)], Budget::default());
    });
}

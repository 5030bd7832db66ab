//! Scripts that can't be used, that fail, and that do not end: who is told, and what goes on.

use std::time::{Duration, Instant};

use super::{SCRIPTS, blocks};
use crate::functions::line;
use crate::kapacitord::eventually;
use crate::stack::Stack;

const FAILED: &str = "a script failed: ";

/// A script's options between a stream and the sink.
fn task(options: &str) -> String {
    format!("stream|from().measurement('requests')@aggregate().taskId('user'){options}@sink()")
}

/// What the page shows of a script that does not compile is the task's error, whole.
#[test]
#[ignore = "needs kapacitord"]
fn what_does_not_compile_is_the_task_s_error() {
    let stack = Stack::start();
    let (_, behind) = SCRIPTS.split_once("\n## When a script fails\n").expect("its part");
    let (script, refusal) = (blocks(behind, "tick")[0], blocks(behind, "text")[0]);
    stack.define("task", &format!("stream|from()\n{script}"));
    let error = stack.failure("task");
    assert!(error.contains(refusal.trim_end()), "{error}\n\n{refusal}");
    assert!(stack.kapacitord.log().contains("aggregate2"));
    stack.stop_quietly(&[]);
}

#[test]
#[ignore = "needs kapacitord"]
fn what_fails_is_tagged() {
    let stack = Stack::start();
    stack.define("task", &task(".maxEvents(2).code('map.n += 1; map.total += event.price * event.pieces;')"));
    stack.write("requests,user=ann price=2i 1\nrequests,user=ann price=5i,pieces=2i 2");
    stack.sink.expect("requests,tags=_aggregateexception,user=ann n=2i,total=10i 2");
    stack.write("requests,user=bob price=7i,pieces=1i 3\nrequests,user=bob price=5i,pieces=1i 4");
    stack.sink.expect("requests,user=bob n=2i,total=12i 4");
    let log = stack.stop_quietly(&[FAILED]);
    assert!(log.contains(" failed=1"), "{log}");
}

#[test]
#[ignore = "needs kapacitord"]
fn a_failure_stops_the_task_if_that_is_wanted() {
    let stack = Stack::start();
    stack.define("task", &task(r#".code('''throw "too bad"''').onError('stop')"#));
    stack.define("other", &task(".maxEvents(1)"));
    // Kapacitor looks at the function again only when there is another point for it.
    let error = eventually("the task fails", || {
        stack.write("requests,user=ann x=1 1");
        assert_eq!(stack.sink.next().fields_int["count"], 1);
        stack.has_failed("task")
    });
    assert!(error.contains("too bad"), "{error}");
    stack.runs("other");
    stack.stop_quietly(&["too bad"]);
}

/// Ten thousand events, for each of which the script would run for ever.
#[test]
#[ignore = "needs kapacitord"]
fn an_endless_loop_takes_nothing_down() {
    const POINTS: usize = 10_000;
    let stack = Stack::start();
    let looping = ".code('loop { map.n += 1 }').passThrough(TRUE).reasonTag('why')";
    stack.define("looping", &task(looping));
    stack.define("other", &task(".maxEvents(1)").replace("requests", "others"));
    let begun = Instant::now();
    let points: Vec<_> = (0..POINTS).map(|n| format!("requests,user=u{n} x=1 {n}")).collect();
    stack.write(points.join("\n"));
    stack.write("others,user=ann x=1 7");
    let mut seen: Vec<_> = (0..=POINTS).map(|_| line(&stack.sink.next())).collect();
    let took = begun.elapsed();
    let other = seen.iter().position(|line| line == "others,user=ann count=1i 7").expect("the other's");
    seen.remove(other);
    for (n, line) in seen.iter().enumerate() {
        assert_eq!(*line, format!("requests,tags=_aggregateexception,user=u{n} x=1.0 {n}"));
    }
    stack.runs("looping");
    stack.runs("other");
    // Most were not even tried.
    assert!(took < Duration::from_secs(10), "{took:?}");
    let log = stack.stop_quietly(&[FAILED, "uses up its budget", "many tasks are open"]);
    assert!(log.contains(" backed_off="), "{log}");
}

/// It is refused, or the event is tagged.
#[test]
#[ignore = "needs kapacitord"]
fn what_a_script_can_t_have_is_not_there() {
    let stack = Stack::start();
    for code in ["sleep(1)", "timestamp()", "open_file(\"/etc/passwd\")", "exit(1)"] {
        stack.define("task", &task(&format!(".maxEvents(1).code('''{code}''')")));
        stack.write("requests,user=ann x=1 1");
        stack.sink.expect("requests,tags=_aggregateexception,user=ann count=1i 1");
        stack.delete("task");
    }
    for code in ["eval(\"1\")", "print(1)", "import \"x\" as x;"] {
        stack.define("task", &task(&format!(".maxEvents(1).code('''{code}''')")));
        let error = stack.failure("task");
        assert!(error.contains("option code: ") && error.contains(code), "{code}: {error}");
        stack.delete("task");
    }
    stack.stop_quietly(&[FAILED, "option code: "]);
}

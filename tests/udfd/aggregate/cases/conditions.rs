//! `startWhen`, `endWhen`, and what `mapAction` makes of a match.

use kapacitor_udfd::aggregate::options::Function;

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

const START: &str = r#"event.kind == "start""#;

fn bob(kind: &str) -> Event {
    event().tag("user", "bob").text("kind", kind)
}

/// Whether a condition holds, as startWhen and as endWhen, and with an `&&` that no plain comparison has.
fn holds(condition: &str, event: &Event, expected: bool) {
    decides(condition, event, if expected { Ok(true) } else { Ok(false) });
}

fn fails(condition: &str, event: &Event) {
    decides(condition, event, Err(()));
}

fn decides(condition: &str, event: &Event, expected: Result<bool, ()>) {
    let (held, failed) = (expected == Ok(true), u64::from(expected.is_err()));
    for condition in [condition.to_owned(), format!("({condition}) && true")] {
        let condition = &*condition;
        let (none, one): (&[&str], &[&str]) = (&[], &["requests host=a | n=1i | @9"]);
        let out = if held { one } else { none };
        let event = event.clone().at(9);
        check([
            Scenario::new("startWhen", options![startWhen(condition), endOfTask(true), count("n")])
                .event(1, event.clone(), out)
                .counted("orphans", u64::from(!held))
                .counted("failed", failed),
            Scenario::new("endWhen", options![endWhen(condition), count("n")])
                .event(1, event, out)
                .counted("out end", u64::from(held))
                .counted("failed", failed),
        ]);
    }
}

#[test]
fn comparisons_of_numbers() {
    let (int, double, missing) = (event().int("x", 2), event().double("x", 2.0), event());
    for (condition, expected) in [
        ("event.x == 2", true),
        ("event.x == 3", false),
        ("event.x != 2", false),
        ("event.x != 3", true),
        ("event.x < 2", false),
        ("event.x < 3", true),
        ("event.x <= 2", true),
        ("event.x <= 1", false),
        ("event.x > 2", false),
        ("event.x > 1", true),
        ("event.x >= 2", true),
        ("event.x >= 3", false),
        ("event.x == 2.0", true),
        ("event.x < 2.5", true),
        ("event.x > -1", true),
        ("event.x > -0.5", true),
        ("2 == event.x", true),
        ("3 > event.x", true),
        ("3 < event.x", false),
    ] {
        holds(condition, &int, expected);
        holds(condition, &double, expected);
        // What is missing is not equal to anything else, nor more or less.
        holds(condition, &missing, condition.contains("!="));
    }
    let large = event().int("x", (1 << 53) + 1);
    holds("event.x == 9007199254740993", &large, true);
    holds("event.x == 9007199254740992", &large, false);
    holds("event.x > 9007199254740992", &large, true);
    let nan = event().double("x", f64::NAN);
    holds("event.x == 1.0", &nan, false);
    // As the language has it: there is no difference either.
    holds("event.x != 1.0", &nan, false);
    holds("event.x < 1.0", &nan, false);
    holds("event.x >= 1.0", &nan, false);
    holds("event.x == 0", &nan, true);
    holds("event.x == 0.0", &nan, true);
    holds("event.x < 0", &nan, false);
    holds("event.x <= 0.0", &nan, true);
    holds("event.x != 0", &nan, false);
    let nearly = event().double("x", 0.1 + 0.2);
    holds("event.x == 0.3", &nearly, true);
    holds("event.x > 0.3", &nearly, false);
    holds("event.x >= 0.3", &nearly, true);
}

#[test]
fn comparisons_of_everything_else() {
    let text = event().text("x", "b");
    for (condition, expected) in [
        (r#"event.x == "b""#, true),
        (r#"event.x == "B""#, false),
        (r#"event.x != "b""#, false),
        (r#"event.x < "c""#, true),
        (r#"event.x >= "b""#, true),
        (r#"event.x > "ab""#, true),
        (r#""b" == event.x"#, true),
        // Of another type.
        ("event.x == 1", false),
        ("event.x != 1", true),
        ("event.x < 1", false),
        ("event.x > 1", false),
        ("event.x == true", false),
        ("event.x == ()", false),
        ("event.x != ()", true),
    ] {
        holds(condition, &text, expected);
        holds(condition, &event().tag("x", "b"), expected);
    }
    holds("event.x == true", &event().bool("x", true), true);
    holds("event.x != true", &event().bool("x", false), true);
    holds("event.x", &event().bool("x", true), true);
    holds("event.x", &event().bool("x", false), false);
    holds("!event.x", &event().bool("x", false), true);
    holds("event.x == ()", &event(), true);
    holds(r#"event.x == "a\"b\n""#, &event().text("x", "a\"b\n"), true);
    holds(r#"event.x == """#, &event().text("x", ""), true);
}

#[test]
fn where_names_are_looked_for() {
    let both = event().tag("x", "tag").text("x", "field");
    holds(r#"event.x == "field""#, &both, true);
    holds(r#"event.fields.x == "field""#, &both, true);
    holds(r#"event.tags.x == "tag""#, &both, true);
    holds(r#"event["x"] == "field""#, &both, true);
    holds(r#"event.get("x") == "field""#, &both, true);
    holds(r#"event.tags["x"] == "tag""#, &both, true);
    holds("event.fields.x == ()", &event().tag("x", "tag"), true);
    holds("event.tags.x == ()", &event().text("x", "field"), true);
    holds(r#"event["odd name"] == 1"#, &event().int("odd name", 1), true);
    // An empty tag is none.
    holds(r#"event.x == """#, &event().tag("x", ""), false);
    holds("event.x == ()", &event().tag("x", ""), true);
    holds(r#""x" in event"#, &event().tag("x", ""), false);
    holds(r#""x" in event"#, &event().int("x", 0), true);
    holds(r#""x" in event"#, &event(), false);
    holds(r#"event.host == "a""#, &event(), true);
    let named = event().text("name", "field").int("time", 5);
    holds(r#"event.name == "requests""#, &named, true);
    holds("event.time == 9", &named, true);
    holds(r#"event.fields.name == "field""#, &named, true);
    holds(r#"event["name"] == "field""#, &named, true);
    holds("event.fields.time == 5", &named, true);
}

#[test]
fn what_is_more_than_a_comparison() {
    let (both, one) = (event().int("x", 2).int("y", 1), event().int("x", 2));
    holds("event.x > 1 && event.y < 2", &both, true);
    holds("event.x > 1 && event.y < 2", &one, false);
    holds("event.x > 1 || event.y < 2", &one, true);
    holds("!(event.x > 1)", &one, false);
    holds("event.x + event.y == 3", &both, true);
    holds("event.x + event.y == 2", &one, true);
    holds("event.x - event.y == 2", &one, true);
    holds("event.y - event.x == -2", &one, true);
    holds("event.x * 2 + 1 == 5", &one, true);
    holds("(event.y ?? 7) == 7", &one, true);
    holds("event.y ?? 7 == 7", &one, true);
    holds("event.x == 2 == true", &one, true);
    holds("event.x / 2.0 == 1.0", &one, true);
    holds("5 % event.x == 1", &one, true);
    holds("max(event.x, event.y) == 2", &both, true);
    holds("min(event.x, event.y) == 2", &one, true);
}

#[test]
fn what_fails_is_false() {
    fails("event.x", &event().int("x", 1));
    fails("event.x", &event());
    fails("!event.x", &event());
    fails("event.x * 2 > 1", &event());
    fails("event.x / 0 == 1", &event().int("x", 1));
    fails("event.x + 1 > 0", &event().int("x", i64::MAX));
    fails("event.x + 1 > 0", &event().bool("x", true));
    fails("oops(event.x)", &event().int("x", 1));
    fails("event.x > 1 && event.y", &event().int("x", 2));
}

#[test]
fn a_match_creates() {
    let options = || options![taskId("user"), startWhen(START), count("n"), reasonTag("why")];
    let with = |more: Vec<_>| [options(), more].concat();
    check([
        Scenario::new("and ends what is open", options())
            .event(1, bob("go"), &[])
            .event(2, bob("start").at(1), &[])
            .event(3, bob("go").at(2), &[])
            .event(4, bob("start").at(3), &["requests host=a user=bob why=restart | n=2i | @2"])
            .event(5, bob("start").at(4), &["requests host=a user=bob why=restart | n=1i | @3"])
            .counted("in", 5)
            .counted("orphans", 1)
            .counted("out restart", 2),
        Scenario::new("each id apart", options())
            .event(1, bob("start"), &[])
            .event(2, event().tag("user", "eve").text("kind", "go"), &[])
            .counted("orphans", 1),
        Scenario::new("no id is looked at first", options())
            .event(1, event().text("kind", "start"), &[])
            .counted("no_id", 1),
        Scenario::new("create: a match is ignored, and others join", with(options![mapAction("create")]))
            .event(1, bob("go"), &[])
            .event(2, bob("start").at(1), &[])
            .event(3, bob("start").at(2), &[])
            .event(4, bob("go").at(3), &[])
            .time(i64::MAX / 2, &["requests host=a user=bob why=timeout | n=2i | @3"])
            .counted("orphans", 1)
            .counted("ignored", 1),
        Scenario::new("update: it joins", with(options![mapAction("update")]))
            .event(1, bob("go"), &[])
            .event(2, bob("start").at(1), &[])
            .event(3, bob("start").at(2), &[])
            .event(4, bob("go").at(3), &[])
            .time(i64::MAX / 2, &["requests host=a user=bob why=timeout | n=3i | @3"])
            .counted("orphans", 1)
            .counted("ignored", 0),
        Scenario::new("create_or_update by name", with(options![mapAction("create_or_update")]))
            .event(2, bob("start").at(1), &[])
            .event(3, bob("start").at(2), &["requests host=a user=bob why=restart | n=1i | @1"]),
        Scenario::new("an ignored match is no activity, and a join is", {
            with(options![mapAction("create"), inactivityTimeout(ns(10))])
        })
        .event(0, bob("start"), &[])
        .event(5, bob("go"), &[])
        .event(9, bob("start"), &[])
        .time(14, &[])
        .time(15, &["requests host=a user=bob why=inactivity | n=2i | @0"]),
    ]);
}

#[test]
fn what_a_restart_is() {
    let options = || options![taskId("user"), startWhen(START), count("n"), reasonTag("why")];
    let with = |more: Vec<_>| [options(), more].concat();
    check([
        Scenario::new("no timeout", {
            with(options![timeoutTags("late"), tagOnTimeout("k", "v"), timeoutTaskIdField("id")])
        })
        .event(0, bob("start"), &[])
        .event(1, bob("start").at(1), &["requests host=a user=bob why=restart | n=1i | @0"]),
        Scenario::new("an end, if those come out", with(options![emitOnEnd(false)]))
            .event(0, bob("start"), &[])
            .event(1, bob("start"), &[])
            .counted("vanished restart", 1),
        Scenario::new("what has a slot to give", with(options![maxTasks(1), onOverflow("reject")]))
            .event(0, bob("start"), &[])
            .event(1, bob("start").at(1), &["requests host=a user=bob why=restart | n=1i | @0"])
            .event(2, event().tag("user", "eve").text("kind", "start"), &[])
            .counted("rejected", 1),
        Scenario::new("nothing for a task that is over", with(options![timeout(ns(10))]))
            .event(0, bob("start").at(1), &[])
            .event(11, bob("start").at(2), &["requests host=a user=bob why=timeout | n=1i | @1"])
            .event(21, bob("start").at(3), &["requests host=a user=bob why=restart | n=1i | @2"]),
        Scenario::new("an orphan may end a task that is over", with(options![timeout(ns(10))]))
            .event(0, bob("start").at(1), &[])
            .event(11, bob("go"), &["requests host=a user=bob why=timeout | n=1i | @1"])
            .counted("orphans", 1),
    ]);
}

#[test]
fn originals_that_no_task_takes() {
    let options = options![
        taskId("user"),
        startWhen(START),
        mapAction("create"),
        code("event.seen = task.count"),
        passThrough(true),
        measurement("done")
    ];
    check([Scenario::new("go on as they came", options)
        .event(0, bob("go"), &["requests host=a user=bob | kind='go' | @0"])
        .event(1, bob("start"), &["requests host=a user=bob | kind='start' seen=1i | @0"])
        .event(2, bob("start"), &["requests host=a user=bob | kind='start' | @0"])
        .event(3, bob("go"), &["requests host=a user=bob | kind='go' seen=2i | @0"])
        .event(4, event(), &["requests host=a | | @0"])]);
}

#[test]
fn what_end_when_sees() {
    let options = |condition: &'static str| options![taskId("user"), endWhen(condition), reasonTag("why")];
    let with = |condition: &'static str, more: Vec<_>| [options(condition), more].concat();
    let bob = || event().tag("user", "bob");
    check([
        Scenario::new("how many events there were, this one too", options("task.count == 2"))
            .event(0, bob(), &[])
            .event(1, bob().at(1), &["requests host=a user=bob why=end | count=2i | @1"])
            .event(2, bob().at(2), &[]),
        Scenario::new("the map as it is now", with("map.total > 5", options![code("map.total += event.x")]))
            .event(0, bob().int("x", 5), &[])
            .event(1, bob().at(1).int("x", 1), &["requests host=a user=bob why=end | total=6i | @1"]),
        Scenario::new("the event as code left it", {
            with("event.done", options![code("event.done = event.x == 1")])
        })
        .event(0, bob().int("x", 0), &[])
        .event(1, bob().int("x", 1), &["requests host=a user=bob why=end | count=2i | @0"])
        .counted("failed", 0),
        Scenario::new("the map of a failed code", with("map.n == 2", options![code("map.n += 1; oops()")]))
            .event(0, bob(), &[])
            .event(1, bob(), &["requests host=a tags=_aggregateexception user=bob why=end | n=2i | @0"]),
        Scenario::new("nothing of other tasks", with("map.n == 2", options![code("map.n += 1")]))
            .event(0, bob(), &[])
            .event(1, event().tag("user", "eve"), &[])
            .event(2, bob(), &["requests host=a user=bob why=end | n=2i | @0"]),
        Scenario::new("before the Nth event", with("task.count == 1", options![maxEvents(1)])).event(
            0,
            bob(),
            &["requests host=a user=bob why=end | count=1i | @0"],
        ),
        Scenario::new("an end that does not come out", with("task.count == 1", options![emitOnEnd(false)]))
            .event(0, bob(), &[])
            .counted("vanished end", 1),
        Scenario::new("not events that are ignored", {
            with("event.x == 1", options![mapAction("create"), code("map.n += 1")])
        })
        .event(0, bob(), &[])
        .event(1, bob().int("x", 1), &[])
        .counted("ignored", 1),
    ]);
}

#[test]
fn sessions_begin_and_end_by_them() {
    check([Scenario::new(
        "a session from login to logout",
        options![taskId("user"), startWhen(START), endWhen(r#"event.kind == "stop""#)],
    )
    .of(Function::Session)
    .event(0, bob("go"), &[])
    .event(1, bob("start").at(1), &[])
    .event(2, bob("go").at(2), &[])
    .event(
        3,
        bob("stop").at(3),
        &[
            "begin requests host=a size=3",
            "  host=a user=bob | kind='start' | @1",
            "  host=a user=bob | kind='go' | @2",
            "  host=a user=bob | kind='stop' | @3",
            "end tmax=3",
        ],
    )
    .event(4, bob("go").at(4), &[])
    .counted("orphans", 2)]);
}

//! Fields of the points that come out: kept ones, their types, and those left out.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, options};

fn bob() -> Event {
    event().tag("user", "bob")
}

#[test]
fn kept_values() {
    let stop = || options![flushOnStop(true)];
    check([
        Scenario::new(
            "the first value of a field or tag",
            [options![keep("x"), keep("region"), keep("none")], stop()].concat(),
        )
        .event(0, event().tag("region", ""), &[])
        .event(0, event().tag("region", "eu").int("x", 1), &[])
        .event(0, event().tag("region", "us").int("x", 2), &[])
        .end(1, &["requests host=a region=eu | x=1i | @0"]),
        Scenario::new("a field before a tag", [options![keep("x")], stop()].concat())
            .event(0, event().tag("x", "tag").bool("x", true), &[])
            .end(1, &["requests host=a | x=true | @0"]),
        Scenario::new("none that is not finite", [options![keep("x")], stop()].concat())
            .event(0, event().double("x", f64::NAN), &[])
            .event(0, event().double("x", 2.0), &[])
            .event(0, event().double("x", f64::NAN), &[])
            .end(1, &["requests host=a | x=2.0 | @0"])
            .counted("not_finite", 1),
        Scenario::new("all", [options![keep("*"), taskId("user")], stop()].concat())
            .event(0, bob().int("x", 1).text("s", ""), &[])
            .event(0, bob().int("x", 2).tag("region", "eu").double("y", 0.5), &[])
            .end(1, &["requests host=a region=eu user=bob | s='' x=1i y=0.5 | @0"]),
        Scenario::new("the id and the group are no kept values", {
            [options![keep("user"), keep("host"), taskId("user")], stop()].concat()
        })
        .event(0, bob().int("user", 5).int("host", 6), &[])
        .end(1, &["requests host=a user=bob | count=1i | @0"]),
        Scenario::new(
            "a reducer wins over a kept field",
            [options![keep("*"), sum("x", "x")], stop()].concat(),
        )
        .event(0, event().int("x", 1), &[])
        .event(0, event().int("x", 2), &[])
        .end(1, &["requests host=a | x=3i | @0"])
        .counted("left_out", 1),
        Scenario::new("but not over a kept tag", [options![keep("*"), last("x", "x")], stop()].concat())
            .event(0, event().tag("x", "t"), &[])
            .end(1, &["requests host=a x=t | count=1i | @0"])
            .counted("left_out", 1),
    ]);
}

#[test]
fn fields_with_the_name_of_a_tag() {
    check([
        Scenario::new("a dimension", options![count("host"), count("n"), flushOnStop(true)])
            .event(0, event(), &[])
            .end(1, &["requests host=a | n=1i | @0"])
            .counted("left_out", 1),
        Scenario::new("only where the tag is", options![count("host"), flushOnStop(true)])
            .event(0, event().without_tag("host").group("host=", &["host"]), &[])
            .end(1, &["requests | host=1i | @0 | host= [host]"]),
        Scenario::new(
            "a tag that was set",
            options![count("why"), count("n"), reasonTag("why"), flushOnStop(true)],
        )
        .event(0, event(), &[])
        .end(1, &["requests host=a why=stop | n=1i | @0"])
        .counted("left_out", 1),
    ]);
}

#[test]
fn a_point_without_a_field_has_a_count() {
    let last = || options![taskId("user"), last("x", "count"), maxEvents(1)];
    let x = |time| bob().at(time);
    check([
        Scenario::new("under another name if a tag has that", options![keep("*"), maxEvents(1)])
            .event(0, event().tag("count", "t"), &["requests count=t host=a | count_1=1i | @0"])
            .event(
                0,
                event().tag("count", "t").tag("count_1", "u").tag("count_3", "v").at(1),
                &["requests count=t count_1=u count_3=v host=a | count_2=1i | @1"],
            )
            .event(0, event().tag("count_1", "t").at(2), &["requests count_1=t host=a | count=1i | @2"])
            .counted("left_out", 0),
        Scenario::new("a dimension, the id or an option's tag", {
            options![taskId("count"), reasonTag("count_1"), maxEvents(1)]
        })
        .event(
            0,
            event().tag("count", "t"),
            &["requests count=t count_1=max_events host=a | count_2=1i | @0"],
        )
        .event(
            0,
            event()
                .without_tag("host")
                .group("count_2=u", &["count_2"])
                .tag("count_2", "u")
                .tag("count", "t"),
            &["requests count=t count_1=max_events count_2=u | count_3=1i | @0 | count_2=u [count_2]"],
        ),
        Scenario::new("or if it has come out as something else", last())
            .event(0, x(1).text("x", "s"), &["requests host=a user=bob | count='s' | @1"])
            .event(0, x(2), &["requests host=a user=bob | count_1=1i | @2"])
            .event(0, x(3).text("x", "s"), &["requests host=a user=bob | count='s' | @3"])
            .event(0, x(4).tag("count", "t"), &["requests host=a user=bob | count_1=1i | @4"])
            .counted("left_out", 0),
        Scenario::new("also what does not fit is no field", last())
            .event(0, x(1).bool("x", true), &["requests host=a user=bob | count=true | @1"])
            .event(0, x(2).int("x", 7), &["requests host=a user=bob | count_1=1i | @2"])
            .counted("left_out", 1),
        Scenario::new("an int fits a double", last())
            .event(0, x(1).double("x", 0.5), &["requests host=a user=bob | count=0.5 | @1"])
            .event(0, x(2), &["requests host=a user=bob | count=1.0 | @2"])
            .event(0, x(3).int("x", 7), &["requests host=a user=bob | count=7.0 | @3"]),
        Scenario::new(
            "and becomes one where that name is a float",
            [last(), options![float("count")]].concat(),
        )
        .event(0, x(1), &["requests host=a user=bob | count=1.0 | @1"])
        .event(0, x(2).int("x", 7), &["requests host=a user=bob | count=7.0 | @2"])
        .event(0, x(3).text("x", "s"), &["requests host=a user=bob | count=1.0 | @3"])
        .counted("left_out", 1),
        Scenario::new("its own first type counts, too", last())
            .event(0, x(1), &["requests host=a user=bob | count=1i | @1"])
            .event(0, x(2).text("x", "s"), &["requests host=a user=bob | count=1i | @2"])
            .counted("left_out", 1),
        Scenario::new("the types of all of them are kept", options![keep("*"), maxEvents(1)])
            .event(0, event().text("count", "s").at(1), &["requests host=a | count='s' | @1"])
            .event(0, event().at(2), &["requests host=a | count_1=1i | @2"])
            .restart(1, 2)
            .event(2, event().text("count_1", "s").at(3), &["requests host=a | count_1=1i | @3"])
            .counted("left_out", 1),
        Scenario::new(
            "one for each task",
            options![taskId("user"), keep("*"), groupByTask(true), maxEvents(2)],
        )
        .event(0, x(1).tag("count", "t"), &[])
        .event(
            0,
            x(2),
            &["requests count=t host=a user=bob | count_1=2i | @2 | host=a,user=bob [host,user]"],
        ),
    ]);
}

#[test]
fn a_field_keeps_its_type() {
    let last = || options![taskId("user"), last("x", "l"), count("n"), maxEvents(1)];
    let x = event;
    let user = |user: &str, event: Event| event.tag("user", user);
    check([
        Scenario::new("an int becomes a double once and for good", last())
            .event(0, user("a", x().int("x", 1).at(1)), &["requests host=a user=a | l=1i n=1i | @1"])
            .event(0, user("b", x().double("x", 2.5).at(2)), &["requests host=a user=b | l=2.5 n=1i | @2"])
            .event(0, user("c", x().int("x", 3).at(3)), &["requests host=a user=c | l=3.0 n=1i | @3"])
            .counted("left_out", 0),
        Scenario::new("a string is no int, and an int no boolean", last())
            .event(0, user("a", x().int("x", 1).at(1)), &["requests host=a user=a | l=1i n=1i | @1"])
            .event(0, user("b", x().text("x", "s").at(2)), &["requests host=a user=b | n=1i | @2"])
            .event(0, user("c", x().bool("x", true).at(3)), &["requests host=a user=c | n=1i | @3"])
            .event(0, user("d", x().int("x", 4).at(4)), &["requests host=a user=d | l=4i n=1i | @4"])
            .counted("left_out", 2),
        Scenario::new("nor anything a string", last())
            .event(0, user("a", x().text("x", "s").at(1)), &["requests host=a user=a | l='s' n=1i | @1"])
            .event(0, user("b", x().int("x", 1).at(2)), &["requests host=a user=b | n=1i | @2"])
            .counted("left_out", 1),
        Scenario::new("in all groups of the node", last())
            .event(0, user("a", x().int("x", 1).at(1)), &["requests host=a user=a | l=1i n=1i | @1"])
            .event(
                0,
                user("a", x().on_host("b").text("x", "s").at(2)),
                &["requests host=b user=a | n=1i | @2 | host=b [host]"],
            ),
        Scenario::new("a field that was left out for a tag has no type", {
            options![taskId("user"), last("x", "host"), count("n"), maxEvents(1)]
        })
        .event(0, user("a", x().int("x", 1).at(1)), &["requests host=a user=a | n=1i | @1"])
        .event(
            0,
            user("a", x().without_tag("host").group("", &[]).text("x", "s").at(2)),
            &["requests user=a | host='s' n=1i | @2 |  []"],
        )
        .counted("left_out", 1),
        Scenario::new("kept fields too", options![taskId("user"), keep("x"), maxEvents(1)])
            .event(0, user("a", x().int("x", 1).at(1)), &["requests host=a user=a | x=1i | @1"])
            .event(0, user("b", x().text("x", "s").at(2)), &["requests host=a user=b | count=1i | @2"])
            .counted("left_out", 1),
        Scenario::new("an id fits into a string as its text", options![taskId("user"), maxEvents(1)])
            .event(0, event().text("user", "a").at(1), &["requests host=a | user='a' | @1"])
            .event(0, event().int("user", 7).at(2), &["requests host=a | user='7' | @2"])
            .event(0, event().bool("user", true).at(3), &["requests host=a | user='true' | @3"])
            .counted("left_out", 0),
        Scenario::new("an id is left out like others", options![taskId("user"), maxEvents(1)])
            .event(0, event().int("user", 7).at(1), &["requests host=a | user=7i | @1"])
            .event(0, event().text("user", "a").at(2), &["requests host=a | count=1i | @2"])
            .counted("left_out", 1),
    ]);
}

/// Two ids never come out as one.
#[test]
fn ids_among_doubles() {
    const EXACT: i64 = 1 << 53;
    let options = || options![taskId("user"), count("n"), maxEvents(1)];
    let as_text = || options![taskId("user"), count("n"), maxEvents(1), timeoutTaskIdField("id")];
    check([
        Scenario::new("an int is converted where that is exact", options())
            .event(0, event().double("user", 0.5).at(1), &["requests host=a | n=1i user=0.5 | @1"])
            .event(0, event().int("user", 7).at(2), &["requests host=a | n=1i user=7.0 | @2"])
            .event(
                0,
                event().int("user", EXACT).at(3),
                &["requests host=a | n=1i user=9007199254740992.0 | @3"],
            )
            .event(
                0,
                event().int("user", i64::MIN).at(4),
                &["requests host=a | n=1i user=-9.223372036854776e18 | @4"],
            )
            .event(
                0,
                event().int("user", EXACT + 2).at(5),
                &["requests host=a | n=1i user=9007199254740994.0 | @5"],
            )
            .counted("left_out", 0),
        Scenario::new("and left out where it is not", as_text())
            .event(0, event().double("user", 0.5).at(1), &["requests host=a | id='0.5' n=1i user=0.5 | @1"])
            .event(
                0,
                event().int("user", EXACT + 1).at(2),
                &["requests host=a | id='9007199254740993' n=1i | @2"],
            )
            .event(
                0,
                event().int("user", i64::MAX).at(3),
                &["requests host=a | id='9223372036854775807' n=1i | @3"],
            )
            .event(
                0,
                event().int("user", -EXACT - 1).at(4),
                &["requests host=a | id='-9007199254740993' n=1i | @4"],
            )
            .counted("left_out", 3),
        Scenario::new("a double among ints makes them doubles", options())
            .event(0, event().int("user", EXACT + 1).at(1), &["requests host=a | n=1i user=9007199254740993i | @1"])
            .event(0, event().double("user", 0.5).at(2), &["requests host=a | n=1i user=0.5 | @2"])
            .event(0, event().int("user", EXACT + 1).at(3), &["requests host=a | n=1i | @3"])
            .event(0, event().int("user", 3).at(4), &["requests host=a | n=1i user=3.0 | @4"])
            .counted("left_out", 1),
        Scenario::new("each of several", options![taskId("%{user}/%{y}"), maxEvents(1)])
            .event(0, event().double("user", 0.5).int("y", 1).at(1), &["requests host=a | user=0.5 y=1i | @1"])
            .event(0, event().int("user", EXACT + 1).int("y", 2).at(2), &["requests host=a | y=2i | @2"])
            .counted("left_out", 1),
        Scenario::new("grouped by it, it is a tag", [options(), options![groupByTask(true)]].concat())
            .event(
                0,
                event().double("user", 0.5).at(1),
                &["requests host=a user='0.5' | n=1i | @1 | 'host=a,user=0.5' [host,user]"],
            )
            .event(
                0,
                event().int("user", EXACT + 1).at(2),
                &["requests host=a user=9007199254740993 | n=1i | @2 | host=a,user=9007199254740993 [host,user]"],
            )
            .counted("left_out", 0),
        Scenario::new("other fields are converted as ever", options![taskId("user"), last("x", "l"), maxEvents(1)])
            .event(0, bob().double("x", 0.5).at(1), &["requests host=a user=bob | l=0.5 | @1"])
            .event(
                0,
                bob().int("x", EXACT + 1).at(2),
                &["requests host=a user=bob | l=9007199254740992.0 | @2"],
            )
            .counted("left_out", 0),
    ]);
}

#[test]
fn floats() {
    let options = || options![taskId("user"), last("x", "l"), float("l"), count("n"), maxEvents(1)];
    check([
        Scenario::new("are doubles from the first", options())
            .event(0, bob().int("x", 1).at(1), &["requests host=a user=bob | l=1.0 n=1i | @1"])
            .event(0, bob().double("x", 0.5).at(2), &["requests host=a user=bob | l=0.5 n=1i | @2"])
            .event(0, bob().text("x", "s").at(3), &["requests host=a user=bob | n=1i | @3"])
            .event(0, bob().bool("x", true).at(4), &["requests host=a user=bob | n=1i | @4"])
            .counted("left_out", 2),
        Scenario::new("whatever comes first", options())
            .event(0, bob().text("x", "s").at(1), &["requests host=a user=bob | n=1i | @1"])
            .event(0, bob().int("x", 1).at(2), &["requests host=a user=bob | l=1.0 n=1i | @2"]),
        Scenario::new("counts too", options![count("n"), float("n"), maxEvents(1)]).event(
            0,
            event(),
            &["requests host=a | n=1.0 | @0"],
        ),
    ]);
}

//! Which events belong together.

use super::check;
use crate::aggregate::scenario::{Event, Scenario, event, ns, options};

fn at(time: i64) -> Event {
    event().at(time)
}

#[test]
fn ids() {
    let options = || options![taskId("user"), flushOnStop(true)];
    check([
        Scenario::new(
            "without taskId the group is the task",
            options![flushOnStop(true), timeoutTaskIdField("id")],
        )
        .event(0, at(1).tag("user", "bob"), &[])
        .event(0, at(2).on_host("b"), &[])
        .event(0, at(3).tag("user", "eve"), &[])
        .event(0, at(4).group("", &[]).without_tag("host"), &[])
        .end(
            1,
            &[
                "requests host=a | id='host=a' | @3",
                "requests host=b | id='host=b' | @2 | host=b [host]",
                "requests | id='' | @4 |  []",
            ],
        ),
        Scenario::new("a tag first, then a field, emitted as it first came", options())
            .event(0, at(1).tag("user", "bob").int("user", 3), &[])
            .event(0, at(2).text("user", "bob"), &[])
            .event(0, at(3).int("user", 3), &[])
            .event(0, at(4).tag("user", "").text("user", "3"), &[])
            .end(1, &["requests host=a user=bob | count=2i | @2", "requests host=a | user=3i | @4"]),
        Scenario::new("as its text: doubles, ints, booleans and strings meet", options())
            .event(0, at(1).double("user", 1.0), &[])
            .event(0, at(2).int("user", 1), &[])
            .event(0, at(3).bool("user", true), &[])
            .event(0, at(4).text("user", "true"), &[])
            .event(0, at(5).double("user", -0.0), &[])
            .event(0, at(6).text("user", "-0"), &[])
            .end(
                1,
                &[
                    "requests host=a | user=1.0 | @2",
                    "requests host=a | count=2i | @4",
                    "requests host=a | user=-0.0 | @6",
                ],
            )
            .counted("left_out", 1),
        Scenario::new("none: missing, empty, NaN, infinite", options())
            .event(0, at(1), &[])
            .event(0, at(2).text("user", ""), &[])
            .event(0, at(3).double("user", f64::NAN), &[])
            .event(0, at(4).double("user", f64::INFINITY), &[])
            .end(1, &[])
            .counted("in", 4)
            .counted("no_id", 4),
        Scenario::new("a boolean over a double over an int over a string", options())
            .event(0, at(1).text("user", "s").int("user", 1), &[])
            .event(0, at(2).int("user", 1).double("user", 2.5), &[])
            .event(0, at(3).double("user", 2.5).bool("user", false), &[])
            .end(
                1,
                &[
                    "requests host=a | user=1i | @1",
                    "requests host=a | user=2.5 | @2",
                    "requests host=a | count=1i | @3",
                ],
            ),
        Scenario::new("within the group", options())
            .event(0, at(1).tag("user", "bob"), &[])
            .event(0, at(2).tag("user", "bob").on_host("b"), &[])
            .end(
                1,
                &[
                    "requests host=a user=bob | count=1i | @1",
                    "requests host=b user=bob | count=1i | @2 | host=b [host]",
                ],
            ),
    ]);
}

#[test]
fn long_ids() {
    let id = "x".repeat(1024);
    let out = format!("requests host=a user={id} | count=1i | @0");
    check([
        Scenario::new("1 KiB is one", options![taskId("user"), flushOnStop(true)])
            .event(0, event().tag("user", &id), &[])
            .end(1, &[&out]),
        Scenario::new("more is none", options![taskId("%{user}%{n}"), flushOnStop(true)])
            .event(0, event().tag("user", &id).int("n", 1), &[])
            .end(1, &[])
            .counted("no_id", 1),
    ]);
}

/// Its length is Kapacitor's business.
#[test]
fn long_groups() {
    let options = || options![count("n"), timeout(ns(10)), timeoutTaskIdField("id"), groupByTask(true)];
    for length in [1_025, 70_000] {
        let region = "x".repeat(length);
        let group = format!("host=a,region={region}");
        let point = |time| at(time).tag("region", &region).group(&group, &["host", "region"]);
        let out = |time, count| {
            format!(
                "requests host=a region={region} | id='{group}' n={count}i | @{time} | {group} [host,region]"
            )
        };
        let other = format!("host=a,region={}", &region[1..]);
        check([
            Scenario::new("one task whatever its length", options())
                .event(0, point(1), &[])
                .event(1, point(2).tag("user", "bob"), &[])
                .event(11, point(3), &[&out(2, 2)])
                .time(21, &[&out(3, 1)])
                .counted("no_id", 0),
            Scenario::new("and after a restart", options())
                .event(0, point(1), &[])
                .restart(1, 2)
                .event(3, point(2), &[])
                .restart(3, 4)
                .time(10, &[&out(2, 2)]),
            Scenario::new(
                "all of it counts",
                [options(), options![maxTasks(1), onOverflow("drop")]].concat(),
            )
            .event(0, point(1), &[])
            .event(0, point(2).tag("region", &region[1..]).group(&other, &["host", "region"]), &[])
            .event(0, point(3), &[])
            .time(10, &[&out(3, 1)])
            .counted("dropped", 2),
        ]);
    }
}

#[test]
fn templates() {
    check([
        Scenario::new("all references must resolve, and are emitted", {
            options![taskId("%{region}/%{user}!"), flushOnStop(true), timeoutTaskIdField("id")]
        })
        .event(0, at(1).tag("region", "eu").int("user", 7), &[])
        .event(0, at(2).text("region", "eu").text("user", "7"), &[])
        .event(0, at(3).tag("region", "eu"), &[])
        .end(1, &["requests host=a region=eu | id='eu/7!' user=7i | @2"])
        .counted("no_id", 1),
        Scenario::new("what looks alike is one task", options![taskId("%{a}%{b}"), flushOnStop(true)])
            .event(0, at(1).int("a", 1).int("b", 23), &[])
            .event(0, at(2).int("a", 12).int("b", 3), &[])
            .end(1, &["requests host=a | a=1i b=23i | @2"]),
        Scenario::new("a name twice, and a dimension", {
            options![taskId("%{host}-%{user}-%{host}"), flushOnStop(true), timeoutTaskIdField("id")]
        })
        .event(0, at(1).tag("user", "bob"), &[])
        .end(1, &["requests host=a user=bob | id='a-bob-a' | @1"]),
    ]);
}

#[test]
fn groups_by_task() {
    let options = || options![taskId("user"), groupByTask(true), flushOnStop(true)];
    check([
        Scenario::new("the id becomes a dimension, fields as text", options())
            .event(0, at(1).tag("user", "bob"), &[])
            .event(0, at(2).int("user", 7), &[])
            .end(
                1,
                &[
                    "requests host=a user=bob | count=1i | @1 | host=a,user=bob [host,user]",
                    "requests host=a user=7 | count=1i | @2 | host=a,user=7 [host,user]",
                ],
            ),
        Scenario::new("of an ungrouped stream", options())
            .event(0, at(1).group("", &[]).without_tag("host").tag("user", "bob"), &[])
            .end(1, &["requests user=bob | count=1i | @1 | user=bob [user]"]),
        Scenario::new("by measurement, with a dimension that is missing", options())
            .event(0, at(1).by_name().group("requests\nzone=", &["zone"]).tag("user", "bob"), &[])
            .end(1, &["requests user=bob | count=1i | @1 | 'requests\\nuser=bob,zone=' [user,zone] byName"]),
        Scenario::new("sorted, and none twice", {
            options![taskId("%{zone}%{host}%{area}"), groupByTask(true), flushOnStop(true)]
        })
        .event(0, at(1).int("zone", 3).tag("area", "x"), &[])
        .end(1, &["requests area=x host=a zone=3 | count=1i | @1 | area=x,host=a,zone=3 [area,host,zone]"]),
        Scenario::new("without taskId it changes nothing", options![groupByTask(true), flushOnStop(true)])
            .event(0, at(1), &[])
            .end(1, &["requests host=a | count=1i | @1"]),
    ]);
}

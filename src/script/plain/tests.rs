//! Each case both ways: a plain condition means what the engine says.

use prost::Message;

use super::*;
use crate::proto;
use crate::script::tests::{find, point, source};
use crate::script::{Budget, Call, Part, Scripts};

/// What a condition comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    True,
    False,
    Failure,
}
use To::{Failure, False, True};

/// Looks in the event of the tests, and in a call's map and task.
struct Looking<'a> {
    point: &'a proto::Point,
    names: Vec<String>,
}

impl Look for Looking<'_> {
    fn tag(&self, slot: usize) -> Option<&[u8]> {
        find(self.point, &self.names[slot]).0
    }

    fn field(&self, slot: usize) -> Option<Value<'_>> {
        match self.names[slot].as_str() {
            "garbled" => Some(Value::Text(b"\xff")),
            "nan" => Some(Value::Double(f64::NAN)),
            name => find(self.point, name).1,
        }
    }

    fn count(&self) -> u64 {
        3
    }
}

/// Compiles `condition` together with code that makes the map, and has it answered both ways. The first answer is
/// the plain one, if it is plain.
fn both(condition: &str) -> (Option<To>, To) {
    const MAP: &str = r#"
        map.total = 12; map.rate = 0.5; map.word = "done"; map.ok = true; map.list = [1]; map.nested = #{a: 1};
        map["odd name"] = 1
    "#;
    let sources = [source(Part::EndWhen, condition), source(Part::Code, MAP)];
    let mut scripts = Scripts::compile(&sources, Budget::default()).unwrap_or_else(|error| panic!("{error}"));
    let (point, names) = (point(), scripts.event_names().to_vec());
    let body = point.encode_to_vec();
    let looking = Looking { point: &point, names: names.clone() };
    {
        let looking = &looking;
        let found = (0..names.len()).map(|slot| (looking.tag(slot), looking.field(slot)));
        scripts.call().event.fill(Some(point.name.as_bytes()), point.time, &body, found);
    }
    scripts.call().task.count = 3;
    scripts.run(Part::Code, 0).unwrap();
    let map = scripts.call().state.clone();

    let mut filled = 0;
    let plain = scripts.plain(Part::EndWhen).map(|plain| match plain.holds(&looking, &map) {
        Some(true) => True,
        Some(false) => False,
        None => Failure,
    });
    let answer = |scripts: &mut Scripts, filled: &mut u32| {
        let failed = scripts.counts().failed;
        let holds = scripts.holds(Part::EndWhen, 0, &looking, |_: &mut Call| *filled += 1);
        match (holds, scripts.counts().failed > failed) {
            (true, _) => True,
            (false, false) => False,
            (false, true) => Failure,
        }
    };
    let through_all = answer(&mut scripts, &mut filled);
    let is_plain = matches!(plain, Some(True | False));
    assert_eq!(filled, u32::from(!is_plain), "{condition}");
    scripts.forget_plain(Part::EndWhen);
    let through_the_engine = answer(&mut scripts, &mut filled);
    assert_eq!(through_all, through_the_engine, "{condition}");
    (plain, through_the_engine)
}

#[test]
fn plain_conditions_mean_what_the_engine_says() {
    let check = |condition: &str, expected: To| {
        assert_eq!(both(condition), (Some(expected), expected), "{condition}");
    };
    check("event.status == \"completed\"", True);
    check("event.status != \"completed\"", False);
    check("event.status < \"d\"", True);
    check("event.status >= \"completed\"", True);
    check("event[\"odd name\"] == \"x\"", True);
    check("event.host == \"web-1\"", True);
    check("event.both == \"field\"", True);
    check("event.tags.both == \"tag\"", True);
    check("event.fields.both == \"field\"", True);
    check("event.fields.name == 7", True);
    check("event.tags.amount == ()", True);
    check("event.empty == ()", True);
    check("event.empty == \"\"", False);
    check("event.nothing == ()", True);
    check("event.nothing != ()", False);
    check("() == ()", True);
    check("() < ()", False);
    check("() >= ()", False);
    check("event.nothing > 1", False);
    check("event.nothing <= 1", False);
    check("event.nothing == 1", False);
    check("event.nothing != 1", True);
    check("event.bytes == 20000", True);
    check("event.bytes == 20000.0", True);
    check("event.bytes != 20000.0", False);
    check("event.bytes > 19999.5", True);
    check("event.bytes >= \"20000\"", False);
    check("event.bytes != \"20000\"", True);
    check("event.big == 9223372036854775807", True);
    check("event.big == 9223372036854775806", False);
    check("event.big == 9223372036854775806.0", True);
    check("event.amount == 1.5", True);
    check("event.amount == 1.5000000000000002", True);
    check("event.amount < 1.5000000000000002", False);
    check("event.amount <= 1.4999999999999998", True);
    check("event.amount == 1", False);
    check("event.amount > 1", True);
    check("event.amount > -2", True);
    check("event.amount > - 2.5", True);
    check("event.zero == 0", True);
    check("event.zero >= 0.0", True);
    check("event.zero > 0", False);
    check("event.zero == 0.0000000000000000000001", True);
    for operator in ["==", "<", "<=", ">", ">="] {
        check(&format!("event.nan {operator} event.nan"), False);
        check(&format!("event.nan {operator} 1"), False);
        check(&format!("1.5 {operator} event.nan"), False);
        let to = if operator.contains('=') { True } else { False };
        check(&format!("event.zero {operator} event.nan"), to);
    }
    check("event.cached", True);
    check("!event.cached", False);
    check("!!event.cached", True);
    check("event.failed", False);
    check("event.cached == true", True);
    check("event.cached > false", True);
    check("event.cached == 1", False);
    check("true", True);
    check("!false", True);
    check("task.count == 3", True);
    check("task.count >= 4", False);
    check("map.total > 10", True);
    check("map.total > 10 && map.rate < 1", True);
    check("map.rate == 0.5", True);
    check("map.word == \"done\"", True);
    check("map.ok", True);
    check("map.nothing == ()", True);
    check("map[\"odd name\"] == 1", True);
    check("map[\"odd\"] == 1", False);
    check("map.total >= event.amount", True);
    check("event.cached && event.failed", False);
    check("event.cached || event.failed", True);
    check("event.failed || event.failed || event.cached", True);
    check("event.cached || event.failed && event.failed", True);
    check("(event.cached || event.failed) && event.failed", False);
    check("!(event.failed || event.bytes > 5) || task.count == 3", True);
    check("event.bytes > 1 && event.bytes < 5 || event.status == \"completed\"", True);
    // What is not looked at is no failure.
    check("event.cached || event.bytes", True);
    check("event.failed && event.bytes", False);
    check("event.failed && event.garbled == \"a\"", False);
    check("event.cached /* or */ || // not\n event.failed", True);

    check("event.bytes", Failure);
    check("!event.bytes", Failure);
    check("event.nothing", Failure);
    check("!event.nothing", Failure);
    check("event.cached && event.bytes", Failure);
    check("event.failed || event.nothing", Failure);
    check("event.bytes && event.cached", Failure);
    check("event.garbled == \"a\"", Failure);
    check("\"a\" != event.garbled", Failure);
    check("map.list", Failure);
    check("5", Failure);
    check("\"a\"", Failure);
    check("()", Failure);
}

#[test]
fn other_conditions_are_the_engine_s() {
    let check = |condition: &str, expected: To| {
        assert_eq!(both(condition), (None, expected), "{condition}");
    };
    check("event.amount * 2 > 2", True);
    check("event.amount > 1 == true", True);
    check("(event.amount > 1) == true", True);
    check("!event.cached == false", True);
    check("event.status in [\"completed\"]", True);
    check("event.status == 'c'", False);
    check("event.status == \"complet\\x65d\"", True);
    check("event.status == `completed`", True);
    check("event.bytes == 20_000", True);
    check("event.bytes == 0x4e20", True);
    check("event.amount == 1.5e0", True);
    check("event.name == \"requests\"", True);
    check("event.time > 0", True);
    check("event.nothing ?? 5 == 5", True);
    check("(event.nothing ?? true) && event.cached", True);
    check("event.status.len() == 9", True);
    check("event.status.contains(\"let\")", True);
    check("map.list.len() == 1", True);
    check("map.nested.a == 1", True);
    check("map.list[0] == 1", True);
    check("event?.amount > 1", True);
    check("event.get(\"amount\") > 1", True);
    check("map.list == [1]", True);
    check("event.cached & event.cached", True);
    check("if event.cached { true } else { false }", True);
    check("event.amount.nothing", Failure);
    check("task.county == 1", Failure);
    check("event.cancel()", Failure);
    check("map.list.push(1) == ()", Failure);
    check("emit(#{a: 1}) == ()", Failure);
    check("event.set(\"a\", 1) == ()", Failure);
    check("task.end() == ()", Failure);
}

#[test]
fn a_map_that_holds_a_list_there_is_asked_by_the_engine() {
    assert_eq!(both("map.list == ()"), (Some(Failure), False));
    assert_eq!(both("map.nested != ()"), (Some(Failure), True));
}

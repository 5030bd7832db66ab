//! `map.x += event.y` is `.sum('y', 'x')`, of ints, of doubles and of both.

use proptest::collection::vec;
use proptest::prelude::*;

use kapacitor_udfd::aggregate::options::Function;

use super::handled::{Handled, Heard, frame_of_what_came, heard};
use super::property::config;
use super::scenario::{Came, Event, event, ns, options};
use super::text::lines_of;

#[derive(Debug, Clone, Copy)]
enum Number {
    Int(i64),
    Double(f64),
}

/// Sums of fifty of them fit.
fn number() -> impl Strategy<Value = Number> {
    let int = prop_oneof![-3..4i64, -(1i64 << 57)..(1 << 57)].prop_map(Number::Int);
    let double = prop_oneof![Just(-0.0), -2.0..2.0, -1e300..1e300, prop::num::f64::SUBNORMAL];
    prop_oneof![int, double.prop_map(Number::Double)]
}

fn of_kind(numbers: &[Number], is_kind: fn(&Number) -> bool) -> Vec<Number> {
    numbers.iter().copied().filter(is_kind).collect()
}

/// What comes out of tasks that sum up with these options.
fn summed(sum: Vec<kapacitor_udfd::proto::Option>, numbers: &[Number]) -> Vec<String> {
    let options = [options![taskId("user"), count("n"), maxEvents(7), timeout(ns(1_000))], sum].concat();
    let mut handled = Handled::start(Function::STREAM, &options, 0).unwrap();
    let mut frames = vec![];
    for (now, number) in (0..).zip(numbers) {
        let user = if now % 3 == 0 { "eve" } else { "bob" };
        let event: Event = event().tag("user", user).at(now);
        let event = match number {
            Number::Int(int) => event.int("y", *int),
            Number::Double(double) => event.double("y", *double),
        };
        frames.extend(handled.take(now, &frame_of_what_came(&Came::from(event))).unwrap());
    }
    frames.extend(handled.on_deadline(5_000).unwrap());
    let heard = heard(&frames).unwrap();
    let lines = heard.iter().flat_map(|heard| match heard {
        Heard::Sent(sent) => lines_of(sent),
        other => panic!("{other:?}"),
    });
    lines.collect()
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn of_the_map_are_those_of_the_reducer(numbers in vec(number(), 1..50)) {
        let ints = of_kind(&numbers, |number| matches!(number, Number::Int(_)));
        let doubles = of_kind(&numbers, |number| matches!(number, Number::Double(_)));
        for numbers in [ints, doubles, numbers] {
            let native = summed(options![sum("y", "x")], &numbers);
            prop_assert_eq!(native.is_empty(), numbers.is_empty());
            prop_assert_eq!(native, summed(options![code("map.x += event.y")], &numbers));
        }
    }
}

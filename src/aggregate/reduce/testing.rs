//! What each reducer's tests hold it to, over and above the result: a state restored is the state, bytes that
//! aren't one are refused or at least harm nothing, and the bytes on the heap are accounted for.

use proptest::prelude::*;

use super::{Kind, Reducer, Tally};
use crate::pack::Reader;
use crate::value::Value;

/// An event: the field's value and the event time.
type Event<'a> = (Option<Value<'a>>, i64);

/// Feeds `values`, a nanosecond apart.
pub(super) fn run(kind: &Kind, values: &[Value<'_>]) -> (Reducer, Tally) {
    feed(kind, kind.start(), &events(values))
}

/// What is written of the state after `values`.
pub(super) fn snapshot(kind: &Kind, values: &[Value<'_>]) -> Vec<u8> {
    written(&run(kind, values).0)
}

pub(super) fn check(kind: &Kind, values: &[Value<'_>], expected: Option<Value<'_>>) -> Tally {
    check_events(kind, &events(values), expected)
}

pub(super) fn check_timed(kind: &Kind, values: &[(Value<'_>, i64)], expected: Option<Value<'_>>) -> Tally {
    let events: Vec<_> = values.iter().map(|&(value, time)| (Some(value), time)).collect();
    check_events(kind, &events, expected)
}

/// Checks a kind that takes no values.
pub(super) fn check_times(kind: &Kind, times: &[i64], expected: Option<Value<'_>>) -> Tally {
    let events: Vec<_> = times.iter().map(|&time| (None, time)).collect();
    check_events(kind, &events, expected)
}

fn events<'a>(values: &[Value<'a>]) -> Vec<Event<'a>> {
    (0..).zip(values).map(|(time, &value)| (Some(value), time)).collect()
}

fn check_events(kind: &Kind, events: &[Event<'_>], expected: Option<Value<'_>>) -> Tally {
    let (state, tally) = feed(kind, kind.start(), events);
    assert_same(state.result(kind), expected, &format!("{kind:?} of {events:?}"));
    if kind.takes_values() {
        let (state, more) = feed(kind, state, &[(None, i64::MAX), (None, i64::MIN)]);
        assert_same(state.result(kind), expected, "a missing value counts");
        assert_eq!(more, Tally::default());
    }
    for split in splits(events.len()) {
        let (before, after) = events.split_at(split);
        let (state, _) = feed(kind, kind.start(), before);
        let restored = restore(kind, &state);
        assert_same(restored.result(kind), state.result(kind), "at once");
        let (restored, _) = feed(kind, restored, after);
        assert_same(restored.result(kind), expected, "later");
    }
    damage(kind, &written(&feed(kind, kind.start(), events).0));
    tally
}

/// Feeds events to a state, and compares what the tally says of the heap with what is there.
fn feed(kind: &Kind, mut state: Reducer, events: &[Event<'_>]) -> (Reducer, Tally) {
    let before = state.heap_bytes();
    let mut tally = Tally::default();
    for &(value, time) in events {
        state.update(kind, value, time, &mut tally);
    }
    assert_eq!(before.cast_signed() + tally.grown, state.heap_bytes().cast_signed(), "{kind:?}");
    (state, tally)
}

fn splits(len: usize) -> impl Iterator<Item = usize> {
    (0..=len).filter(move |split| len < 40 || split.is_multiple_of(len / 8) || split.abs_diff(129) < 2)
}

/// Debug tells doubles apart that compare as the same.
fn assert_same(result: Option<Value<'_>>, expected: Option<Value<'_>>, what: &str) {
    assert_eq!(format!("{result:?}"), format!("{expected:?}"), "{what}");
}

fn written(state: &Reducer) -> Vec<u8> {
    let mut out = b"before".to_vec();
    state.write(&mut out);
    out.split_off(6)
}

fn restore(kind: &Kind, state: &Reducer) -> Reducer {
    let mut bytes = written(state);
    let len = bytes.len();
    bytes.extend(b"behind");
    let mut reader = Reader::new(&bytes);
    let restored = Reducer::read(kind, &mut reader).unwrap();
    assert_eq!(reader.damaged().at, len, "{kind:?} reads what it wrote and no more");
    assert_eq!(written(&restored).len(), len, "{kind:?}");
    restored
}

/// A snapshot cut off anywhere is refused; one with a byte changed may be another, but panics never.
fn damage(kind: &Kind, snapshot: &[u8]) {
    let step = 1 + snapshot.len() / 200;
    for at in (0..snapshot.len()).step_by(step) {
        let cut = Reducer::read(kind, &mut Reader::new(&snapshot[..at]));
        assert!(cut.is_err(), "{kind:?} cut at {at} of {}", snapshot.len());
        for byte in [0, 1, 2, 5, 127, 128, 255, snapshot[at] ^ 1, snapshot[at] ^ 0x40] {
            let mut damaged = snapshot.to_vec();
            damaged[at] = byte;
            let Ok(state) = Reducer::read(kind, &mut Reader::new(&damaged)) else { continue };
            let more = [Value::Int(i64::MAX), Value::Double(-1e300), Value::Text(b"x")];
            let (state, _) = feed(kind, state, &events(&more));
            state.result(kind);
            restore(kind, &state);
        }
    }
}

fn any_kind() -> impl Strategy<Value = Kind> {
    use Kind::{Count, CountDistinct, Distinct, Duration, First, Last, List, Max, Mean, Min, Stddev, Sum};
    let plain = vec![Count, Sum, Min, Max, Mean, Stddev, First, Last, CountDistinct, Distinct, List];
    prop_oneof![
        4 => prop::sample::select(plain),
        1 => (0.0..=100.0).prop_map(|p| Kind::Percentile { p }),
        1 => ".{0,3}".prop_map(|separator| Kind::Concat { separator: separator.into() }),
        1 => (1..i64::MAX).prop_map(|unit| Duration { unit }),
    ]
}

/// Doubles of every sort, NaN too; texts that are UTF-8 and that aren't.
#[derive(Debug, Clone)]
enum Any {
    Text(Vec<u8>),
    Other(Value<'static>),
}

fn any_value() -> impl Strategy<Value = Any> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Any::Text),
        "\\PC{0,8}".prop_map(|text| Any::Text(text.into_bytes())),
        any::<i64>().prop_map(|int| Any::Other(Value::Int(int))),
        (-3..3i64).prop_map(|int| Any::Other(Value::Int(int))),
        prop::num::f64::ANY.prop_map(|double| Any::Other(Value::Double(double))),
        any::<bool>().prop_map(|bool| Any::Other(Value::Bool(bool))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_comes_is_kept(
        kind in any_kind(),
        events in prop::collection::vec((any_value(), any::<i64>()), 0..20),
    ) {
        let events: Vec<_> = events.iter().map(|(value, time)| {
            let value = match value {
                Any::Text(text) => Value::Text(text),
                Any::Other(value) => *value,
            };
            (kind.takes_values().then_some(value), *time)
        }).collect();
        let (state, _) = feed(&kind, kind.start(), &events);
        check_events(&kind, &events, state.result(&kind));
    }
}

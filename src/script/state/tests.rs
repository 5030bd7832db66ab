//! Maps by themselves.

use thin_vec::ThinVec;

use super::value::map_cost;
use super::*;
use crate::pack::Reader;

impl State {
    /// What is known is what it is.
    pub(in crate::script) fn check(&self, keys: &Keys) {
        let cost = map_cost(&self.entries, keys);
        assert_eq!((self.text(), self.heap_bytes()), (cost.text, cost.heap));
    }
}

fn keys(names: &[&str]) -> Keys {
    Keys::new(names.iter().map(|name| (*name).into()))
}

fn set(state: &mut State, keys: &Keys, name: &str, value: StateValue) {
    state.set(keys, &[], &Step::named(keys, name), value).unwrap();
}

fn fields(state: &State, keys: &Keys) -> Vec<String> {
    let mut fields = Vec::new();
    state.fields(keys, |name, value| {
        let mut text = [name, b"="].concat();
        value.write_text(&mut text);
        fields.push(String::from_utf8(text).unwrap());
    });
    fields
}

/// Some of everything.
fn mixed(keys: &Keys) -> State {
    let mut state = State::default();
    set(&mut state, keys, "int", StateValue::Int(i64::MIN));
    set(&mut state, keys, "double", StateValue::Double(0.1));
    set(&mut state, keys, "bool", StateValue::Bool(true));
    set(&mut state, keys, "text", StateValue::text("a\"\nü"));
    let entries = [("a", StateValue::Int(1)), ("other", StateValue::Bool(false))];
    let map: ThinVec<Entry> =
        entries.into_iter().map(|(name, value)| Entry::new(keys, name, value)).collect();
    let list = [StateValue::Map(map.clone()), StateValue::List(ThinVec::new()), StateValue::text("")];
    set(&mut state, keys, "map", StateValue::Map(map));
    set(&mut state, keys, "list", StateValue::List(list.into_iter().collect()));
    state.check(keys);
    state
}

fn packed(state: &State, keys: &Keys) -> Vec<u8> {
    let mut packed = Vec::new();
    state.write(keys, &mut packed);
    packed
}

#[test]
fn a_map_of_three_numbers_is_small() {
    assert_eq!((size_of::<State>(), size_of::<StateValue>(), size_of::<Entry>()), (16, 16, 24));
    let keys = keys(&["a", "b", "c"]);
    let mut state = State::default();
    for name in ["a", "b", "c"] {
        set(&mut state, &keys, name, StateValue::Int(1));
    }
    assert_eq!(state.heap_bytes(), 96);
    assert_eq!(state.clone().heap_bytes(), 96);
}

#[test]
fn a_snapshot_is_read_with_whatever_keys_there_are_now() {
    let all = ["int", "double", "bool", "text", "map", "list", "a", "other"];
    let sets: [&[&str]; 4] = [&all, &[], &["list", "a", "new", "text"], &["other", "other too", "int"]];
    for before in sets.map(keys) {
        let state = mixed(&before);
        let bytes = packed(&state, &before);
        for after in sets.map(keys) {
            let mut reader = Reader::new(&bytes);
            let read = State::read(&after, &mut reader).unwrap();
            assert!(reader.is_empty());
            read.check(&after);
            assert_eq!(fields(&read, &after), fields(&state, &before));
            assert_eq!(packed(&read, &after), bytes);
        }
    }
    let keys = keys(&[]);
    let expected = [
        "int=-9223372036854775808",
        "double=0.1",
        "bool=true",
        "text=a\"\nü",
        "map.a=1",
        "map.other=false",
        r#"list=[{"a":1,"other":false},[],""]"#,
    ];
    assert_eq!(fields(&mixed(&keys), &keys), expected);
    let empty = State::default();
    assert!(empty.is_empty() && empty.heap_bytes() == 0 && empty.weight() == 0);
    assert!(State::read(&keys, &mut Reader::new(&packed(&empty, &keys))).unwrap().is_empty());
}

#[test]
fn damaged_bytes_are_an_answer_or_an_error() {
    let keys = keys(&["int", "a"]);
    let bytes = packed(&mixed(&keys), &keys);
    for cut in 0..bytes.len() {
        assert!(State::read(&keys, &mut Reader::new(&bytes[..cut])).is_err(), "{cut}");
    }
    for at in 0..bytes.len() {
        for flipped in [1, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flipped;
            if let Ok(read) = State::read(&keys, &mut Reader::new(&bytes)) {
                read.check(&keys);
                packed(&read, &keys);
            }
        }
    }
    proptest::proptest!(|(bytes in proptest::collection::vec(0u8..8, 0..60))| {
        if let Ok(read) = State::read(&keys, &mut Reader::new(&bytes)) {
            read.check(&keys);
            let again = packed(&read, &keys);
            let read = State::read(&keys, &mut Reader::new(&again)).unwrap();
            assert_eq!(packed(&read, &keys), again);
        }
    });
}

#[test]
fn what_no_script_could_have_made_is_damaged() {
    let keys = keys(&["a"]);
    let check = |bytes: &[u8]| assert!(State::read(&keys, &mut Reader::new(bytes)).is_err(), "{bytes:?}");
    check(b"\x01\x01a\x07");
    check(b"\x01\x01\xff\x02");
    check(b"\x02\x01a\x02\x01a\x03");
    check(b"\x01\x01a\x04\x01\xff");
    // Lists in lists, deeper than they may be, and each as long as all that follows.
    let nested = |depth: usize, count: u8| {
        let mut bytes = b"\x01\x01a".to_vec();
        bytes.extend([5, count].repeat(depth));
        bytes.extend([2; 300]);
        bytes
    };
    check(&nested(17, 1));
    assert!(State::read(&keys, &mut Reader::new(&nested(16, 1))).is_ok());
    check(&nested(10, 127));
}

#[test]
fn what_a_map_weighs_covers_its_fields() {
    let names = ["long name of an entry", "x", "map"];
    let keys = keys(&names);
    let mut state = State::default();
    let text = |state: &State| {
        let mut length = 0;
        state.fields(&keys, |name, value| {
            let mut json = Vec::new();
            value.write_json(&mut json);
            length += name.len() + json.len();
        });
        length
    };
    let list = [StateValue::text("\"\"\"\n\u{1}"), StateValue::Double(-1.234_567_890_123e-300)];
    set(&mut state, &keys, "x", StateValue::List(list.into_iter().collect()));
    set(&mut state, &keys, "map", StateValue::Map(ThinVec::new()));
    let path = [Step::named(&keys, "map")];
    for count in 0..200 {
        let step = Step::named(&keys, &format!("entry {count}"));
        state.set(&keys, &path, &step, StateValue::Int(count)).unwrap();
        state.check(&keys);
        assert!(state.weight() >= text(&state));
    }
    for count in (0..200).rev() {
        let step = Step::named(&keys, &format!("entry {count}"));
        assert!(state.remove(&keys, &path, &step).unwrap().is_some());
        assert!(state.remove(&keys, &path, &step).unwrap().is_none());
        state.check(&keys);
    }
    state.put_back(&keys, &[], StateValue::Map(ThinVec::new())).unwrap();
    assert_eq!((state.heap_bytes(), state.weight()), (0, 0));
}

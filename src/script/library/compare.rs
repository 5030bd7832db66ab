//! Whether values are equal: natively, as deep as they nest and as long as the call has time.

use std::ops::Deref;

use rhai::{Array, Dynamic, ImmutableString, Map};

use super::seen::{Seen, at, of_engine, of_state};
use crate::script::engine;
use crate::script::running::{self, Outcome, fail};
use crate::script::state::{Entry, Held, Keys, Path, State, StateValue};

/// What nests deeper than that is not looked at.
const DEPTH: usize = 64;

/// After so many comparisons the clock is looked at.
const STEPS_A_LOOK: usize = 1_000;

/// Of lists and maps as the engine has it: ints equal doubles, and values of different sorts differ.
pub(super) struct Comparison<'a> {
    state: &'a State,
    keys: &'a Keys,
    steps: usize,
}

impl<'a> Comparison<'a> {
    pub(super) fn run<T>(run: impl FnOnce(&mut Comparison<'_>) -> Outcome<T>) -> Outcome<T> {
        running::with(|running| {
            run(&mut Comparison { state: &running.call.state, keys: &running.keys, steps: 0 })
        })
    }

    pub(super) fn held(&self, path: &Path) -> Outcome<Held<'a>> {
        self.state.held(path).ok_or_else(|| fail("this has been removed from the map or replaced since"))
    }

    pub(super) fn find<'v>(
        &mut self,
        mut list: impl Iterator<Item = Seen<'v>>,
        value: &Dynamic,
    ) -> Outcome<Option<usize>> {
        let mut failed = None;
        let found = list.position(|element| {
            let same = self.values(element, Seen::Engine(value), 0);
            same.unwrap_or_else(|error| {
                failed = Some(error);
                true
            })
        });
        failed.map_or(Ok(found), Err)
    }

    pub(super) fn lists(&mut self, left: &[Dynamic], right: &[Dynamic]) -> Outcome<bool> {
        self.all(left.iter().map(Seen::Engine), right.iter().map(Seen::Engine), 1)
    }

    pub(super) fn maps(&mut self, left: &Map, right: &Map) -> Outcome<bool> {
        self.entries(of_engine(left), of_engine(right), 1)
    }

    fn all<'v>(
        &mut self,
        left: impl ExactSizeIterator<Item = Seen<'v>>,
        right: impl ExactSizeIterator<Item = Seen<'v>>,
        depth: usize,
    ) -> Outcome<bool> {
        if left.len() != right.len() {
            return Ok(false);
        }
        for (left, right) in left.zip(right) {
            if !self.values(left, right, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn entries<'v>(
        &mut self,
        left: impl ExactSizeIterator<Item = (&'v str, Seen<'v>)>,
        right: impl ExactSizeIterator<Item = (&'v str, Seen<'v>)>,
        depth: usize,
    ) -> Outcome<bool> {
        if left.len() != right.len() {
            return Ok(false);
        }
        for ((left_name, left), (right_name, right)) in left.zip(right) {
            if left_name != right_name || !self.values(left, right, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn values(&mut self, left: Seen<'_>, right: Seen<'_>, depth: usize) -> Outcome<bool> {
        self.steps += 1;
        if self.steps.is_multiple_of(STEPS_A_LOOK) {
            engine::look()?;
        }
        if depth > DEPTH {
            return Err(fail(format!("what nests deeper than {DEPTH} lists and maps can't be compared")));
        }
        let (left, right) = (sort(left, self.state), sort(right, self.state));
        match (&left, &right) {
            (Sort::Scalar(left), Sort::Scalar(right)) => Ok(is_equal(left, right)),
            (Sort::List(left), Sort::List(right)) => {
                self.all(left.iter().map(Seen::Engine), right.iter().map(Seen::Engine), depth + 1)
            }
            (Sort::List(left), Sort::HeldList(right)) => {
                self.all(left.iter().map(Seen::Engine), right.iter().map(Seen::State), depth + 1)
            }
            (Sort::HeldList(left), Sort::List(right)) => {
                self.all(left.iter().map(Seen::State), right.iter().map(Seen::Engine), depth + 1)
            }
            (Sort::HeldList(left), Sort::HeldList(right)) => {
                self.all(left.iter().map(Seen::State), right.iter().map(Seen::State), depth + 1)
            }
            (Sort::Map(left), Sort::Map(right)) => self.entries(of_engine(left), of_engine(right), depth + 1),
            (Sort::Map(left), Sort::HeldMap(right)) => {
                self.may_sort(right)?;
                self.entries(of_engine(left), of_state(right, self.keys), depth + 1)
            }
            (Sort::HeldMap(left), Sort::Map(right)) => {
                self.may_sort(left)?;
                self.entries(of_state(left, self.keys), of_engine(right), depth + 1)
            }
            (Sort::HeldMap(left), Sort::HeldMap(right)) if left.len() == right.len() => {
                self.may_sort(left)?;
                self.entries(of_state(left, self.keys), of_state(right, self.keys), depth + 1)
            }
            _ => Ok(false),
        }
    }

    /// Sorting takes time, also if the first entry differs.
    fn may_sort(&mut self, map: &[Entry]) -> Outcome<()> {
        self.steps += map.len();
        if map.len() > STEPS_A_LOOK / 10 { engine::look() } else { Ok(()) }
    }
}

/// What sort of value it is. The engine's own lists, maps and texts have a type that can't be named.
enum Sort<'a, L, M, T> {
    Scalar(Scalar<'a, T>),
    List(L),
    Map(M),
    HeldList(&'a [StateValue]),
    HeldMap(&'a [Entry]),
    Other,
}

enum Scalar<'a, T> {
    Unit,
    Int(i64),
    Double(f64),
    Bool(bool),
    Char(char),
    Held(&'a [u8]),
    Text(T),
}

fn sort<'a>(
    seen: Seen<'a>,
    state: &'a State,
) -> Sort<
    'a,
    impl Deref<Target = Array> + 'a,
    impl Deref<Target = Map> + 'a,
    impl Deref<Target = ImmutableString> + 'a,
> {
    use crate::value::Value;
    let seen = match seen {
        Seen::Engine(value) => at(value, state).map_or(seen, Seen::Held),
        seen => seen,
    };
    match seen {
        Seen::Held(Held::List(list)) | Seen::State(StateValue::List(list)) => Sort::HeldList(list),
        Seen::Held(Held::Map(map)) | Seen::State(StateValue::Map(map)) => Sort::HeldMap(map),
        Seen::State(value) => match value.scalar() {
            Some(Value::Int(int)) => Sort::Scalar(Scalar::Int(int)),
            Some(Value::Double(double)) => Sort::Scalar(Scalar::Double(double)),
            Some(Value::Bool(bool)) => Sort::Scalar(Scalar::Bool(bool)),
            Some(Value::Text(text)) => Sort::Scalar(Scalar::Held(text)),
            None => Sort::Other,
        },
        Seen::Engine(value) => {
            if let Ok(int) = value.as_int() {
                Sort::Scalar(Scalar::Int(int))
            } else if let Ok(double) = value.as_float() {
                Sort::Scalar(Scalar::Double(double))
            } else if let Some(text) = value.read_lock::<ImmutableString>() {
                Sort::Scalar(Scalar::Text(text))
            } else if let Ok(bool) = value.as_bool() {
                Sort::Scalar(Scalar::Bool(bool))
            } else if value.is_unit() {
                Sort::Scalar(Scalar::Unit)
            } else if let Ok(char) = value.as_char() {
                Sort::Scalar(Scalar::Char(char))
            } else if let Some(list) = value.read_lock::<Array>() {
                Sort::List(list)
            } else if let Some(map) = value.read_lock::<Map>() {
                Sort::Map(map)
            } else {
                Sort::Other
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "as the engine compares them")]
fn is_equal<T, U>(left: &Scalar<'_, T>, right: &Scalar<'_, U>) -> bool
where
    T: Deref<Target = ImmutableString>,
    U: Deref<Target = ImmutableString>,
{
    match (left, right) {
        (Scalar::Unit, Scalar::Unit) => true,
        (Scalar::Int(left), Scalar::Int(right)) => left == right,
        (Scalar::Double(left), Scalar::Double(right)) => left == right,
        (Scalar::Int(int), Scalar::Double(double)) | (Scalar::Double(double), Scalar::Int(int)) => {
            *int as f64 == *double
        }
        (Scalar::Bool(left), Scalar::Bool(right)) => left == right,
        (Scalar::Char(left), Scalar::Char(right)) => left == right,
        _ => {
            let (mut left_char, mut right_char) = ([0; 4], [0; 4]);
            let left = left.text(&mut left_char);
            left.is_some() && left == right.text(&mut right_char)
        }
    }
}

impl<T: Deref<Target = ImmutableString>> Scalar<'_, T> {
    fn text<'s>(&'s self, char: &'s mut [u8; 4]) -> Option<&'s [u8]> {
        match self {
            Self::Held(text) => Some(text),
            Self::Text(text) => Some(text.as_bytes()),
            Self::Char(it) => Some(it.encode_utf8(char).as_bytes()),
            _ => None,
        }
    }
}

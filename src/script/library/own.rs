//! Functions of the language's library that are ours: what the library has in their stead takes time or memory out of
//! all proportion before anybody looks, or calls itself as deep as a value nests.

use std::fmt::Write;
use std::ops::Deref;

use rhai::{Array, Dynamic, FnPtr, FuncRegistration, ImmutableString, Map, Module, NativeCallContext};

use super::{ListPlace, MapPlace};
use crate::script::engine;
use crate::script::running::{self, Outcome, fail};
use crate::script::state::{Entry, Held, Keys, Path, State, StateValue};
use crate::script::values;

/// Text is no longer.
pub(in crate::script) const TEXT: usize = 64 * 1024;

/// What nests deeper than that is not looked at.
const DEPTH: usize = 64;

/// After so many comparisons the clock is looked at.
const STEPS_A_LOOK: usize = 1_000;

/// Puts ours in the place of the library's.
pub(in crate::script) fn replace(module: &mut Module) {
    macro_rules! set {
        ($name:expr, $function:expr) => {
            FuncRegistration::new($name).in_global_namespace().set_into_module(module, $function);
        };
    }
    set!("replace", |text: &mut ImmutableString, old: &str, new: &str| replaced(text, old, new));
    set!("replace", |text: &mut ImmutableString, old: &str, new: char| {
        replaced(text, old, new.encode_utf8(&mut [0; 4]))
    });
    set!("replace", |text: &mut ImmutableString, old: char, new: &str| {
        replaced(text, old.encode_utf8(&mut [0; 4]), new)
    });
    set!("replace", |text: &mut ImmutableString, old: char, new: char| {
        replaced(text, old.encode_utf8(&mut [0; 4]), new.encode_utf8(&mut [0; 4]))
    });
    for name in ["to_string", "to_debug"] {
        set!(name, |context: NativeCallContext<'_>, list: &mut Array| {
            text_of(&context, |writer| writer.list(list.iter().map(Seen::Engine), 0))
        });
        set!(name, |context: NativeCallContext<'_>, map: &mut Map| {
            text_of(&context, |writer| writer.map(of_engine(map), 0))
        });
    }
    set!("to_json", |context: NativeCallContext<'_>, map: &mut Map| {
        text_of(&context, |writer| {
            writer.is_json = true;
            writer.map(of_engine(map), 0)
        })
    });
    set!("==", |left: &mut Array, right: Array| Comparison::run(|it| it.lists(left, &right)));
    set!("!=", |left: &mut Array, right: Array| {
        Comparison::run(|it| it.lists(left, &right)).map(|is_equal| !is_equal)
    });
    set!("==", |left: &mut Map, right: Map| Comparison::run(|it| it.maps(left, &right)));
    set!("!=", |left: &mut Map, right: Map| {
        Comparison::run(|it| it.maps(left, &right)).map(|is_equal| !is_equal)
    });
    set!("contains", |list: &mut Array, value: Dynamic| {
        let found = Comparison::run(|it| it.find(list.iter().map(Seen::Engine), &value));
        found.map(|found| found.is_some())
    });
    set!("index_of", |list: &mut Array, value: Dynamic| {
        Comparison::run(|it| it.find(list.iter().map(Seen::Engine), &value)).map(number)
    });
    set!("index_of", |list: &mut Array, value: Dynamic, start: i64| {
        let start = start_of(start, list.len());
        let found = Comparison::run(|it| it.find(list.iter().skip(start).map(Seen::Engine), &value));
        found.map(|found| number(found.map(|found| found + start)))
    });
}

/// What one of these comes to for a place, without a copy. `None` if it is none of these.
pub(super) fn of_place(name: &str, path: &Path, args: &[&mut Dynamic]) -> Outcome<Option<Dynamic>> {
    let [_, value] = args else { return Ok(None) };
    if value.is::<FnPtr>() {
        return Ok(None);
    }
    let found = || {
        Comparison::run(|it| match it.held(path)? {
            Held::List(list) => it.find(list.iter().map(Seen::State), value),
            Held::Map(_) => Ok(None),
        })
    };
    let equals = || Comparison::run(|it| it.values(Seen::Held(it.held(path)?), Seen::Engine(value), 0));
    Ok(Some(match name {
        "contains" => found()?.is_some().into(),
        "index_of" => number(found()?).into(),
        "==" => equals()?.into(),
        "!=" => (!equals()?).into(),
        _ => return Ok(None),
    }))
}

fn number(found: Option<usize>) -> i64 {
    found.and_then(|found| i64::try_from(found).ok()).unwrap_or(-1)
}

/// From the end if it is negative.
fn start_of(start: i64, len: usize) -> usize {
    match usize::try_from(start) {
        Ok(start) => start,
        Err(_) => len.saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX)),
    }
}

fn replaced(text: &mut ImmutableString, old: &str, new: &str) -> Outcome<()> {
    if text.is_empty() {
        return Ok(());
    }
    if new.len() > old.len() {
        let more = text.matches(old).count().saturating_mul(new.len() - old.len());
        if text.len().saturating_add(more) > TEXT {
            return Err(too_long());
        }
    }
    *text = text.replace(old, new).into();
    Ok(())
}

fn too_long() -> Box<rhai::EvalAltResult> {
    let what = "Length of string".to_owned();
    Box::new(rhai::EvalAltResult::ErrorDataTooLarge(what, rhai::Position::NONE))
}

/// A value, be it the engine's or the map's.
#[derive(Clone, Copy)]
enum Seen<'a> {
    Engine(&'a Dynamic),
    State(&'a StateValue),
    Held(Held<'a>),
}

fn of_engine(map: &Map) -> impl ExactSizeIterator<Item = (&str, Seen<'_>)> {
    map.iter().map(|(name, value)| (name.as_str(), Seen::Engine(value)))
}

/// Sorted, as the engine's own are.
fn of_state<'a>(
    map: &'a [Entry],
    keys: &'a Keys,
) -> impl ExactSizeIterator<Item = (&'a str, Seen<'a>)> + use<'a> {
    let mut entries: Vec<_> =
        map.iter().map(|entry| (entry.name(keys), Seen::State(entry.value()))).collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    entries.into_iter()
}

/// What stands at a place.
fn at<'a>(value: &Dynamic, state: &'a State) -> Option<Held<'a>> {
    if let Some(place) = value.read_lock::<ListPlace>() {
        return state.held(&place.0);
    }
    state.held(&value.read_lock::<MapPlace>()?.0)
}

/// There is too much of it.
struct Full;

struct Writer<'a> {
    out: String,
    state: &'a State,
    keys: &'a Keys,
    context: &'a NativeCallContext<'a>,
    is_json: bool,
}

/// What `write` writes. If that is too long so is this, which the engine refuses: when it makes a string with `${…}` or
/// `+`, it takes no error for an answer.
fn text_of(
    context: &NativeCallContext<'_>,
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
) -> Outcome<ImmutableString> {
    running::with(|running| {
        let (state, keys) = (&running.call.state, &running.keys);
        let mut writer = Writer { out: String::new(), state, keys, context, is_json: false };
        // What is too long stays so.
        let _ = write(&mut writer);
        Ok(writer.out.into())
    })
}

impl Writer<'_> {
    fn list<'v>(&mut self, list: impl ExactSizeIterator<Item = Seen<'v>>, depth: usize) -> Result<(), Full> {
        self.out.push('[');
        for (index, value) in list.enumerate() {
            if index > 0 {
                self.out.push_str(if self.is_json { "," } else { ", " });
            }
            self.value(value, depth + 1)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn map<'v>(
        &mut self,
        map: impl ExactSizeIterator<Item = (&'v str, Seen<'v>)>,
        depth: usize,
    ) -> Result<(), Full> {
        self.out.push_str(if self.is_json { "{" } else { "#{" });
        for (index, (name, value)) in map.enumerate() {
            if index > 0 {
                self.out.push_str(if self.is_json { "," } else { ", " });
            }
            self.quoted(name);
            self.out.push_str(if self.is_json { ":" } else { ": " });
            self.value(value, depth + 1)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn value(&mut self, value: Seen<'_>, depth: usize) -> Result<(), Full> {
        if self.out.len() > TEXT {
            return Err(Full);
        }
        if depth > DEPTH {
            self.out.push_str(if self.is_json { "null" } else { "…" });
            return Ok(());
        }
        match value {
            Seen::Held(Held::List(list)) | Seen::State(StateValue::List(list)) => {
                self.list(list.iter().map(Seen::State), depth)
            }
            Seen::Held(Held::Map(map)) | Seen::State(StateValue::Map(map)) => {
                self.map(of_state(map, self.keys), depth)
            }
            Seen::State(value) => {
                if let Ok(value) = values::copied(value, self.keys) {
                    self.scalar(&value);
                }
                Ok(())
            }
            Seen::Engine(value) => {
                if let Some(held) = at(value, self.state) {
                    self.value(Seen::Held(held), depth)
                } else if let Some(list) = value.read_lock::<Array>() {
                    self.list(list.iter().map(Seen::Engine), depth)
                } else if let Some(map) = value.read_lock::<Map>() {
                    self.map(of_engine(&map), depth)
                } else {
                    self.scalar(value);
                    Ok(())
                }
            }
        }
    }

    fn scalar(&mut self, value: &Dynamic) {
        if let Some(text) = value.read_lock::<ImmutableString>() {
            return self.quoted(&text);
        }
        if self.is_json {
            match value.as_char() {
                Ok(char) => return self.quoted(char.encode_utf8(&mut [0; 4])),
                Err(_) if value.is_unit() || value.as_float().is_ok_and(|double| !double.is_finite()) => {
                    return self.out.push_str("null");
                }
                Err(_) => {}
            }
        }
        // Into memory: it can't fail.
        let _ = match value.read_lock::<FnPtr>() {
            Some(function) => write!(self.out, "{}", *function),
            None if value.is_int() || value.is_float() || value.is_bool() || value.is_char() => {
                write!(self.out, "{value:?}")
            }
            None if value.is_unit() => write!(self.out, "()"),
            None => write!(self.out, "{}", self.context.engine().map_type_name(&format!("{value:?}"))),
        };
    }

    fn quoted(&mut self, text: &str) {
        if self.is_json {
            let mut out = std::mem::take(&mut self.out).into_bytes();
            crate::value::Value::Text(text.as_bytes()).write_json(&mut out);
            self.out = String::from_utf8(out).unwrap_or_default();
        } else {
            // Into memory: it can't fail.
            let _ = write!(self.out, "{text:?}");
        }
    }
}

/// Of lists and maps as the engine has it: ints equal doubles, and values of different sorts differ.
struct Comparison<'a> {
    state: &'a State,
    keys: &'a Keys,
    steps: usize,
}

impl<'a> Comparison<'a> {
    fn run<T>(run: impl FnOnce(&mut Comparison<'_>) -> Outcome<T>) -> Outcome<T> {
        running::with(|running| {
            run(&mut Comparison { state: &running.call.state, keys: &running.keys, steps: 0 })
        })
    }

    fn held(&self, path: &Path) -> Outcome<Held<'a>> {
        self.state.held(path).ok_or_else(|| fail("this has been removed from the map or replaced since"))
    }

    fn find<'v>(
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

    fn lists(&mut self, left: &[Dynamic], right: &[Dynamic]) -> Outcome<bool> {
        self.all(left.iter().map(Seen::Engine), right.iter().map(Seen::Engine), 1)
    }

    fn maps(&mut self, left: &Map, right: &Map) -> Outcome<bool> {
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

    fn values(&mut self, left: Seen<'_>, right: Seen<'_>, depth: usize) -> Outcome<bool> {
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

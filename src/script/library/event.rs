//! `event`, `event.tags` and `event.fields`.

use rhai::{Array, Dynamic, Engine, ImmutableString};

use super::{Event, Fields, Tags};
use crate::script::call::{Change, Event as Held, Sought};
use crate::script::names::Names;
use crate::script::running::{self, Outcome, Running, fail};
use crate::script::values;
use crate::script::words::shown;
use crate::value::Value;

/// What `event.x` means for these is no tag and no field.
const OWN: [&str; 4] = ["name", "time", "tags", "fields"];

pub(super) fn register(engine: &mut Engine, names: &Names) {
    for name in &names.properties {
        let slot = names.slot(name);
        if !OWN.contains(&name.as_str()) {
            property(engine, name, slot, |_: &Event| Part::Any);
        }
        property(engine, name, slot, |_: &Tags| Part::Tag);
        property(engine, name, slot, |_: &Fields| Part::Field);
    }
    engine.register_get("tags", |_: &mut Event| Tags).register_get("fields", |_: &mut Event| Fields);
    engine
        .register_get("name", |_: &mut Event| own("name"))
        .register_get("time", |_: &mut Event| own("time"));
    for name in OWN {
        engine.register_set(name, move |_: &mut Event, value: Dynamic| set_own(name, &value));
    }
    by_name(engine, |_: &Event| Part::Any);
    by_name(engine, |_: &Tags| Part::Tag);
    by_name(engine, |_: &Fields| Part::Field);
    engine
        .register_iterator_result::<Event, Dynamic>()
        .register_iterator_result::<Tags, Dynamic>()
        .register_iterator_result::<Fields, Dynamic>();
    engine.register_fn("keys", |_: &mut Event| keys(false));
    engine.register_fn("keys", |_: &mut Fields| keys(false));
    engine.register_fn("keys", |_: &mut Tags| keys(true));
    engine.register_fn("cancel", |_: &mut Event| {
        running::with(|running| {
            running.may("cancel the event")?;
            running.call.is_cancelled = true;
            Ok(())
        })
    });
}

/// What a name is sought among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Fields, then tags.
    Any,
    Tag,
    Field,
}

fn property<T>(engine: &mut Engine, name: &str, slot: Option<usize>, part: fn(&T) -> Part)
where
    T: Clone + Send + Sync + 'static,
{
    let own: Box<str> = name.into();
    engine.register_get(name, move |of: &mut T| get(part(of), Sought { name: &own, slot }));
    setter::<T, i64>(engine, name, slot, part);
    setter::<T, f64>(engine, name, slot, part);
    setter::<T, bool>(engine, name, slot, part);
    setter::<T, ImmutableString>(engine, name, slot, part);
    setter::<T, ()>(engine, name, slot, part);
    setter::<T, Dynamic>(engine, name, slot, part);
}

/// A setter for values of one type: the engine looks for one of the very type first, and then long for others.
fn setter<T, V>(engine: &mut Engine, name: &str, slot: Option<usize>, part: fn(&T) -> Part)
where
    T: Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let own: Box<str> = name.into();
    engine.register_set(name, move |of: &mut T, value: V| {
        set(part(of), Sought { name: &own, slot }, &Dynamic::from(value))
    });
}

fn by_name<T>(engine: &mut Engine, part: fn(&T) -> Part)
where
    T: Clone + Send + Sync + 'static,
{
    let get_named = move |of: &mut T, name: &str| get(part(of), Sought { name, slot: None });
    let set_named =
        move |of: &mut T, name: &str, value: Dynamic| set(part(of), Sought { name, slot: None }, &value);
    engine.register_indexer_get(get_named).register_indexer_set(set_named);
    engine.register_fn("get", get_named).register_fn("set", set_named);
    engine.register_fn("contains", move |of: &mut T, name: &str| {
        running::with(|running| {
            let sought = Sought { name, slot: None };
            Ok(read(&running.call.event, part(of), sought).is_some())
        })
    });
}

#[inline]
fn read<'a>(event: &'a Held, part: Part, sought: Sought<'_>) -> Option<Value<'a>> {
    let tag = || event.tag(sought).map(Value::Text);
    match part {
        Part::Any => event.field(sought).or_else(tag),
        Part::Tag => tag(),
        Part::Field => event.field(sought),
    }
}

#[inline]
fn get(part: Part, sought: Sought<'_>) -> Outcome<Dynamic> {
    running::with(|running| match read(&running.call.event, part, sought) {
        Some(value) => values::dynamic(value, || {
            let sort = if event_has_field(running, part, sought) { "field" } else { "tag" };
            format!("{sort} {}", shown(sought.name))
        }),
        None => Ok(Dynamic::UNIT),
    })
}

fn event_has_field(running: &Running, part: Part, sought: Sought<'_>) -> bool {
    part != Part::Tag && running.call.event.field(sought).is_some()
}

fn set(part: Part, sought: Sought<'_>, value: &Dynamic) -> Outcome<()> {
    running::with(|running| {
        // The engine sets whatever a method was called on, changed or not: `event.host.to_string()`.
        let is_same = match read(&running.call.event, part, sought) {
            Some(held) => values::is_same(held, value),
            None => value.is_unit(),
        };
        if is_same {
            return Ok(());
        }
        running.may("change the event")?;
        check_name(running, part, sought.name, value)?;
        let change = match part {
            Part::Any | Part::Field if value.is_unit() => Change::Field(None),
            Part::Any | Part::Field => Change::Field(Some(values::field(sought.name, value)?)),
            Part::Tag => Change::Tag(tag(running, sought.name, value)?),
        };
        running.call.event.edit(sought.name, change);
        Ok(())
    })
}

/// Whether a tag or a field of this name can be set.
fn check_name(running: &Running, part: Part, name: &str, value: &Dynamic) -> Outcome<()> {
    let sort = if part == Part::Tag { "tag" } else { "field" };
    if part == Part::Any && running.call.event.is_dimension(name) {
        let name = shown(name);
        return Err(fail(format!(
            "{name} is a tag that points are grouped by; event.fields.{name} sets a field of that name"
        )));
    }
    if value.is_unit() {
        return Ok(());
    }
    if let Some(unfit) = values::unfit_name(name) {
        return Err(fail(format!("InfluxDB takes no {sort} with {unfit}")));
    }
    if name == "time" {
        return Err(fail(format!("InfluxDB takes no {sort} called time, which is the point's own")));
    }
    Ok(())
}

fn tag(running: &Running, name: &str, value: &Dynamic) -> Outcome<Option<String>> {
    if running.call.event.is_dimension(name) {
        let name = shown(name);
        return Err(fail(format!("tag {name} can't be changed: points are grouped by it")));
    }
    if value.is_unit() {
        return Ok(None);
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Ok(Some(text.as_str().to_owned()).filter(|text| !text.is_empty()));
    }
    if let Ok(char) = value.as_char() {
        return Ok(Some(char.into()));
    }
    let (name, kind) = (shown(name), values::kind(value));
    Err(fail(format!("tag {name} can't be {kind}: tags are strings; .to_string() makes one of a value")))
}

fn own(name: &str) -> Outcome<Dynamic> {
    running::with(|running| {
        let event = &running.call.event;
        let value = if name == "time" { Value::Int(event.time()) } else { Value::Text(event.name()) };
        values::dynamic(value, || "the name of the measurement".to_owned())
    })
}

fn set_own(name: &str, value: &Dynamic) -> Outcome<()> {
    let is_unchanged = match name {
        "tags" => value.is::<Tags>(),
        "fields" => value.is::<Fields>(),
        _ => running::with(|running| {
            let event = &running.call.event;
            let held = if name == "time" { Value::Int(event.time()) } else { Value::Text(event.name()) };
            Ok(values::is_same(held, value))
        })?,
    };
    if is_unchanged {
        return Ok(());
    }
    let what = match name {
        "name" => "the measurement",
        "tags" => "all tags",
        _ => "all fields",
    };
    if name == "time" {
        return Err(fail("event.time is the event's time, and can't be set, nor can a field be called so"));
    }
    Err(fail(format!(
        "event.{name} is {what}, and can't be set; event.fields.{name} sets a field of that name"
    )))
}

fn keys(of_tags: bool) -> Outcome<Array> {
    running::with(|running| {
        let names = running.call.event.names(of_tags).into_iter();
        names
            .map(|name| values::dynamic(Value::Text(name), || "a tag's or field's name".to_owned()))
            .collect()
    })
}

/// What `for` gets: handles have no elements.
type Refusal = std::iter::Once<Outcome<Dynamic>>;

fn no_elements(of: &str) -> Refusal {
    std::iter::once(Err(fail(format!("{of} is gone through by its names: `for name in {of}.keys()`"))))
}

impl IntoIterator for Event {
    type Item = Outcome<Dynamic>;
    type IntoIter = Refusal;

    fn into_iter(self) -> Refusal {
        no_elements("event")
    }
}

impl IntoIterator for Tags {
    type Item = Outcome<Dynamic>;
    type IntoIter = Refusal;

    fn into_iter(self) -> Refusal {
        no_elements("event.tags")
    }
}

impl IntoIterator for Fields {
    type Item = Outcome<Dynamic>;
    type IntoIter = Refusal;

    fn into_iter(self) -> Refusal {
        no_elements("event.fields")
    }
}

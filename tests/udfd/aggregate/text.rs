//! Points as one line of text, so that an expected one can be written down and a wrong one be read;
//! and points and options as the code that makes them, so that a failure can become a test.
//!
//! `requests host=b user=bob | n=3i total='x' | @5 | host=b [host]`: measurement and tags, fields, time,
//! then, where they are not those of [`event`](super::scenario::event), the database and retention policy,
//! the group with its dimensions, and `byName`. Equal lines are equal points, to the bit.
//!
//! A batch is `begin requests host=b size=2 | host=b`, the lines of its points, which begin with two spaces and
//! have no measurement, and `end tmax=5`, with what else it says differently from the begin.

use std::collections::BTreeMap;
use std::fmt::Write;

use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, BeginBatch, EndBatch, Point};

use super::model::{Batch, Sent};

pub fn lines(sent: &[Sent]) -> Vec<String> {
    sent.iter().flat_map(lines_of).collect()
}

pub fn lines_of(sent: &Sent) -> Vec<String> {
    match sent {
        Sent::Point(point) => vec![line(point)],
        Sent::Batch(Batch { begin, points, end }) => {
            let points = points.iter().map(inner_line);
            std::iter::once(begin_line(begin)).chain(points).chain([end_line(begin, end)]).collect()
        }
    }
}

fn begin_line(begin: &BeginBatch) -> String {
    let BeginBatch { name, group, tags, size, by_name } = begin;
    format!("begin {}{} size={size}{}", word(name), tags_of(tags), group_of_batch(group, *by_name))
}

fn end_line(begin: &BeginBatch, end: &EndBatch) -> String {
    let EndBatch { name, group, tmax, tags, by_name } = end;
    let mut line = format!("end tmax={tmax}");
    if (name, group, tags, by_name) != (&begin.name, &begin.group, &begin.tags, &begin.by_name) {
        write!(line, " | {}{}{}", word(name), tags_of(tags), group_of_batch(group, *by_name)).unwrap();
    }
    line
}

fn group_of_batch(group: &str, by_name: bool) -> String {
    if (group, by_name) == ("host=a", false) {
        return String::new();
    }
    let group = if group.is_empty() { quoted(group) } else { key(group) };
    format!(" | {group}{}", if by_name { " byName" } else { "" })
}

/// What the batch should say and the point does say is there too.
fn inner_line(point: &Point) -> String {
    let of_batch = [&point.name, &point.database, &point.retention_policy, &point.group];
    if of_batch.iter().any(|text| !text.is_empty()) || !point.dimensions.is_empty() || point.by_name {
        return format!("  {}", line(point));
    }
    format!(" {} |{} | @{}", tags_of(&point.tags), fields_of(point), point.time)
}

pub fn line(point: &Point) -> String {
    let mut line = format!("{}{} |{}", word(&point.name), tags_of(&point.tags), fields_of(point));
    write!(line, " | @{}", point.time).unwrap();
    if (&*point.database, &*point.retention_policy) != ("mydb", "autogen") {
        write!(line, " | {}.{}", word(&point.database), word(&point.retention_policy)).unwrap();
    }
    if is_on_host_a(point) {
        return line;
    }
    let dimensions: Vec<_> = point.dimensions.iter().map(|name| word(name)).collect();
    write!(line, " | {} [{}]", key(&point.group), dimensions.join(",")).unwrap();
    if point.by_name {
        line += " byName";
    }
    line
}

fn tags_of(tags: &BTreeMap<String, String>) -> String {
    tags.iter().fold(String::new(), |tags, (name, value)| tags + " " + &*word(name) + "=" + &*word(value))
}

fn fields_of(point: &Point) -> String {
    let mut fields = vec![];
    fields.extend(point.fields_bool.iter().map(|(name, value)| (name, value.to_string())));
    fields.extend(point.fields_double.iter().map(|(name, value)| (name, double(*value))));
    fields.extend(point.fields_int.iter().map(|(name, value)| (name, format!("{value}i"))));
    fields.extend(point.fields_string.iter().map(|(name, value)| (name, quoted(value))));
    // Stable: of fields of one name the type decides.
    fields.sort_by_key(|(name, _)| *name);
    fields.into_iter().fold(String::new(), |fields, (name, value)| fields + " " + &*word(name) + "=" + &*value)
}

fn key(group: &str) -> String {
    if group.chars().all(|c| is_plain(c) || "=,".contains(c)) { group.to_owned() } else { quoted(group) }
}

fn is_on_host_a(point: &Point) -> bool {
    (&*point.group, &*point.dimensions, point.by_name) == ("host=a", &["host".to_owned()], false)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-/%:".contains(c)
}

fn word(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

/// Not all NaNs are one.
fn double(double: f64) -> String {
    if double.is_nan() { format!("NaN({:x})", double.to_bits()) } else { format!("{double:?}") }
}

/// The calls that make `point`.
pub fn code(point: &Point) -> String {
    let mut code = "event()".to_owned();
    let mut call = |name: &str, arguments: String| write!(code, ".{name}({arguments})").unwrap();
    if point.name != "requests" {
        call("named", format!("{:?}", point.name));
    }
    if (&*point.database, &*point.retention_policy) != ("mydb", "autogen") {
        call("stored_in", format!("{:?}, {:?}", point.database, point.retention_policy));
    }
    if point.by_name {
        call("by_name", String::new());
    }
    if (&*point.group, &*point.dimensions) != ("host=a", &["host".to_owned()]) {
        call("group", format!("{:?}, &{:?}", point.group, point.dimensions));
    }
    for (name, value) in point.tags.iter().filter(|(name, value)| (&***name, &***value) != ("host", "a")) {
        call("tag", format!("{name:?}, {value:?}"));
    }
    if !point.tags.contains_key("host") {
        call("without_tag", format!("{:?}", "host"));
    }
    for (name, value) in &point.fields_bool {
        call("bool", format!("{name:?}, {value}"));
    }
    for (name, value) in &point.fields_double {
        let value = match value {
            value if value.is_nan() => format!("f64::from_bits({:#x})", value.to_bits()),
            value if value.is_infinite() => format!("1.0 / {:?}", 0f64.copysign(*value)),
            value => format!("{value:?}"),
        };
        call("double", format!("{name:?}, {value}"));
    }
    for (name, value) in &point.fields_int {
        call("int", format!("{name:?}, {value}"));
    }
    for (name, value) in &point.fields_string {
        call("text", format!("{name:?}, {value:?}"));
    }
    if point.time != 0 {
        call("at", point.time.to_string());
    }
    code
}

/// The same for a batch's begin.
pub fn code_of_begin(begin: &BeginBatch) -> String {
    let mut code = "batch()".to_owned();
    if begin.name != "requests" {
        write!(code, ".named({:?})", begin.name).unwrap();
    }
    if begin.by_name {
        code += ".by_name()";
    }
    if begin.group != "host=a" {
        write!(code, ".group({:?})", begin.group).unwrap();
    }
    if !begin.tags.contains_key("host") {
        code += ".without_tag(\"host\")";
    }
    for (name, value) in begin.tags.iter().filter(|(name, value)| (&***name, &***value) != ("host", "a")) {
        write!(code, ".tag({name:?}, {value:?})").unwrap();
    }
    if begin.size != 0 {
        write!(code, ".size({})", begin.size).unwrap();
    }
    code
}

/// `options![...]` as it would be written.
pub fn script(options: &[proto::Option]) -> String {
    let argument = |value: &proto::OptionValue| match &value.value {
        Some(Value::BoolValue(bool)) => bool.to_string(),
        Some(Value::IntValue(int)) => int.to_string(),
        Some(Value::DoubleValue(double)) => format!("{double:?}"),
        Some(Value::StringValue(text)) => format!("{text:?}"),
        Some(Value::DurationValue(nanos)) => format!("ns({nanos})"),
        None => "nothing".to_owned(),
    };
    let calls = options.iter().map(|call| {
        let arguments = call.values.iter().map(argument).collect::<Vec<_>>().join(", ");
        format!("{}({arguments})", call.name)
    });
    format!("options![{}]", calls.collect::<Vec<_>>().join(", "))
}

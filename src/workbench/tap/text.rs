//! A message as a line for people: who says it, what it is, what matters of it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::time::{Duration, SystemTime};

use super::message::{Argument, Begin, Call, Decoded, Double, End, Message, Point};
use super::recording::Direction;
use crate::workbench::terminal::is_unsafe;
use crate::workbench::tick::duration_word;

/// What a line begins with.
pub(super) struct Head {
    pub(super) at: i64,
    pub(super) connection: u32,
    pub(super) direction: Option<Direction>,
    pub(super) kind: &'static str,
}

impl Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.direction {
            Some(Direction::ToFunction) => "->",
            Some(Direction::ToKapacitor) => "<-",
            None => "--",
        };
        write!(f, "{} #{} {arrow} {:<9} ", time_of_day(self.at), self.connection, self.kind)
    }
}

/// In UTC, as the daemon's log has it.
fn time_of_day(at: i64) -> String {
    let since = Duration::from_nanos(at.max(0).cast_unsigned());
    let whole = humantime::format_rfc3339_micros(SystemTime::UNIX_EPOCH + since).to_string();
    whole.split_once('T').map(|(_, time)| time.to_owned()).unwrap_or_default()
}

/// What the message says, without a line's end.
pub(super) fn details(decoded: &Decoded) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match &decoded.message {
        Message::Asks {} => Ok(()),
        Message::Info { wants, provides, options } => info(&mut text, wants, provides, options),
        Message::Init { task, node, options } => init(&mut text, task, node, options),
        Message::Answer { success: true, .. } => text.write_str("ok"),
        Message::Answer { success: false, error } => write!(text, "refused: {error}"),
        Message::State { size } => text.write_str(&counted(*size, "byte")),
        Message::Keepalive { time } => write!(text, "{time}"),
        Message::Error { error } => text.write_str(error),
        Message::Begin(Begin { name, group, tags, size, by_name }) => {
            batch(&mut text, name, group, tags, *by_name).and_then(|()| write!(text, " size={size}"))
        }
        Message::Point(it) => point(&mut text, it),
        Message::End(End { name, group, tmax, tags, by_name }) => {
            batch(&mut text, name, group, tags, *by_name).and_then(|()| write!(text, " tmax={tmax}"))
        }
    };
    if decoded.lossy {
        text.push_str(" (not all of it is UTF-8)");
    }
    visible(&text)
}

fn info(
    out: &mut String,
    wants: &str,
    provides: &str,
    options: &BTreeMap<String, Vec<&'static str>>,
) -> fmt::Result {
    write!(out, "{wants} -> {provides}")?;
    for (at, (name, types)) in options.iter().enumerate() {
        write!(out, "{} .{name}({})", if at == 0 { "," } else { "" }, types.join(", "))?;
    }
    Ok(())
}

fn init(out: &mut String, task: &str, node: &str, options: &[Call]) -> fmt::Result {
    write!(out, "task {task}, node {node}{}", if options.is_empty() { "" } else { ": " })?;
    options.iter().try_for_each(|call| call_of(out, call))
}

/// As a TICKscript has it.
fn call_of(out: &mut String, call: &Call) -> fmt::Result {
    write!(out, ".{}(", call.name)?;
    for (at, value) in call.values.iter().enumerate() {
        out.write_str(if at == 0 { "" } else { ", " })?;
        match value {
            Argument::Bool(bool) => out.write_str(if *bool { "TRUE" } else { "FALSE" }),
            Argument::Int(int) => write!(out, "{int}"),
            Argument::Double(Double(double)) => write!(out, "{double:?}"),
            Argument::String(text) => write!(out, "'{}'", text.replace('\'', "\\'")),
            Argument::Duration(nanos) => out.write_str(&duration_word(*nanos)),
            Argument::None => out.write_str("?"),
        }?;
    }
    out.write_str(")")
}

/// What a batch begins and ends with.
fn batch(
    out: &mut String,
    name: &str,
    group: &str,
    tags: &BTreeMap<String, String>,
    by_name: bool,
) -> fmt::Result {
    write!(out, "[{group}] ")?;
    escaped(out, name, ", ")?;
    write_tags(out, tags)?;
    out.write_str(if by_name { " by name" } else { "" })
}

/// Line protocol, with what that lacks in front.
fn point(out: &mut String, point: &Point) -> fmt::Result {
    if !point.database.is_empty() || !point.retention_policy.is_empty() {
        write!(out, "{}.{} ", point.database, point.retention_policy)?;
    }
    write!(out, "[{}] ", point.group)?;
    escaped(out, &point.name, ", ")?;
    write_tags(out, &point.tags)?;
    out.write_str(" ")?;
    let mut fields = Vec::new();
    fields.extend(point.fields_double.iter().map(|(name, Double(value))| (name, format!("{value:?}"))));
    fields.extend(point.fields_int.iter().map(|(name, value)| (name, format!("{value}i"))));
    fields.extend(point.fields_string.iter().map(|(name, value)| (name, quoted(value))));
    fields.extend(point.fields_bool.iter().map(|(name, value)| (name, value.to_string())));
    fields.sort();
    for (at, (name, value)) in fields.iter().enumerate() {
        out.write_str(if at == 0 { "" } else { "," })?;
        escaped(out, name, ",= ")?;
        write!(out, "={value}")?;
    }
    write!(out, " {}", point.time)
}

fn write_tags(out: &mut String, tags: &BTreeMap<String, String>) -> fmt::Result {
    for (name, value) in tags {
        out.write_str(",")?;
        escaped(out, name, ",= ")?;
        out.write_str("=")?;
        escaped(out, value, ",= ")?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// So many of something.
pub(super) fn counted(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// With a backslash before what would end it.
fn escaped(out: &mut String, text: &str, special: &str) -> fmt::Result {
    for c in text.chars() {
        if special.contains(c) {
            out.write_char('\\')?;
        }
        out.write_char(c)?;
    }
    Ok(())
}

/// On one line. Attack: a tag's value that tells the terminal to do something.
pub(super) fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            seen.extend(c.escape_default());
        } else {
            seen.push(c);
        }
    }
    seen
}

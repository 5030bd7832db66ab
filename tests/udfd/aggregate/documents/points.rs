//! Points as line protocol, the way documents show them.

use std::fmt::Write as _;

use kapacitor_udfd::proto::Point;

/// A point, and whether its time is given; if not it has this one.
pub fn parse(line: &str, time: i64) -> (Point, bool) {
    let (head, rest) = cut(line, ' ');
    let (fields, given) = cut(rest, ' ');
    let mut point = Point {
        time: if given.is_empty() { time } else { given.parse().expect("a time") },
        database: "telegraf".to_owned(),
        retention_policy: "autogen".to_owned(),
        ..Point::default()
    };
    let (name, mut tags) = cut(head, ',');
    point.name = unescaped(name);
    while !tags.is_empty() {
        let (tag, rest) = cut(tags, ',');
        let (name, value) = tag.split_once('=').expect("a tag");
        point.tags.insert(unescaped(name), unescaped(value));
        tags = rest;
    }
    let mut rest = fields;
    while !rest.is_empty() {
        let (field, behind) = cut(rest, ',');
        set(&mut point, field);
        rest = behind;
    }
    (point, !given.is_empty())
}

/// Up to this character outside of quotes, and from behind it.
fn cut(text: &str, at: char) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (n, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            c if c == at && !quoted => return (&text[..n], &text[n + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// Of a name or a tag's value.
fn unescaped(text: &str) -> String {
    text.replace('\\', "")
}

fn escaped(text: &str) -> String {
    text.replace(' ', "\\ ")
}

fn set(point: &mut Point, field: &str) {
    let (name, value) = field.split_once('=').expect("a field");
    let name = unescaped(name);
    if let Some(text) = value.strip_prefix('"') {
        let text = text.strip_suffix('"').expect("the text is closed");
        point.fields_string.insert(name, text.replace("\\\"", "\"").replace("\\\\", "\\"));
    } else if let Some(int) = value.strip_suffix('i') {
        point.fields_int.insert(name, int.parse().expect("an int"));
    } else if let Ok(bool) = value.parse() {
        point.fields_bool.insert(name, bool);
    } else {
        point.fields_double.insert(name, value.parse().expect("a double"));
    }
}

/// Everything in the order of names.
pub fn line(point: &Point, has_time: bool) -> String {
    let mut line = escaped(&point.name);
    for (name, value) in &point.tags {
        write!(line, ",{}={}", escaped(name), escaped(value)).unwrap();
    }
    let mut fields: Vec<_> =
        point.fields_double.iter().map(|(n, v)| format!("{}={v:?}", escaped(n))).collect();
    fields.extend(point.fields_int.iter().map(|(n, v)| format!("{}={v}i", escaped(n))));
    fields.extend(point.fields_string.iter().map(|(n, v)| format!("{}={v:?}", escaped(n))));
    fields.extend(point.fields_bool.iter().map(|(n, v)| format!("{}={v}", escaped(n))));
    fields.sort();
    write!(line, " {}", fields.join(",")).unwrap();
    if has_time {
        write!(line, " {}", point.time).unwrap();
    }
    line
}

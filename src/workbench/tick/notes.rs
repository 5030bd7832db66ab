//! What a script does with the data before they come to a node: a node that is tried alone does not see it. Follows the
//! chain upwards, of several parents the one whose method it is.

use std::fmt;
use std::iter;

use kapacitor_udfd::proto::option_value::Value as Literal;

use super::error::shown;
use super::graph::{Graph, Made, Property, decapitalized};
use super::literal::duration_word;
use super::value::{Argument, Unfit, Value, spread};

/// Something the user of a node out of a script has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// The script groups before the node, by these; `*` are all tags.
    GroupBy(Vec<String>),
    /// The script groups by measurement before the node.
    ByMeasurement,
    /// A window of this length stands directly before the node, in words such as `10s`.
    Window(String),
    /// In words.
    Other(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupBy(tags) if tags.iter().any(|tag| tag == "*") => {
                write!(f, "the script groups by all tags before the node: give --group-by '*'")
            }
            Self::GroupBy(tags) => {
                let (words, argument) = (tags.join(", "), tags.join(","));
                write!(
                    f,
                    "the script groups by {words} before the node: give --group-by {}",
                    quoted(&argument)
                )
            }
            Self::ByMeasurement => {
                write!(f, "the script groups by measurement before the node: give --by-measurement")
            }
            Self::Window(period) => {
                write!(f, "the script has a window of {period} before the node: give --window {period}")
            }
            Self::Other(words) => f.write_str(words),
        }
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ',');
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// What stands before this node.
pub(super) fn before(made: &Made, graph: &Graph, script: &str) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(argument) = made.arguments.first() {
        let argument = shown(script.get(argument.span.clone()).unwrap_or_default());
        let name = &made.name;
        notes.push(Note::Other(format!("Kapacitor does nothing with {argument} in @{name}({argument})")));
    }
    let parent = |made: &&Made| made.parent.and_then(|parent| graph.get(parent));
    let mut above = iter::successors(parent(&made), parent);
    let first = above.next();
    notes.extend(first.and_then(window));
    let groups = first.into_iter().chain(above).map(groups).find(|groups| !groups.is_empty());
    notes.extend(groups.unwrap_or_default());
    notes.extend(passed_over(made, graph));
    notes
}

/// Nodes before it that change or choose data: lines come to the node as they are.
fn passed_over(made: &Made, graph: &Graph) -> Option<Note> {
    let parent = |made: &&Made| made.parent.and_then(|parent| graph.get(parent));
    let above = iter::successors(parent(&made), parent);
    let name = |made: &Made| {
        let name = decapitalized(&made.name);
        match name.as_str() {
            "stream" | "batch" | "groupBy" | "window" | "query" | "log" | "noOp" | "httpOut" => None,
            // Whoever has a file of another measurement sees it in what comes out.
            "from" => last(made, "where").map(|_| "|from().where()".to_owned()),
            _ => Some(format!("{}{name}()", if made.is_function { '@' } else { '|' })),
        }
    };
    let mut names: Vec<_> = above.filter_map(name).collect();
    names.reverse();
    let names = names.join(", ");
    (!names.is_empty())
        .then(|| Note::Other(format!("{names} before the node is not run: lines come to it as they are")))
}

fn window(made: &Made) -> Option<Note> {
    if decapitalized(&made.name) != "window" {
        return None;
    }
    let length = |name| match last(made, name)?.arguments.first()?.value {
        Value::Literal(Literal::DurationValue(nanos)) => Some(nanos),
        _ => None,
    };
    let Some(period) = length("period") else {
        let words = "the script has a window before the node whose period is not known here: see --window";
        return Some(Note::Other(words.to_owned()));
    };
    match length("every") {
        Some(every) if every != period => Some(Note::Other(format!(
            "the script has a window of {} every {} before the node: --window gives each point once",
            duration_word(period),
            duration_word(every)
        ))),
        _ => Some(Note::Window(duration_word(period))),
    }
}

/// How a node groups, if it does.
fn groups(made: &Made) -> Vec<Note> {
    let name = decapitalized(&made.name);
    let (dimensions, by_measurement, excluded) = match name.as_str() {
        "groupBy" => (Some(&made.arguments), "byMeasurement", last(made, "exclude")),
        "from" | "query" => (last(made, "groupBy").map(|call| &call.arguments), "groupByMeasurement", None),
        _ => return Vec::new(),
    };
    let mut notes: Vec<_> =
        dimensions.into_iter().filter_map(|dimensions| group_by(dimensions, excluded)).collect();
    if last(made, by_measurement).is_some() {
        notes.push(Note::ByMeasurement);
    }
    notes
}

fn group_by(dimensions: &[Argument], excluded: Option<&Property>) -> Option<Note> {
    let dimensions = spread(dimensions);
    // A query groups by time(…) too, which makes no groups of batches.
    let tags = dimensions.iter().filter(|dimension| dimension.value != Value::Unfit(Unfit::Result));
    let names: Option<Vec<_>> = tags.map(|dimension| name(&dimension.value)).collect();
    let Some(names) = names else {
        let words = "the script groups before the node by what is not known here: see --group-by";
        return Some(Note::Other(words.to_owned()));
    };
    let excluded: Vec<_> = excluded.map(|call| spread(&call.arguments)).unwrap_or_default();
    let excluded: Vec<_> = excluded.iter().filter_map(|argument| name(&argument.value)).collect();
    if !excluded.is_empty() {
        return Some(Note::Other(format!(
            "the script groups by all tags but {} before the node: give those that are left to --group-by",
            excluded.join(", ")
        )));
    }
    (!names.is_empty()).then_some(Note::GroupBy(names))
}

fn name(value: &Value) -> Option<String> {
    match value {
        Value::Literal(Literal::StringValue(name)) => Some(name.clone()),
        Value::Unfit(Unfit::Star) => Some("*".to_owned()),
        _ => None,
    }
}

/// The last call of a property is the one that holds.
fn last<'a>(made: &'a Made, name: &str) -> Option<&'a Property> {
    made.properties.iter().rev().find(|property| decapitalized(&property.name) == name)
}

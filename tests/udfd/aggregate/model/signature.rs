//! The options there are, under all their names, and the types of their arguments.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto;
use kapacitor_udfd::proto::option_value::Value as Wire;

/// A letter an argument: string, bool, int, double, and time for a duration.
const SIGNATURES: &[(&str, &str)] = &[
    ("taskId", "s"),
    ("groupByTask", "b"),
    ("count", "s"),
    ("sum", "ss"),
    ("min", "ss"),
    ("max", "ss"),
    ("mean", "ss"),
    ("stddev", "ss"),
    ("first", "ss"),
    ("last", "ss"),
    ("countDistinct", "ss"),
    ("distinct", "ss"),
    ("percentile", "sds"),
    ("list", "ss"),
    ("concat", "sss"),
    ("duration", "ts"),
    ("keep", "s"),
    ("float", "s"),
    ("mapAction", "s"),
    ("endOfTask", "b"),
    ("timeout", "t"),
    ("inactivityTimeout", "t"),
    ("maxEvents", "i"),
    ("maxTasks", "i"),
    ("maxBytes", "i"),
    ("onOverflow", "s"),
    ("maxListSize", "i"),
    ("flushInterval", "t"),
    ("resetOnFlush", "b"),
    ("timeoutFlushInterval", "t"),
    ("pushMapAsEventOnTimeout", "b"),
    ("pushPreviousMapAsEvent", "b"),
    ("emitOnEnd", "b"),
    ("passThrough", "b"),
    ("timeoutTaskIdField", "s"),
    ("tagOnTimeout", "ss"),
    ("timeoutTags", "s"),
    ("reasonTag", "s"),
    ("measurement", "s"),
    ("pointTime", "s"),
    ("timeoutTimestampField", "s"),
    ("timestampUnit", "t"),
    ("maxDelay", "t"),
    ("flushOnStop", "b"),
    ("endOfBatch", "b"),
    ("maxRestoreAge", "t"),
    ("mapCountWarningThreshold", "i"),
    ("code", "s"),
    ("timeoutCode", "s"),
    ("startWhen", "s"),
    ("endWhen", "s"),
    ("maxTimeoutRetries", "i"),
    ("onError", "s"),
];

/// All that `@script()` has.
const IN_SCRIPT: &[&str] = &[
    "code",
    "taskId",
    "timeout",
    "inactivityTimeout",
    "maxTasks",
    "maxBytes",
    "onError",
    "maxRestoreAge",
    "mapCountWarningThreshold",
];

/// A session's events come out as they are.
const NOT_IN_SESSIONS: &[&str] = &[
    "count",
    "sum",
    "min",
    "max",
    "mean",
    "stddev",
    "first",
    "last",
    "countDistinct",
    "distinct",
    "percentile",
    "list",
    "concat",
    "duration",
    "keep",
    "float",
    "passThrough",
    "timeoutCode",
    "maxTimeoutRetries",
];

const ALIASES: &[(&str, &str)] =
    &[("taskIdField", "taskId"), ("maxMapSize", "maxTasks"), ("maxKeySize", "maxTasks")];

#[derive(Debug, Clone)]
pub struct Argument(Wire);

impl Argument {
    pub fn text(&self) -> String {
        let Wire::StringValue(text) = &self.0 else { panic!("{self:?}") };
        text.clone()
    }

    pub fn bool(&self) -> bool {
        let Wire::BoolValue(bool) = self.0 else { panic!("{self:?}") };
        bool
    }

    /// An int or a duration.
    pub fn number(&self) -> i64 {
        let (Wire::IntValue(number) | Wire::DurationValue(number)) = self.0 else { panic!("{self:?}") };
        number
    }

    pub fn double(&self) -> f64 {
        let Wire::DoubleValue(double) = self.0 else { panic!("{self:?}") };
        double
    }
}

fn has(function: Function, option: &str) -> bool {
    match option {
        option if function == Function::Script => IN_SCRIPT.contains(&option),
        "endOfBatch" => function.wants() == Edge::Batch,
        // One batch for each that came is of one group.
        "groupByTask" => function != Function::BATCH,
        option => function != Function::Session || !NOT_IN_SESSIONS.contains(&option),
    }
}

/// A call under the option's first name.
pub fn read(function: Function, call: &proto::Option) -> Result<(&'static str, Vec<Argument>), String> {
    let known = |name: &str| call.name == name || call.name == snake_case(name);
    let alias = ALIASES.iter().find(|(alias, _)| known(alias)).map(|(_, name)| *name);
    let found = SIGNATURES.iter().find(|(name, _)| known(name) || alias == Some(name));
    let (name, types) = found.ok_or(format!("unknown: {}", call.name))?;
    if !has(function, name) {
        return Err(format!("not here: {name}"));
    }
    let came: Vec<Wire> = call.values.iter().filter_map(|value| value.value.clone()).collect();
    if came.len() != types.len() || call.values.len() != types.len() {
        return Err(format!("{name}: {came:?}"));
    }
    let arguments = types.chars().zip(came).map(|(wanted, came)| argument(wanted, came));
    Ok((name, arguments.collect::<Option<_>>().ok_or(format!("{name}: {:?}", call.values))?))
}

/// A task defined as JSON has an int for a double.
#[expect(clippy::cast_precision_loss, reason = "scripts of tests have small numbers")]
fn argument(wanted: char, came: Wire) -> Option<Argument> {
    Some(Argument(match (wanted, came) {
        ('d', Wire::IntValue(int)) => Wire::DoubleValue(int as f64),
        ('s', came @ Wire::StringValue(_))
        | ('b', came @ Wire::BoolValue(_))
        | ('i', came @ Wire::IntValue(_))
        | ('d', came @ Wire::DoubleValue(_))
        | ('t', came @ Wire::DurationValue(_)) => came,
        _ => return None,
    }))
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

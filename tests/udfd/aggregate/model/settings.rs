//! What a script's calls say, or why they are refused.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::proto;

use super::reduce::Kind;
use super::script::{Condition, Script};
use super::signature::{Argument, read};

const MINUTE: i64 = 60_000_000_000;

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "scripts have as many")]
pub struct Settings {
    function: Function,
    pub reference: Reference,
    pub max_delay: i64,
    /// Batches come, and each ends its tasks.
    pub end_of_batch: bool,
    /// Empty: the group is the task.
    pub id: Vec<Part>,
    pub group_by_task: bool,
    pub outputs: Vec<Output>,
    pub keep: Vec<String>,
    pub keep_all: bool,
    pub map_action: String,
    pub code: Option<Script>,
    pub timeout_code: Option<Script>,
    pub start_when: Option<Condition>,
    pub end_when: Option<Condition>,
    pub max_timeout_retries: u64,
    pub on_error: String,
    pub end_of_task: bool,
    pub timeout: i64,
    pub inactivity_timeout: Option<i64>,
    pub timeout_flush_interval: i64,
    pub max_events: Option<u64>,
    pub max_tasks: usize,
    pub on_overflow: String,
    pub max_list_size: usize,
    pub flush_interval: Option<i64>,
    pub reset_on_flush: bool,
    pub push_on_timeout: bool,
    pub push_previous: bool,
    pub emit_on_end: bool,
    pub pass_through: bool,
    pub flush_on_stop: bool,
    pub timeout_task_id_field: Option<String>,
    pub tags_on_timeout: Vec<(String, String)>,
    pub timeout_tags: Vec<String>,
    pub reason_tag: Option<String>,
    pub measurement: Option<String>,
    pub point_time: String,
    pub max_restore_age: Option<i64>,
}

/// The time that deadlines go by.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// When a point comes.
    Clock,
    /// The point's own time.
    Own,
    Field {
        name: String,
        unit: i64,
    },
}

#[derive(Debug, Clone)]
pub enum Part {
    Literal(String),
    Reference(String),
}

#[derive(Debug, Clone)]
pub struct Output {
    pub name: String,
    pub kind: Kind,
    pub field: Option<String>,
    pub float: bool,
}

type Refused<T> = Result<T, String>;

/// Calls under the options' first names, their arguments of the right types.
struct Calls(Vec<(&'static str, Vec<Argument>)>);

impl Calls {
    fn all(&self, name: &'static str) -> impl Iterator<Item = &[Argument]> {
        self.0.iter().filter(move |call| call.0 == name).map(|call| &call.1[..])
    }

    fn one(&self, name: &'static str) -> Refused<Option<&Argument>> {
        if self.all(name).count() > 1 {
            Err(format!("{name} twice"))
        } else {
            Ok(self.all(name).next().map(|a| &a[0]))
        }
    }

    fn bool(&self, name: &'static str, default: bool) -> Refused<bool> {
        Ok(self.one(name)?.map_or(default, Argument::bool))
    }

    /// A name or a word; not empty.
    fn text(&self, name: &'static str) -> Refused<Option<String>> {
        self.one(name)?.map(|argument| named(name, argument)).transpose()
    }

    fn word(&self, name: &'static str, accepted: &[&str]) -> Refused<String> {
        let word = self.text(name)?.unwrap_or(accepted[0].to_owned());
        if accepted.contains(&&*word) { Ok(word) } else { Err(format!("{name}: {word}")) }
    }

    /// An int or a duration.
    fn at_least(&self, least: i64, name: &'static str) -> Refused<Option<i64>> {
        let number = self.one(name)?.map(Argument::number);
        if number.is_some_and(|number| number < least) {
            Err(format!("{name}: {number:?}"))
        } else {
            Ok(number)
        }
    }
}

fn named(option: &str, argument: &Argument) -> Refused<String> {
    if argument.text().is_empty() { Err(format!("{option}: empty")) } else { Ok(argument.text()) }
}

impl Settings {
    pub fn read(function: Function, options: &[proto::Option]) -> Refused<Self> {
        let calls = Calls(options.iter().map(|call| read(function, call)).collect::<Refused<_>>()?);
        let is_script = function == Function::Script;
        let pass_through = is_script || calls.bool("passThrough", false)?;
        let push_previous = calls.bool("pushPreviousMapAsEvent", false)?;
        let keep: Vec<String> =
            calls.all("keep").map(|call| named("keep", &call[0])).collect::<Refused<_>>()?;
        let tags_on_timeout = calls.all("tagOnTimeout");
        let settings = Self {
            function,
            reference: reference(function, &calls)?,
            max_delay: calls.at_least(0, "maxDelay")?.unwrap_or(0),
            end_of_batch: calls.bool("endOfBatch", function.wants() == Edge::Batch)?,
            id: calls.text("taskId")?.map(|id| parts(&id)).transpose()?.unwrap_or_default(),
            group_by_task: calls.bool("groupByTask", false)?,
            outputs: outputs(&calls)?,
            keep_all: keep.contains(&"*".to_owned()),
            keep,
            map_action: calls.word("mapAction", &["create_or_update", "create", "update"])?,
            code: calls.text("code")?.map(|code| Script::parse(&code)).transpose()?,
            timeout_code: calls.text("timeoutCode")?.map(|code| Script::parse(&code)).transpose()?,
            start_when: calls.text("startWhen")?.map(|text| Condition::parse(&text)).transpose()?,
            end_when: calls.text("endWhen")?.map(|text| Condition::parse(&text)).transpose()?,
            max_timeout_retries: calls.at_least(0, "maxTimeoutRetries")?.unwrap_or(0).cast_unsigned(),
            on_error: calls.word("onError", &["tag", "drop", "stop"])?,
            end_of_task: calls.bool("endOfTask", false)?,
            timeout: calls.at_least(1, "timeout")?.unwrap_or(if is_script { i64::MAX } else { 30 * MINUTE }),
            inactivity_timeout: calls.at_least(1, "inactivityTimeout")?,
            timeout_flush_interval: calls.at_least(0, "timeoutFlushInterval")?.unwrap_or(0),
            max_events: calls.at_least(1, "maxEvents")?.map(i64::cast_unsigned),
            max_tasks: usize::try_from(calls.at_least(1, "maxTasks")?.unwrap_or(1_000_000)).unwrap(),
            on_overflow: if is_script {
                "drop".to_owned()
            } else {
                calls.word("onOverflow", &["evict", "drop", "reject"])?
            },
            max_list_size: usize::try_from(calls.at_least(1, "maxListSize")?.unwrap_or(10_000)).unwrap(),
            flush_interval: calls.at_least(1, "flushInterval")?,
            reset_on_flush: calls.bool("resetOnFlush", false)?,
            push_on_timeout: calls.bool("pushMapAsEventOnTimeout", !pass_through)?,
            push_previous,
            emit_on_end: calls.bool("emitOnEnd", !pass_through)?,
            pass_through,
            flush_on_stop: calls.bool("flushOnStop", push_previous)?,
            timeout_task_id_field: calls.text("timeoutTaskIdField")?,
            tags_on_timeout: tags_on_timeout
                .map(|call| Ok((named("tagOnTimeout", &call[0])?, named("tagOnTimeout", &call[1])?)))
                .collect::<Refused<_>>()?,
            timeout_tags: calls
                .all("timeoutTags")
                .map(|call| named("timeoutTags", &call[0]))
                .collect::<Refused<_>>()?,
            reason_tag: calls.text("reasonTag")?,
            measurement: calls.text("measurement")?,
            point_time: calls.word("pointTime", &["last", "first", "emit"])?,
            max_restore_age: calls.at_least(1, "maxRestoreAge")?,
        };
        calls.at_least(1, "maxBytes")?;
        calls.at_least(0, "mapCountWarningThreshold")?;
        settings.are_scripts_sound(&calls)?;
        settings.is_sound()?;
        Ok(settings)
    }

    pub fn is_session(&self) -> bool {
        self.function == Function::Session
    }

    pub fn wants_batches(&self) -> bool {
        self.function.wants() == Edge::Batch
    }

    pub fn provides_batches(&self) -> bool {
        self.function.provides() == Edge::Batch
    }

    pub fn is_by_clock(&self) -> bool {
        self.reference == Reference::Clock
    }

    /// The names the id refers to, each once.
    pub fn references(&self) -> Vec<String> {
        let mut names = vec![];
        for part in &self.id {
            if let Part::Reference(name) = part
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
        names
    }

    fn are_scripts_sound(&self, calls: &Calls) -> Refused<()> {
        let refuse = |wrong: bool, why: &str| if wrong { Err(why.to_owned()) } else { Ok(()) };
        let has_code = self.code.is_some() || self.timeout_code.is_some();
        let start_when = calls.text("startWhen")?.unwrap_or_default();
        let sees_more = ["map", "task"].iter().any(|name| Script::mentions(&start_when, name));
        refuse(sees_more, "startWhen sees the event only")?;
        refuse(self.map_action == "update" && self.start_when.is_none(), "nothing creates a task")?;
        refuse(calls.one("onError")?.is_some() && !has_code, "onError of nothing")?;
        let retries = calls.one("maxTimeoutRetries")?.is_some();
        refuse(retries && self.timeout_code.is_none(), "maxTimeoutRetries of nothing")?;
        refuse(self.function == Function::Script && self.code.is_none(), "@script() without code")
    }

    /// What no option can see alone.
    fn is_sound(&self) -> Refused<()> {
        let refuse = |wrong: bool, why: &str| if wrong { Err(why.to_owned()) } else { Ok(()) };
        let references = self.references();
        let (tags, time) = ("tags".to_owned(), "time".to_owned());
        refuse(self.inactivity_timeout.is_some_and(|it| it > self.timeout), "inactivityTimeout > timeout")?;
        refuse(self.reset_on_flush && self.flush_interval.is_none(), "resetOnFlush without flushInterval")?;
        refuse(self.end_of_batch && self.flush_interval.is_some(), "flushInterval with endOfBatch")?;
        let is_never_reset = self.flush_interval.is_some() && !self.reset_on_flush;
        refuse(self.is_session() && is_never_reset, "a session's flushInterval without resetOnFlush")?;
        let named_by_options =
            self.outputs.iter().map(|output| &output.name).chain(&self.timeout_task_id_field);
        let named_by_options: Vec<&String> = named_by_options.collect();
        refuse(named_by_options.iter().any(|name| references.contains(name)), "an output named like the id")?;
        let fields: Vec<&String> = named_by_options.into_iter().chain(&self.keep).collect();
        refuse(fields.contains(&&time), "a field named time")?;
        refuse(has_twice(fields.into_iter()), "an output twice")?;
        let tag_options = self.tags_on_timeout.iter().map(|(key, _)| key).chain(&self.reason_tag);
        let tag_options: Vec<&String> =
            tag_options.chain((!self.timeout_tags.is_empty()).then_some(&tags)).collect();
        refuse(tag_options.iter().any(|name| references.contains(name)), "a tag named like the id")?;
        refuse(tag_options.contains(&&time), "a tag named time")?;
        refuse(has_twice(tag_options.into_iter()), "a tag twice")?;
        refuse(self.cannot_tell_originals_apart(), "passThrough without measurement or tag")
    }

    fn cannot_tell_originals_apart(&self) -> bool {
        if self.function == Function::Script {
            return false;
        }
        let can_restart = self.start_when.is_some() && self.map_action == "create_or_update";
        let can_end = self.end_of_task || self.end_when.is_some() || can_restart || self.code.is_some();
        let ends_with_a_point = self.emit_on_end && (can_end || self.end_of_batch);
        let can_be_too_long =
            !self.keep.is_empty() || self.outputs.iter().any(|output| output.kind.is_any_or_list());
        let points_come_out = self.push_on_timeout
            || ends_with_a_point
            || self.push_previous
            || self.max_events.is_some()
            || self.flush_interval.is_some()
            || self.flush_on_stop
            || self.on_overflow == "evict"
            // Its map may be too heavy.
            || self.code.is_some()
            || can_be_too_long;
        let has_timeout_tag = !self.tags_on_timeout.is_empty() || !self.timeout_tags.is_empty();
        let only_timeouts = !ends_with_a_point && self.flush_interval.is_none();
        // A batch has one name for all that is in it.
        let has_name = self.measurement.is_some() && !(self.wants_batches() && self.provides_batches());
        let told_apart = has_name || self.reason_tag.is_some() || (only_timeouts && has_timeout_tag);
        self.pass_through && points_come_out && !told_apart
    }
}

fn reference(function: Function, calls: &Calls) -> Refused<Reference> {
    let unit = calls.at_least(1, "timestampUnit")?;
    let reference = match calls.text("timeoutTimestampField")? {
        None if function.wants() == Edge::Stream => Reference::Clock,
        None => Reference::Own,
        Some(name) if name == "time" || name == "@timestamp" => Reference::Own,
        Some(name) => Reference::Field { name, unit: unit.unwrap_or(1) },
    };
    if unit.is_some() && !matches!(reference, Reference::Field { .. }) {
        return Err("timestampUnit of nothing".to_owned());
    }
    if reference == Reference::Clock && calls.one("maxDelay")?.is_some() {
        return Err("maxDelay by the clock".to_owned());
    }
    Ok(reference)
}

fn has_twice<'a>(names: impl Iterator<Item = &'a String>) -> bool {
    let names: Vec<_> = names.collect();
    names.iter().enumerate().any(|(n, name)| names[..n].contains(name))
}

fn parts(id: &str) -> Refused<Vec<Part>> {
    if !id.contains("%{") {
        return Ok(vec![Part::Reference(id.to_owned())]);
    }
    let (mut parts, mut rest) = (vec![], id);
    while let Some((literal, after)) = rest.split_once("%{") {
        let (name, after) = after.split_once('}').ok_or("taskId: unclosed")?;
        if name.is_empty() {
            return Err("taskId: a reference to nothing".to_owned());
        }
        parts.push(Part::Literal(literal.to_owned()));
        parts.push(Part::Reference(name.to_owned()));
        rest = after;
    }
    parts.push(Part::Literal(rest.to_owned()));
    Ok(parts)
}

fn outputs(calls: &Calls) -> Refused<Vec<Output>> {
    let mut outputs: Vec<Output> = vec![];
    for (option, arguments) in &calls.0 {
        let kind = match (*option, &arguments[..]) {
            ("count", _) => Kind::Count,
            ("sum", _) => Kind::Sum,
            ("min", _) => Kind::Min,
            ("max", _) => Kind::Max,
            ("mean", _) => Kind::Mean,
            ("stddev", _) => Kind::Stddev,
            ("first", _) => Kind::First,
            ("last", _) => Kind::Last,
            ("countDistinct", _) => Kind::CountDistinct,
            ("distinct", _) => Kind::Distinct,
            ("list", _) => Kind::List,
            ("concat", [_, separator, _]) => Kind::Concat(separator.text()),
            ("percentile", [_, p, _]) if (0.0..=100.0).contains(&p.double()) => Kind::Percentile(p.double()),
            ("duration", [unit, _]) if unit.number() > 0 => Kind::Duration(unit.number()),
            ("percentile" | "duration", _) => return Err(format!("{option}: {arguments:?}")),
            _ => continue,
        };
        let has_field = !matches!(kind, Kind::Count | Kind::Duration(_));
        let field = has_field.then(|| named(option, &arguments[0])).transpose()?;
        outputs.push(Output { name: named(option, arguments.last().unwrap())?, kind, field, float: false });
    }
    for call in calls.all("float") {
        let output = outputs.iter_mut().find(|output| output.name == call[0].text());
        let output = output.ok_or("float of no output")?;
        if output.float || output.kind.is_list() {
            return Err(format!("float of {output:?}"));
        }
        output.float = true;
    }
    Ok(outputs)
}

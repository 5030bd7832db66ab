//! What happens to a node, one step after the other, and the points that come out of each step.

use std::fmt;

use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, Point, ValueType};

use super::model::Model;
use super::text::{code, line, script};

/// Times are nanoseconds, and a scenario begins at 0 unless it says something else.
#[derive(Clone)]
pub struct Scenario {
    pub name: &'static str,
    pub options: Vec<proto::Option>,
    pub start: i64,
    /// Each with the points that come out, as lines of text.
    pub steps: Vec<(Step, Vec<String>)>,
    /// Counters at the end that are looked at.
    pub counters: Vec<(&'static str, u64)>,
}

#[derive(Debug, Clone)]
pub enum Step {
    /// A point comes, and timers have not been looked at before it.
    Event { now: i64, point: Box<Point> },
    /// All this comes at once.
    Burst { now: i64, came: Vec<Came> },
    /// Nothing comes until then: timers are kept, each at its moment.
    Time { now: i64 },
    /// The same, but for a long time nobody could look at timers.
    Late { now: i64 },
    /// The same, but there is so much to do that other things happen in between: the first of `between`
    /// after the first outbox is filled, and so on.
    Slices { now: i64, between: Vec<Step> },
    /// A snapshot is made, everything forgotten, and the snapshot restored at `back`.
    Restart { now: i64, back: i64 },
    /// The stream is at its end.
    End { now: i64 },
    /// The daemon shuts down.
    Shutdown { now: i64 },
}

/// What comes from Kapacitor while a stream runs.
#[derive(Debug, Clone)]
pub enum Came {
    Point(Box<Point>),
    Keepalive,
    Snapshot,
}

impl From<Event> for Came {
    fn from(event: Event) -> Self {
        Self::Point(Box::new(event.0))
    }
}

impl Scenario {
    pub fn new(name: &'static str, options: Vec<proto::Option>) -> Self {
        Self { name, options, start: 0, steps: vec![], counters: vec![] }
    }

    #[must_use]
    pub fn starting_at(self, start: i64) -> Self {
        Self { start, ..self }
    }

    #[must_use]
    pub fn event(self, now: i64, point: Event, expected: &[&str]) -> Self {
        self.step(Step::Event { now, point: Box::new(point.0) }, expected)
    }

    #[must_use]
    pub fn burst(self, now: i64, came: Vec<Came>, expected: &[&str]) -> Self {
        self.step(Step::Burst { now, came }, expected)
    }

    #[must_use]
    pub fn time(self, now: i64, expected: &[&str]) -> Self {
        self.step(Step::Time { now }, expected)
    }

    #[must_use]
    pub fn late(self, now: i64, expected: &[&str]) -> Self {
        self.step(Step::Late { now }, expected)
    }

    #[must_use]
    pub fn restart(self, now: i64, back: i64) -> Self {
        self.step(Step::Restart { now, back }, &[])
    }

    #[must_use]
    pub fn end(self, now: i64, expected: &[&str]) -> Self {
        self.step(Step::End { now }, expected)
    }

    #[must_use]
    pub fn shutdown(self, now: i64) -> Self {
        self.step(Step::Shutdown { now }, &[])
    }

    #[must_use]
    pub fn counted(mut self, name: &'static str, count: u64) -> Self {
        self.counters.push((name, count));
        self
    }

    #[must_use]
    pub fn step(mut self, step: Step, expected: &[&str]) -> Self {
        self.steps.push((step, expected.iter().map(|&line| line.to_owned()).collect()));
        self
    }
}

/// What the model makes of a step when timers are looked at as soon as it wants.
pub fn play(model: &mut Model, step: &Step) -> Vec<Point> {
    match step {
        Step::Event { now, point } => model.point(*now, point),
        Step::Burst { now, came } => came.iter().flat_map(|came| play_one(model, *now, came)).collect(),
        Step::Late { now } => model.time(*now),
        Step::Time { now } => {
            let mut out = vec![];
            while let Some(due) = model.next_due().filter(|due| due <= now) {
                out.extend(model.time(due));
            }
            out.extend(model.time(*now));
            out
        }
        // Where one slice ends and the next begins is the handler's to say: here there is one.
        Step::Slices { now, between } => {
            let mut out = model.time(*now);
            out.extend(between.iter().flat_map(|step| play(model, step)));
            out
        }
        Step::Restart { now, back } => {
            model.restart(*now, *back);
            vec![]
        }
        Step::End { now } => model.end_of_stream(*now),
        Step::Shutdown { .. } => vec![],
    }
}

/// What the model makes of one of many things that come at once.
pub fn play_one(model: &mut Model, now: i64, came: &Came) -> Vec<Point> {
    match came {
        Came::Point(point) => model.point(now, point),
        Came::Keepalive | Came::Snapshot => vec![],
    }
}

/// As the code of a test, with what the model says comes out.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scenario::new({:?}, {})", self.name, script(&self.options))?;
        if self.start != 0 {
            write!(f, ".starting_at({})", self.start)?;
        }
        let mut model = Model::new(&self.options, self.start);
        for (step, _) in &self.steps {
            let points = model.as_mut().map(|model| play(model, step)).unwrap_or_default();
            let lines: Vec<String> = points.iter().map(line).collect();
            match step {
                Step::Event { now, point } => write!(f, "\n    .event({now}, {}, &{lines:?})", code(point))?,
                Step::Burst { now, came } => {
                    write!(
                        f,
                        "\n    .burst({now}, vec!{:#?}, &{lines:?})",
                        came.iter().map(Code).collect::<Vec<_>>()
                    )?;
                }
                Step::Slices { .. } => write!(f, "\n    .step({step:?}, &{lines:?})")?,
                Step::Time { now } => write!(f, "\n    .time({now}, &{lines:?})")?,
                Step::Late { now } => write!(f, "\n    .late({now}, &{lines:?})")?,
                Step::Restart { now, back } => write!(f, "\n    .restart({now}, {back})")?,
                Step::End { now } => write!(f, "\n    .end({now}, &{lines:?})")?,
                Step::Shutdown { now } => write!(f, "\n    .shutdown({now})")?,
            }
        }
        Ok(())
    }
}

/// Shown as the code of a test.
struct Code<'a>(&'a Came);

impl fmt::Debug for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Came::Point(point) => write!(f, "{}.into()", code(point)),
            other => write!(f, "Came::{other:?}"),
        }
    }
}

/// A point that is being put together: of `requests`, grouped by the host `a`.
#[derive(Debug, Clone)]
pub struct Event(pub Point);

pub fn event() -> Event {
    let point = Point {
        name: "requests".to_owned(),
        database: "mydb".to_owned(),
        retention_policy: "autogen".to_owned(),
        ..Point::default()
    };
    Event(point).on_host("a")
}

impl Event {
    #[must_use]
    pub fn at(self, time: i64) -> Self {
        Self(Point { time, ..self.0 })
    }

    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self(Point { name: name.to_owned(), ..self.0 })
    }

    #[must_use]
    pub fn stored_in(self, database: &str, retention_policy: &str) -> Self {
        Self(Point { database: database.to_owned(), retention_policy: retention_policy.to_owned(), ..self.0 })
    }

    #[must_use]
    pub fn group(self, group: &str, dimensions: &[&str]) -> Self {
        let dimensions = dimensions.iter().map(|&name| name.to_owned()).collect();
        Self(Point { group: group.to_owned(), dimensions, ..self.0 })
    }

    #[must_use]
    pub fn on_host(self, host: &str) -> Self {
        self.group(&format!("host={host}"), &["host"]).tag("host", host)
    }

    #[must_use]
    pub fn by_name(self) -> Self {
        Self(Point { by_name: true, ..self.0 })
    }

    #[must_use]
    pub fn tag(mut self, name: &str, value: &str) -> Self {
        self.0.tags.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn without_tag(mut self, name: &str) -> Self {
        self.0.tags.remove(name);
        self
    }

    #[must_use]
    pub fn int(mut self, name: &str, value: i64) -> Self {
        self.0.fields_int.insert(name.to_owned(), value);
        self
    }

    #[must_use]
    pub fn double(mut self, name: &str, value: f64) -> Self {
        self.0.fields_double.insert(name.to_owned(), value);
        self
    }

    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.0.fields_string.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn bool(mut self, name: &str, value: bool) -> Self {
        self.0.fields_bool.insert(name.to_owned(), value);
        self
    }
}

/// The calls of a script, written nearly as there: `options![taskId("user"), timeout(ns(5))]`.
macro_rules! options {
    ($($name:ident($($argument:expr),*)),* $(,)?) => {
        vec![$($crate::aggregate::scenario::call(stringify!($name), vec![$($argument.into()),*])),*]
    };
}
pub(super) use options;

pub fn call(name: &str, arguments: Vec<Argument>) -> proto::Option {
    proto::Option {
        name: name.to_owned(),
        values: arguments.into_iter().map(|argument| argument.0).collect(),
    }
}

/// An argument of an option.
pub struct Argument(proto::OptionValue);

/// A duration.
pub struct Nanos(i64);

pub fn ns(nanos: i64) -> Nanos {
    Nanos(nanos)
}

impl From<Nanos> for i64 {
    fn from(nanos: Nanos) -> Self {
        nanos.0
    }
}

macro_rules! arguments {
    ($($from:ty => $type:ident, $arm:ident);* $(;)?) => {
        $(impl From<$from> for Argument {
            fn from(value: $from) -> Self {
                Self(proto::OptionValue { r#type: ValueType::$type.into(), value: Some(Value::$arm(value.into())) })
            }
        })*
    };
}

arguments! {
    f64 => Double, DoubleValue; i64 => Int, IntValue; &str => String, StringValue; bool => Bool, BoolValue;
    Nanos => Duration, DurationValue;
}

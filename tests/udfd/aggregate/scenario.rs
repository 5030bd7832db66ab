//! What happens to a node, one step after the other, and what comes out of each step.

use std::fmt;

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, BeginBatch, EndBatch, Point, ValueType};

pub use super::input::{Begun, Event, batch, event};
use super::model::{Model, Sent};
use super::text::{code, code_of_begin, lines, script};

/// Times are nanoseconds, and a scenario begins at 0 unless it says something else.
#[derive(Clone)]
pub struct Scenario {
    pub name: &'static str,
    pub function: Function,
    pub options: Vec<proto::Option>,
    pub start: i64,
    /// Each with what comes out, as lines of text.
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
    /// The same, and the script has other options now.
    Changed { now: i64, back: i64, options: Vec<proto::Option> },
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
    /// The points up to the end are this batch's.
    Begin(Box<BeginBatch>),
    End(Box<EndBatch>),
}

impl Scenario {
    pub fn new(name: &'static str, options: Vec<proto::Option>) -> Self {
        Self { name, function: Function::STREAM, options, start: 0, steps: vec![], counters: vec![] }
    }

    #[must_use]
    pub fn of(self, function: Function) -> Self {
        Self { function, ..self }
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
    pub fn begin(self, now: i64, batch: &Begun, expected: &[&str]) -> Self {
        self.burst(now, vec![batch.clone().into()], expected)
    }

    #[must_use]
    pub fn end_batch(self, now: i64, batch: &Begun, tmax: i64, expected: &[&str]) -> Self {
        self.burst(now, vec![batch.end(tmax)], expected)
    }

    /// All of a batch comes at once.
    #[must_use]
    pub fn batch(self, now: i64, batch: &Begun, points: Vec<Event>, tmax: i64, expected: &[&str]) -> Self {
        self.burst(now, batch.of(points, tmax), expected)
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
    pub fn changed(self, now: i64, back: i64, options: Vec<proto::Option>) -> Self {
        self.step(Step::Changed { now, back, options }, &[])
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
pub fn play(model: &mut Model, step: &Step) -> Vec<Sent> {
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
        Step::Changed { now, back, options } => {
            model.restart_with(*now, *back, options);
            vec![]
        }
        Step::End { now } => model.end_of_stream(*now),
        Step::Shutdown { .. } => vec![],
    }
}

/// What the model makes of one of many things that come at once.
pub fn play_one(model: &mut Model, now: i64, came: &Came) -> Vec<Sent> {
    match came {
        Came::Begin(begin) => model.begin(now, begin),
        Came::End(end) => model.end_batch(now, end),
        Came::Point(point) => model.point(now, point),
        Came::Keepalive | Came::Snapshot => vec![],
    }
}

/// As the code of a test, with what the model says comes out.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scenario::new({:?}, {})", self.name, script(&self.options))?;
        if self.function != Function::STREAM {
            write!(f, ".of({:?})", self.function)?;
        }
        if self.start != 0 {
            write!(f, ".starting_at({})", self.start)?;
        }
        let mut model = Model::new(self.function, &self.options, self.start);
        for (step, _) in &self.steps {
            let lines = lines(&model.as_mut().map(|model| play(model, step)).unwrap_or_default());
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
                Step::Changed { now, back, options } => {
                    write!(f, "\n    .changed({now}, {back}, {})", script(options))?;
                }
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
            Came::Begin(begin) => write!(f, "{}.into()", code_of_begin(begin)),
            Came::End(end) => {
                let EndBatch { name, group, tmax, tags, by_name } = (**end).clone();
                let begin = BeginBatch { name, group, tags, by_name, size: 0 };
                write!(f, "{}.end({tmax})", code_of_begin(&begin))
            }
            other => write!(f, "Came::{other:?}"),
        }
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

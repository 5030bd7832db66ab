//! Plays an example: the handler in its agent, one thing after the other.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::handler::StopReason;
use kapacitor_udfd::proto::{BeginBatch, EndBatch, Point};

use super::example::{Example, Expected, Turn};
use super::points::{line, parse};
use super::tick::{Script, duration, script};
use crate::aggregate::handled::{Handled, Heard, Wrong, frame_of_what_came, heard};
use crate::aggregate::logs::logged;
use crate::aggregate::model::{Batch, Sent};
use crate::aggregate::scenario::Came;

/// When examples begin.
const START: i64 = 1_700_000_000_000_000_000;

/// Between one thing and the next, if nothing is said.
const STEP: i64 = 1_000_000;

pub fn play(example: &Example) -> Result<(), Wrong> {
    let script = script(example.script);
    let started = start(&script).ok_or_else(|| format!("@{}() is not known", script.function))?;
    match (&example.expected, started) {
        (Expected::Taken, Ok(_)) => Ok(()),
        (Expected::Played(turns), Ok(handled)) => played(script, handled, turns),
        (Expected::Refused(expected), Ok(_)) => Err(format!("it is not refused with {expected}")),
        (Expected::Refused(expected), Err(error)) if error.trim_end() == expected.trim_end() => Ok(()),
        (Expected::Refused(expected), Err(error)) => {
            Err(format!("it is refused with\n{error}\nand not with\n{expected}"))
        }
        (_, Err(error)) => Err(format!("it is refused with\n{error}")),
    }
}

/// A node of the script; none for a function of another kind.
pub fn start(script: &Script) -> Option<Result<Handled, Wrong>> {
    let function = match script.function.as_str() {
        "aggregate" => Function::STREAM,
        "aggregateBatch" => Function::BATCH,
        "session" => Function::Session,
        "script" => Function::Script,
        _ => return None,
    };
    Some(Handled::start(function, &script.options, START))
}

fn played(script: Script, handled: Handled, turns: &[Turn]) -> Result<(), Wrong> {
    let mut stage = Stage { script, handled, now: START, batch: None };
    for turn in turns {
        let mut sent = Ok(vec![]);
        let log = logged(|| sent = stage.takes(&turn.what));
        let messages = if is_of_a_node(&turn.what) { vec![] } else { messages(&log) };
        let got = messages.into_iter().map(Got::Log).chain(sent?.into_iter().map(Got::Point));
        let got: Vec<_> = got.collect();
        is_same(turn, &got).map_err(|wrong| format!("> {}\n{wrong}", turn.what))?;
    }
    Ok(())
}

/// What a node logs of its life is another matter.
fn is_of_a_node(what: &str) -> bool {
    matches!(what, "restart" | "end of stream")
}

/// What the one who runs the daemon sees, each with its lines.
fn messages(log: &str) -> Vec<String> {
    let mut messages: Vec<(bool, String)> = vec![];
    for line in log.lines() {
        let level = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"]
            .iter()
            .find(|level| line.trim_start().starts_with(**level));
        match level {
            Some(&level) => {
                let (_, text) = line.split_once(": ").expect("who says so");
                messages.push((!matches!(level, "DEBUG" | "TRACE"), format!("{level} {text}")));
            }
            None => messages.last_mut().expect("a message").1.extend(["\n", line]),
        }
    }
    // Which of the two bounds an endless script meets is the machine's to say.
    let same = |text: String| {
        text.replace(
            "50ms; if it needs longer, script_time",
            "100000 operations; if it needs more, script_operations",
        )
        .replace("allows it\n", "allows them\n")
    };
    messages.into_iter().filter(|(is_told, _)| *is_told).map(|(_, text)| same(text)).collect()
}

enum Got {
    Log(String),
    Point(Shown),
}

/// Something that comes out: as a line without its time, and with it.
struct Shown {
    line: String,
    timed: String,
}

impl Shown {
    fn plain(line: String) -> Self {
        Self { timed: line.clone(), line }
    }

    fn point(point: &Point) -> Self {
        Self { line: line(point, false), timed: line(point, true) }
    }
}

fn is_same(turn: &Turn, got: &[Got]) -> Result<(), Wrong> {
    let is_it = |(expected, got): (&String, &Got)| match got {
        // A document may show no more than the first line.
        Got::Log(message) => message == expected || message.lines().next() == Some(expected),
        Got::Point(shown) => normal(expected).is_some_and(|line| line == shown.line || line == shown.timed),
    };
    if turn.then.len() == got.len() && turn.then.iter().zip(got).all(is_it) {
        return Ok(());
    }
    let told = got.iter().map(|got| match got {
        Got::Log(line) => line.as_str(),
        Got::Point(shown) => shown.timed.as_str(),
    });
    Err(format!("comes to\n{}\nand not to\n{}", told.collect::<Vec<_>>().join("\n"), turn.then.join("\n")))
}

/// What a document shows, as it would be shown here. Logs are no points.
fn normal(shown: &str) -> Option<String> {
    match shown.split(' ').next()? {
        "WARN" | "INFO" => None,
        "begin" | "end" => Some(shown.to_owned()),
        _ => {
            let (point, has_time) = parse(shown, 0);
            Some(line(&point, has_time))
        }
    }
}

/// A node on which an example is played.
struct Stage {
    script: Script,
    handled: Handled,
    now: i64,
    /// Between its begin and its end.
    batch: Option<BeginBatch>,
}

impl Stage {
    fn takes(&mut self, what: &str) -> Result<Vec<Shown>, Wrong> {
        self.now += STEP;
        let frames = match what.split_once(' ').unwrap_or((what, "")) {
            ("after", time) => return self.wait(duration(time)),
            ("restart", "") => {
                self.handled = self.handled.restart(self.now, self.now, &self.script.options)?;
                return Ok(vec![]);
            }
            ("end", "of stream") => self.handled.stop(self.now, StopReason::EndOfStream)?,
            ("begin", head) => self.take(&self.begin(head))?,
            ("end", time) => {
                let BeginBatch { name, group, tags, by_name, .. } = self.batch.take().expect("a begin");
                let tmax = time.parse().expect("a time");
                self.take(&Came::End(Box::new(EndBatch { name, group, tmax, tags, by_name })))?
            }
            _ => self.take(&self.point(what))?,
        };
        Ok(shown(&heard(&frames)?))
    }

    fn take(&mut self, came: &Came) -> Result<Vec<Vec<u8>>, Wrong> {
        if let Came::Begin(begin) = came {
            self.batch = Some((**begin).clone());
        }
        self.handled.take(self.now, &frame_of_what_came(came))
    }

    /// Each timer goes off at its moment.
    fn wait(&mut self, time: i64) -> Result<Vec<Shown>, Wrong> {
        let (until, mut frames) = (self.now + time, vec![]);
        while let Some(due) = self.handled.next_deadline()?.filter(|&due| due <= until) {
            self.now = self.now.max(due);
            frames.extend(self.handled.on_deadline(self.now)?);
        }
        self.now = until;
        Ok(shown(&heard(&frames)?))
    }

    fn point(&self, line: &str) -> Came {
        let (mut point, _) = parse(line, self.now);
        if self.batch.is_some() {
            let Point { time, tags, .. } = point;
            let Point { fields_bool, fields_double, fields_int, fields_string, .. } = point;
            let inner = Point {
                time,
                tags,
                fields_bool,
                fields_double,
                fields_int,
                fields_string,
                ..Point::default()
            };
            return Came::Point(Box::new(inner));
        }
        (point.group, point.dimensions) = self.group(&point);
        Came::Point(Box::new(point))
    }

    fn begin(&self, head: &str) -> Came {
        let (point, _) = parse(head, 0);
        let group = self.group(&point).0;
        Came::Begin(Box::new(BeginBatch {
            name: point.name,
            group,
            tags: point.tags,
            size: 0,
            by_name: false,
        }))
    }

    /// As Kapacitor has it.
    fn group(&self, point: &Point) -> (String, Vec<String>) {
        let names = &self.script.group_by;
        let parts = names.iter().map(|name| format!("{name}={}", point.tags.get(name).map_or("", |tag| tag)));
        (parts.collect::<Vec<_>>().join(","), names.clone())
    }
}

/// The points of a batch stand with its name between its begin and its end.
fn shown(heard: &[Heard]) -> Vec<Shown> {
    let mut shown = vec![];
    for came in heard {
        match came {
            Heard::Sent(Sent::Point(point)) => shown.push(Shown::point(point)),
            Heard::Sent(Sent::Batch(Batch { begin, points, end })) => {
                let batch = Point { name: begin.name.clone(), tags: begin.tags.clone(), ..Point::default() };
                shown.push(Shown::plain(format!("begin {}", line(&batch, false).trim_end())));
                let points = points.iter().map(|point| Point { name: begin.name.clone(), ..point.clone() });
                shown.extend(points.map(|point| Shown::point(&point)));
                shown.push(Shown::plain(format!("end {}", end.tmax)));
            }
            Heard::Keepalive | Heard::Snapshot => {}
        }
    }
    shown
}

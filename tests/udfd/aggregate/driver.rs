//! Leads a handler, inside its agent, through a scenario beside the model: after each step both have
//! sent the same points, and the handler has asked for time no later than the model needs it.

use kapacitor_udfd::agent::{Agent, Step as Took};
use kapacitor_udfd::handler::{Progress, StopReason};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{self, Point, response::Message as R};
use kapacitor_udfd::wire::{frame, response};
use prost::Message;

use super::handler::{Seen, handler};
use super::model::{Model, Told};
use super::scenario::{Came, Scenario, Step, play_one};
use super::text::line;
use crate::support::*;

/// How often a handler may ask for the same moment. A full outbox is one reason to ask again.
const PATIENCE: usize = 1_000;

/// What is wrong, in words.
pub type Wrong = String;

/// The scenario holds for the handler: it does what the model does.
pub fn run(scenario: &Scenario) -> Result<(), Wrong> {
    let model = Model::new(&scenario.options, scenario.start);
    let (mut model, handled) = match (model, Handled::start(&scenario.options, scenario.start)) {
        (Ok(model), Ok(handled)) => (model, handled),
        (Err(_), Err(_)) => return Ok(()),
        (Ok(_), Err(refusal)) => return Err(format!("refused: {refusal}")),
        (Err(refusal), Ok(_)) => return Err(format!("not refused: {refusal}")),
    };
    let mut pair = Pair { handled, now: scenario.start };
    for (n, (step, _)) in scenario.steps.iter().enumerate() {
        let stepped = pair.step(&mut model, step, &scenario.options);
        stepped.map_err(|wrong| format!("step {n}, {}: {wrong}", name_of(step)))?;
    }
    pair.holds_what_it_holds(&scenario.options).map_err(|wrong| format!("at the end: {wrong}"))?;
    let told = pair.handled.told();
    is_same("counters", &[format!("{:?}", model.counters().told())], &[format!("{told:?}")])
}

/// The handler refuses these options with this text, if it does.
pub fn refusal(options: &[proto::Option]) -> Option<String> {
    Handled::start(options, 0).err()
}

fn name_of(step: &Step) -> String {
    match step {
        Step::Event { now, point } => format!("event at {now}: {}", line(point)),
        Step::Burst { now, came } => format!("a burst of {} at {now}", came.len()),
        Step::Slices { now, between } => format!("timers at {now}, and {} steps between", between.len()),
        step => format!("{step:?}"),
    }
}

fn is_same(what: &str, expected: &[String], got: &[String]) -> Result<(), Wrong> {
    let told = |lines: &[String]| lines.iter().fold(String::new(), |told, line| told + "\n    " + line);
    if expected == got {
        return Ok(());
    }
    // Of a crowd, all would be too much to read.
    let same = expected.iter().zip(got).take_while(|(expected, got)| expected == got).count();
    let (expected, got) = (told(&expected[same..]), told(&got[same..]));
    Err(format!("{what}, behind {same} that are right\n  expected:{expected}\n  got:{got}"))
}

/// Whether a task can hold more the more comes.
fn has_what_grows(options: &[proto::Option]) -> bool {
    let growing = ["keep", "first", "last", "countDistinct", "distinct", "percentile", "list", "concat"];
    options.iter().any(|option| growing.contains(&&*option.name))
}

/// Where both are in time.
struct Pair {
    handled: Handled,
    now: i64,
}

impl Pair {
    fn step(&mut self, model: &mut Model, step: &Step, options: &[proto::Option]) -> Result<(), Wrong> {
        match step {
            Step::Event { now, point } => self.take(model, *now, &[Came::Point(point.clone())])?,
            Step::Burst { now, came } => self.take(model, *now, came)?,
            Step::Time { now } => self.wait_until(*now, model)?,
            Step::Late { now } => self.look_at_timers(*now, model)?,
            Step::Slices { now, between } => {
                self.now = *now;
                for step in between {
                    self.slice(model)?;
                    if !self.is_due()? {
                        return Err(format!("nothing is left to do, and yet to come is {}", name_of(step)));
                    }
                    self.step(model, step, options).map_err(|wrong| format!("{}: {wrong}", name_of(step)))?;
                }
                self.look_at_timers(self.now, model)?;
            }
            Step::Restart { now, back } => {
                let (open, bytes) = (self.handled.seen.open_tasks(), self.handled.seen.state_bytes());
                self.handled = self.handled.restart(*now, *back, options)?;
                model.restart(*now, *back);
                self.now = *back;
                let (still_open, after) = (self.handled.seen.open_tasks(), self.handled.seen.state_bytes());
                // What has grown has room to grow, until it is put together anew.
                let is_tighter = has_what_grows(options) && after < bytes && bytes <= 2 * after;
                if still_open == open && after != bytes && !is_tighter {
                    return Err(format!("it held {bytes} bytes, and holds {after} now"));
                }
            }
            Step::End { now } => {
                let sent = self.handled.stop(*now, StopReason::EndOfStream)?;
                return is_same("points", &lines(&model.end_of_stream(*now)), &told(&sent)?);
            }
            Step::Shutdown { now } => {
                let sent = self.handled.stop(*now, StopReason::Shutdown)?;
                return is_same("points", &[], &told(&sent)?);
            }
        }
        self.is_punctual(model)
    }

    /// Timers are looked at whenever one of the two has reason to.
    fn wait_until(&mut self, now: i64, model: &mut Model) -> Result<(), Wrong> {
        while let Some(due) = self.handled.next_deadline()?.into_iter().chain(model.next_due()).min()
            && due <= now
        {
            self.look_at_timers(due.max(self.now), model)?;
        }
        self.look_at_timers(now, model)
    }

    /// All this comes at once, in one buffer.
    fn take(&mut self, model: &mut Model, now: i64, came: &[Came]) -> Result<(), Wrong> {
        let inputs: Vec<_> = came.iter().map(frame_of_what_came).collect();
        let frames = self.handled.take(now, &inputs.concat())?;
        let mut expected = vec![];
        for (came, input) in came.iter().zip(&inputs) {
            expected.extend(lines(&play_one(model, now, came)));
            match came {
                Came::Point(_) if model.passes_originals() && !frames.contains(input) => {
                    return Err("the original has not come through as it was".to_owned());
                }
                Came::Point(_) => {}
                Came::Keepalive => expected.push("keepalive".to_owned()),
                Came::Snapshot => expected.push("snapshot".to_owned()),
            }
        }
        self.now = now;
        is_same("points", &expected, &told(&frames)?)
    }

    fn look_at_timers(&mut self, now: i64, model: &mut Model) -> Result<(), Wrong> {
        self.now = now;
        for asked in 0.. {
            if !self.is_due()? {
                break;
            }
            if asked == PATIENCE {
                return Err(format!("at {now}: next_deadline stays where it is"));
            }
            self.slice(model)?;
        }
        is_same(&format!("points by timers at {now}"), &lines(&model.time(now)), &[])?;
        self.is_punctual(model)
    }

    fn is_due(&self) -> Result<bool, Wrong> {
        Ok(self.handled.next_deadline()?.is_some_and(|due| due <= self.now))
    }

    /// The handler does as much as it wants to in one call, and the model as much.
    fn slice(&mut self, model: &mut Model) -> Result<(), Wrong> {
        let now = self.now;
        self.handled.agent.on_deadline(now, false).map_err(|fault| fault.to_string())?;
        let frames = self.handled.sent();
        let expected = model.slice(now, frames.len());
        is_same(&format!("points by timers at {now}"), &lines(&expected), &told(&frames)?)
    }

    /// When all tasks have ended, what is counted as held is what is left: a restored handler counts anew.
    fn holds_what_it_holds(&mut self, options: &[proto::Option]) -> Result<(), Wrong> {
        if self.handled.seen.open_tasks() > 0 {
            return Ok(());
        }
        let held = self.handled.seen.state_bytes();
        let again = self.handled.restart(self.now, self.now, options)?.seen.state_bytes();
        if held == again { Ok(()) } else { Err(format!("{held} bytes are counted, and held are {again}")) }
    }

    fn is_punctual(&self, model: &Model) -> Result<(), Wrong> {
        let (wanted, asked) = (model.next_due(), self.handled.next_deadline()?);
        match wanted {
            Some(wanted) if asked.is_none_or(|asked| asked > wanted.max(self.now)) => {
                Err(format!("something is due at {wanted}, and next_deadline is {asked:?}"))
            }
            _ => Ok(()),
        }
    }
}

/// A handler in its agent, initialised and restored.
struct Handled {
    agent: Agent,
    seen: Seen,
    /// What handlers before the last restart have counted.
    before: Told,
}

impl Handled {
    fn start(options: &[proto::Option], now: i64) -> Result<Self, Wrong> {
        Self::restored(options, now, vec![])
    }

    fn restored(options: &[proto::Option], now: i64, snapshot: Vec<u8>) -> Result<Self, Wrong> {
        let (handler, seen) = handler();
        let agent = Agent::new(|| handler, Limits::default().into()).map_err(|fault| fault.to_string())?;
        let mut this = Self { agent, seen, before: Told::new() };
        match this.answer(now, init_request(options.to_vec()))? {
            R::Init(answer) if answer.success => {}
            R::Init(answer) => return Err(answer.error),
            answer => return Err(format!("{answer:?}")),
        }
        // Without one, timers would wait for a second to see whether one comes.
        match this.answer(now, proto::RestoreRequest { snapshot })? {
            R::Restore(answer) if answer.success => Ok(this),
            answer => Err(format!("{answer:?}")),
        }
    }

    fn restart(&mut self, now: i64, back: i64, options: &[proto::Option]) -> Result<Self, Wrong> {
        let R::Snapshot(answer) = self.answer(now, proto::SnapshotRequest {})? else {
            return Err("no snapshot".to_owned());
        };
        let before = self.told();
        Ok(Self { before, ..Self::restored(options, back, answer.snapshot)? })
    }

    /// What has been counted.
    fn told(&self) -> Told {
        let mut sum = self.before.clone();
        for (name, count) in self.seen.counted() {
            *sum.entry(name).or_default() += count;
        }
        sum.retain(|_, count| *count > 0);
        sum
    }

    fn next_deadline(&self) -> Result<Option<i64>, Wrong> {
        self.agent.next_deadline().map_err(|fault| fault.to_string())
    }

    /// The frames sent in return for those in `input`.
    fn take(&mut self, now: i64, mut input: &[u8]) -> Result<Vec<Vec<u8>>, Wrong> {
        let mut frames = vec![];
        while !input.is_empty() {
            let took = match self.agent.step(now, input) {
                Ok(Took::MayTakeLong) => self.agent.step_aside(now, input),
                took => took,
            };
            match took {
                // Points are left, for the outbox is full.
                Ok(Took::Took { bytes: 0, .. }) => frames.extend(self.sent()),
                Ok(Took::Took { bytes, .. }) => input = &input[bytes..],
                took => return Err(format!("{took:?}")),
            }
        }
        frames.extend(self.sent());
        Ok(frames)
    }

    /// All that is sent at the end, an outbox at a time.
    fn stop(&mut self, now: i64, reason: StopReason) -> Result<Vec<Vec<u8>>, Wrong> {
        let mut frames = vec![];
        for _ in 0..PATIENCE {
            let progress = self.agent.stop(now, reason).map_err(|fault| fault.to_string())?;
            frames.extend(self.sent());
            if progress == Progress::Done {
                return Ok(frames);
            }
        }
        Err("there is always more to send at the end".to_owned())
    }

    fn answer(&mut self, now: i64, request: impl Into<Requested>) -> Result<R, Wrong> {
        let frames = self.take(now, &frame_of(request))?;
        let [answer] = &frames[..] else { return Err(format!("{} answers", frames.len())) };
        Ok(message(answer))
    }

    fn sent(&mut self) -> Vec<Vec<u8>> {
        let sent = self.agent.take_output().unwrap_or_default();
        let (mut rest, mut frames) = (&sent[..], vec![]);
        while !rest.is_empty() {
            let frame = frame::find(rest, usize::MAX).unwrap().expect("only whole frames").bytes();
            frames.push(frame.to_vec());
            rest = &rest[frame.len()..];
        }
        frames
    }
}

fn message(frame: &[u8]) -> R {
    let response = proto::Response::decode_length_delimited(frame).unwrap();
    response.message.expect("never a response without a message")
}

fn told(frames: &[Vec<u8>]) -> Result<Vec<String>, Wrong> {
    let told = |frame: &Vec<u8>| match message(frame) {
        R::Point(point) => Ok(line(&point)),
        R::Keepalive(_) => Ok("keepalive".to_owned()),
        R::Snapshot(_) => Ok("snapshot".to_owned()),
        other => Err(format!("not asked for: {other:?}")),
    };
    frames.iter().map(told).collect()
}

pub fn lines(points: &[Point]) -> Vec<String> {
    points.iter().map(line).collect()
}

pub fn frame_of_what_came(came: &Came) -> Vec<u8> {
    match came {
        Came::Point(point) => point_frame(point),
        Came::Keepalive => frame_of(proto::KeepaliveRequest { time: 7 }),
        Came::Snapshot => frame_of(proto::SnapshotRequest {}),
    }
}

/// Not through prost, which leaves out the sign of a -0.0.
fn point_frame(point: &Point) -> Vec<u8> {
    let mut frame = bytes::BytesMut::new();
    response::write_point(point, &mut frame);
    frame.to_vec()
}

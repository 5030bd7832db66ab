//! Leads a handler, inside its agent, through a scenario beside the model: after each step both have
//! sent the same points, and the handler has asked for time no later than the model needs it.

use kapacitor_udfd::agent::{Agent, Step as Took};
use kapacitor_udfd::handler::{Progress, StopReason};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::{self, Point, response::Message as R};
use kapacitor_udfd::wire::{frame, response};
use prost::Message;

use super::handler::{Counted, handler};
use super::model::{Model, Told};
use super::scenario::{Scenario, Step};
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
        step => format!("{step:?}"),
    }
}

fn is_same(what: &str, expected: &[String], got: &[String]) -> Result<(), Wrong> {
    let told = |lines: &[String]| lines.iter().fold(String::new(), |told, line| told + "\n    " + line);
    if expected == got {
        return Ok(());
    }
    Err(format!("{what}\n  expected:{}\n  got:{}", told(expected), told(got)))
}

/// Where both are in time.
struct Pair {
    handled: Handled,
    now: i64,
}

impl Pair {
    fn step(&mut self, model: &mut Model, step: &Step, options: &[proto::Option]) -> Result<(), Wrong> {
        match step {
            Step::Event { now, point } => {
                let input = point_frame(point);
                let frames = self.handled.take(*now, &input)?;
                if model.passes_originals() && !frames.contains(&input) {
                    return Err("the original has not come through as it was".to_owned());
                }
                is_same("points", &lines(&model.point(*now, point)), &told(&frames)?)?;
                self.now = *now;
            }
            Step::Time { now } => self.wait_until(*now, model)?,
            Step::Late { now } => self.look_at_timers(*now, model)?,
            Step::Restart { now, back } => {
                self.handled = self.handled.restart(*now, *back, options)?;
                model.restart(*now, *back);
                self.now = *back;
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

    fn look_at_timers(&mut self, now: i64, model: &mut Model) -> Result<(), Wrong> {
        let mut frames = vec![];
        for asked in 0.. {
            if self.handled.next_deadline()?.is_none_or(|due| due > now) {
                break;
            }
            if asked == PATIENCE {
                return Err(format!("at {now}: next_deadline stays where it is"));
            }
            self.handled.agent.on_deadline(now, false).map_err(|fault| fault.to_string())?;
            frames.extend(self.handled.sent());
        }
        is_same(&format!("points by timers at {now}"), &lines(&model.time(now)), &told(&frames)?)?;
        self.now = now;
        self.is_punctual(model)
    }

    fn is_punctual(&self, model: &Model) -> Result<(), Wrong> {
        let (wanted, asked) = (model.next_due(), self.handled.next_deadline()?);
        match wanted {
            Some(wanted) if asked.is_none_or(|asked| asked > wanted) => {
                Err(format!("something is due at {wanted}, and next_deadline is {asked:?}"))
            }
            _ => Ok(()),
        }
    }
}

/// A handler in its agent, initialised and restored.
struct Handled {
    agent: Agent,
    counted: Counted,
    /// What handlers before the last restart have counted.
    before: Told,
}

impl Handled {
    fn start(options: &[proto::Option], now: i64) -> Result<Self, Wrong> {
        Self::restored(options, now, vec![])
    }

    fn restored(options: &[proto::Option], now: i64, snapshot: Vec<u8>) -> Result<Self, Wrong> {
        let (handler, counted) = handler();
        let agent = Agent::new(|| handler, Limits::default().into()).map_err(|fault| fault.to_string())?;
        let mut this = Self { agent, counted, before: Told::new() };
        match this.answer(now, init_request(options.to_vec()))? {
            R::Init(answer) if answer.success => {}
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
        for (name, count) in (self.counted)() {
            *sum.entry(name).or_default() += count;
        }
        sum.retain(|_, count| *count > 0);
        sum
    }

    fn next_deadline(&self) -> Result<Option<i64>, Wrong> {
        self.agent.next_deadline().map_err(|fault| fault.to_string())
    }

    /// The frames sent in return for one.
    fn take(&mut self, now: i64, input: &[u8]) -> Result<Vec<Vec<u8>>, Wrong> {
        let took = match self.agent.step(now, input) {
            Ok(Took::MayTakeLong) => self.agent.step_aside(now, input),
            took => took,
        };
        match took {
            Ok(Took::Took { bytes, .. }) if bytes == input.len() => Ok(self.sent()),
            took => Err(format!("{took:?}")),
        }
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
        other => Err(format!("no point: {other:?}")),
    };
    frames.iter().map(told).collect()
}

pub fn lines(points: &[Point]) -> Vec<String> {
    points.iter().map(line).collect()
}

/// Not through prost, which leaves out the sign of a -0.0.
fn point_frame(point: &Point) -> Vec<u8> {
    let mut frame = bytes::BytesMut::new();
    response::write_point(point, &mut frame);
    frame.to_vec()
}

//! Leads a handler, inside its agent, through a scenario beside the model: after each step both have
//! sent the same, and the handler has asked for time no later than the model needs it.

use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::handler::StopReason;
use kapacitor_udfd::proto;

use super::handled::{Handled, Heard, PATIENCE, Wrong, frame_of_what_came, heard};
use super::model::{Model, Sent};
use super::scenario::{Came, Scenario, Step, play_one};
use super::text::{line, lines, lines_of};

/// The scenario holds for the handler: it does what the model does.
pub fn run(scenario: &Scenario) -> Result<(), Wrong> {
    let Scenario { function, options, start, .. } = scenario;
    let model = Model::new(*function, options, *start);
    let (mut model, handled) = match (model, Handled::start(*function, options, *start)) {
        (Ok(model), Ok(handled)) => (model, handled),
        (Err(_), Err(_)) => return Ok(()),
        (Ok(_), Err(refusal)) => return Err(format!("refused: {refusal}")),
        (Err(refusal), Ok(_)) => return Err(format!("not refused: {refusal}")),
    };
    let mut pair = Pair {
        function: scenario.function,
        handled,
        now: *start,
        options: options.clone(),
        is_in_batch: false,
    };
    for (n, (step, _)) in scenario.steps.iter().enumerate() {
        let stepped = pair.step(&mut model, step);
        stepped.map_err(|wrong| format!("step {n}, {}: {wrong}", name_of(step)))?;
    }
    pair.holds_what_it_holds(model.held_points()).map_err(|wrong| format!("at the end: {wrong}"))?;
    let told = pair.handled.told();
    is_same("counters", &[format!("{:?}", model.counters().told())], &[format!("{told:?}")])
}

/// The handler refuses these options with this text, if it does.
pub fn refusal(function: Function, options: &[proto::Option]) -> Option<String> {
    Handled::start(function, options, 0).err()
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
    let told =
        |lines: &[String]| lines.iter().fold(String::new(), |told, line| told + "\n    " + line.as_str());
    if expected == got {
        return Ok(());
    }
    // Of a crowd, all would be too much to read.
    let same = expected.iter().zip(got).take_while(|(expected, got)| expected == got).count();
    let (expected, got) = (told(&expected[same..]), told(&got[same..]));
    Err(format!("{what}, behind {same} that are right\n  expected:{expected}\n  got:{got}"))
}

/// How time passes for one group is not how it passes for another: what comes out is compared group by group.
fn is_same_by_group(what: &str, mut expected: Vec<Heard>, mut got: Vec<Heard>) -> Result<(), Wrong> {
    for heard in [&mut expected, &mut got] {
        heard.sort_by(|one, other| one.group().cmp(other.group()));
    }
    is_same(what, &told(&expected), &told(&got))
}

fn as_heard(sent: Vec<Sent>) -> Vec<Heard> {
    sent.into_iter().map(Heard::Sent).collect()
}

fn told(heard: &[Heard]) -> Vec<String> {
    let told = |heard: &Heard| match heard {
        Heard::Sent(sent) => lines_of(sent),
        Heard::Keepalive => vec!["keepalive".to_owned()],
        Heard::Snapshot => vec!["snapshot".to_owned()],
    };
    heard.iter().flat_map(told).collect()
}

/// Whether a task can hold more the more comes.
fn has_what_grows(function: Function, options: &[proto::Option]) -> bool {
    let growing = [
        "keep",
        "first",
        "last",
        "countDistinct",
        "distinct",
        "percentile",
        "list",
        "concat",
        "code",
        "maxTimeoutRetries",
    ];
    function == Function::Session || options.iter().any(|option| growing.contains(&&*option.name))
}

/// Where both are in time.
struct Pair {
    function: Function,
    handled: Handled,
    now: i64,
    options: Vec<proto::Option>,
    is_in_batch: bool,
}

impl Pair {
    fn step(&mut self, model: &mut Model, step: &Step) -> Result<(), Wrong> {
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
                    self.step(model, step).map_err(|wrong| format!("{}: {wrong}", name_of(step)))?;
                }
                self.look_at_timers(self.now, model)?;
            }
            Step::Restart { now, back } => {
                let (open, bytes) = (self.handled.seen.open_tasks(), self.handled.seen.state_bytes());
                // The name of a batch goes if it will not end any more, and what waited in a snapshot that is too old.
                let (is_in_batch, held) = (model.is_in_batch(), model.held_points());
                self.restart(*now, *back)?;
                model.restart(*now, *back);
                let is_less = is_in_batch || held > 0;
                let (still_open, after) = (self.handled.seen.open_tasks(), self.handled.seen.state_bytes());
                // What has grown has room to grow, until it is put together anew: a new piece may be twice all
                // that there was.
                let is_tighter =
                    has_what_grows(self.function, &self.options) && after < bytes && bytes <= 3 * after + 512;
                if still_open == open && after != bytes && !is_tighter && !is_less {
                    return Err(format!("it held {bytes} bytes, and holds {after} now"));
                }
            }
            Step::Changed { now, back, options } => {
                self.options.clone_from(options);
                self.restart(*now, *back)?;
                model.restart_with(*now, *back, options);
            }
            Step::End { now } => {
                let sent = heard(&self.handled.stop(*now, StopReason::EndOfStream)?)?;
                let expected = model.end_of_stream(*now);
                self.is_in_batch = false;
                if !model.is_by_clock() {
                    return is_same_by_group("points", as_heard(expected), sent);
                }
                return is_same("points", &lines(&expected), &told(&sent));
            }
            Step::Shutdown { now } => {
                let sent = heard(&self.handled.stop(*now, StopReason::Shutdown)?)?;
                return is_same("points", &[], &told(&sent));
            }
        }
        self.is_punctual(model)
    }

    fn restart(&mut self, now: i64, back: i64) -> Result<(), Wrong> {
        self.handled = self.handled.restart(now, back, &self.options)?;
        (self.now, self.is_in_batch) = (back, false);
        Ok(())
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
            expected.extend(as_heard(play_one(model, now, came)));
            match came {
                Came::Point(_) if model.passes_originals() && !frames.contains(input) => {
                    return Err("the original has not come through as it was".to_owned());
                }
                Came::Point(_) => {}
                Came::Begin(_) => self.is_in_batch = true,
                Came::End(_) => self.is_in_batch = false,
                Came::Keepalive => expected.push(Heard::Keepalive),
                Came::Snapshot => expected.push(Heard::Snapshot),
            }
        }
        self.now = now;
        if model.may_wait() {
            return is_same_by_group("points", expected, heard(&frames)?);
        }
        is_same("points", &told(&expected), &told(&heard(&frames)?))
    }

    fn look_at_timers(&mut self, now: i64, model: &mut Model) -> Result<(), Wrong> {
        self.now = now;
        let mut sent = vec![];
        for asked in 0.. {
            if !self.is_due()? {
                break;
            }
            if asked == PATIENCE {
                return Err(format!("at {now}: next_deadline stays where it is"));
            }
            if model.is_by_clock() {
                self.slice(model)?;
            } else {
                sent.extend(self.handled.on_deadline(now)?);
            }
        }
        is_same_by_group(&format!("points by timers at {now}"), as_heard(model.time(now)), heard(&sent)?)?;
        self.is_punctual(model)
    }

    fn is_due(&self) -> Result<bool, Wrong> {
        Ok(self.handled.next_deadline()?.is_some_and(|due| due <= self.now))
    }

    /// The handler does as much as it wants to in one call, and the model as much.
    fn slice(&mut self, model: &mut Model) -> Result<(), Wrong> {
        let now = self.now;
        let sent = heard(&self.handled.on_deadline(now)?)?;
        let expected = model.slice(now, sent.len());
        is_same(&format!("points by timers at {now}"), &lines(&expected), &told(&sent))
    }

    /// When all tasks have ended, what is counted as held is what is left: a restored handler counts anew.
    /// A point that waits may be in memory that a larger one had before.
    fn holds_what_it_holds(&mut self, held_points: usize) -> Result<(), Wrong> {
        if self.handled.seen.open_tasks() > 0 || self.is_in_batch {
            return Ok(());
        }
        let held = self.handled.seen.state_bytes();
        let again = self.handled.restart(self.now, self.now, &self.options)?.seen.state_bytes();
        let is_reused = held_points > 0 && held > again && held - again <= held_points * 1_024;
        if held == again || is_reused {
            Ok(())
        } else {
            Err(format!("{held} bytes are counted, and held are {again}"))
        }
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

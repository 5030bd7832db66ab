//! The scripts of one node, compiled, and calls of them.

use std::fmt;

use rhai::{AST, Dynamic, Engine, EvalAltResult, Position, Scope};
use tracing::warn;

use super::back_off::BackOff;
use super::call::Call;
use super::draw::{self, drawn};
use super::log::Limiter;
use super::names::Names;
use super::plain::{Look, Plain};
use super::running::{self, Access, Running};
use super::state::Keys;
use super::{Budget, CompileError, Counts, Failed, Part, Source, engine, library, words};
use crate::handler::UnixNanos;

/// A script is no longer. The engine takes some hundred times as much for it, and time.
const MAX_SOURCE: usize = 64 * 1024;

/// Between two messages about scripts that failed.
const BETWEEN_WARNINGS: UnixNanos = 10_000_000_000;

/// The compiled scripts of one node.
#[derive(Default)]
pub(crate) struct Scripts {
    parts: [Option<Compiled>; 4],
    engine: Option<Box<Engine>>,
    budget: Budget,
    event_names: Vec<String>,
    keys: Keys,
    changes_event: bool,
    /// Only gone while a script runs.
    running: Option<Box<Running>>,
    counts: Counts,
}

struct Compiled {
    source: Source,
    ast: AST,
    scope: Scope<'static>,
    /// How often it has failed is told from time to time.
    warnings: Limiter,
    back_off: BackOff,
    plain: Option<Plain>,
}

impl Scripts {
    /// Compiles all of a node's scripts. None at all is fine.
    pub(crate) fn compile(sources: &[Source], budget: Budget) -> Result<Self, CompileError> {
        let mut names = Names::default();
        for source in sources {
            if source.text.len() > MAX_SOURCE {
                let length = source.text.len();
                let words = format!("a script of {length} bytes is too long; 65536 is the most");
                return Err(CompileError::at(
                    &Source { text: String::new(), ..source.clone() },
                    &words,
                    None,
                ));
            }
            names
                .add(&source.text)
                .map_err(|refused| CompileError::at(source, &refused.words, Some(refused.range)))?;
        }
        if sources.is_empty() {
            return Ok(Self::default());
        }
        let keys = names.keys();
        let engine = engine::build(&names, &keys, budget);
        let mut parts = [const { None }; 4];
        for source in sources {
            let compiled = Compiled::new(source, &engine, &names, &keys)?;
            if let Some(part) = parts.get_mut(source.part.index()) {
                *part = Some(compiled);
            }
        }
        let running = Some(Box::new(Running { keys: keys.clone(), ..Running::default() }));
        Ok(Self {
            parts,
            engine: Some(Box::new(engine)),
            budget,
            event_names: names.of_event,
            keys,
            changes_event: names.changes_event,
            running,
            counts: Counts::default(),
        })
    }

    /// Whether there is such a script.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.parts.get(part.index()).is_some_and(Option::is_some)
    }

    /// The names of tags and fields that scripts read of events, as far as they stand in the source. Their places in
    /// this list are the slots of [`Event::fill`] and of [`Look`].
    ///
    /// [`Event::fill`]: super::Event::fill
    pub(crate) fn event_names(&self) -> &[String] {
        &self.event_names
    }

    /// Names of map entries.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether a script may set tags or fields of events: [`Event::set_dimensions`] is needed then.
    ///
    /// [`Event::set_dimensions`]: super::Event::set_dimensions
    pub(crate) fn changes_event(&self) -> bool {
        self.changes_event
    }

    /// What the next call is about, or what the last one left.
    pub(crate) fn call(&mut self) -> &mut Call {
        &mut self.running.get_or_insert_default().call
    }

    /// Runs code or timeoutCode on what `call` was filled with.
    pub(crate) fn run(&mut self, part: Part, now: UnixNanos) -> Result<(), Failed> {
        if !self.admits(part, now) {
            return Err(Failed::BackedOff);
        }
        self.evaluate(part, now).map(drop)
    }

    /// Whether a condition holds; one that fails does not. The map is in the call. A plain comparison is answered with
    /// `look` and the map alone; for others `fill` fills the rest of the call.
    pub(crate) fn holds(
        &mut self,
        part: Part,
        now: UnixNanos,
        look: &impl Look,
        fill: impl FnOnce(&mut Call),
    ) -> bool {
        let compiled = self.parts.get(part.index()).and_then(Option::as_ref);
        let plain = compiled.and_then(|compiled| compiled.plain.as_ref());
        let holds = plain.zip(self.running.as_ref());
        if let Some(holds) = holds.and_then(|(plain, running)| plain.holds(look, &running.call.state)) {
            return holds;
        }
        if !self.admits(part, now) {
            return false;
        }
        fill(self.call());
        matches!(self.evaluate(part, now), Ok(Some(true)))
    }

    /// What has come of the calls so far.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    fn admits(&mut self, part: Part, now: UnixNanos) -> bool {
        let compiled = self.parts.get(part.index()).and_then(Option::as_ref);
        let admits = compiled.is_none_or(|compiled| compiled.back_off.admits(now));
        if !admits {
            self.counts.backed_off += 1;
        }
        admits
    }

    /// Runs a part with the engine: what it came to, if that is a boolean.
    fn evaluate(&mut self, part: Part, now: UnixNanos) -> Result<Option<bool>, Failed> {
        let Self { parts, engine: Some(engine), budget, running, counts, .. } = self else { return Ok(None) };
        let Some(compiled) = parts.get_mut(part.index()).and_then(Option::as_mut) else { return Ok(None) };
        let call = running.get_or_insert_default();
        (call.access, call.now, call.emitted) = (access(part), now, 0);

        let Compiled { ast, scope, .. } = compiled;
        let handles = scope.len();
        engine::begin(budget.time);
        let outcome = running::during(running, || {
            engine.eval_ast_with_scope::<Dynamic>(scope, ast).map_err(library::told)
        });
        let failure = match outcome {
            Ok(Ok(_)) if engine::is_used_up() => {
                scope.rewind(handles);
                Failure::Error(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::START).into())
            }
            Ok(Ok(value)) => {
                scope.rewind(handles);
                match (value.as_bool(), part.is_condition()) {
                    (Err(_), true) => Failure::NoBool(value),
                    (bool, _) => {
                        compiled.back_off.came_through();
                        return Ok(bool.ok());
                    }
                }
            }
            Ok(Err(error)) => {
                scope.rewind(handles);
                Failure::Error(error)
            }
            Err(_) => {
                *scope = library::scope(part);
                Failure::Panic
            }
        };
        counts.failed += 1;
        Err(compiled.failed(&failure, *budget, now))
    }
}

/// Why a call did not come to its end.
enum Failure {
    Error(Box<EvalAltResult>),
    /// A condition came to something else.
    NoBool(Dynamic),
    Panic,
}

impl Compiled {
    fn new(source: &Source, engine: &Engine, names: &Names, keys: &Keys) -> Result<Self, CompileError> {
        let part = source.part;
        let scope = library::scope(part);
        let ast = if part.is_condition() {
            engine.compile_expression_with_scope(&scope, &source.text)
        } else {
            engine.compile_with_scope(&scope, &source.text)
        };
        let ast = ast.map_err(|error| {
            let range = draw::range(&source.text, error.position());
            let is_at_end = range.as_ref().is_some_and(|range| range.start >= source.text.trim_end().len());
            CompileError::at(source, &words::of_syntax(error.err_type(), part, is_at_end), range)
        })?;
        let plain = if part.is_condition() { Plain::parse(&source.text, names, keys) } else { None };
        let source = source.clone();
        let warnings = Limiter::new(1, BETWEEN_WARNINGS);
        Ok(Self { source, ast, scope, warnings, back_off: BackOff::default(), plain })
    }

    #[cold]
    fn failed(&mut self, failure: &Failure, budget: Budget, now: UnixNanos) -> Failed {
        let used_up = matches!(failure, Failure::Error(error) if uses_up(error));
        let (words, position) = match failure {
            Failure::Error(error) => words::of_failure(error, self.source.part, budget),
            Failure::NoBool(value) => {
                let kind = super::values::kind(value);
                (format!("a condition is true or false, and this came to {kind}"), Position::START)
            }
            Failure::Panic => ("the engine failed; this is a fault of the daemon".to_owned(), Position::NONE),
        };
        let message = drawn(&self.source, &words, draw::range(&self.source.text, position));
        self.warnings.warn(now, &message);
        if !used_up {
            self.back_off.came_through();
        } else if let Some(rest) = self.back_off.used_up(now, engine::elapsed()) {
            let option = self.source.option.as_str();
            warn!(
                option,
                "the script uses up its budget on event after event, and is not run for {rest:?}: {words}"
            );
        }
        Failed::Script(message)
    }
}

fn access(part: Part) -> Access {
    match part {
        Part::Code => Access::All,
        Part::TimeoutCode => Access::NotTheMap,
        Part::StartWhen | Part::EndWhen => Access::Nothing,
    }
}

/// Whether a call ended because of its budget.
fn uses_up(error: &EvalAltResult) -> bool {
    match error.unwrap_inner() {
        EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) => true,
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => uses_up(inner),
        _ => false,
    }
}

#[cfg(test)]
impl Scripts {
    pub(super) fn plain(&self, part: Part) -> Option<&Plain> {
        self.parts[part.index()].as_ref()?.plain.as_ref()
    }

    pub(super) fn forget_plain(&mut self, part: Part) {
        if let Some(compiled) = &mut self.parts[part.index()] {
            compiled.plain = None;
        }
    }
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripts").field("event_names", &self.event_names).finish_non_exhaustive()
    }
}

//! The call that is going on. The engine's functions find it here: it belongs to the thread for as long as a
//! script runs, so that it needs no lock and the engine holds none of it.

use std::cell::RefCell;
use std::fmt::Write;

use rhai::{EvalAltResult, Position};

use super::call::Call;
use super::log::Limiter;
use super::state::{Keys, Refused, Step};
use crate::handler::UnixNanos;

/// What comes of anything that a script calls.
pub(super) type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// What a script may change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Access {
    /// Everything.
    #[default]
    All,
    /// timeoutCode: not the map, which has had its say.
    NotTheMap,
    /// A condition: nothing.
    Nothing,
}

/// A call that is going on, and what outlives it.
#[derive(Debug, Default)]
pub(super) struct Running {
    pub(super) call: Call,
    pub(super) keys: Keys,
    pub(super) access: Access,
    pub(super) now: UnixNanos,
    /// What `log` may say.
    pub(super) log: Limiter,
    /// Bytes emitted in this call.
    pub(super) emitted: usize,
}

thread_local! {
    static RUNNING: RefCell<Option<Box<Running>>> = const { RefCell::new(None) };
}

/// Runs `run` with `running` as the call that is going on, and gives it back, also after a panic.
pub(super) fn during<T>(
    running: &mut Option<Box<Running>>,
    run: impl FnOnce() -> T,
) -> std::thread::Result<T> {
    let outer = RUNNING.replace(running.take());
    // What a panic leaves half done is the call's own: the engine's functions change it in single steps.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    *running = RUNNING.replace(outer);
    outcome
}

/// Calls `with` with the call that is going on. Never while the engine is called.
#[inline]
pub(super) fn with<T>(with: impl FnOnce(&mut Running) -> Outcome<T>) -> Outcome<T> {
    RUNNING.with_borrow_mut(|running| match running {
        Some(running) => with(running),
        None => Err(fail("nothing runs")),
    })
}

/// An error in words.
#[cold]
pub(super) fn fail(message: impl Into<String>) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(message.into().into(), Position::NONE))
}

impl Running {
    /// An error unless the map may be changed.
    #[inline]
    pub(super) fn may_change_map(&self) -> Outcome<()> {
        match self.access {
            Access::All => Ok(()),
            Access::NotTheMap => {
                Err(fail("timeoutCode can read the map, but not change it: set fields of event"))
            }
            Access::Nothing => Err(fail("a condition can't change the map; code can")),
        }
    }

    /// An error unless the event may be changed, and so on.
    #[inline]
    pub(super) fn may(&self, what: &str) -> Outcome<()> {
        match self.access {
            Access::All | Access::NotTheMap => Ok(()),
            Access::Nothing => Err(fail(format!("a condition can't {what}; code can"))),
        }
    }

    /// Why the map stays as it is, in words. `step` is what was to be set, if anything was.
    #[cold]
    pub(super) fn refused(&self, refused: Refused, path: &[Step], step: Option<&Step>) -> Box<EvalAltResult> {
        let name = place_name(&self.keys, path, step);
        fail(match refused {
            Refused::TooHeavy => {
                format!("{name} would make the map larger than 128 KiB; keep less, or end the task sooner")
            }
            Refused::TooDeep => format!("{name} would nest deeper than 16 lists and maps in each other"),
            Refused::Gone => {
                format!("{} has been removed or replaced since", place_name(&self.keys, path, None))
            }
            Refused::OutOfBounds(len) => format!("{name}: the list has {len} elements"),
        })
    }
}

/// A place as a script writes it, cut if it is long.
pub(super) fn place_name(keys: &Keys, path: &[Step], step: Option<&Step>) -> String {
    let mut name = "map".to_owned();
    for step in path.iter().chain(step) {
        match step {
            Step::Index(index) => {
                // Into memory: it can't fail.
                let _ = write!(name, "[{index}]");
            }
            Step::Key(key) => push_name(&mut name, keys.name(*key)),
            Step::Named(key) => push_name(&mut name, key),
        }
    }
    name
}

fn push_name(to: &mut String, name: &str) {
    to.push('.');
    to.push_str(&super::words::shown(name));
}

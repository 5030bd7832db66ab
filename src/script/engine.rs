//! The engine: which of the language there is, and what a call may use up.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, EvalAltResult, Module, Position};

use super::Budget;
use super::library;
use super::names::Names;
use super::running::Outcome;
use super::state::Keys;

/// Expressions nest so deep, in functions less, which nest themselves. Attack: brackets in brackets, for which the
/// engine calls itself.
const EXPRESSION_DEPTH: usize = 64;
const FUNCTION_DEPTH: usize = 32;

/// Attack: recursion. A level, with all that can nest in it, is up to some tens of kilobytes of stack, and much more
/// without optimization; there are 2 MiB.
pub(super) const CALL_LEVELS: usize = if cfg!(debug_assertions) { 8 } else { 32 };

/// Attack: strings that double. Fields are not longer either.
const STRING_SIZE: usize = library::own::TEXT;

/// Attacks: lists and maps that grow, and as many variables that hold them.
const ARRAY_SIZE: usize = 10_000;
const MAP_SIZE: usize = 1_000;
const VARIABLES: usize = 128;
const FUNCTIONS: usize = 100;

/// The clock is looked at once in so many operations: a look takes as long as one or two of them. Not more, since some
/// take long, such as sorting.
const OPERATIONS_A_LOOK: u64 = 8;

/// And not at all before this one: most calls are over by then.
const FIRST_LOOK: u64 = 24;

thread_local! {
    /// How long the call that is going on may take.
    static TIME: Cell<Duration> = const { Cell::new(Duration::MAX) };
    /// When the clock was first looked at in the call that is going on.
    static STARTED: Cell<Option<Instant>> = const { Cell::new(None) };
    /// Its time is over. What is called back by a sort may fail as often as it is called.
    static OVER: Cell<bool> = const { Cell::new(false) };
}

/// What of the language's library there is, for all engines. One module: the engine looks for a function in one
/// after the other.
static LANGUAGE: LazyLock<Arc<Module>> = LazyLock::new(|| {
    let mut module = Module::new();
    ArithmeticPackage::init(&mut module);
    LogicPackage::init(&mut module);
    BasicMathPackage::init(&mut module);
    BasicArrayPackage::init(&mut module);
    BasicMapPackage::init(&mut module);
    BasicStringPackage::init(&mut module);
    MoreStringPackage::init(&mut module);
    BasicIteratorPackage::init(&mut module);
    library::own::replace(&mut module);
    // Else each look goes through all of them in turn: a call that made a list and pushed took 38 us instead of 2.
    module.register_lazy_functions();
    Arc::new(module)
});

/// An engine for scripts with these names.
pub(super) fn build(names: &Names, keys: &Keys, budget: Budget) -> Engine {
    // With nothing: the usual packages bring `sleep`.
    let mut engine = Engine::new_raw();
    engine.register_global_module(Arc::clone(&LANGUAGE));
    engine.disable_symbol("eval").disable_symbol("print").disable_symbol("debug");
    // Attack: functions that hold functions that hold functions, of which nothing counts how deep they nest.
    engine.disable_symbol("curry");
    engine
        .set_strict_variables(true)
        .set_fast_operators(!names.compares_containers)
        .set_max_operations(budget.operations)
        .set_max_expr_depths(EXPRESSION_DEPTH, FUNCTION_DEPTH)
        .set_max_call_levels(CALL_LEVELS)
        .set_max_string_size(STRING_SIZE)
        .set_max_array_size(ARRAY_SIZE)
        .set_max_map_size(MAP_SIZE)
        .set_max_variables(VARIABLES)
        .set_max_functions(FUNCTIONS);
    engine.on_progress(|operations| {
        let looks = operations % OPERATIONS_A_LOOK == 0 && operations >= FIRST_LOOK;
        (OVER.get() || looks && is_over()).then_some(Dynamic::UNIT)
    });
    library::register(&mut engine, names, keys);
    engine
}

/// A call begins.
pub(super) fn begin(time: Duration) {
    TIME.set(time);
    STARTED.set(None);
    OVER.set(false);
}

/// For what takes long by itself: an error once the call's time is over.
pub(super) fn look() -> Outcome<()> {
    if !is_over() {
        return Ok(());
    }
    Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE)))
}

/// Whether the call that has ended took too long: what took its time may have ended in another way, and a sort keeps to
/// itself what it was told. For most calls, which nobody has looked at, the clock isn't either.
pub(super) fn is_used_up() -> bool {
    OVER.get() || STARTED.get().is_some() && is_over()
}

/// How long the call has gone on, as far as anybody has looked.
pub(super) fn elapsed() -> Duration {
    STARTED.get().map_or(Duration::ZERO, |started| started.elapsed())
}

/// Whether the call has gone on for too long since the first look.
fn is_over() -> bool {
    if let Some(started) = STARTED.get() {
        OVER.set(started.elapsed() > TIME.get());
        return OVER.get();
    }
    STARTED.set(Some(Instant::now()));
    false
}

//! The engine: which of the language there is, and what a call may use up.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine};

use super::Budget;
use super::library;
use super::names::Names;
use super::state::Keys;

/// Expressions nest so deep, in functions half as much. Attack: brackets in brackets, for which the engine calls
/// itself.
const EXPRESSION_DEPTH: usize = 32;

/// Attack: recursion. Each level is some kilobytes of stack.
const CALL_LEVELS: usize = 32;

/// Attack: strings that double. Fields are not longer either.
const STRING_SIZE: usize = 64 * 1024;

/// Attacks: lists and maps that grow, and as many variables that hold them.
const ARRAY_SIZE: usize = 10_000;
const MAP_SIZE: usize = 1_000;
const VARIABLES: usize = 128;
const FUNCTIONS: usize = 100;

/// The clock is looked at once in so many operations: a look takes as long as one or two of them.
const OPERATIONS_A_LOOK: u64 = 8;

thread_local! {
    /// When the clock was first looked at in the call that is going on.
    static STARTED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// An engine for scripts with these names.
pub(super) fn build(names: &Names, keys: &Keys, budget: Budget) -> Engine {
    // With nothing: the usual packages bring `sleep`.
    let mut engine = Engine::new_raw();
    for package in [
        ArithmeticPackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
        BasicIteratorPackage::new().as_shared_module(),
    ] {
        engine.register_global_module(package);
    }
    engine.disable_symbol("eval").disable_symbol("print").disable_symbol("debug");
    engine
        .set_strict_variables(true)
        .set_fast_operators(!names.compares_containers)
        .set_max_operations(budget.operations)
        .set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH / 2)
        .set_max_call_levels(CALL_LEVELS)
        .set_max_string_size(STRING_SIZE)
        .set_max_array_size(ARRAY_SIZE)
        .set_max_map_size(MAP_SIZE)
        .set_max_variables(VARIABLES)
        .set_max_functions(FUNCTIONS);
    let time = budget.time;
    engine.on_progress(move |operations| {
        (operations % OPERATIONS_A_LOOK == 0 && is_over(time)).then_some(Dynamic::UNIT)
    });
    library::register(&mut engine, names, keys);
    engine
}

/// A call begins.
pub(super) fn begin() {
    STARTED.set(None);
}

/// How long the call has gone on, as far as anybody has looked.
pub(super) fn elapsed() -> Duration {
    STARTED.get().map_or(Duration::ZERO, |started| started.elapsed())
}

/// The first operations are for free: most calls end before the clock is looked at twice.
fn is_over(time: Duration) -> bool {
    match STARTED.get() {
        Some(started) => started.elapsed() > time,
        None => {
            STARTED.set(Some(Instant::now()));
            false
        }
    }
}

//! Scenarios with their points spelled out by hand, for the model and for the handler.

mod batch_ends;
mod batches;
mod bursts;
mod code;
mod conditions;
mod crowds;
mod edges;
mod emitting;
mod ends;
mod event_time;
mod fields;
mod gates;
mod held;
mod identity;
mod maps;
mod moments;
mod points;
mod reducers;
mod references;
mod restart;
mod retries;
mod room;
mod script_restarts;
mod scripts;
mod sessions;
mod timeout_code;

use super::driver;
use super::model::Model;
use super::scenario::{Scenario, play};
use super::text::lines;

/// What is written down is what the model does, and what the handler does.
fn check(scenarios: impl IntoIterator<Item = Scenario>) {
    for scenario in scenarios {
        is_the_model_s(&scenario);
        if let Err(wrong) = driver::run(&scenario) {
            panic!("{}: {wrong}\n{scenario:?}", scenario.name);
        }
    }
}

fn is_the_model_s(scenario: &Scenario) {
    let name = scenario.name;
    let model = Model::new(scenario.function, &scenario.options, scenario.start);
    let mut model = model.unwrap_or_else(|why| panic!("{name}: {why}"));
    for (n, (step, expected)) in scenario.steps.iter().enumerate() {
        assert_eq!(*expected, lines(&play(&mut model, step)), "{name}, step {n}: {step:?}");
    }
    let told = model.counters().told();
    for (counter, expected) in &scenario.counters {
        assert_eq!(told.get(*counter).copied().unwrap_or(0), *expected, "{name}: {counter} in {told:?}");
    }
}

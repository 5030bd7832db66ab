//! The handler does what the model does, whatever the script and whatever comes.

use std::collections::BTreeSet;

use kapacitor_udfd::aggregate::options::Function;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::driver;
use super::generate::{any_options, scenario};
use super::model::Model;
use super::scenario::play;

/// `PROPTEST_CASES` in the environment asks for more.
pub fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { default } else { ProptestConfig { cases, ..default } }
}

proptest! {
    #![proptest_config(config(1_024))]

    #[test]
    fn the_handler_does_what_the_model_does(scenario in scenario()) {
        driver::run(&scenario).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn the_handler_refuses_what_the_model_refuses(options in any_options(5)) {
        let (model, handler) = (Model::new(Function::STREAM, &options, 0).err(), driver::refusal(Function::STREAM, &options));
        prop_assert_eq!(
            model.is_some(), handler.is_some(),
            "model {:?}, handler {:?}: {}", model, handler, super::text::script(&options)
        );
    }
}

/// A generator that never gets somewhere tests nothing there.
#[test]
fn random_scenarios_get_everywhere() {
    let mut missing = BTreeSet::from([
        "cancelled",
        "dropped",
        "emitted",
        "failed",
        "ignored",
        "in",
        "left_out",
        "no_id",
        "not_finite",
        "not_restored",
        "orphans",
        "out end",
        "out evicted",
        "out flush",
        "out inactivity",
        "out max_events",
        "out max_list",
        "out previous",
        "out restart",
        "out stop",
        "out timeout",
        "rejected",
        "saturated",
        "skipped_type",
        "vanished end",
        "vanished inactivity",
        "vanished restart",
        "vanished timeout",
    ]);
    let mut runner = TestRunner::deterministic();
    for _ in 0..1_000 {
        if missing.is_empty() {
            return;
        }
        let scenario = scenario().new_tree(&mut runner).unwrap().current();
        let mut model = Model::new(scenario.function, &scenario.options, scenario.start).unwrap();
        scenario.steps.iter().for_each(|(step, _)| drop(play(&mut model, step)));
        let told = model.counters().told();
        missing.retain(|name| !told.contains_key(*name));
    }
    panic!("{missing:?}");
}

//! The table itself. `settings` holds the defaults to what is told of them here. An option of which some
//! functions tell in other words is there for each of them.

mod identity;

mod reducers;

mod scripts;

mod life;

mod emitted;

use super::{AggregateOption, Meaning, Only};
use crate::handler::ValueType;
use crate::handler::ValueType::{Bool, Duration, String};
use crate::options::OptionSpec;

/// Each option of each function.
pub(super) fn all() -> impl Iterator<Item = &'static AggregateOption> {
    [identity::OPTIONS, reducers::OPTIONS, scripts::OPTIONS, life::OPTIONS, emitted::OPTIONS]
        .into_iter()
        .flatten()
}

type Arguments = &'static [(&'static str, ValueType)];

const AS: Arguments = &[("as", String)];
const FIELD_AS: Arguments = &[("field", String), ("as", String)];
const ON: Arguments = &[("on", Bool)];
const TIME: Arguments = &[("time", Duration)];

const fn once(
    meaning: Meaning,
    name: &'static str,
    arguments: Arguments,
    default: &'static str,
    help: &'static str,
) -> AggregateOption {
    let spec = OptionSpec::new(name, arguments, help).default(default);
    AggregateOption { spec, meaning, only: Only::Gathering }
}

const fn list(
    meaning: Meaning,
    name: &'static str,
    arguments: Arguments,
    help: &'static str,
) -> AggregateOption {
    let spec = OptionSpec::new(name, arguments, help).repeated();
    AggregateOption { spec, meaning, only: Only::Gathering }
}

/// One of those that make a point of a task.
const fn points(
    meaning: Meaning,
    name: &'static str,
    arguments: Arguments,
    help: &'static str,
) -> AggregateOption {
    list(meaning, name, arguments, help).only(Only::Points)
}

impl AggregateOption {
    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.spec = self.spec.aliases(aliases);
        self
    }

    const fn only(mut self, only: Only) -> Self {
        self.only = only;
        self
    }
}

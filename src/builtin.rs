//! From a configured function to the handlers that serve it, and to the options it has: the one place
//! that knows which kind of handler is which type.

use crate::aggregate::options::Function as Gathering;
use crate::aggregate::{self, Aggregate};
use crate::config::{FunctionConfig, HandlerKind};
use crate::mirror::{self, Mirror};
use crate::options::OptionSpec;
use crate::server::Function;

/// The function that `config` describes.
pub fn function(config: &FunctionConfig) -> Function {
    let function = match config.handler {
        HandlerKind::Mirror => {
            let edge = config.wants;
            Function::new(&config.name, move |_| Mirror::new(edge))
        }
        HandlerKind::Aggregate => gathering(config, aggregates(config)),
        HandlerKind::Session => gathering(config, Gathering::Session),
        HandlerKind::Script => gathering(config, Gathering::Script),
    };
    match &config.socket.allowed_uids {
        Some(uids) => function.allow_uids(uids),
        None => function,
    }
}

/// The options that a TICKscript can give to it, in the order in which users are told of them.
pub fn options(config: &FunctionConfig) -> Vec<&'static OptionSpec> {
    match config.handler {
        HandlerKind::Mirror => mirror::OPTIONS.iter().map(AsRef::as_ref).collect(),
        HandlerKind::Aggregate => options_of(aggregates(config)),
        HandlerKind::Session => options_of(Gathering::Session),
        HandlerKind::Script => options_of(Gathering::Script),
    }
}

fn aggregates(config: &FunctionConfig) -> Gathering {
    Gathering::Aggregate { wants: config.wants, provides: config.provides }
}

fn gathering(config: &FunctionConfig, function: Gathering) -> Function {
    let budget = config.budget;
    Function::new(&config.name, move |_| Aggregate::with_budget(function, budget))
}

fn options_of(function: Gathering) -> Vec<&'static OptionSpec> {
    aggregate::options::of(function).map(AsRef::as_ref).collect()
}

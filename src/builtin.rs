//! From a configured function to the handlers that serve it, and to the options it has: the one place
//! that knows which kind of handler is which type.

use crate::aggregate::options::Function as Gathering;
use crate::aggregate::{self, Aggregate, Observer};
use crate::config::{FunctionConfig, HandlerKind};
use crate::handler::Handler;
use crate::mirror::{self, Mirror};
use crate::options::OptionSpec;
use crate::server::Function;

/// The function that `config` describes.
pub fn function(config: &FunctionConfig) -> Function {
    let function = match gathers(config) {
        None => {
            let edge = config.wants;
            Function::new(&config.name, move |_| Mirror::new(edge))
        }
        Some(function) => {
            let budget = config.budget;
            Function::new(&config.name, move |_| Aggregate::with_budget(function, budget))
        }
    };
    match &config.socket.allowed_uids {
        Some(uids) => function.allow_uids(uids),
        None => function,
    }
}

/// One handler of it.
pub fn handler(config: &FunctionConfig) -> Box<dyn Handler> {
    match gathers(config) {
        None => Box::new(Mirror::new(config.wants)),
        Some(function) => Box::new(Aggregate::with_budget(function, config.budget)),
    }
}

/// Likewise, with somebody who sees what becomes of its tasks; `None` if it has none.
pub fn observed(config: &FunctionConfig, observer: Box<dyn Observer>) -> Option<Box<dyn Handler>> {
    let function = gathers(config)?;
    Some(Box::new(Aggregate::with_budget(function, config.budget).observed_by(observer)))
}

/// Whether it has tasks, which can be observed.
pub fn has_tasks(config: &FunctionConfig) -> bool {
    gathers(config).is_some()
}

/// The options that a TICKscript can give to it, in the order in which users are told of them.
pub fn options(config: &FunctionConfig) -> Vec<&'static OptionSpec> {
    match gathers(config) {
        None => mirror::OPTIONS.iter().map(AsRef::as_ref).collect(),
        Some(function) => aggregate::options::of(function).map(AsRef::as_ref).collect(),
    }
}

/// As what it gathers points; `None` for one that does not.
fn gathers(config: &FunctionConfig) -> Option<Gathering> {
    match config.handler {
        HandlerKind::Mirror => None,
        HandlerKind::Aggregate => {
            Some(Gathering::Aggregate { wants: config.wants, provides: config.provides })
        }
        HandlerKind::Session => Some(Gathering::Session),
        HandlerKind::Script => Some(Gathering::Script),
    }
}

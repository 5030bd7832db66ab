//! From a configured function to the handlers that serve it: the one place that knows which kind
//! of handler is which type.

use crate::config::{FunctionConfig, HandlerKind};
use crate::mirror::Mirror;
use crate::server::Function;

/// The function that `config` describes.
pub fn function(config: &FunctionConfig) -> Function {
    let function = match config.handler {
        HandlerKind::Mirror => {
            let edge = config.wants;
            Function::new(&config.name, move |_| Mirror::new(edge))
        }
    };
    match &config.socket.allowed_uids {
        Some(uids) => function.allow_uids(uids),
        None => function,
    }
}

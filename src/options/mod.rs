//! From what a TICKscript says of a node to arguments a handler can trust. A function declares its
//! options in one table; Kapacitor's `InfoResponse`, the check of what comes and the documentation
//! are made from it. Knows nothing of what an option means.
//!
//! ```
//! use kapacitor_udfd::edge::Edge;
//! use kapacitor_udfd::handler::ValueType;
//! use kapacitor_udfd::options::{self, OptionSpec};
//!
//! static OPTIONS: &[OptionSpec] = &[
//!     OptionSpec::new("maxSize", &[("points", ValueType::Int)], "How many points are held.")
//!         .aliases(&["limit"])
//!         .default("1,000"),
//!     OptionSpec::new("field", &[("name", ValueType::String)], "A field to hold.").repeated(),
//! ];
//!
//! let info = options::describe(OPTIONS, Edge::Stream, Edge::Stream);
//! assert!(info.options.keys().eq(["field", "limit", "maxSize", "max_size"]));
//! ```

mod spec;

mod argument;

mod check;

mod error;

pub use self::argument::Argument;
pub(crate) use self::argument::exact_double;
pub use self::check::{CheckedCall, MAX_CALLS, check};
pub use self::error::OptionError;
pub use self::spec::OptionSpec;

use crate::edge::Edge;
use crate::handler::Info;

/// What Kapacitor is told of a function whose options are those of `table`, under every name they have.
pub fn describe<T: AsRef<OptionSpec> + 'static>(
    table: impl IntoIterator<Item = &'static T>,
    wants: Edge,
    provides: Edge,
) -> Info {
    let mut info = Info::new(wants, provides);
    for spec in table.into_iter().map(T::as_ref) {
        let types: Vec<_> = spec.arguments.iter().map(|&(_, value_type)| value_type).collect();
        info.options.extend(spec.names().map(|name| (name.into_owned(), types.clone())));
    }
    info
}

//! Makes room for the configured connections: a file descriptor each. Opens none itself.

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// What is open besides connections and listeners: the standard streams, the runtime's and the signals'
/// own, with room to spare.
const SLACK: u64 = 32;

/// Raises the soft limit of open files as far as `connections` and `listeners` need it and the hard limit
/// allows, and warns if that is too low.
pub(crate) fn make_room(connections: usize, listeners: usize) {
    let reserved = SLACK + listeners as u64;
    let (soft, hard) = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok(limits) => limits,
        Err(error) => return tracing::warn!(%error, "cannot read the limit of open files"),
    };
    let wanted = reserved + connections as u64;
    let soft = raise(soft, hard, wanted);
    if soft < wanted {
        let fit = soft.saturating_sub(reserved);
        tracing::warn!(
            max_connections = connections,
            fit,
            "too few open files are allowed for max_connections; raise the hard limit (LimitNOFILE, ulimit -Hn)"
        );
    }
}

/// The soft limit that holds afterwards.
fn raise(soft: rlim_t, hard: rlim_t, wanted: rlim_t) -> rlim_t {
    let target = wanted.min(hard);
    if target <= soft {
        return soft;
    }
    match setrlimit(Resource::RLIMIT_NOFILE, target, hard) {
        Ok(()) => target,
        Err(error) => {
            tracing::warn!(%error, target, "cannot raise the limit of open files");
            soft
        }
    }
}

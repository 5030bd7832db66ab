//! The handler that is held to the model, and a look at what it has counted.

use kapacitor_udfd::aggregate::Aggregate;
use kapacitor_udfd::aggregate::options::Function;
use kapacitor_udfd::handler::Handler;

use super::model::Told;
use crate::laws::node::Shared;

/// Tells of a handler that has been given away.
pub struct Seen(Shared);

pub fn handler(function: Function) -> (Box<dyn Handler>, Seen) {
    let seen = Shared::new(function);
    (Box::new(seen.clone()), Seen(seen))
}

impl Seen {
    /// What it has counted, under the names that [`Counters::told`](super::model::Counters::told) has.
    pub fn counted(&self) -> Told {
        told(&self.0.lock())
    }

    pub fn state_bytes(&self) -> usize {
        self.0.lock().state_bytes()
    }

    pub fn open_tasks(&self) -> usize {
        self.0.lock().open_tasks()
    }
}

fn told(aggregate: &Aggregate) -> Told {
    const COMPARED: [&str; 16] = [
        "no_id",
        "ignored",
        "rejected",
        "dropped",
        "skipped_type",
        "not_finite",
        "saturated",
        "left_out",
        "late",
        "no_time",
        "orphans",
        "failed",
        "cancelled",
        "cancelled_tasks",
        "emitted",
        "passed",
    ];
    let counters = aggregate.counters();
    let named = counters.named().into_iter().filter_map(|(name, count)| match name {
        "points" => Some(("in".to_owned(), count)),
        "not_restored" => Some((name.to_owned(), count)),
        name => COMPARED.contains(&name).then(|| (name.to_owned(), count)),
    });
    let out = counters.out.iter().map(|(reason, count)| (format!("out {}", reason.word()), count));
    let vanished = counters.vanished.iter();
    let vanished = vanished.map(|(reason, count)| (format!("vanished {}", reason.word()), count));
    named.chain(out).chain(vanished).filter(|&(_, count)| count > 0).collect()
}

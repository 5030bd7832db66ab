//! The handler that is held to the model, and a look at what it has counted.

use std::sync::{Arc, Mutex};

use kapacitor_udfd::agent::Outbox;
use kapacitor_udfd::aggregate::Aggregate;
use kapacitor_udfd::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use kapacitor_udfd::proto::InitRequest;
use kapacitor_udfd::wire::point::PointView;

use super::model::Told;

/// Tells what a handler that has been given away has counted, under the names that
/// [`Counters::told`](super::model::Counters::told) has.
pub type Counted = Box<dyn Fn() -> Told>;

pub fn handler() -> (Box<dyn Handler>, Counted) {
    let (handler, seen) = shared();
    (handler, Box::new(move || told(&seen.lock().unwrap())))
}

/// A handler that can be given away and looked at all the same.
pub fn shared() -> (Box<dyn Handler>, Arc<Mutex<Aggregate>>) {
    let shared = Shared(Arc::new(Mutex::new(Aggregate::new())));
    let seen = Arc::clone(&shared.0);
    (Box::new(shared), seen)
}

fn told(aggregate: &Aggregate) -> Told {
    const COMPARED: [&str; 8] =
        ["no_id", "ignored", "rejected", "dropped", "skipped_type", "not_finite", "saturated", "left_out"];
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

struct Shared(Arc<Mutex<Aggregate>>);

impl Handler for Shared {
    fn info(&self) -> Info {
        self.0.lock().unwrap().info()
    }

    fn init(&mut self, now: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        self.0.lock().unwrap().init(now, request)
    }

    fn snapshot(&mut self, now: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        self.0.lock().unwrap().snapshot(now)
    }

    fn restore(&mut self, now: UnixNanos, snapshot: &[u8]) -> Result<(), HandlerError> {
        self.0.lock().unwrap().restore(now, snapshot)
    }

    fn point(&mut self, now: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        self.0.lock().unwrap().point(now, point, out)
    }

    fn next_deadline(&self) -> Option<UnixNanos> {
        self.0.lock().unwrap().next_deadline()
    }

    fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), HandlerError> {
        self.0.lock().unwrap().on_deadline(now, out)
    }

    fn stop(
        &mut self,
        now: UnixNanos,
        reason: StopReason,
        out: &mut Outbox,
    ) -> Result<Progress, HandlerError> {
        self.0.lock().unwrap().stop(now, reason, out)
    }
}

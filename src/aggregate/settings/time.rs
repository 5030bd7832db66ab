//! What deadlines follow, and what means nothing if they do.

use super::calls::Calls;
use super::error::SettingsError;
use super::{Flush, Reference, Time};
use crate::aggregate::options::{Function, Meaning};
use crate::edge::Edge;

/// The names by which a script asks for the point's own time.
const OWN: [&str; 2] = ["time", "@timestamp"];

pub(super) fn of(calls: &Calls, function: Function) -> Result<Time, SettingsError> {
    let unit = calls.duration(Meaning::TimestampUnit, 1)?;
    let max_delay = calls.duration(Meaning::MaxDelay, 0)?;
    let field = calls.name(Meaning::TimeoutTimestampField);
    if field.is_none() && function.wants() == Edge::Stream {
        by_the_clock(calls, Meaning::TimestampUnit)?;
        by_the_clock(calls, Meaning::MaxDelay)?;
        return Ok(Time::Clock);
    }
    let reference = match field {
        Some(name) if !OWN.contains(&name.as_str()) => Reference::Field { name, unit: unit.unwrap_or(1) },
        _ => own(calls)?,
    };
    Ok(Time::Events { reference, max_delay: max_delay.unwrap_or(0) })
}

/// An option that a node by the clock can't have.
fn by_the_clock(calls: &Calls, meaning: Meaning) -> Result<(), SettingsError> {
    calls.absent(meaning, |option, came| SettingsError::ByTheClock { option, came })
}

fn own(calls: &Calls) -> Result<Reference, SettingsError> {
    calls.absent(Meaning::TimestampUnit, |option, came| SettingsError::UnitOfNothing { option, came })?;
    Ok(Reference::Own)
}

/// `flushInterval` and `resetOnFlush`.
pub(super) fn flush(
    calls: &Calls,
    function: Function,
    end_of_batch: bool,
) -> Result<Option<Flush>, SettingsError> {
    let interval = calls.duration(Meaning::FlushInterval, 1)?;
    if end_of_batch {
        calls.absent(Meaning::FlushInterval, |option, came| SettingsError::FlushInBatch { option, came })?;
    }
    let reset = calls.switch(Meaning::ResetOnFlush).unwrap_or(false);
    if function == Function::Session && !reset {
        calls.absent(Meaning::FlushInterval, |option, came| SettingsError::SentAgain { option, came })?;
    }
    match (interval, calls.get(Meaning::ResetOnFlush)) {
        (None, Some(call)) if reset => Err(SettingsError::NothingToReset { option: call.name.clone() }),
        _ => Ok(interval.map(|interval| Flush { interval, reset })),
    }
}
